"""What the clients ask is what Atlassian's published OpenAPI documents know: operations and query parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.jira_catalogue import JiraCatalogue
from snapshots.atlassian.model import Page, PageVersion

DOCUMENTS = Path(__file__).parents[2].parent / "shared" / "openapi"
PAGE = {"id": "1", "status": "current", "title": "t", "spaceId": "5", "version": {"number": 1}}
SPACE = {"id": "5", "key": "A", "name": "A", "type": "global"}
ANY = {
    "results": [],
    "operations": [],
    "issues": [],
    "issueLinkTypes": [],
    "accountId": "a",
    "cloudId": "c",
    "baseUrl": "b",
    **PAGE,
}
"""An answer that is good enough for every method that reads an object."""

CONFLUENCE: dict[str, Callable[[ConfluenceClient], object]] = {
    "get_current_user": lambda client: client.get_current_user(),
    "get_person": lambda client: client.get_person(),
    "get_system_info": lambda client: client.get_system_info(),
    "iter_spaces": lambda client: list(client.iter_spaces(["A", "B"])),
    "get_page": lambda client: client.get_page("1", version=2),
    "find_page": lambda client: client.find_page("A", "t"),
    "iter_pages": lambda client: list(client.iter_pages("5")),
    "iter_page_versions": lambda client: list(client.iter_page_versions("1")),
    "update_page": lambda client: client.update_page(Page("1", "5", "t", "current", PageVersion(1, 0, "a")), "", ""),
    "create_page": lambda client: client.create_page("5", "t", "", "1"),
    "classify_content": lambda client: client.classify_content(["1"]),
    "iter_attachments": lambda client: list(client.iter_attachments("1", "f")),
    "iter_attachment_versions": lambda client: list(client.iter_attachment_versions("att9")),
    "put_attachment": lambda client: client.put_attachment("1", "f", b"", ""),
    "delete_attachment": lambda client: client.delete_attachment("att9"),
    "download_attachment": lambda client: client.download_attachment("1", "att9", 2),
    "may_update": lambda client: client.may_update("1"),
}
JIRA: dict[str, Callable[[JiraClient], object]] = {
    "get_server_info": lambda client: client.get_server_info(),
    "get_current_user": lambda client: client.get_current_user(),
    "list_fields": lambda client: client.list_fields(),
    "list_link_types": lambda client: client.list_link_types(),
    "search_ids": lambda client: client.search_ids("project = A"),
    "fetch_issues": lambda client: client.fetch_issues([1], ["summary"]),
    "match_issues": lambda client: client.match_issues(["project = A"], [1]),
    "check_jql": lambda client: client.check_jql(["project = A"]),
}
CATALOGUE: dict[str, Callable[[JiraCatalogue], object]] = {
    "list_projects": lambda client: client.list_projects(),
    "list_issue_types": lambda client: client.list_issue_types(),
    "list_statuses": lambda client: client.list_statuses(),
    "list_priorities": lambda client: client.list_priorities(),
    "list_resolutions": lambda client: client.list_resolutions(),
    "list_filters": lambda client: client.list_filters(),
    "find_users": lambda client: client.find_users(["a", "b"]),
    "find_users_named": lambda client: client.find_users_named("Ada"),
    "iter_issues": lambda client: list(client.iter_issues(["1", "A-2"], ("summary",))),
}
AGILE = {"list_boards", "list_sprints", "find_sprint"}
"""Methods that ask Jira Software, whose document is not among those published here."""

SPECIAL: dict[str, Any] = {
    "/wiki/api/v2/spaces": {"results": [SPACE]},
    "/wiki/rest/api/content/1/child/attachment": {"results": [{"id": "att9", "version": {"number": 1}}]},
    "/wiki/api/v2/content/convert-ids-to-types": {"results": {"1": "page"}},
    "/rest/api/3/serverInfo": {"baseUrl": "b"},
    "/rest/api/3/field": [],
    "/rest/api/3/issuetype": [],
    "/rest/api/3/status": [],
    "/rest/api/3/priority": [],
    "/rest/api/3/resolution": [],
    "/rest/api/3/project/search": {"values": []},
    "/rest/api/3/filter/search": {"values": []},
    "/rest/api/3/user/bulk": {"values": []},
    "/rest/api/3/user/search": [],
    "/rest/api/3/jql/match": {"matches": [{"matchedIssues": [1]}]},
    "/rest/api/3/jql/parse": {"queries": [{}]},
}


@pytest.fixture(scope="module")
def documented() -> list[tuple[str, re.Pattern[str], set[str]]]:
    """Each documented operation: method, the pattern of its path, the names of its query parameters."""
    if not DOCUMENTS.is_dir():
        pytest.skip("Atlassian's published OpenAPI documents are not here")
    return [
        operation
        for name, prefix in (("confluence-v1", ""), ("confluence-v2", "/wiki/api/v2"), ("jira-v3", ""))
        for operation in iter_operations(json.loads((DOCUMENTS / f"{name}.json").read_bytes()), prefix)
    ]


def iter_operations(document: dict[str, Any], prefix: str) -> Iterator[tuple[str, re.Pattern[str], set[str]]]:
    for path, methods in document["paths"].items():
        pattern = re.compile(
            "".join(
                "[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{.*?\})", prefix + path)
            )
        )
        for method, operation in methods.items():
            if isinstance(operation, dict):
                parameters = operation.get("parameters", [])
                yield method.upper(), pattern, {given["name"] for given in parameters if given.get("in") == "query"}


def test_every_method_is_tried():
    catalogue = {*CATALOGUE, *AGILE}
    for client, tried in ((ConfluenceClient, CONFLUENCE), (JiraClient, JIRA), (JiraCatalogue, catalogue)):
        methods = {name for name, method in vars(client).items() if callable(method) and not name.startswith("_")}
        assert methods == set(tried)


@pytest.mark.documents
@pytest.mark.parametrize(
    "name",
    [
        *(f"confluence.{name}" for name in CONFLUENCE),
        *(f"jira.{name}" for name in JIRA),
        *(f"catalogue.{name}" for name in CATALOGUE),
    ],
)
def test_asks_only_what_is_documented(name, site, transport, answered, documented):
    site.rule = lambda asked: answered(SPECIAL.get(asked.path, ANY))
    product, _, method = name.partition(".")
    if product == "confluence":
        CONFLUENCE[method](ConfluenceClient(transport))
    elif product == "jira":
        JIRA[method](JiraClient(transport))
    else:
        CATALOGUE[method](JiraCatalogue(transport))
    assert site.asked
    for asked in site.asked:
        known = [query for verb, pattern, query in documented if verb == asked.method and pattern.fullmatch(asked.path)]
        assert known, f"{asked.method} {asked.path} is not documented"
        assert {key for key, _ in parse_qsl(asked.query)} <= set().union(*known)
