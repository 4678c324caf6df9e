"""Issues out of the database, in Jira's shape, many at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from atlassian_emulator.jira.fields import Field
from atlassian_emulator.jira.render import Json, Renderer
from atlassian_emulator.jira.selection import Selection
from atlassian_emulator.jira.stored import StoredAttachment, StoredFields, decode_stored
from atlassian_emulator.moments import iso_offset

_COLUMNS = (
    "id, project_key, number, parent_id, type_id, status_id, priority_id, resolution_id, assignee, reporter, creator,"
    " created, updated, resolved, due, summary, fields"
)
_SHOWN_EXPANSIONS = "operations,versionedRepresentations,editmeta,changelog,renderedFields"


class IssueReader:
    """Reads issues through one connection. Everything that belongs to many issues is fetched by one query."""

    def __init__(self, c: sqlite3.Connection, renderer: Renderer, hidden: frozenset[int] = frozenset()) -> None:
        self._c = c
        self._renderer = renderer
        self._catalogue = renderer.catalogue
        self._hidden_keys = frozenset(renderer.catalogue.projects.by_id[each].key for each in hidden)

    def read(self, ids: Sequence[int], selection: Selection) -> list[Json]:
        """The issues in the order of `ids`; those that do not exist are left out."""
        if not selection.shows_key:
            return [{"id": str(issue_id)} for issue_id in ids]
        rows = self._rows(f"SELECT {_COLUMNS} FROM jira_issues JOIN jira_shown ON issue_id = id WHERE id IN", ids)
        by_id = {row["id"]: row for row in rows}
        found = [by_id[issue_id] for issue_id in ids if issue_id in by_id]
        near = None
        if selection.shows_fields:
            near = _Neighbours(self._c, self._renderer, found, selection.fields, self._hidden_keys)
        return [self._issue(row, selection, near) for row in found]

    def _rows(self, sql: str, ids: Sequence[int]) -> list[sqlite3.Row]:
        return self._c.execute(f"{sql} (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)).fetchall()

    def _issue(self, row: sqlite3.Row, selection: Selection, near: _Neighbours | None) -> Json:
        shown: Json = {
            "expand": _SHOWN_EXPANSIONS,
            "id": str(row["id"]),
            "self": self._renderer.url(f"issue/{row['id']}"),
            "key": f"{row['project_key']}-{row['number']}",
        }
        if near is not None:
            shown["fields"] = self._fields(row, selection.fields, near)
        return shown

    def _fields(self, row: sqlite3.Row, wanted: frozenset[str], near: _Neighbours) -> Json:
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

    def _system(self, field_id: str, row: sqlite3.Row, stored: StoredFields, near: _Neighbours) -> Any:
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
                return [self._attachment(each) for each in stored.attachments]
            case _:
                return near.of(field_id, row)

    def _custom(self, field: Field, row: sqlite3.Row, stored: StoredFields, near: _Neighbours) -> Any:
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
        return value

    def _attachment(self, attachment: StoredAttachment) -> Json:
        return {
            "self": self._renderer.url(f"attachment/{attachment.id}"),
            "id": str(attachment.id),
            "filename": attachment.filename,
            "author": self._renderer.account(attachment.author),
            "created": iso_offset(attachment.created),
            "size": attachment.size,
            "mimeType": attachment.mime_type,
            "content": self._renderer.url(f"attachment/content/{attachment.id}"),
        }


class _Neighbours:
    """What other rows say about the issues of one page: parents, sub-tasks, links, comments.

    Issues of hidden projects are not mentioned, as on the real site.
    """

    def __init__(
        self,
        c: sqlite3.Connection,
        renderer: Renderer,
        rows: Sequence[sqlite3.Row],
        wanted: frozenset[str],
        hidden_keys: frozenset[str],
    ) -> None:
        self._c = c
        self._renderer = renderer
        self._hidden_keys = hidden_keys
        self._types: dict[int, int] = {}
        self._ids = json.dumps([row["id"] for row in rows])
        self._found: dict[str, dict[int, list[Any]]] = {}
        if "subtasks" in wanted:
            self._found["subtasks"] = self._subtasks()
        if "comment" in wanted:
            self._found["comment"] = self._comments()
        links = self._links() if "issuelinks" in wanted else []
        self._briefs = self._read_briefs(
            {row["parent_id"] for row in rows if row["parent_id"]} | {link["other"] for link in links}
        )
        if "issuelinks" in wanted:
            self._found["issuelinks"] = self._group_links(links)

    def of(self, field_id: str, row: sqlite3.Row) -> Any:
        if field_id == "parent":
            return self._briefs.get(row["parent_id"])
        found = self._found[field_id].get(row["id"], [])
        if field_id != "comment":
            return found
        size = len(found)
        address = self._renderer.url(f"issue/{row['id']}/comment")
        return {"comments": found, "self": address, "maxResults": size, "total": size, "startAt": 0}

    def epic_key(self, row: sqlite3.Row) -> str | None:
        """The key of the parent if that is an epic: what the Epic Link field holds."""
        parent = self._briefs.get(row["parent_id"])
        if parent is None:
            return None
        level = self._renderer.catalogue.types.by_id[self._types[row["parent_id"]]].level
        return str(parent["key"]) if level > 0 else None

    def _subtasks(self) -> dict[int, list[Any]]:
        sql = (
            "SELECT parent_id, id, project_key, number, summary, type_id, status_id, priority_id FROM jira_issues"
            f" WHERE parent_id IN (SELECT value FROM json_each(?)) AND type_id IN ({self._subtask_types()})"
            " ORDER BY project_key, number"
        )
        found: dict[int, list[Any]] = {}
        for row in self._c.execute(sql, (self._ids,)):
            found.setdefault(row["parent_id"], []).append(brief_issue(row, self._renderer))
        return found

    def _subtask_types(self) -> str:
        return ", ".join(str(each.id) for each in self._renderer.catalogue.types.all if each.level < 0)

    def _comments(self) -> dict[int, list[Any]]:
        sql = (
            "SELECT id, issue_id, author, update_author, created, updated, body FROM jira_comments"
            " WHERE issue_id IN (SELECT value FROM json_each(?)) ORDER BY created, id"
        )
        found: dict[int, list[Any]] = {}
        for row in self._c.execute(sql, (self._ids,)):
            found.setdefault(row["issue_id"], []).append(show_comment(row, self._renderer))
        return found

    def _links(self) -> list[sqlite3.Row]:
        sql = (
            "SELECT source_id AS owner, target_id AS other, type_id, id, 1 AS outward FROM jira_links"
            " WHERE source_id IN (SELECT value FROM json_each(?1))"
            " UNION ALL SELECT target_id, source_id, type_id, id, 0 FROM jira_links"
            " WHERE target_id IN (SELECT value FROM json_each(?1)) ORDER BY id"
        )
        return self._c.execute(sql, (self._ids,)).fetchall()

    def _group_links(self, links: Sequence[sqlite3.Row]) -> dict[int, list[Any]]:
        renderer = self._renderer
        found: dict[int, list[Any]] = {}
        for link in links:
            if link["other"] not in self._briefs:
                continue
            link_type = renderer.catalogue.link_types.by_id[link["type_id"]]
            shown = {
                "id": str(link["id"]),
                "self": renderer.url(f"issueLink/{link['id']}"),
                "type": renderer.raw(link_type, renderer.link_type),
                "outwardIssue" if link["outward"] else "inwardIssue": self._briefs[link["other"]],
            }
            found.setdefault(link["owner"], []).append(shown)
        return found

    def _read_briefs(self, ids: set[int]) -> dict[int, Json]:
        sql = (
            "SELECT id, project_key, number, summary, type_id, status_id, priority_id FROM jira_issues"
            " WHERE id IN (SELECT value FROM json_each(?))"
        )
        found = {}
        for row in self._c.execute(sql, (json.dumps(sorted(ids)),)):
            if row["project_key"] not in self._hidden_keys:
                found[row["id"]] = brief_issue(row, self._renderer)
                self._types[row["id"]] = row["type_id"]
        return found


def brief_issue(row: sqlite3.Row, renderer: Renderer) -> Json:
    """An issue as another one mentions it."""
    catalogue = renderer.catalogue
    fields: Json = {
        "summary": row["summary"],
        "status": renderer.raw(catalogue.statuses.by_id[row["status_id"]], renderer.status),
        "issuetype": renderer.raw(catalogue.types.by_id[row["type_id"]], renderer.issue_type),
    }
    if row["priority_id"]:
        fields["priority"] = renderer.raw(catalogue.priorities.by_id[row["priority_id"]], renderer.priority)
    return {
        "id": str(row["id"]),
        "key": f"{row['project_key']}-{row['number']}",
        "self": renderer.url(f"issue/{row['id']}"),
        "fields": fields,
    }


def show_comment(row: sqlite3.Row, renderer: Renderer) -> Json:
    return {
        "self": renderer.url(f"issue/{row['issue_id']}/comment/{row['id']}"),
        "id": str(row["id"]),
        "author": renderer.account(row["author"]),
        "body": msgspec.Raw(row["body"].encode()),
        "updateAuthor": renderer.account(row["update_author"]),
        "created": iso_offset(row["created"]),
        "updated": iso_offset(row["updated"]),
        "jsdPublic": True,
    }
