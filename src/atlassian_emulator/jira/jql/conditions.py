"""Conditions on an issue, on their way to SQL.

Conditions that ask for membership in one set ("parent is one of these") stay values for as long as
possible, so that five hundred of them joined by OR become one look-up through one index instead of
five hundred branches. Every condition speaks of the row `i` of `jira_issues`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True)
class Sql:
    """A condition as SQL; true, false or, where a field is empty, unknown."""

    text: str
    parameters: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Members:
    """`column` of the issue is among `values`; an empty column is in no set, and outside of none."""

    column: str
    values: frozenset[Any]
    inside: bool = True


@dataclass(frozen=True)
class SideMembers:
    """Some row of a side table (the rows of `table` for which `only` holds) ties the issue to one of `values`."""

    table: str
    column: str
    values: frozenset[Any]
    only: str = ""


Condition: TypeAlias = Sql | Members | SideMembers

_FEW = 8

NOTHING = Sql("0")
EVERYTHING = Sql("1")


def join(word: Literal["and", "or"], parts: Sequence[Condition]) -> Condition:
    """All parts in one condition; sets over the same column are united or cut beforehand."""
    merged = _merged(word, parts)
    if len(merged) == 1:
        return merged[0]
    return _balanced(word.upper(), [to_sql(part) for part in merged])


def to_sql(condition: Condition) -> Sql:
    match condition:
        case Sql():
            return condition
        case Members(column, values, inside):
            listed = _listed(values)
            return Sql(f"i.{column} {'IN' if inside else 'NOT IN'} {listed.text}", listed.parameters)
        case SideMembers():
            listed = _listed(condition.values)
            only = f"{condition.only} AND " if condition.only else ""
            return Sql(
                f"i.id IN (SELECT issue_id FROM {condition.table} WHERE {only}{condition.column} IN {listed.text})",
                listed.parameters,
            )


def _listed(values: Iterable[Any]) -> Sql:
    """The values as a list for IN.

    A few are parameters of their own, so that SQLite knows how few they are when it chooses an index;
    many are one parameter, because SQLite allows only so many.
    """
    ordered = tuple(sorted(values))
    if len(ordered) <= _FEW:
        return Sql(f"({', '.join('?' * len(ordered))})", ordered)
    return Sql("(SELECT value FROM json_each(?))", (json.dumps(ordered),))


def _merged(word: str, parts: Sequence[Condition]) -> list[Condition]:
    merged: dict[object, Condition] = {}
    for number, part in enumerate(parts):
        key: object = number
        # In a set for OR, out of a set for AND: both unite what is named.
        if isinstance(part, Members) and part.inside == (word == "or"):
            key = ("column", part.column)
            known = merged.get(key)
            if isinstance(known, Members):
                part = Members(part.column, known.values | part.values, part.inside)
        elif isinstance(part, Members):
            key = ("cut", part.column)
            known = merged.get(key)
            if isinstance(known, Members):
                part = Members(part.column, known.values & part.values, part.inside)
        elif isinstance(part, SideMembers) and word == "or":
            key = (part.table, part.column, part.only)
            known = merged.get(key)
            if isinstance(known, SideMembers):
                part = SideMembers(part.table, part.column, known.values | part.values, part.only)
        merged[key] = part
    return list(merged.values())


def _balanced(word: str, parts: list[Sql]) -> Sql:
    """A tree of halves: SQLite counts the depth of an expression and stops at 1,000."""
    while len(parts) > 1:
        pairs = [parts[at : at + 2] for at in range(0, len(parts), 2)]
        parts = [
            pair[0]
            if len(pair) == 1
            else Sql(f"({pair[0].text} {word} {pair[1].text})", pair[0].parameters + pair[1].parameters)
            for pair in pairs
        ]
    return parts[0]
