from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapshots.atlassian.model import Field
from snapshots.capture.payload import Column
from snapshots.capture.values import EPIC_LINK, SPRINT, display_value, jql_value, make_column
from snapshots.errors import InvalidInput

MIA = {"accountId": "5b10", "displayName": "Mia Krystof", "avatarUrls": {"16x16": "https://…"}, "active": True}
MIA_SHOWN = {"accountId": "5b10", "name": "Mia Krystof"}
ADF = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hi"}]}]}
BLOCKS = {"id": "1", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}


def field(kind: str | None, items: str | None = None, custom: str | None = None, name: str = "Some field") -> Field:
    return Field("some_id", name, schema_type=kind, schema_items=items, schema_custom=custom)


def named(name: str, **more: Any) -> dict[str, Any]:
    return {"self": "https://acme.atlassian.net/…", "id": "3", "name": name, **more}


@pytest.mark.parametrize(
    ("shape", "raw", "shown"),
    [
        (field("string"), None, None),
        (field("string"), "Wörter", "Wörter"),
        (field("string"), "", ""),
        (field("string"), ADF, ADF),
        (field("number"), 3.0, 3),
        (field("number"), 3.25, 3.25),
        (field("number"), -0.0, 0),
        (field("number"), 1e300, 1e300),
        (field("boolean"), False, False),
        (field("date"), "2026-01-31", "2026-01-31"),
        (field("status"), named("In Progress", statusCategory={"key": "indeterminate"}), "In Progress"),
        (field("priority"), named("High"), "High"),
        (field("issuetype"), named("Story"), "Story"),
        (field("resolution"), named("Won't Fix"), "Won't Fix"),
        (field("project"), named("Acme", key="ACME"), "Acme"),
        (field("option"), {"self": "…", "id": "1", "value": "Red"}, "Red"),
        (
            field("option-with-child"),
            {"value": "Hardware", "id": "1", "child": {"value": "Laptop"}},
            "Hardware > Laptop",
        ),
        (field("option-with-child"), {"value": "Hardware", "id": "1"}, "Hardware"),
        (field("array", "version"), [named("1.0"), named("1.1")], ["1.0", "1.1"]),
        (field("array", "component"), [], []),
        (field("array", "string"), ["notable", "GA"], ["notable", "GA"]),
        (field("array", "option"), [{"value": "a"}, {"value": "b"}], ["a", "b"]),
        (field("user"), MIA, MIA_SHOWN),
        (
            field("user"),
            {"key": "JIRAUSER1", "name": "mia", "displayName": "Mia"},
            {"accountId": "JIRAUSER1", "name": "Mia"},
        ),
        (field("user"), {"accountId": "gone"}, {"accountId": "gone", "name": "gone"}),
        (field("array", "user"), [MIA], [MIA_SHOWN]),
        (field("array", "group"), [named("jira-admins")], ["jira-admins"]),
        (field("issuelink"), {"id": "7", "key": "ACME-7", "fields": {"summary": "x"}}, "ACME-7"),
        (field("array", "issuelinks"), [{"id": "8", "key": "ACME-8"}], ["ACME-8"]),
        (
            field("array", "issuelinks"),
            [
                {"id": "1", "type": BLOCKS, "outwardIssue": {"key": "ACME-2"}},
                {"id": "2", "type": BLOCKS, "inwardIssue": {"key": "ACME-3"}},
            ],
            ["blocks ACME-2", "is blocked by ACME-3"],
        ),
        (field("array", "json", SPRINT), [{"id": 7, "name": "Sprint 7", "state": "active"}], ["Sprint 7"]),
        (
            field("array", "string", SPRINT),
            ["com.atlassian.greenhopper.service.sprint.Sprint@1f[id=7,name=Sprint 7, final,goal=]]"],
            ["Sprint 7, final"],
        ),
        (field("any", None, EPIC_LINK), "ACME-9", "ACME-9"),
        (field("array", "attachment"), [{"id": "1", "filename": "domfail.png", "size": 10331}], ["domfail.png"]),
        (field("votes"), {"votes": 4, "hasVoted": False}, 4),
        (field("watches"), {"watchCount": 2, "isWatching": True}, 2),
        (
            field("progress"),
            {"progress": 60, "total": 120, "percent": 50},
            {"percent": 50, "progress": 60, "total": 120},
        ),
        (field("timetracking"), {"timeSpent": "1h", "timeSpentSeconds": 3600}, {"timeSpent": "1h"}),
        (
            field("comments-page"),
            {"comments": [{"author": MIA, "body": ADF, "created": "2026-01-31T10:00:00.000+0000"}], "total": 1},
            [{"author": MIA_SHOWN, "body": ADF, "created": "2026-01-31T10:00:00.000+0000"}],
        ),
    ],
)
def test_a_value_is_what_a_reader_saw(shape: Field, raw: Any, shown: Any) -> None:
    assert json.dumps(display_value(raw, shape), sort_keys=True) == json.dumps(shown, sort_keys=True)


