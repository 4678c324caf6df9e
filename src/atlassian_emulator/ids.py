"""Numbers a site gives to the things it holds."""

from __future__ import annotations

import hashlib

from atlassian_emulator.database import Database

_SLOTS = 9_973
_SLOT_SIZE = 10_000_000


class Ids:
    """Sequences of ids, one per kind of thing ("content", "space", "issue", …).

    Sites draw from different ranges, derived from their names, so that an id of one site is not by chance an id
    of another: a program that confuses them is caught.
    """

    def __init__(self, database: Database, site_name: str) -> None:
        self._database = database
        self._site_name = site_name
        digest = hashlib.sha256(site_name.encode()).digest()
        self.first = (int.from_bytes(digest[:8]) % _SLOTS + 1) * _SLOT_SIZE + 1

    def take(self, kind: str, count: int = 1) -> int:
        """Reserve `count` consecutive ids and return the first; inside a transaction they are part of it."""
        with self._database.transaction() as c:
            row = c.execute(
                "INSERT INTO sequences (name, value) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = value + ? RETURNING value",
                (kind, self._first_of(kind) + count, count),
            ).fetchone()
        return int(row[0]) - count

    def _first_of(self, kind: str) -> int:
        # Kinds start at different numbers, so that a space's id is not by chance that of a page.
        digest = hashlib.sha256(f"{self._site_name}/{kind}".encode()).digest()
        return self.first + int.from_bytes(digest[:8]) % (_SLOT_SIZE // 10)
