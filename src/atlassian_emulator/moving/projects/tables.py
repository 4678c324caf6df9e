"""Jira's tables as a move sees them: what is found by name, what is made anew, and which column names what."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Shared:
    """A table of things that the whole site shares: found by `keys` at the destination, or made."""

    table: str
    sequence: str
    entity: str
    keys: tuple[str, ...] = ("name",)
    id_column: str = "id"


SHARED: Final = (
    Shared("jira_issue_types", "jira.type", "jira/classic:issueType"),
    Shared("jira_statuses", "jira.status", "jira/classic:issueStatus"),
    Shared("jira_priorities", "jira.priority", "jira:priority"),
    Shared("jira_resolutions", "jira.resolution", "jira:resolution"),
    Shared("jira_link_types", "jira.link-type", "jira:issueLinkType"),
    Shared("jira_custom_fields", "jira.field", "jira/classic:customField", ("name", "kind"), "number"),
    Shared("jira_options", "jira.option", "jira/classic:customFieldOption", ("field", "value")),
    Shared("jira_boards", "jira.board", "jira/classic:board"),
    Shared("jira_sprints", "jira.sprint", "jira/classic:sprint"),
)
OF_PROJECT: Final = (
    Shared("jira_components", "jira.component", "jira:projectComponent", ("project_id", "name")),
    Shared("jira_versions", "jira.version", "jira:projectVersion", ("project_id", "name")),
)
PROJECT_ENTITY: Final = "jira/classic:project"
ISSUE_ENTITY: Final = "jira:issue"

# Tables with a row or more for an issue, which `add_issues` does not write: (sequence of their ids, entity type).
BESIDE: Final = {
    "jira_comments": ("jira.comment", "jira:comment"),
    "jira_worklogs": ("jira.worklog", "jira:worklog"),
    "jira_changes": ("jira.change", ""),
    "jira_history": ("", ""),
    "jira_properties": ("", ""),
    "jira_followers": ("", ""),
    "jira_remote_links": ("jira.remote-link", "jira:remoteLink"),
    "jira_files": ("jira.attachment", "jira:fileAttachment"),
}
PEOPLE_COLUMNS: Final = ("author", "update_author", "account_id", "lead")

# What the history of a field refers to by id.
HISTORY_TABLES: Final = {
    "status": "jira_statuses",
    "issuetype": "jira_issue_types",
    "priority": "jira_priorities",
    "resolution": "jira_resolutions",
    "components": "jira_components",
    "fixVersions": "jira_versions",
    "versions": "jira_versions",
}


def columns_of(c: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns of a table, none when the site has no such table."""
    return [row[1] for row in c.execute(f"PRAGMA table_info({table})")]


def rows_of(c: sqlite3.Connection, sql: str, *parameters: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in c.execute(sql, parameters)]


def insert(c: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    """Add a row, without what this site has no column for."""
    known = columns_of(c, table)
    kept = {name: value for name, value in row.items() if name in known}
    marks = ", ".join("?" * len(kept))
    c.execute(f"INSERT INTO {table} ({', '.join(kept)}) VALUES ({marks})", tuple(kept.values()))  # noqa: S608 - names of columns
