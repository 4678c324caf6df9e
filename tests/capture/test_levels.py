from __future__ import annotations

import pytest

from snapshots.atlassian.model import Field, LinkType
from snapshots.capture.definition import Definition, Level, Sort
from snapshots.capture.fields import FieldCatalogue
from snapshots.capture.levels import (
    Alone,
    ByLink,
    ByMatch,
    ByParent,
    LevelPlan,
    Strategy,
    fields_to_read,
    needs_link_types,
    plan_levels,
)
from snapshots.capture.values import EPIC_LINK
from snapshots.errors import DecisionNeeded, InvalidInput

FIELDS = FieldCatalogue(
    [
        Field("issuekey", "Key"),
        Field("summary", "Summary", schema_type="string"),
        Field("status", "Status", schema_type="status"),
        Field("parent", "Parent", schema_type="issuelink"),
        Field("customfield_10014", "Epic Link", True, ("cf[10014]", "Epic Link"), "any", None, EPIC_LINK),
        Field("customfield_10030", "Team", True, ("cf[10030]",), "option"),
        Field("customfield_10031", "Team", True, ("cf[10031]",), "string"),
        Field("customfield_10032", "team size", True, ("cf[10032]",), "number"),
    ]
)
LINK_TYPES = [LinkType("7", "Tests", "is tested by", "tests"), LinkType("8", "Relates", "relates to", "relates to")]


def plan(*levels: Level, properties: dict[str, str] | None = None) -> tuple[LevelPlan, ...]:
    return plan_levels(Definition(levels), FIELDS, LINK_TYPES, properties or {})


def plan_second(jql: str) -> LevelPlan:
    return plan(Level("project = ACME"), Level(jql))[1]


@pytest.mark.parametrize(
    ("jql", "strategy"),
    [
        ("project = BUG", Alone()),
        ("parent = $key", ByParent("parent", ("parent",))),
        ("Parent IN ($Key) and status != Done", ByParent("Parent", ("parent",))),
        ("(parent = $key) AND (type = Bug OR type = Test)", ByParent("parent", ("parent",))),
        ('"Epic Link" = $key', ByParent('"Epic Link"', ("customfield_10014", "parent"))),
        ("cf[10014] = $key", ByParent("cf[10014]", ("customfield_10014", "parent"))),
        ("cf[10030] = $key", ByMatch()),
        ("issue in linkedIssues($key)", ByLink("issue", "", None)),
        ('key in linkedIssues($key, "is tested by")', ByLink("key", ', "is tested by"', frozenset({("7", "inward")}))),
        ("issuekey in (linkedIssues($key, tests))", ByLink("issuekey", ", tests", frozenset({("7", "outward")}))),
        (
            'issue in linkedIssues($key, "RELATES to")',
            ByLink("issue", ', "RELATES to"', frozenset({("8", "inward"), ("8", "outward")})),
        ),
        ('issue in linkedIssues($key, "unheard of")', ByMatch()),
        ("issue not in linkedIssues($key)", ByMatch()),
        ("parent != $key", ByMatch()),
        ("parent = $key OR project = BUG", ByMatch()),
        ("NOT parent = $key", ByMatch()),
        ("parent = $status", ByMatch()),
        ("parent = $key AND status = $status", ByMatch()),
        ("parent in ($key, ACME-1)", ByMatch()),
        ("summary ~ $summary", ByMatch()),
    ],
)
def test_each_reference_has_its_strategy(jql: str, strategy: Strategy) -> None:
    assert plan_second(jql).strategy == strategy


def test_conditions_for_all_rows_are_kept_beside_those_of_one_row() -> None:
    planned = plan_second("status != Done AND (type = Bug OR type = Test) AND parent = $key ORDER BY rank DESC")
    assert planned.query(["parent in (A, B)"]) == (
        "(parent in (A, B)) AND status != Done AND (type = Bug OR type = Test) ORDER BY rank DESC"
    )
    assert planned.query() == "status != Done AND (type = Bug OR type = Test) ORDER BY rank DESC"


def test_an_outermost_or_is_kept_together() -> None:
    (planned,) = plan(Level("project = A OR project = B ORDER BY key"))
    assert planned.query() == "(project = A OR project = B) ORDER BY key"


def test_values_are_quoted_and_never_spliced() -> None:
    planned = plan_second('summary ~ $summary AND "Team size" = $"team size"')
    condition = planned.condition_for(
        {("field", "summary"): 'x" OR project = SECRET OR summary ~ "y', ("field", "team size"): "3"}
    )
    assert condition == r'summary ~ "x\" OR project = SECRET OR summary ~ \"y" AND "Team size" = "3"'


def test_page_properties_are_quoted_too() -> None:
    (planned,) = plan(
        Level("fixVersion = $metadata:release AND text ~ $metadata:'a name'"),
        properties={"release": '1.0" OR key = "X-1', "a name": "it's"},
    )
    assert planned.query() == r'''fixVersion = "1.0\" OR key = \"X-1" AND text ~ "it's"'''


def test_every_field_that_is_needed_is_read_once() -> None:
    plans = plan(
        Level("project = ACME", ("key", "Status"), sort=(Sort("team size", True), Sort("key")), group_by="parent"),
        Level("summary ~ $summary", ("cf[10030]",)),
        Level("issue in linkedIssues($key)"),
        Level('"Epic Link" = $key'),
    )
    assert fields_to_read(plans) == (
        "customfield_10014",
        "customfield_10030",
        "customfield_10032",
        "issuelinks",
        "parent",
        "status",
        "summary",
    )


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ((Level("parent = $key"),), r"Level 1 refers to \$key"),
        ((Level("project = "),), "JQL of level 1"),
        ((Level("project = A"), Level("parent ==== $key")), "JQL of level 2"),
        ((Level("project = $metadata:home"),), "page property 'home'"),
        ((Level("x = 1", ("nonsense",)),), "Level 1 shows 'nonsense'"),
        ((Level("x = 1"), Level("y = $nonsense")), "Level 2 refers to 'nonsense'"),
        ((Level("x = 1", sort=(Sort("nonsense"),)),), "Level 1 sorts by 'nonsense'"),
        ((Level("x = 1", group_by="nonsense"),), "Level 1 groups by 'nonsense'"),
        ((Level("x = 1", ("status", "Status")),), r"shows Status \(status\) twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_level(levels: tuple[Level, ...], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        plan(*levels)


def test_a_name_of_two_fields_is_for_a_person_to_decide() -> None:
    with pytest.raises(DecisionNeeded, match="customfield_10030, customfield_10031"):
        plan(Level("x = 1", ("Team",)))


def test_an_id_wins_over_a_name_and_exact_spelling_over_case() -> None:
    fields = FieldCatalogue(
        [Field("status", "State"), Field("f_1", "status"), Field("f_2", "size"), Field("f_3", "Size")]
    )
    assert [fields.get(word, "Level 1 shows").id for word in ("status", "Size", "size", "STATE")] == [
        "status",
        "f_3",
        "f_2",
        "status",
    ]


def test_link_types_are_only_asked_for_when_a_level_follows_links() -> None:
    assert needs_link_types(Definition((Level("x = 1"), Level("issue in LinkedIssues($key)"))))
    assert not needs_link_types(Definition((Level("x = 1"), Level("parent = $key"))))


def test_an_error_names_a_query_in_few_words() -> None:
    (level,) = plan(Level("project = A\n  AND key in (" + ", ".join(f"A-{n}" for n in range(1, 3000)) + ")"))
    assert level.described.startswith("level 1, 'project = A AND key in (A-1, A-2,")
    assert level.described.endswith("…'") and len(level.described) < 240
