"""Which issues, sprints, filters and people the macros' queries name, so that Jira is asked for those. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from snapshots.atlassian.model import Field as JiraField
from snapshots.capture.definition import parse_definition
from snapshots.errors import InvalidInput
from snapshots.jiradata.meanings import FieldWords
from snapshots.jiradata.meant_words import DEEPEST_QUERY_IN_QUERY, iter_meant_words
from snapshots.jql import JqlSyntaxError, Query, Value, iter_nodes, parse_jql

_ISSUE_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]+-[1-9][0-9]{0,9}")


@dataclass(slots=True)
class NamedInMacros:
    """Words that queries compare sprints, filters and people with: ids or names, as they are written there."""

    issues: set[str] = field(default_factory=set)
    """Ids, and whatever looks like the key of an issue; that it is none does no harm."""
    sprints: set[str] = field(default_factory=set)
    filters: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    unread: int = 0
    """Definitions or queries that nobody can parse; the plan at the destination names each."""


def find_named(definitions: Iterable[str], fields: Iterable[JiraField]) -> NamedInMacros:
    """What these definitions name. `fields` are the source's, which tell custom fields of sprints and of people."""
    named = NamedInMacros()
    words = FieldWords(fields)
    for text in definitions:
        try:
            queries = [parse_jql(level.jql) for level in parse_definition(text).levels]
        except InvalidInput:
            named.unread += 1
            continue
        for query in queries:
            _note(named, query, words, 0)
    return named


def _note(named: NamedInMacros, query: Query, fields: FieldWords, depth: int) -> None:
    for node in iter_nodes(query):
        if isinstance(node, Value) and _ISSUE_KEY.fullmatch(node.text):
            named.issues.add(node.text.upper())
    for subject, value, _ in iter_meant_words(query, fields):
        match subject:
            case "issue" if value.text.isdecimal():
                named.issues.add(value.text)
            case "sprint":
                named.sprints.add(value.text)
            case "filter":
                named.filters.add(value.text)
            case "user":
                named.users.add(value.text)
            case "jql" if depth < DEEPEST_QUERY_IN_QUERY:
                _note_inner(named, value.text, fields, depth + 1)


def _note_inner(named: NamedInMacros, text: str, fields: FieldWords, depth: int) -> None:
    try:
        query = parse_jql(text)
    except JqlSyntaxError:
        return  # one of its words alone; the plan names it
    _note(named, query, fields, depth)
