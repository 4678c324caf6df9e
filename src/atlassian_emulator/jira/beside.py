"""What a file of issues holds beside the fields: worklogs, the history of changes, and files by name."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, Final

import msgspec

from atlassian_emulator.jira.changes import Change, add_changes
from atlassian_emulator.jira.naming import Namer
from atlassian_emulator.jira.stored import StoredAttachment
from atlassian_emulator.moments import parse_iso
from atlassian_emulator.site import Site

Json = dict[str, Any]

_FIELDS: Final = {"fix version": "fixVersions", "version": "versions", "component": "components", "link": "issuelinks"}
"""What the history of Jira Data Center calls a field, where that is not its id."""


class Beside:
    """Gathers such things of many issues and writes them together."""

    def __init__(
        self,
        site: Site,
        c: sqlite3.Connection,
        namer: Namer,
        document_of: Callable[[str | None], tuple[msgspec.Raw, str]],
    ) -> None:
        self._site = site
        self._c = c
        self._namer = namer
        self._document_of = document_of
        self._worklogs: list[tuple[Any, ...]] = []
        self._changes: list[Change] = []
        self._files: list[tuple[int, int]] = []

    def note(self, issue_id: int, issue: Json, attachments: list[StoredAttachment]) -> tuple[int | None, int | None]:
        """Take what is beside the fields of one issue; returns its original and its remaining estimate in seconds."""
        fields = issue["fields"]
        self._files += [(each.id, issue_id) for each in attachments]
        for worklog in (fields.get("worklog") or {}).get("worklogs") or []:
            self._worklogs.append(self._worklog(issue_id, worklog))
        project_id = self._namer.project(fields["project"])
        for history in (issue.get("changelog") or {}).get("histories") or []:
            items = [self._item(project_id, item) for item in history["items"]]
            author = self._namer.person(history.get("author")) or ""
            self._changes.append(Change(issue_id, author, parse_iso(history["created"]), items))
        return fields.get("timeoriginalestimate"), fields.get("timeestimate")

    def write(self) -> None:
        """Write what was gathered."""
        take = self._site.ids.take
        self._c.executemany("INSERT INTO jira_files (id, issue_id) VALUES (?, ?)", self._files)
        if self._worklogs:
            first_id = take("jira.worklog", len(self._worklogs))
            self._c.executemany(
                "INSERT INTO jira_worklogs (id, issue_id, author, update_author, created, updated, started, seconds,"
                " comment) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(number, *row) for number, row in enumerate(self._worklogs, start=first_id)],
            )
        if self._changes:
            add_changes(self._c, take("jira.change", len(self._changes)), self._changes)
        self._worklogs, self._changes, self._files = [], [], []

    def _worklog(self, issue_id: int, worklog: Json) -> tuple[Any, ...]:
        author = self._namer.person(worklog.get("author"))
        created = parse_iso(worklog["created"])
        return (
            issue_id,
            author,
            self._namer.person(worklog.get("updateAuthor")) or author,
            created,
            parse_iso(worklog["updated"]) if worklog.get("updated") else created,
            parse_iso(worklog["started"]) if worklog.get("started") else created,
            int(worklog["timeSpentSeconds"]),
            bytes(self._document_of(worklog.get("comment"))[0]).decode(),
        )

    def _item(self, project_id: int, item: Json) -> Json:
        """One change with this site's ids, as far as the value has one; the texts stay as they were."""
        field = str(item["field"])
        field_id: str = item.get("fieldId") or _FIELDS.get(field.lower(), field)
        shown: Json = {"field": field, "fieldtype": item.get("fieldtype") or "jira", "fieldId": field_id}
        for side, text in (("from", item.get("fromString")), ("to", item.get("toString"))):
            shown[side] = self._id_of(field_id, project_id, item.get(side), text)
            shown[f"{side}String"] = text
        return shown

    def _id_of(self, field_id: str, project_id: int, given: Any, text: str | None) -> str | None:
        namer = self._namer
        if not text:
            return None
        found: int | str | None = None
        match field_id:
            case "status":
                found = namer.status({"name": text})
            case "priority":
                found = namer.priority({"name": text})
            case "resolution":
                found = namer.resolution({"name": text})
            case "fixVersions" | "versions":
                found = namer.version(project_id, {"name": text})
            case "assignee" | "reporter":
                found = namer.person({"name": given or text, "displayName": text})
            case _:
                return None if given is None else str(given)
        return None if found is None else str(found)