def test_comments_that_jira_kept_back_are_counted() -> None:
    page = {"comments": [{"author": None, "body": "one", "created": "2026"}], "total": 21}
    shown = display_value(page, field("comments-page"))
    assert isinstance(shown, list)
    assert "20 more comments" in shown[1]["body"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(json_values, st.sampled_from(["any", "sd-servicelevelagreement", "", None]))
def test_an_unknown_kind_of_value_is_kept_whole(raw: Any, kind: str | None) -> None:
    assert display_value(raw, field(kind)) == raw


@pytest.mark.parametrize(
    "kind", ["status", "option", "user", "issuelink", "comments-page", "attachment", "votes", "watches", "version"]
)
@settings(max_examples=25)
@given(raw=json_values.filter(lambda raw: not isinstance(raw, dict)))
def test_a_shape_that_the_schema_did_not_promise_is_kept_whole(kind: str, raw: Any) -> None:
    assert display_value(raw, field(kind)) == raw
    assert display_value({"surprise": raw}, field(kind)) == {"surprise": raw}
    if not isinstance(raw, list):
        assert display_value(raw, field("array", kind)) == raw


@pytest.mark.parametrize(
    ("shape", "raw", "value"),
    [
        (field("status"), named("Done"), "Done"),
        (field("user"), MIA, "5b10"),
        (field("number"), 3.0, 3),
        (field("array", "version"), [named("1.0")], ["1.0"]),
        (field("array", "user"), [MIA], ["5b10"]),
        (field("array", "version"), [], None),
        (field("string"), "", None),
        (field("string"), None, None),
        (Field("subtasks", "Sub-tasks", schema_type="array", schema_items="issuelinks"), [{"key": "A-1"}], ["A-1"]),
    ],
)
def test_what_a_query_may_ask_for(shape: Field, raw: Any, value: Any) -> None:
    assert jql_value(raw, shape) == value


@pytest.mark.parametrize(
    ("shape", "raw"),
    [
        (field("string", name="Description"), ADF),
        (field("array", "issuelinks", name="Linked Issues"), [{"type": BLOCKS, "outwardIssue": {"key": "A-1"}}]),
        (field("progress", name="Progress"), {"progress": 1}),
    ],
)
def test_what_a_query_cannot_ask_for_is_refused(shape: Field, raw: Any) -> None:
    with pytest.raises(InvalidInput, match=shape.name):
        jql_value(raw, shape)


def test_a_column_tells_what_its_lists_hold() -> None:
    assert make_column(Field("fixVersions", "Fix versions", schema_type="array", schema_items="version")) == Column(
        "fixVersions", "Fix versions", "array:version"
    )
    assert make_column(Field("thumbnail", "Images")) == Column("thumbnail", "Images", "any")


def test_rich_text_may_nest_deeper_than_python_calls() -> None:
    raw: dict[str, Any] = {"type": "text", "text": "deep", "size": 2.0}
    for _ in range(2_000):
        raw = {"type": "blockquote", "content": [raw]}
    shown: Any = display_value(raw, field("doc"))
    for _ in range(2_000):
        (shown,) = shown["content"]
    assert json.dumps(shown) == '{"type": "text", "text": "deep", "size": 2}'
