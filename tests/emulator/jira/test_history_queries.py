"""WAS and CHANGED against a plain reading of the histories that the same issues carry."""

from __future__ import annotations

import pytest

from .conftest import refusals

LATEST = "9999"


def spans(issue, field="status"):
    """(value, since, until, by whom) of every value that a field held, oldest first."""
    fields = issue["fields"]
    since, author = fields["created"], fields["reporter"]["name"]
    changes = [
        (history["created"], history["author"]["name"], item)
        for history in issue.get("changelog", {}).get("histories", [])
        for item in history["items"]
        if item["field"] == field
    ]
    found = []
    for moment, by, item in changes:
        found.append((item["fromString"], since, moment, author))
        since, author = moment, by
    now = fields[field]["name"] if fields[field] else None
    return [*found, (now, since, LATEST, author)]


def moves(issue):
    """(from, to, when, who) of every change of status."""
    return [
        (item["fromString"], item["toString"], history["created"], history["author"]["name"])
        for history in issue.get("changelog", {}).get("histories", [])
        for item in history["items"]
        if item["field"] == "status"
    ]


CASES = [
    ("status was Done", lambda i: any(v == "Done" for v, *_ in spans(i))),
    ("status was 'To Do'", lambda i: any(v == "To Do" for v, *_ in spans(i))),
    ("status was not 'In Progress'", lambda i: all(v != "In Progress" for v, *_ in spans(i))),
    ("not status was 'In Progress'", lambda i: all(v != "In Progress" for v, *_ in spans(i))),
    ("status was in (Draft, Open)", lambda i: any(v in ("Draft", "Open") for v, *_ in spans(i))),
    ("status was not in (Draft, Open)", lambda i: all(v not in ("Draft", "Open") for v, *_ in spans(i))),
    (
        "status was 'In Progress' before 2025-09-01",
        lambda i: any(v == "In Progress" and since < "2025-09-01" for v, since, *_ in spans(i)),
    ),
    (
        "status was 'In Progress' after 2026-03-01",
        lambda i: any(v == "In Progress" and until > "2026-03-01" for v, _, until, _ in spans(i)),
    ),
    (
        "status was Draft on 2025-06-10",
        lambda i: any(v == "Draft" and s < "2025-06-11" and u >= "2025-06-10" for v, s, u, _ in spans(i)),
    ),
    (
        "status was 'In Review' during (2025-03-01, 2025-06-01)",
        lambda i: any(v == "In Review" and s <= "2025-06-01" and u >= "2025-03-01" for v, s, u, _ in spans(i)),
    ),
    ("resolution was EMPTY", lambda i: any(v is None for v, *_ in spans(i, "resolution"))),
    ("resolution was not EMPTY", lambda i: False),
    ("status changed", lambda i: bool(moves(i))),
    ("not status changed", lambda i: not moves(i)),
    ("status changed from 'To Do'", lambda i: any(old == "To Do" for old, *_ in moves(i))),
    ("status changed to Done", lambda i: any(new == "Done" for _, new, *_ in moves(i))),
    (
        "status changed from 'To Do' to 'In Progress' after 2026-01-01",
        lambda i: any(m[:2] == ("To Do", "In Progress") and m[2] >= "2026-01-01" for m in moves(i)),
    ),
    ("status changed before startOfYear()", lambda i: any(m[2] < "2026-01-01" for m in moves(i))),
]


@pytest.mark.parametrize(("jql", "holds"), CASES)
def test_the_history_is_read_as_it_is_written(find, made_up, jql, holds):
    assert set(find(jql)) == {issue["key"] for issue in made_up if holds(issue)}


def test_by_whom(find, made_up, quiet_site):
    people = {move[3] for issue in made_up for move in moves(issue)}
    for person in sorted(people)[:5]:
        account_id = quiet_site.users.find_by_email(f"{person}@example.com").account_id
        expected = {issue["key"] for issue in made_up if any(move[3] == person for move in moves(issue))}
        assert set(find(f'status changed by "{account_id}"')) == expected
        expected = {i["key"] for i in made_up if any(v == "Done" and by == person for v, _, _, by in spans(i))}
        assert set(find(f'status was Done by "{account_id}"')) == expected


@pytest.mark.parametrize(
    ("jql", "sentence"),
    [
        ("status was Nowhere", "The value 'Nowhere' does not exist for the field 'status'."),
        ("status changed by nobody", "The user 'nobody' does not exist and cannot be used in the 'by' predicate."),
        ("status was Done to Open", "The predicate 'to' is not supported by the operator 'was'."),
        ("status changed during 2026-01-01", "The predicate 'during' was given the wrong number of dates."),
        ("status was in Done", "Operator 'was in' does not support the non-list value 'Done' for field 'status'."),
        ("created was 2026-01-01", "History searches do not support the 'created' field."),
    ],
)
def test_what_history_cannot_answer_is_refused(quiet_site, jql, sentence):
    assert refusals(quiet_site, jql) == [sentence]


def test_versions_come_and_go_one_by_one(client):
    """WAS of a field with several values asks for each of them by itself."""
    v3 = "/rest/api/3"
    new = {"project": {"key": "PUMP"}, "issuetype": {"name": "Bug"}, "summary": "Leaks"}
    key = client.post(f"{v3}/issue", {"fields": {**new, "fixVersions": [{"name": "1.0"}]}}, status=201)["key"]
    client.put(f"{v3}/issue/{key}", {"fields": {"fixVersions": [{"name": "1.1"}, {"name": "2.0"}]}}, status=204)
    [history] = client.get(f"{v3}/issue/{key}/changelog")["values"]
    told = [(item["field"], item["fromString"], item["toString"]) for item in history["items"]]
    assert told == [("Fix Version", "1.0", None), ("Fix Version", None, "1.1"), ("Fix Version", None, "2.0")]
    for jql, found in (
        ("fixVersion was 1.0", True),
        ("fixVersion was 1.1", True),
        ("fixVersion was 2.1", False),
        ("fixVersion changed from 1.0", True),
        ("fixVersion changed from 1.1", False),
        ("fixVersion changed by currentUser()", True),
    ):
        count = client.post(f"{v3}/search/approximate-count", {"jql": f"key = {key} and {jql}"})["count"]
        assert bool(count) is found, jql
