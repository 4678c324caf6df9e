"""Issues out of the database, in Jira's shape, many at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final

from atlassian_emulator.jira.fields import Field
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.mentions import show_attachment
from atlassian_emulator.jira.neighbours import Neighbours, Unseen
from atlassian_emulator.jira.render import Json, Renderer
from atlassian_emulator.jira.selection import Selection
from atlassian_emulator.jira.stored import StoredFields, decode_stored
from atlassian_emulator.jira.timetracking import spell_duration
from atlassian_emulator.moments import iso_offset

_COLUMNS = (
    "id, project_key, number, parent_id, type_id, status_id, priority_id, resolution_id, assignee, reporter, creator,"
    " created, updated, resolved, due, summary, fields"
)
_SHOWN_EXPANSIONS = "operations,versionedRepresentations,editmeta,changelog,renderedFields"


Getter = Callable[[sqlite3.Row, StoredFields, Neighbours], Any]
"""Reads the value of one field from a row, from what is stored beside it, or from the rows around it."""


class IssueReader:
    """Reads issues through one connection. Everything that belongs to many issues is fetched by one query."""

    def __init__(self, scope: Scope, renderer: Renderer) -> None:
        self._c = scope.connection
        self._renderer = renderer
        self._catalogue = renderer.catalogue
        keys = frozenset(renderer.catalogue.projects.by_id[each].key for each in scope.hidden)
        self._unseen = Unseen(scope.account_id, keys, scope.hidden_levels)

    def read(self, ids: Sequence[int], selection: Selection) -> list[Json]:
        """The issues in the order of `ids`; those that do not exist are left out."""
        if not selection.shows_key:
            return [{"id": str(issue_id)} for issue_id in ids]
        rows = self._rows(f"SELECT {_COLUMNS} FROM jira_issues JOIN jira_shown ON issue_id = id WHERE id IN", ids)
        by_id = {row["id"]: row for row in rows}
        found = [by_id[issue_id] for issue_id in ids if issue_id in by_id]
        near = None
        if selection.shows_fields:
            near = Neighbours(self._c, self._renderer, found, selection.fields, self._unseen)
        getters = self._getters(selection.fields)
        return [self._issue(row, getters, near) for row in found]

    def _rows(self, sql: str, ids: Sequence[int]) -> list[sqlite3.Row]:
        return self._c.execute(f"{sql} (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)).fetchall()

    def _issue(self, row: sqlite3.Row, getters: Sequence[tuple[str, Getter]], near: Neighbours | None) -> Json:
        shown: Json = {
            "expand": _SHOWN_EXPANSIONS,
            "id": str(row["id"]),
            "self": self._renderer.url(f"issue/{row['id']}"),
            "key": f"{row['project_key']}-{row['number']}",
        }
        if near is not None:
            stored = decode_stored(row["fields"])
            shown["fields"] = {field_id: getter(row, stored, near) for field_id, getter in getters}
        return shown

    def _getters(self, wanted: frozenset[str]) -> list[tuple[str, Getter]]:
        """How each of these fields is read, in the order in which Jira shows them."""
        found = []
        for field in self._catalogue.fields:
            if field.id in wanted and field.id != "issuekey":
                getter = self._custom(field) if field.custom_type else self._system(field.id)
                found.append((field.id, getter))
        return found

    def _system(self, field_id: str) -> Getter:
        """The getter of a system field, looked up once a page: a hundred issues ask it thousands of times."""
        ready, catalogue, renderer = self._renderer.ready, self._catalogue, self._renderer
        simple = _SIMPLE.get(field_id)
        if simple is not None:
            return simple
        match field_id:
            case "issuetype" | "status" | "priority" | "resolution":
                things, column = ready[field_id], _ID_COLUMNS[field_id]
                return lambda row, _, __: things[row[column]]
            case "components" | "fixVersions" | "versions":
                things, attribute = ready[field_id], _ID_LISTS[field_id]
                return lambda _, stored, __: [things[each] for each in getattr(stored, attribute)]
            case "project":
                return lambda row, _, __: renderer.raw(catalogue.project_by_key[row["project_key"]], renderer.project)
            case "statusCategory":
                statuses = catalogue.statuses.by_id
                return lambda row, _, __: renderer.raw(statuses[row["status_id"]].category, renderer.category)
            case "assignee" | "reporter" | "creator":
                return lambda row, _, __: renderer.account(row[field_id])
            case "attachment":
                return lambda _, stored, __: [show_attachment(each, renderer) for each in stored.attachments]
            case _:
                return lambda row, _, near: near.of(field_id, row)

    def _custom(self, field: Field) -> Getter:
        renderer, ready, number = self._renderer, self._renderer.ready, field.custom_number or 0
        match field.kind:
            case "sprint":
                sprints = ready["sprint"]
                return lambda _, stored, __: [sprints[each] for each in stored.sprints] or None
            case "parent":
                return lambda row, _, near: near.epic_key(row)
            case "option":
                options, several = ready["option"], field.type == "array"

                def show_options(_: sqlite3.Row, stored: StoredFields, __: Neighbours) -> Any:
                    chosen = stored.custom.get(number)
                    if chosen is None:
                        return None
                    return [options[each] for each in chosen] if several else options[chosen[0]]

                return show_options
            case "custom user":
                return lambda _, stored, __: renderer.account(stored.custom.get(number))
            case "custom moment":
                return lambda _, stored, __: _moment(stored.custom.get(number))
            case _:
                return lambda _, stored, __: stored.custom.get(number)


def _moment(moment: int | None) -> str | None:
    return None if moment is None else iso_offset(moment)


def _time_tracking(stored: StoredFields, spent: int | None) -> Json:
    """Nothing is said of what was neither estimated nor worked on."""
    shown: Json = {}
    for name, seconds in (
        ("originalEstimate", stored.original_estimate),
        ("remainingEstimate", stored.remaining_estimate),
        ("timeSpent", spent),
    ):
        if seconds is not None:
            shown |= {name: spell_duration(seconds), f"{name}Seconds": seconds}
    return shown


_ID_COLUMNS: Final = {
    "issuetype": "type_id",
    "status": "status_id",
    "priority": "priority_id",
    "resolution": "resolution_id",
}
_ID_LISTS: Final = {"components": "components", "fixVersions": "fix_versions", "versions": "affected_versions"}
_SIMPLE: Final[dict[str, Getter]] = {
    "summary": lambda row, _, __: row["summary"],
    "description": lambda _, stored, __: stored.description,
    "environment": lambda _, stored, __: stored.environment,
    "created": lambda row, _, __: iso_offset(row["created"]),
    "updated": lambda row, _, __: iso_offset(row["updated"]),
    "statuscategorychangedate": lambda row, _, __: iso_offset(row["resolved"] or row["created"]),
    "resolutiondate": lambda row, _, __: _moment(row["resolved"]),
    "duedate": lambda row, _, __: row["due"],
    "labels": lambda _, stored, __: stored.labels,
    "timetracking": lambda row, stored, near: _time_tracking(stored, near.seconds_spent(row)),
    "timeestimate": lambda _, stored, __: stored.remaining_estimate,
    "timeoriginalestimate": lambda _, stored, __: stored.original_estimate,
}
