"""What a query is compiled against: one site as one user sees it at one moment."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from atlassian_emulator.jira.catalogue import Catalogue, Project
from atlassian_emulator.users import Users


@dataclass(frozen=True)
class Scope:
    """`account_id` is None for a stranger; `hidden` are the ids of projects this user may not browse."""

    connection: sqlite3.Connection
    catalogue: Catalogue
    users: Users
    account_id: str | None
    now: int
    hidden: frozenset[int] = frozenset()

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
        return None if row is None or self.catalogue.project_by_key[row[1]].id in self.hidden else int(row[0])
