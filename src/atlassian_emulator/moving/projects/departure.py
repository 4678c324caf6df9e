"""A Jira project as JSON lines: where it is from, the people, what it refers to, its issues, their links."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec

from atlassian_emulator.jira.store import Jira
from atlassian_emulator.jira.write import read_issue
from atlassian_emulator.moving.ledger import origin_line
from atlassian_emulator.moving.projects.tables import BESIDE, OF_PROJECT, PEOPLE_COLUMNS, SHARED, columns_of, rows_of
from atlassian_emulator.refusals import ProductError
from atlassian_emulator.site import Site

# Of these tables only what the project has to do with.
_OF_THE_PROJECT = {
    "jira_boards": " WHERE project_id = :project",
    "jira_sprints": " WHERE board_id IN (SELECT id FROM jira_boards WHERE project_id = :project) OR id IN ("
    "SELECT sprint_id FROM jira_issue_sprints JOIN jira_issues ON id = issue_id WHERE project_key = :key)",
}
_ISSUE_PEOPLE = ("assignee", "reporter", "creator")


class ExportRefused(ProductError):
    """There is no such project; the body is {"message": …}."""

    def __init__(self, message: str) -> None:
        super().__init__(404, {"message": message})


def export_project(site: Site, key: str) -> Iterator[bytes]:
    """Yield the lines of a project; refused with 404 when there is none with this key."""
    # The first use of Jira gives the site what every Jira has.
    site.part(Jira)
    with site.database.read() as c:
        project = c.execute("SELECT * FROM jira_projects WHERE key = ?", (key,)).fetchone()
        if project is None:
            raise ExportRefused(f"{site.name} has no project with key {key}")
        yield _line(site=origin_line(site))
        yield _line(project=dict(project))
        for table in SHARED:
            sql = f"SELECT * FROM {table.table}{_OF_THE_PROJECT.get(table.table, '')}"  # noqa: S608 - as above
            named = {"project": project["id"], "key": project["key"]}
            yield _line(table=table.table, rows=[dict(row) for row in c.execute(sql, named)])
        for table in OF_PROJECT:
            sql = f"SELECT * FROM {table.table} WHERE project_id = ?"  # noqa: S608 - this program's own words
            yield _line(table=table.table, rows=rows_of(c, sql, project["id"]))
        yield from _export_issues(site, c, project["key"])


def _line(**facts: Any) -> bytes:
    return msgspec.json.encode(facts) + b"\n"


def _export_issues(site: Site, c: sqlite3.Connection, key: str) -> Iterator[bytes]:
    ids = [row[0] for row in c.execute("SELECT id FROM jira_issues WHERE project_key = ? ORDER BY number", (key,))]
    said: set[str] = set()
    tables = [table for table in BESIDE if columns_of(c, table)]
    for issue_id in ids:
        issue = read_issue(c, issue_id)
        beside = {table: _beside(c, table, issue_id) for table in tables}
        named = {getattr(issue, name) for name in _ISSUE_PEOPLE}
        named |= {row[name] for rows in beside.values() for row in rows for name in PEOPLE_COLUMNS if name in row}
        for account_id in sorted(each for each in named if each and each not in said):
            said.add(account_id)
            user = site.users.find(account_id)
            if user is not None:
                yield _line(user=[user.account_id, user.email, user.display_name])
        yield _line(issue=issue, parent=_key_of(c, issue.parent_id), markup=_markup(c, issue_id, beside), **beside)
    for issue_id in ids:
        for row in c.execute(
            "SELECT id, type_id, source_id, target_id FROM jira_links WHERE ? IN (source_id, target_id)", (issue_id,)
        ).fetchall():
            # A link inside the project is told by its source alone.
            if row["source_id"] == issue_id or _project_of(c, row["source_id"]) != key:
                source, target = _key_of(c, row["source_id"]), _key_of(c, row["target_id"])
                yield _line(link=[row["id"], row["type_id"], source, target])


def _beside(c: sqlite3.Connection, table: str, issue_id: int) -> list[dict[str, Any]]:
    rows = rows_of(c, f"SELECT * FROM {table} WHERE issue_id = ?", issue_id)  # noqa: S608 - a name of this program
    for row in rows:
        for name, value in row.items():
            if isinstance(value, bytes):
                row[name] = {"base64": base64.b64encode(value).decode()}
    return rows


def _key_of(c: sqlite3.Connection, issue_id: int | None) -> str | None:
    row = c.execute("SELECT project_key, number FROM jira_issues WHERE id = ?", (issue_id,)).fetchone()
    return f"{row[0]}-{row[1]}" if row else None


def _project_of(c: sqlite3.Connection, issue_id: int) -> str:
    return str(c.execute("SELECT project_key FROM jira_issues WHERE id = ?", (issue_id,)).fetchone()[0])


def _markup(c: sqlite3.Connection, issue_id: int, beside: dict[str, list[dict[str, Any]]]) -> list[list[Any]]:
    """Return [kind, old id of its owner, digest, source] of the texts whose source is kept."""
    owners = {
        "comment": [row["id"] for row in beside.get("jira_comments", [])],
        "worklog": [row["id"] for row in beside.get("jira_worklogs", [])],
    }
    rows = c.execute(
        "SELECT kind, owner_id, digest, source FROM jira_markup WHERE (kind NOT IN ('comment', 'worklog') AND"
        " owner_id = ?1) OR (kind = 'comment' AND owner_id IN (SELECT value FROM json_each(?2)))"
        " OR (kind = 'worklog' AND owner_id IN (SELECT value FROM json_each(?3)))",
        (issue_id, json.dumps(owners["comment"]), json.dumps(owners["worklog"])),
    )
    return [[row[0], row[1], base64.b64encode(row[2]).decode(), row[3]] for row in rows]
