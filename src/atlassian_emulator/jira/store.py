"""Jira on one site: its catalogue, who may see which project, and what every part of Jira needs of both."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from atlassian_emulator.jira.catalogue import Catalogue, read_catalogue
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.render import Renderer
from atlassian_emulator.jira.schema import LATER_COLUMNS
from atlassian_emulator.site import Site
from atlassian_emulator.users import User

_REVISION: Final = "jira.catalogue.revision"

_TYPES: Final = (("Epic", 1), ("Story", 0), ("Task", 0), ("Bug", 0), ("Sub-task", -1))
_STATUSES: Final = (
    ("To Do", "new"),
    ("In Progress", "indeterminate"),
    ("In Review", "indeterminate"),
    ("Done", "done"),
)
_PRIORITIES: Final = ("Highest", "High", "Medium", "Low", "Lowest")
_RESOLUTIONS: Final = ("Done", "Won't Do", "Duplicate", "Cannot Reproduce")
_LINK_TYPES: Final = (
    ("Blocks", "is blocked by", "blocks"),
    ("Cloners", "is cloned by", "clones"),
    ("Duplicate", "is duplicated by", "duplicates"),
    ("Relates", "relates to", "relates to"),
)
_CUSTOM_FIELDS: Final = (
    ("Epic Link", "epic link"),
    ("Epic Name", "epic name"),
    ("Sprint", "sprint"),
    ("Story Points", "number"),
)


class Jira:
    """One per site; get it with `site.part(Jira)`. The first time it gives the site what every new Jira has."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._known: tuple[tuple[int, str], Catalogue, Renderer] | None = None
        with site.database.transaction() as c:
            for table, column, kind in LATER_COLUMNS:
                if not c.execute("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", (table, column)).fetchone():
                    c.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
            if not c.execute("SELECT 1 FROM jira_issue_types").fetchone():
                self._install(c)

    def catalogue(self, c: sqlite3.Connection) -> Catalogue:
        return self._read(c)[0]

    def renderer(self, c: sqlite3.Connection) -> Renderer:
        return self._read(c)[1]

    def scope(self, c: sqlite3.Connection, user: User | None) -> Scope:
        """What `user` may search, as the connection sees it."""
        account_id = user.account_id if user else None
        hidden, levels = self.hidden_from(c, user), self._levels_hidden_from(c, user)
        return Scope(c, self.catalogue(c), self.site.users, account_id, self.site.clock(), hidden, levels)

    def hidden_from(self, c: sqlite3.Connection, user: User | None) -> frozenset[int]:
        """Ids of the projects `user` may not browse; an administrator browses all, a stranger none."""
        if user is None:
            return frozenset(self.catalogue(c).projects.by_id)
        if user.administers:
            return frozenset()
        rows = c.execute("SELECT project_id FROM jira_hidden_projects WHERE account_id = ?", (user.account_id,))
        return frozenset(row[0] for row in rows)

    def _levels_hidden_from(self, c: sqlite3.Connection, user: User | None) -> frozenset[int]:
        """Ids of the security levels whose issues `user` does not see."""
        if user is not None and user.administers:
            return frozenset()
        account_id = user.account_id if user else ""
        rows = c.execute(
            "SELECT id FROM jira_security_levels"
            " WHERE id NOT IN (SELECT level_id FROM jira_security_members WHERE account_id = ?)",
            (account_id,),
        )
        return frozenset(row[0] for row in rows)

    def put_security_level(self, key: str, name: str, account_ids: Iterable[str]) -> int:
        """Give a project a security level with these members, or change its members. KeyError: no such project."""
        with self.change_catalogue() as c:
            project = self.catalogue(c).project_by_key[key.upper()]
            row = c.execute(
                "SELECT id FROM jira_security_levels WHERE project_id = ? AND name = ?", (project.id, name)
            ).fetchone()
            level_id: int = row[0] if row else self.site.ids.take("jira.security-level")
            c.execute(
                "INSERT OR IGNORE INTO jira_security_levels (id, project_id, name, description) VALUES (?, ?, ?, '')",
                (level_id, project.id, name),
            )
            c.execute("DELETE FROM jira_security_members WHERE level_id = ?", (level_id,))
            c.executemany(
                "INSERT OR IGNORE INTO jira_security_members (level_id, account_id) VALUES (?, ?)",
                [(level_id, account_id) for account_id in account_ids],
            )
        return level_id

    def hide_project(self, key: str, account_id: str, *, hidden: bool = True) -> None:
        """Take the permission to browse a project from one user, or give it back. KeyError: no such project."""
        with self.site.database.transaction() as c:
            pair = (self.catalogue(c).project_by_key[key.upper()].id, account_id)
            if hidden:
                c.execute("INSERT OR IGNORE INTO jira_hidden_projects (project_id, account_id) VALUES (?, ?)", pair)
            else:
                c.execute("DELETE FROM jira_hidden_projects WHERE project_id = ? AND account_id = ?", pair)

    @contextmanager
    def change_catalogue(self) -> Iterator[sqlite3.Connection]:
        """A transaction that may write the tables of the catalogue."""
        with self.site.database.transaction() as c:
            yield c
            c.execute(
                "INSERT INTO settings (name, value) VALUES (?, '1')"
                " ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1",
                (_REVISION,),
            )

    def _read(self, c: sqlite3.Connection) -> tuple[Catalogue, Renderer]:
        row = c.execute("SELECT value FROM settings WHERE name = ?", (_REVISION,)).fetchone()
        key = (int(row[0]) if row else 0, self.site.base_url)
        known = self._known
        if known is None or known[0] != key:
            catalogue = read_catalogue(c)
            known = (key, catalogue, Renderer(catalogue, self.site.users, self.site.base_url))
            self._known = known
        return known[1], known[2]

    def _install(self, c: sqlite3.Connection) -> None:
        take = self.site.ids.take
        for name, level in _TYPES:
            row: tuple[object, ...] = (take("jira.type"), name, "", level)
            c.execute("INSERT INTO jira_issue_types (id, name, description, level) VALUES (?, ?, ?, ?)", row)
        for name, category in _STATUSES:
            row = (take("jira.status"), name, "", category)
            c.execute("INSERT INTO jira_statuses (id, name, description, category) VALUES (?, ?, ?, ?)", row)
        for rank, name in enumerate(_PRIORITIES, start=1):
            row = (take("jira.priority"), name, "", rank)
            c.execute("INSERT INTO jira_priorities (id, name, description, rank) VALUES (?, ?, ?, ?)", row)
        for name in _RESOLUTIONS:
            c.execute(
                "INSERT INTO jira_resolutions (id, name, description) VALUES (?, ?, '')",
                (take("jira.resolution"), name),
            )
        for name, inward, outward in _LINK_TYPES:
            row = (take("jira.link-type"), name, inward, outward)
            c.execute("INSERT INTO jira_link_types (id, name, inward, outward) VALUES (?, ?, ?, ?)", row)
        for name, kind in _CUSTOM_FIELDS:
            row = (take("jira.field"), name, kind)
            c.execute("INSERT INTO jira_custom_fields (number, name, kind) VALUES (?, ?, ?)", row)
