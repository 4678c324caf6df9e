"""The names and keys by which Data Center knows people: a user name, Jira's key and Confluence's key.

Cloud knows account ids instead. Both belong to the same users, so a site can be served as either; the words of the
directory are kept because data in Data Center's shape brings names and keys of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
import threading
from dataclasses import dataclass

from werkzeug.datastructures import Authorization

from atlassian_emulator.site import Site
from atlassian_emulator.users import User

SCHEMA = """
CREATE TABLE IF NOT EXISTS directory (
    account_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    jira_key TEXT NOT NULL UNIQUE,
    confluence_key TEXT NOT NULL UNIQUE
) WITHOUT ROWID;
"""
_FIRST_JIRA_USER = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What Data Center calls one user."""

    account_id: str
    name: str
    jira_key: str
    confluence_key: str


class Directory:
    """One per site: `site.part(Directory)`. Everybody gets a name and keys when they are first asked for."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.RLock()
        self._by_account: dict[str, Entry] = {}
        self._account_by_word: dict[str, str] = {}
        with site.database.read() as c:
            for row in c.execute("SELECT account_id, name, jira_key, confluence_key FROM directory"):
                self._remember(Entry(*row))

    def entry_of(self, account_id: str) -> Entry:
        """Return what a user is called, also one that the site does not know."""
        return self._by_account.get(account_id) or self._assign(account_id, "", "")

    def note(self, account_id: str, name: str, jira_key: str) -> None:
        """Take over the name and key that loaded data gives to somebody who has none here yet."""
        if account_id not in self._by_account:
            self._assign(account_id, name, jira_key)

    def find(self, word: str) -> User | None:
        """Find a user by name, Jira key or Confluence key, in any case of letters."""
        account_id = self._account_by_word.get(word.lower())
        if account_id is None:
            self.settle()
            account_id = self._account_by_word.get(word.lower())
        return self._site.users.find(account_id) if account_id else None

    def settle(self) -> None:
        """See to it that all users of the site have a name, so that queries may name them."""
        for user in self._site.users.list_all():
            self.entry_of(user.account_id)

    def sign_in(self, authorization: Authorization | None) -> User | None:
        """Return whom a header names: Basic with user name and password, or Bearer with a personal access token.

        The password is the token of the user. Their personal access token is `name.token`.
        """
        if authorization is None:
            return None
        if authorization.type == "basic":
            name, password = authorization.username or "", authorization.password or ""
        elif authorization.type == "bearer":
            name, _, password = (authorization.token or "").rpartition(".")
        else:
            return None
        user = self.find(name)
        if user is None or not hmac.compare_digest(self.entry_of(user.account_id).name.lower(), name.lower()):
            return None
        return self._site.users.sign_in(user.email, password)

    def _assign(self, account_id: str, name: str, jira_key: str) -> Entry:
        user = self._site.users.find(account_id)
        local = user.email.partition("@")[0] if user else account_id.rpartition(":")[2]
        with self._lock, self._site.database.transaction() as c:
            if account_id in self._by_account:
                return self._by_account[account_id]
            wanted = (name, local, user.email if user else account_id, account_id)
            chosen = next(each for each in wanted if each and each.lower() not in self._account_by_word)
            key = jira_key if jira_key and jira_key.lower() not in self._account_by_word else self._next_key(c)
            digest = hashlib.md5(f"{self._site.name}/{account_id}".encode(), usedforsecurity=False).hexdigest()
            entry = Entry(account_id, chosen, key, digest)
            c.execute("INSERT INTO directory VALUES (?, ?, ?, ?)", (account_id, chosen, key, digest))
            self._remember(entry)
            return entry

    def _next_key(self, c: sqlite3.Connection) -> str:
        number = _FIRST_JIRA_USER + int(c.execute("SELECT count(*) FROM directory").fetchone()[0])
        while f"jirauser{number}" in self._account_by_word:
            number += 1
        return f"JIRAUSER{number}"

    def _remember(self, entry: Entry) -> None:
        self._by_account[entry.account_id] = entry
        for word in (entry.name, entry.jira_key, entry.confluence_key):
            # A name that somebody else has as a key stays theirs.
            self._account_by_word.setdefault(word.lower(), entry.account_id)
        if self._site.deployment == "data-center":
            for word in (entry.jira_key, entry.name):
                self._site.users.names[word.lower()] = entry.account_id
