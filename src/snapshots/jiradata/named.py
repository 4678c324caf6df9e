"""Which issues, sprints, filters and people the macros' queries name, so that Jira is asked for those. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from snapshots.atlassian.model import Field as JiraField
from snapshots.capture.definition import parse_definition
from snapshots.errors import InvalidInput
from snapshots.jql import Clause, Field, List, Operand, Predicate, Value, iter_nodes, parse_jql

SPRINT_TYPE = "com.pyxis.greenhopper.jira:gh-sprint"

_ISSUE_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]+-[1-9][0-9]{0,9}")
_FILTERS = frozenset({"filter", "request", "savedfilter", "searchrequest"})
_PEOPLE = frozenset({"assignee", "creator", "reporter", "voter", "watcher", "worklogauthor"})


@dataclass(slots=True)
class NamedInMacros:
    """Words that queries compare sprints, filters and people with: ids or names, as they are written there."""

    issues: set[str] = field(default_factory=set)
    """Whatever looks like the key of an issue; that it is none does no harm."""
    sprints: set[str] = field(default_factory=set)
    filters: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    unread: int = 0
    """Definitions or queries that nobody can parse; the plan at the destination names each."""


def find_named(definitions: Iterable[str], fields: Iterable[JiraField]) -> NamedInMacros:
    """What these definitions name. `fields` are the source's, which tell custom fields of sprints and of people."""
    named = NamedInMacros()
    words = _custom_words(fields)
    for text in definitions:
        try:
            queries = [parse_jql(level.jql) for level in parse_definition(text).levels]
        except InvalidInput:
            named.unread += 1
            continue
        for query in queries:
            for node in iter_nodes(query):
                if isinstance(node, Clause):
                    _note(named, node, words)
                elif isinstance(node, Value) and _ISSUE_KEY.fullmatch(node.text):
                    named.issues.add(node.text.upper())
    return named


def _custom_words(fields: Iterable[JiraField]) -> Mapping[str, str]:
    """By every word a query may call a field: `sprint` or `user`."""
    words: dict[str, str] = {}
    for each in fields:
        is_person = "user" in (each.schema_type, each.schema_items)
        kind = "sprint" if each.schema_custom == SPRINT_TYPE else "user" if is_person else ""
        if kind:
            words.update((word.lower(), kind) for word in (each.id, each.name, *each.clause_names))
    return words


def _note(named: NamedInMacros, clause: Clause, words: Mapping[str, str]) -> None:
    found = _kind_of(clause.field, words)
    people = [predicate.operand for predicate in clause.predicates if predicate.name == "BY"]
    named.users.update(_words(people))
    if found == "sprint":
        named.sprints.update(_words([clause.operand, *_compared(clause.predicates)]))
    elif found == "filter":
        named.filters.update(_words([clause.operand]))
    elif found == "user":
        named.users.update(_words([clause.operand, *_compared(clause.predicates)]))


def _kind_of(name: Field, words: Mapping[str, str]) -> str:
    word = name.name.strip().lower()
    if word in _FILTERS:
        return "filter"
    if word in _PEOPLE:
        return "user"
    return words.get(word, "sprint" if word == "sprint" else "")


def _compared(predicates: Iterable[Predicate]) -> list[Operand]:
    return [predicate.operand for predicate in predicates if predicate.name in ("FROM", "TO")]


def _words(operands: Iterable[Operand | None]) -> Iterator[str]:
    for operand in operands:
        if isinstance(operand, Value):
            yield operand.text
        elif isinstance(operand, List):
            yield from _words(operand.items)
