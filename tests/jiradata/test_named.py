"""What macros name is collected wherever rewriting would look for it."""

from __future__ import annotations

import json

import pytest

from snapshots.jiradata.mapping import JiraMapping, Mapped
from snapshots.jiradata.named import NamedInMacros, find_named
from snapshots.jiradata.rewriting import JqlRewriter

from .test_rewriting import DESTINATION, FIELDS, REWRITER, REWRITTEN, SOURCE, THINGS

QUERIES = [
    *(before for before, _ in REWRITTEN),
    "issue in updatedBy(5b10a, '-8d') AND project in projectsLeadByUser('Ada Admin')",
    "Reviewers in (5b10a) OR Tester CHANGED BY 5b10a",
    "Sprint CHANGED FROM 7 TO 'Sprint 7'",
    "issue in parentsOf(\"filter = 'My work' AND issue in subtasksOf('assignee = 5b10a')\")",
    "issue in linkedIssuesOf('sprint = 7', 'is tested by')",
    "issue in linkedIssues(10100)",
]


def named_in(*queries: str) -> NamedInMacros:
    return find_named([json.dumps({"levels": [{"jql": query}]}) for query in queries], SOURCE)


@pytest.mark.parametrize("query", QUERIES)
def test_what_was_collected_is_enough_to_rewrite_the_query(query: str) -> None:
    named = named_in(query)
    collected = {
        "sprint": named.sprints,
        "filter": named.filters,
        "user": named.users,
        "issue": named.issues,
    }

    def is_exported(thing: Mapped) -> bool:
        words = {word.lower() for word in collected.get(thing.kind, ())}
        return thing.kind not in collected or not words.isdisjoint(
            {thing.source_id.lower(), thing.source_key.lower(), thing.source_name.lower()}
        )

    exported = [*FIELDS, *filter(is_exported, THINGS)]
    rewriter = JqlRewriter(JiraMapping(exported, numbers_kept=["ACME"]), SOURCE, DESTINATION)
    assert rewriter.rewrite(query).text == REWRITER.rewrite(query).text


def test_words_that_only_look_like_it_are_not_asked_for() -> None:
    named = named_in("summary ~ 'Ada Admin' AND labels = 'Sprint 7' AND assignee in membersOf(team) AND fixVersion = 7")
    assert (named.sprints, named.filters, named.users) == (set(), set(), set())


def test_a_query_that_cannot_be_read_is_counted_and_one_inside_a_function_is_left_out() -> None:
    assert named_in("parent =", "assignee = 5b10a").unread == 1
    inside = named_in("issue in parentsOf('assignee = = 5b10a') AND reporter = 6c")
    assert (inside.users, inside.unread) == ({"6c"}, 0)
