"""Definitions rewritten for another Jira: queries, columns, sorting, grouping, and no other character."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.atlassian.model import Field
from snapshots.capture.definition import parse_definition
from snapshots.jiradata.definitions import rewrite_definition
from snapshots.jiradata.mapping import JiraMapping, Mapped
from snapshots.jiradata.rewriting import JqlRewriter

SOURCE = [
    Field("summary", "Summary", False, ("summary",), "string"),
    Field("customfield_10010", "Story Points", True, ("cf[10010]", "Story Points"), "number"),
    Field("customfield_10030", "Tester", True, ("cf[10030]", "Tester"), "user"),
]
DESTINATION = [
    Field("customfield_20010", "Points", True, ("cf[20010]", "Points"), "number"),
    Field("customfield_20030", "Tester", True, ("cf[20030]", "Tester"), "user"),
    Field("customfield_20031", "Tester", True, ("cf[20031]", "Tester"), "user"),
]
ENTRIES = [
    Mapped("project", "10000", "ACME", "Acme", "10200", "GLX", "Globex"),
    Mapped("field", "customfield_10010", "", "Story Points", "customfield_20010", "", "Points"),
    Mapped("field", "customfield_10030", "", "Tester", "customfield_20030", "", "Tester", certainty="likely"),
]
REWRITER = JqlRewriter(JiraMapping(ENTRIES, numbers_kept=["ACME"]), SOURCE, DESTINATION)

DEFINITION = """{ "levels" : [
  {"title":"ACME \\u00e9pics", "jql" : "project = ACME AND \\u0022Story Points\\" > 3",
   "columns" : ["key", "summary","customfield_10010" ,"Tester"], "group_by": "cf[10010]"},
  {"jql":"parent = $key", "sort":[{"column":"Story Points", "descending":true}, {"column":"key"}]}
] }
"""
REWRITTEN = """{ "levels" : [
  {"title":"ACME \\u00e9pics", "jql" : "project = GLX AND \\"Points\\" > 3",
   "columns" : ["key", "summary","customfield_20010" ,"customfield_20030"], "group_by": "cf[20010]"},
  {"jql":"parent = $key", "sort":[{"column":"Points", "descending":true}, {"column":"key"}]}
] }
"""


def test_only_the_strings_that_change_are_written_anew() -> None:
    rewritten = rewrite_definition(DEFINITION, REWRITER)
    assert rewritten.text == REWRITTEN
    assert rewritten.is_changed
    assert rewritten.left_alone == ()
    assert [(each.level, each.part, each.place, each.edit.before, each.edit.after) for each in rewritten.edits] == [
        (1, "jql", 0, "ACME", "GLX"),
        (1, "jql", 0, '"Story Points"', '"Points"'),
        (1, "columns", 3, "customfield_10010", "customfield_20010"),
        (1, "columns", 4, "Tester", "customfield_20030"),
        (1, "group_by", 0, "cf[10010]", "cf[20010]"),
        (2, "sort", 1, "Story Points", "Points"),
    ]
    assert [each.edit.certainty for each in rewritten.edits][3] == "likely"
    parse_definition(rewritten.text)


def test_a_preview_shows_the_query_of_each_level() -> None:
    first, second = rewrite_definition(DEFINITION, REWRITER).levels
    assert (first.level, first.title) == (1, "ACME épics")
    assert [(segment.part, segment.text) for segment in first.rewritten.segments()][:3] == [
        ("same", "project = "),
        ("deleted", "ACME"),
        ("inserted", "GLX"),
    ]
    assert second.rewritten.text == "parent = $key"


def test_what_has_no_partner_is_reported_with_its_level_and_place() -> None:
    text = '{"levels":[{"jql":"project = BETA","columns":["key","Colour","customfield_10099"],"group_by":"Colour"}]}'
    rewritten = rewrite_definition(text, REWRITER)
    assert not rewritten.is_changed
    assert [(each.level, each.part, each.place, each.left.word, each.left.reason) for each in rewritten.left_alone] == [
        (1, "jql", 0, "BETA", "unmapped"),
        (1, "columns", 2, "Colour", "unknown-field"),
        (1, "columns", 3, "customfield_10099", "unmapped"),
        (1, "group_by", 0, "Colour", "unknown-field"),
    ]


def test_a_query_that_cannot_be_read_does_not_keep_the_rest_from_being_rewritten() -> None:
    text = '{"levels":[{"jql":"project = = ACME","columns":["customfield_10010"]},{"jql":"project = ACME"}]}'
    rewritten = rewrite_definition(text, REWRITER)
    assert rewritten.text == text.replace("10010", "20010").replace("project = ACME", "project = GLX")
    assert [(each.level, each.left.reason) for each in rewritten.left_alone] == [(1, "unreadable")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scope = ACME", "is not JSON"),
        ("", "is not JSON"),
        ('{"levels":[]}', "no levels"),
        ('{"levels":[{"jql":"project = ACME","colour":"red"}]}', "'colour', which means nothing"),
        ('{"levels":[{"jql":7}]}', "expected text"),
        ('{"levels":' + "[" * 5_000 + "]" * 5_000 + "}", "is not JSON"),
        ('["project = ACME"]', "no levels"),
    ],
)
def test_what_is_no_definition_is_left_alone_and_reported(text: str, words: str) -> None:
    rewritten = rewrite_definition(text, REWRITER)
    assert rewritten.text == text
    (left,) = rewritten.left_alone
    assert (left.level, left.left.reason) == (0, "unreadable")
    assert words in left.left.word


def test_columns_that_would_become_one_are_not_written() -> None:
    twice = [
        Mapped("field", "customfield_10010", "", "Story Points", "customfield_20010", "", "Points"),
        Mapped("field", "customfield_10030", "", "Tester", "points", "", "customfield_20010"),
    ]
    text = '{"levels":[{"jql":"project = ACME","columns":["customfield_10010","Tester"]}]}'
    rewritten = rewrite_definition(text, JqlRewriter(JiraMapping(twice), SOURCE))
    assert rewritten.text == text
    assert "twice" in rewritten.left_alone[0].left.word


_DEFINITIONS = st.builds(
    lambda levels, indent, ascii_only: json.dumps({"levels": levels}, indent=indent, ensure_ascii=ascii_only),
    st.lists(
        st.fixed_dictionaries(
            {"jql": st.sampled_from(["project = ACME", "key=ACME-1 order by cf[10010]", 'summary ~ "é ACME"'])},
            optional={
                "title": st.text(st.characters(exclude_categories=["Cs"])),
                "columns": st.lists(
                    st.sampled_from(["key", "summary", "customfield_10010", "Story Points"]), min_size=1, unique=True
                ),
                "sort": st.lists(st.builds(lambda name: {"column": name}, st.sampled_from(["key", "Story Points"]))),
                "group_by": st.sampled_from(["summary", "cf[10010]"]),
            },
        ),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
)


@given(_DEFINITIONS)
def test_an_empty_mapping_changes_nothing(text: str) -> None:
    assert rewrite_definition(text, JqlRewriter(JiraMapping(), SOURCE)).text == text


@given(_DEFINITIONS)
def test_there_and_back_says_the_same(text: str) -> None:
    there = rewrite_definition(text, REWRITER)
    assert there.left_alone == ()
    inverse = JiraMapping(ENTRIES, numbers_kept=["ACME"]).inverse()
    back = rewrite_definition(there.text, JqlRewriter(inverse, DESTINATION, SOURCE))
    assert json.loads(back.text) == json.loads(text)
