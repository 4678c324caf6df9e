"""Odd requests to every operation of Data Center: refused or answered, never a fault of the emulator."""

from __future__ import annotations

import re

import pytest

from atlassian_emulator.data_center import ROUTES

BODIES = (
    b"{",
    b"[]",
    b'"text"',
    b"null",
    b"{}",
    b'{"fields": [], "update": 1, "body": {}, "version": 5, "type": "page", "title": 3, "space": "x"}',
    b'{"fields": {"assignee": {"name": 5}, "description": 7, "summary": []}, "update": {"comment": [1], "x": {}}}',
    b'{"type": "page", "title": "t", "space": {"key": "REL"}, "ancestors": 4, "body": {"storage": 1}}',
    b'{"type": "comment", "container": {"id": []}, "key": {}, "value": 1, "version": {"number": "2"}}',
    b'{"jql": 5, "startAt": "x", "maxResults": null, "lead": {}, "name": {}, "transition": {"id": {}}}',
)
QUERIES = ("", "?limit=x&start=-1&maxResults=x&startAt=-5", "?expand=,.,body.&username=%00&cql=%22&jql=%28&version=9")
TEMPLATES = sorted({(route.method, route.template) for route in ROUTES})


def test_there_are_many_operations():
    assert len(TEMPLATES) > 150


@pytest.mark.parametrize("part", range(4))
def test_no_odd_request_is_a_fault(asker, issues, page, part):
    known = {"id": page["id"], "issueIdOrKey": "REQ-1", "projectIdOrKey": "REQ", "spaceKey": "REL"}
    faults = []
    for method, template in TEMPLATES[part::4]:
        # What removes things would leave nothing to ask for.
        for ids in ({}, known) if method != "DELETE" else ({},):
            path = re.sub(r"{([^}:]+)(?::path)?}", lambda m: ids.get(m[1], "١x"), template)  # noqa: B023
            for query in QUERIES:
                answer = asker.ask(method, path + query)
                faults += [(method, path + query)] if answer.status == 500 else []
            for body in BODIES if method in ("POST", "PUT") else ():
                answer = asker.ask(method, path, body=body, headers={"Content-Type": "application/json"})
                faults += [(method, path, body)] if answer.status == 500 else []
    assert faults == []
