"""Putting issues and their side rows into the database; the one place that knows both belong together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec

from atlassian_emulator.jira.document import plain_text
from atlassian_emulator.jira.stored import StoredFields, decode_stored, encode_stored


@dataclass
class IssueRow:
    """One issue as its columns; `stored` and `texts` are what lies beside them."""

    id: int
    project_key: str
    number: int
    type_id: int
    status_id: int
    summary: str
    created: int
    updated: int
    parent_id: int | None = None
    priority_id: int | None = None
    resolution_id: int | None = None
    assignee: str | None = None
    reporter: str | None = None
    creator: str | None = None
    resolved: int | None = None
    due: str | None = None
    stored: StoredFields = field(default_factory=StoredFields)
    description_text: str = ""
    environment_text: str = ""
    comments_text: str = ""
    level_id: int | None = None


_COLUMNS = (
    "id",
    "project_key",
    "number",
    "parent_id",
    "type_id",
    "status_id",
    "priority_id",
    "resolution_id",
    "assignee",
    "reporter",
    "creator",
    "created",
    "updated",
    "resolved",
    "due",
    "summary",
)
_columns_of = attrgetter(*_COLUMNS)
_PUT_ISSUE = (
    f"INSERT INTO jira_issues ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
    f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])}"
)
_PUT_SHOWN = (
    "INSERT INTO jira_shown (issue_id, fields) VALUES (?, ?)"
    " ON CONFLICT (issue_id) DO UPDATE SET fields = excluded.fields"
)
_SIDES = {
    "jira_issue_labels": "INSERT OR IGNORE INTO jira_issue_labels (issue_id, label) VALUES (?, ?)",
    "jira_issue_components": "INSERT OR IGNORE INTO jira_issue_components (issue_id, component_id) VALUES (?, ?)",
    "jira_issue_sprints": "INSERT OR IGNORE INTO jira_issue_sprints (issue_id, sprint_id) VALUES (?, ?)",
    "jira_issue_versions": "INSERT OR IGNORE INTO jira_issue_versions (issue_id, role, version_id) VALUES (?, ?, ?)",
    "jira_custom_values": "INSERT OR IGNORE INTO jira_custom_values (issue_id, field, value) VALUES (?, ?, ?)",
}


def add_issues(c: sqlite3.Connection, issues: Iterable[IssueRow]) -> None:
    """Add new issues with everything that JQL asks for."""
    issues = list(issues)
    c.executemany(_PUT_ISSUE, [_columns_of(issue) for issue in issues])
    c.executemany(_PUT_SHOWN, [(issue.id, encode_stored(issue.stored).decode()) for issue in issues])
    for table, rows in _side_rows(issues).items():
        c.executemany(_SIDES[table], rows)
    c.executemany(
        "INSERT INTO jira_text (rowid, summary, description, environment, comments) VALUES (?, ?, ?, ?, ?)",
        [(i.id, i.summary, i.description_text, i.environment_text, i.comments_text) for i in issues],
    )
    secured = [(issue.id, issue.level_id) for issue in issues if issue.level_id is not None]
    c.executemany("INSERT INTO jira_secured (issue_id, level_id) VALUES (?, ?)", secured)


def put_issue(c: sqlite3.Connection, issue: IssueRow) -> None:
    """Write one issue again, side rows and words included; its comments' words are gathered anew."""
    bodies = c.execute("SELECT body FROM jira_comments WHERE issue_id = ? ORDER BY id", (issue.id,)).fetchall()
    issue.comments_text = "\n".join(comment_text(row[0]) for row in bodies)
    for table in _SIDES:
        c.execute(f"DELETE FROM {table} WHERE issue_id = ?", (issue.id,))
    c.execute("DELETE FROM jira_text WHERE rowid = ?", (issue.id,))
    c.execute("DELETE FROM jira_secured WHERE issue_id = ?", (issue.id,))
    add_issues(c, [issue])


def comment_text(body: str) -> str:
    return plain_text(msgspec.json.decode(body))


def _side_rows(issues: Iterable[IssueRow]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each side table, for all issues at once."""
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _SIDES}
    labels, components, sprints = (rows[f"jira_issue_{name}"] for name in ("labels", "components", "sprints"))
    versions, custom = rows["jira_issue_versions"], rows["jira_custom_values"]
    for issue in issues:
        stored, issue_id = issue.stored, issue.id
        labels += [(issue_id, each) for each in stored.labels]
        components += [(issue_id, each) for each in stored.components]
        sprints += [(issue_id, each) for each in stored.sprints]
        versions += [(issue_id, "fix", each) for each in stored.fix_versions]
        versions += [(issue_id, "affects", each) for each in stored.affected_versions]
        for number, value in stored.custom.items():
            values = value if isinstance(value, list) else [value]
            custom += [(issue_id, number, plain_text(each) if isinstance(each, dict) else each) for each in values]
    return rows


def read_issue(c: sqlite3.Connection, issue_id: int) -> IssueRow:
    """One issue as it lies in the database, to be changed and put back. KeyError when there is none."""
    row = c.execute(
        f"SELECT {', '.join(_COLUMNS)}, fields FROM jira_issues JOIN jira_shown ON issue_id = id WHERE id = ?",
        (issue_id,),
    ).fetchone()
    if row is None:
        raise KeyError(issue_id)
    stored = decode_stored(row["fields"])
    level = c.execute("SELECT level_id FROM jira_secured WHERE issue_id = ?", (issue_id,)).fetchone()
    return IssueRow(
        **{name: row[name] for name in _COLUMNS},
        stored=stored,
        level_id=level[0] if level else None,
        description_text=plain_text(msgspec.json.decode(stored.description)),
        environment_text=plain_text(msgspec.json.decode(stored.environment)),
    )
