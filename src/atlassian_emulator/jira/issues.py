"""Issues out of the database, in Jira's shape, many at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

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
        return [self._issue(row, selection, near) for row in found]

    def _rows(self, sql: str, ids: Sequence[int]) -> list[sqlite3.Row]:
        return self._c.execute(f"{sql} (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)).fetchall()

    def _issue(self, row: sqlite3.Row, selection: Selection, near: Neighbours | None) -> Json:
        shown: Json = {
            "expand": _SHOWN_EXPANSIONS,
            "id": str(row["id"]),
            "self": self._renderer.url(f"issue/{row['id']}"),
            "key": f"{row['project_key']}-{row['number']}",
        }
        if near is not None:
            shown["fields"] = self._fields(row, selection.fields, near)
        return shown

    def _fields(self, row: sqlite3.Row, wanted: frozenset[str], near: Neighbours) -> Json:
        stored = decode_stored(row["fields"])
        shown: Json = {}
        for field in self._catalogue.fields:
            if field.id in wanted and field.id != "issuekey":
                shown[field.id] = (
                    self._custom(field, row, stored, near)
                    if field.custom_type
                    else self._system(field.id, row, stored, near)
                )
        return shown

    def _system(self, field_id: str, row: sqlite3.Row, stored: StoredFields, near: Neighbours) -> Any:
        renderer, catalogue = self._renderer, self._catalogue
        match field_id:
            case "summary":
                return row["summary"]
            case "description":
                return stored.description
            case "environment":
                return stored.environment
            case "issuetype":
                return renderer.raw(catalogue.types.by_id[row["type_id"]], renderer.issue_type)
            case "project":
                return renderer.raw(catalogue.project_by_key[row["project_key"]], renderer.project)
            case "status":
                return renderer.raw(catalogue.statuses.by_id[row["status_id"]], renderer.status)
            case "statusCategory":
                return renderer.raw(catalogue.statuses.by_id[row["status_id"]].category, renderer.category)
            case "priority":
                return (
                    renderer.raw(catalogue.priorities.by_id[row["priority_id"]], renderer.priority)
                    if row["priority_id"]
                    else None
                )
            case "resolution":
                resolution = catalogue.resolutions.by_id.get(row["resolution_id"])
                return renderer.raw(resolution, renderer.resolution) if resolution else None
            case "assignee" | "reporter" | "creator":
                return renderer.account(row[field_id])
            case "created" | "updated":
                return iso_offset(row[field_id])
            case "statuscategorychangedate":
                return iso_offset(row["resolved"] or row["created"])
            case "resolutiondate":
                return iso_offset(row["resolved"]) if row["resolved"] is not None else None
            case "duedate":
                return row["due"]
            case "labels":
                return stored.labels
            case "components":
                return [
                    renderer.raw(catalogue.components.by_id[each], renderer.component) for each in stored.components
                ]
            case "fixVersions":
                return [renderer.raw(catalogue.versions.by_id[each], renderer.version) for each in stored.fix_versions]
            case "versions":
                return [
                    renderer.raw(catalogue.versions.by_id[each], renderer.version) for each in stored.affected_versions
                ]
            case "attachment":
                return [show_attachment(each, renderer) for each in stored.attachments]
            case "timetracking":
                return _time_tracking(stored, near.seconds_spent(row))
            case "timeestimate":
                return stored.remaining_estimate
            case "timeoriginalestimate":
                return stored.original_estimate
            case _:
                return near.of(field_id, row)

    def _custom(self, field: Field, row: sqlite3.Row, stored: StoredFields, near: Neighbours) -> Any:
        renderer = self._renderer
        if field.kind == "sprint":
            sprints = [self._catalogue.sprints.by_id[each] for each in stored.sprints]
            return [renderer.raw(each, renderer.sprint) for each in sprints] or None
        if field.kind == "parent":
            return near.epic_key(row)
        value = stored.custom.get(field.custom_number or 0)
        if field.kind == "option" and value is not None:
            options = [renderer.raw(each, renderer.option) for each in value]
            return options if field.type == "array" else options[0]
        if field.kind == "custom user":
            return renderer.account(value)
        return iso_offset(value) if field.kind == "custom moment" and value is not None else value


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
