"""Texts of Jira in wiki markup, kept as they came beside the documents that were made of them.

Jira's data holds documents, because that is what Cloud has. A Data Center gives its users back what they wrote: the
source of a text is kept with a digest of its document, and counts for as long as the document is that one.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from atlassian_emulator.directory import Directory
from atlassian_emulator.site import Site
from atlassian_emulator.users import account_id_of

SCHEMA = """
CREATE TABLE IF NOT EXISTS jira_markup (
    kind TEXT NOT NULL,
    owner_id INTEGER NOT NULL,
    digest BLOB NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (kind, owner_id)
) WITHOUT ROWID;
"""
_LOADED = """
CREATE TEMP TABLE IF NOT EXISTS loaded_markup (
    project_key TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, position INTEGER NOT NULL,
    source TEXT NOT NULL)
"""
_OF_ISSUES = """
SELECT i.id, l.kind, s.fields, l.source FROM loaded_markup l
JOIN jira_issues i ON i.project_key = l.project_key AND i.number = l.number
JOIN jira_shown s ON s.issue_id = i.id WHERE l.kind != 'comment'
"""
_OF_COMMENTS = """
SELECT k.id, k.body, l.source FROM loaded_markup l
JOIN jira_issues i ON i.project_key = l.project_key AND i.number = l.number
JOIN (SELECT id, issue_id, body, row_number() OVER (PARTITION BY issue_id ORDER BY id) - 1 AS position
      FROM jira_comments) k ON k.issue_id = i.id AND k.position = l.position
WHERE l.kind = 'comment'
"""


def digest_of(document: Any) -> bytes:
    """Return the digest by which a document is known again."""
    return hashlib.sha256(msgspec.json.encode(document)).digest()[:16]


def keep_source(c: sqlite3.Connection, kind: str, owner_id: int, document: Any, source: str) -> None:
    """Keep what a document was made of. `kind`: "comment", "worklog", or the field of an issue."""
    c.execute(
        "INSERT INTO jira_markup (kind, owner_id, digest, source) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (kind, owner_id) DO UPDATE SET digest = excluded.digest, source = excluded.source",
        (kind, owner_id, digest_of(document), source),
    )


def find_source(c: sqlite3.Connection, kind: str, owner_id: int, document: Any) -> str | None:
    """Return what a document was made of, if it is the one that was made then."""
    row = c.execute(
        "SELECT digest, source FROM jira_markup WHERE kind = ? AND owner_id = ?", (kind, owner_id)
    ).fetchone()
    return str(row[1]) if row and row[0] == digest_of(document) else None


@contextmanager
def sources_kept(
    site: Site, c: sqlite3.Connection, issues: Iterable[dict[str, Any]]
) -> Iterator[Iterable[dict[str, Any]]]:
    """Hand out the issues of a file that is loaded within this block, and note their texts and people.

    Only a Data Center keeps them: a Cloud site has no use for them and saves the room.
    """
    if site.deployment != "data-center":
        yield issues
        return
    c.execute(_LOADED)
    c.execute("DELETE FROM loaded_markup")
    there = {(row[0], row[1]) for row in c.execute("SELECT project_key, number FROM jira_issues")}
    yield _noted(site, c, issues, there)
    for issue_id, kind, fields, source in c.execute(_OF_ISSUES).fetchall():
        document = msgspec.json.decode(fields).get(kind)
        if document is not None:
            keep_source(c, kind, issue_id, document, source)
    for comment_id, body, source in c.execute(_OF_COMMENTS).fetchall():
        keep_source(c, "comment", comment_id, msgspec.json.decode(body), source)
    c.execute("DELETE FROM loaded_markup")


def _noted(
    site: Site, c: sqlite3.Connection, issues: Iterable[dict[str, Any]], there: set[tuple[str, int]]
) -> Iterator[dict[str, Any]]:
    directory = site.part(Directory)
    for issue in issues:
        key, fields = issue.get("key"), issue.get("fields")
        project_key, _, number = key.rpartition("-") if isinstance(key, str) else ("", "", "")
        # What is wrong with an issue is said by whoever loads it.
        if isinstance(fields, dict) and number.isdigit() and (project_key, int(number)) not in there:
            c.executemany(
                "INSERT INTO loaded_markup VALUES (?, ?, ?, ?, ?)",
                [(project_key, int(number), *text) for text in _texts(fields)],
            )
            for person in _people(fields):
                name = person.get("name") or person.get("key") or ""
                address = person.get("emailAddress") or f"{name}@example.com"
                directory.note(account_id_of(address), name, person.get("key") or "")
        yield issue


def _texts(fields: dict[str, Any]) -> Iterator[tuple[str, int, str]]:
    for kind in ("description", "environment"):
        if isinstance(fields.get(kind), str) and fields[kind].strip():
            yield kind, 0, fields[kind]
    for position, comment in enumerate(_comments(fields)):
        if isinstance(comment, dict) and isinstance(comment.get("body"), str):
            yield "comment", position, comment["body"]


def _comments(fields: dict[str, Any]) -> list[Any]:
    comments = fields.get("comment")
    found = comments.get("comments") if isinstance(comments, dict) else None
    return found if isinstance(found, list) else []


def _people(fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    named = [fields.get(name) for name in ("assignee", "reporter", "creator")]
    for comment in _comments(fields):
        if isinstance(comment, dict):
            named += [comment.get("author"), comment.get("updateAuthor")]
    yield from (person for person in named if isinstance(person, dict) and (person.get("name") or person.get("key")))
