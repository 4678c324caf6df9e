"""What a move changes inside the bodies of pages: macro ids in conflict, and how people are named."""

from __future__ import annotations

import re
import sqlite3
import uuid
from collections.abc import Collection, Mapping
from typing import Final

_MACRO_ID: Final = re.compile(
    r'(?P<classic>\bac:macro-id=")(?P<id>[^"]+)(?=")|(?P<forge><ac:adf-parameter key="local-id">)(?P<local>[^<]+)'
)
_USER_KEY: Final = re.compile(r'\bri:userkey="([^"]*)"')


class MacroIds:
    """Gives a new id to macros whose id the destination has already, as Atlassian does; others keep theirs.

    `conflicting` are ids to be treated as such whatever the destination has.
    """

    def __init__(self, c: sqlite3.Connection, conflicting: Collection[str] = ()) -> None:
        self._taken = frozenset(conflicting) | _ids_there(c)
        self.renamed: dict[str, str] = {}

    def settle(self, body: str) -> str:
        """Return a body without conflicts; one macro has one new id in all versions of a page."""
        return _MACRO_ID.sub(self._settle_one, body) if self._taken else body

    def _settle_one(self, match: re.Match[str]) -> str:
        macro_id = match["id"] or match["local"]
        if macro_id in self._taken and macro_id not in self.renamed:
            self.renamed[macro_id] = str(uuid.uuid4())
        return (match["classic"] or match["forge"]) + self.renamed.get(macro_id, macro_id)


def _ids_there(c: sqlite3.Connection) -> frozenset[str]:
    bodies = c.execute(
        "SELECT v.body FROM content_versions v JOIN content c ON c.id = v.content_id AND c.version = v.number"
        " WHERE c.id IN (SELECT content_id FROM content_macros)"
    )
    return frozenset(match["id"] or match["local"] for (body,) in bodies for match in _MACRO_ID.finditer(body))


def accounts_for_user_keys(body: str, accounts: Mapping[str, str]) -> str:
    """Return a body of Data Center with people named as in Cloud; a key that nobody has stays."""

    def account(match: re.Match[str]) -> str:
        known = accounts.get(match[1])
        return f'ri:account-id="{known}"' if known else match[0]

    return _USER_KEY.sub(account, body)
