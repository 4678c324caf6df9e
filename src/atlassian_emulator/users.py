"""Who works on the site: users with an API token, and groups.

Account ids are Atlassian's own idea of a person, so the same e-mail address has the same account id on every
site, as it has in the cloud.
"""

from __future__ import annotations

import hmac
import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from atlassian_emulator.database import Database

Role = Literal["administrator", "editor", "viewer", "person"]

_PEOPLE = uuid.UUID("6f1f7a52-64a5-4f4e-9a5c-2f3b8d0c9e11")

DEFAULT_USERS: tuple[tuple[str, str, Role], ...] = (
    ("admin@example.com", "Ada Admin", "administrator"),
    ("editor@example.com", "Eddie Editor", "editor"),
    ("viewer@example.com", "Vera Viewer", "viewer"),
)

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    account_id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    token TEXT NOT NULL,
    active INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS groups (
    group_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    deleted INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS group_members (
    group_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    is_member INTEGER NOT NULL,
    PRIMARY KEY (group_id, account_id)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class User:
    """A person. `role` is what a space or project gives them unless it says otherwise.

    A "person" is only named in data, as an author or assignee, and cannot sign in.
    """

    account_id: str
    email: str
    display_name: str
    role: Role
    active: bool = True

    @property
    def administers(self) -> bool:
        return self.role == "administrator"

    @property
    def edits(self) -> bool:
        return self.role in ("administrator", "editor")


@dataclass(frozen=True, slots=True)
class Group:
    """A group: users of `roles` are in it unless they were taken out, others when they were put in."""

    group_id: str
    name: str
    roles: tuple[Role, ...] = ()


def account_id_of(email: str) -> str:
    """Return the account id that this address has on every site."""
    return f"712020:{uuid.uuid5(_PEOPLE, email.lower())}"


class Users:
    """The users and groups of one site. All users are held in memory: they are looked up in every request."""

    def __init__(self, database: Database, site_name: str) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._by_account: dict[str, User] = {}
        self._by_email: dict[str, tuple[User, str]] = {}
        self._site_name = site_name
        self.names: dict[str, str] = {}
        self._set_members: dict[tuple[str, str], bool] = {}
        self.groups: tuple[Group, ...] = ()
        self._read_groups()
        with database.read() as c:
            for row in c.execute("SELECT account_id, email, display_name, role, active, token FROM users"):
                self._remember(User(row[0], row[1], row[2], row[3], bool(row[4])), row[5])

    def put(
        self, email: str, display_name: str, role: Role = "person", *, token: str = "", account_id: str = ""
    ) -> User:
        """Add a user or change the one with this address. Without a token nobody can sign in as them."""
        user = User(account_id or account_id_of(email), email, display_name, role)
        self.put_all([(user, token)])
        return user

    def put_all(self, users: Iterable[tuple[User, str]]) -> None:
        """Add or change many users, each with the token that signs them in."""
        users = list(users)
        with self._database.transaction() as c:
            c.executemany(
                "INSERT INTO users (account_id, email, display_name, role, active, token) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (email) DO UPDATE SET display_name = excluded.display_name, role = excluded.role,"
                " active = excluded.active, token = excluded.token",
                [(u.account_id, u.email, u.display_name, u.role, u.active, token) for u, token in users],
            )
        for user, token in users:
            self._remember(user, token)

    def sign_in(self, email: str, token: str) -> User | None:
        """Return the user with this address and API token, or None."""
        user, expected = self._by_email.get(email.lower(), (None, ""))
        matches = hmac.compare_digest(token.encode(), expected.encode())
        return user if user and user.active and expected and matches else None

    def find(self, account_id: str) -> User | None:
        return self._by_account.get(account_id)

    def find_by_email(self, email: str) -> User | None:
        """Find by address; on a Data Center by user name too, which is what people are called there."""
        found = self._by_email.get(email.lower(), (None, ""))[0]
        return found or self._by_account.get(self.names.get(email.lower(), ""))

    def list_all(self) -> list[User]:
        """Return all users in the order of their names."""
        with self._lock:
            users = list(self._by_account.values())
        return sorted(users, key=lambda user: (user.display_name, user.account_id))

    def groups_of(self, user: User) -> list[Group]:
        return [group for group in self.groups if self._is_in(user, group)]

    def members_of(self, group: Group) -> list[User]:
        return [user for user in self.list_all() if self._is_in(user, group)]

    def find_group(self, group_id: str) -> Group | None:
        return next((group for group in self.groups if group.group_id == group_id), None)

    def add_group(self, name: str) -> Group | None:
        """Add a group without members; None when there is one of this name, in any case of letters."""
        if any(group.name.lower() == name.lower() for group in self.groups):
            return None
        with self._database.transaction() as c:
            c.execute("DELETE FROM groups WHERE name = ?", (name,))
            c.execute("INSERT INTO groups (group_id, name) VALUES (?, ?)", (str(uuid.uuid4()), name))
        self._read_groups()
        return next(group for group in self.groups if group.name == name)

    def remove_group(self, group: Group) -> None:
        with self._database.transaction() as c:
            c.execute(
                "INSERT INTO groups (group_id, name, deleted) VALUES (?, ?, 1)"
                " ON CONFLICT (group_id) DO UPDATE SET deleted = 1",
                (group.group_id, group.name),
            )
            c.execute("DELETE FROM group_members WHERE group_id = ?", (group.group_id,))
        self._read_groups()

    def set_member(self, group: Group, user: User, *, is_member: bool) -> None:
        """Put a user into a group, or take them out, whatever their role."""
        with self._database.transaction() as c:
            c.execute(
                "INSERT INTO group_members (group_id, account_id, is_member) VALUES (?, ?, ?)"
                " ON CONFLICT (group_id, account_id) DO UPDATE SET is_member = excluded.is_member",
                (group.group_id, user.account_id, is_member),
            )
        self._read_groups()

    def _is_in(self, user: User, group: Group) -> bool:
        return self._set_members.get((group.group_id, user.account_id), user.role in group.roles)

    def _read_groups(self) -> None:
        with self._database.read() as c:
            rows = c.execute("SELECT group_id, name, deleted FROM groups ORDER BY name").fetchall()
            members = c.execute("SELECT group_id, account_id, is_member FROM group_members").fetchall()
        deleted = {row["group_id"] for row in rows if row["deleted"]}
        own = [
            Group(str(uuid.uuid5(_PEOPLE, f"{self._site_name}/{name}")), name, roles)
            for name, roles in _groups(self._site_name)
        ]
        added = [Group(row["group_id"], row["name"]) for row in rows if not row["deleted"]]
        self._set_members = {(row["group_id"], row["account_id"]): bool(row["is_member"]) for row in members}
        self.groups = (*(group for group in own if group.group_id not in deleted), *added)

    def _remember(self, user: User, token: str) -> None:
        with self._lock:
            self._by_account[user.account_id] = user
            self._by_email[user.email.lower()] = (user, token)


def _groups(site_name: str) -> list[tuple[str, tuple[Role, ...]]]:
    return [
        ("site-admins", ("administrator",)),
        (f"confluence-admins-{site_name}", ("administrator",)),
        (f"confluence-users-{site_name}", ("administrator", "editor", "viewer")),
        (f"jira-users-{site_name}", ("administrator", "editor", "viewer")),
        ("editors", ("administrator", "editor")),
    ]
