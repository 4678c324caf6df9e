"""The history of issues, written: what is shown, and what WAS and CHANGED ask about."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from atlassian_emulator.jira.jql.history import HISTORY_FIELDS


@dataclass(frozen=True)
class Change:
    """One entry: what `author` changed of an issue at a moment in µs UTC. Items are as Jira shows them."""

    issue_id: int
    author: str
    created: int
    items: list[dict[str, Any]]


def add_changes(c: sqlite3.Connection, first_id: int, changes: Iterable[Change]) -> None:
    """Add entries under consecutive ids."""
    numbered = list(enumerate(changes, start=first_id))
    encode = msgspec.json.Encoder().encode
    c.executemany(
        "INSERT INTO jira_changes (id, issue_id, author, created, items) VALUES (?, ?, ?, ?, ?)",
        [(number, each.issue_id, each.author, each.created, encode(each.items).decode()) for number, each in numbered],
    )
    c.executemany(
        "INSERT INTO jira_history (field, change_id, issue_id, from_id, to_id, author, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (item["fieldId"], number, each.issue_id, item["from"] or "", item["to"] or "", each.author, each.created)
            for number, each in numbered
            for item in each.items
            if item["fieldId"] in HISTORY_FIELDS
        ],
    )
