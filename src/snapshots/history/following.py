"""Finding what imports of Jira data say of two versions, in the registry's mappings."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from snapshots.capture.jiras import Move, Route
from snapshots.capture.payload import OpenPayload
from snapshots.history.crossing import Crossing, Names, Side, issues_of, make_names
from snapshots.registry import jira_mappings
from snapshots.registry.jira_mappings import MappedThing

_FEW_OF = ("project", "issue_type", "field", "status", "priority", "resolution", "link_type", "sprint", "user")
"""Kinds of which a Jira has so few that all are read; of issues only those that the payload names."""


def follow(conn: sa.Connection, route: Route, old: OpenPayload, new: OpenPayload) -> Crossing:
    """The names of both payloads where their moves meet."""
    return Crossing(_side(conn, route.old, old), _side(conn, route.new, new), route.moves)


def _side(conn: sa.Connection, moves: tuple[Move, ...], payload: OpenPayload) -> Side:
    if not moves:
        return Side()
    ids, keys = issues_of(payload)
    whole: Names | None = None
    for move in moves:
        names = _read_names(conn, move, ids, keys)
        whole = names if whole is None else whole.then(names)
        ids = list(whole.issues.values())
        keys = {whole.keys.get(key, key) for key in keys}
    return Side(whole)


def _read_names(conn: sa.Connection, move: Move, ids: Iterable[str], keys: set[str]) -> Names:
    things: list[MappedThing] = []
    for mapping in move:
        few = list(jira_mappings.iter_things(conn, mapping, _FEW_OF))
        issues = jira_mappings.find_things(conn, mapping, "issue", ids=ids)
        # A key that a row bears was found by the row's id already.
        known = {thing.source_key for thing in issues}
        others = keys - known
        issues += jira_mappings.find_things(conn, mapping, "issue", keys=others)
        known.update(thing.source_key for thing in issues)
        things += few
        things += _by_number(keys - known, mapping.numbers_kept, few)
        things += issues
    return make_names(things)


def _by_number(keys: Iterable[str], numbers_kept: tuple[str, ...], few: Iterable[MappedThing]) -> Iterable[MappedThing]:
    """Issues that only their project and number tell of, as far as projects kept their numbers."""
    kept = {key.lower() for key in numbers_kept}
    there = {
        thing.source_key: thing.destination_key
        for thing in few
        if thing.kind == "project" and thing.source_key.lower() in kept
    }
    for key in keys:
        project, _, number = key.rpartition("-")
        if project in there:
            yield MappedThing("issue", "", key, "", "", f"{there[project]}-{number}", "", "number")
