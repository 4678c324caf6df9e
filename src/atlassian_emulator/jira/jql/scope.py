"""What a query is compiled against: one site as one user sees it at one moment."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from atlassian_emulator.jira.catalogue import Catalogue, Project
from atlassian_emulator.users import Users


@dataclass(frozen=True)
class Scope:
    """`account_id` is None for a stranger; `hidden` are the ids of projects this user may not browse,
    `hidden_levels` the ids of the security levels whose issues this user does not see.
    """

    connection: sqlite3.Connection
    catalogue: Catalogue
    users: Users
    account_id: str | None
    now: int
    hidden: frozenset[int] = frozenset()
    hidden_levels: frozenset[int] = frozenset()

    def hides(self, issue_id: int, project_key: str) -> bool:
        """Whether an issue is kept from this user, by its project or by its security level."""
        if self.hidden and self.catalogue.project_by_key[project_key].id in self.hidden:
            return True
        if not self.hidden_levels:
            return False
        row = self.connection.execute("SELECT level_id FROM jira_secured WHERE issue_id = ?", (issue_id,)).fetchone()
        return row is not None and row[0] in self.hidden_levels

    def find_project(self, name: str) -> Project | None:
        """By key, name or id, if it may be seen."""
        catalogue = self.catalogue
        named = catalogue.projects.named(name)
        found = catalogue.project_by_key.get(name.upper()) or (named[0] if named else catalogue.find_project(name))
        return None if found is None or found.id in self.hidden else found

    def find_issue_id(self, key_or_id: str) -> int | None:
        """The id of an issue named by key or id, if it exists and may be seen."""
        project_key, _, number = key_or_id.strip().upper().rpartition("-")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        if project_key:
            row = self.connection.execute(
                "SELECT id, project_key FROM jira_issues WHERE project_key = ? AND number = ?",
                (project_key, int(number)),
            ).fetchone()
        else:
            row = self.connection.execute(
                "SELECT id, project_key FROM jira_issues WHERE id = ?", (int(number),)
            ).fetchone()
        return None if row is None or self.hides(row[0], row[1]) else int(row[0])
