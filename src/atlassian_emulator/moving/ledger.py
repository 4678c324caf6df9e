"""Which ids became which in moves to and from a site."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from atlassian_emulator.site import Site

SCHEMA = """
CREATE TABLE IF NOT EXISTS moves (
    id INTEGER PRIMARY KEY,
    product TEXT NOT NULL CHECK (product IN ('CONFLUENCE', 'JIRA')),
    source_url TEXT NOT NULL,
    destination_url TEXT NOT NULL,
    moved_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS moved_ids (
    move_id INTEGER NOT NULL REFERENCES moves (id) ON DELETE CASCADE,
    entity_type TEXT NOT NULL,
    source_id TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    PRIMARY KEY (move_id, entity_type, source_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS id_mapping_jobs (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    source_url TEXT NOT NULL,
    destination_url TEXT NOT NULL,
    triggered_at INTEGER NOT NULL,
    times_asked INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""

Mappings = Mapping[str, Mapping[str, str]]
"""Entity type to source id to destination id."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The site that something came from."""

    name: str
    url: str
    deployment: str


def origin_line(site: Site) -> dict[str, Any]:
    """Return what an export says first: where it is from."""
    return {"name": site.name, "url": site.base_url, "deployment": site.deployment}


def read_origin(line: Mapping[str, Any]) -> Origin:
    """Read what `origin_line` said; KeyError when it is something else."""
    return Origin(line["name"], line["url"], line["deployment"])


def note_move(
    site: Site, c: sqlite3.Connection, product: str, source_url: str, destination_url: str, mappings: Mappings
) -> None:
    """Note a move with all its ids."""
    move_id = site.ids.take("move")
    c.execute(
        "INSERT INTO moves (id, product, source_url, destination_url, moved_at) VALUES (?, ?, ?, ?, ?)",
        (move_id, product, plain_url(source_url), plain_url(destination_url), site.clock()),
    )
    c.executemany(
        "INSERT INTO moved_ids (move_id, entity_type, source_id, destination_id) VALUES (?, ?, ?, ?)",
        [(move_id, kind, old, new) for kind, ids in mappings.items() for old, new in ids.items()],
    )


def plain_url(url: str) -> str:
    """Return a site's address as the ledger writes it: without a slash at the end, without Confluence's /wiki."""
    return url.rstrip("/").removesuffix("/wiki")


def has_move(c: sqlite3.Connection, product: str, source_url: str, destination_url: str) -> bool:
    sql = "SELECT 1 FROM moves WHERE product = ? AND source_url = ? AND destination_url = ?"
    return c.execute(sql, (product, plain_url(source_url), plain_url(destination_url))).fetchone() is not None


def iter_ids(
    c: sqlite3.Connection, product: str, source_url: str, destination_url: str
) -> Iterator[tuple[str, str, str]]:
    """Yield (entity type, source id, destination id); what was moved again counts as it was moved last."""
    rows = c.execute(
        "SELECT entity_type, source_id, destination_id, max(move_id) FROM moved_ids JOIN moves ON moves.id = move_id"
        " WHERE product = ? AND source_url = ? AND destination_url = ?"
        " GROUP BY entity_type, source_id ORDER BY entity_type, length(source_id), source_id",
        (product, plain_url(source_url), plain_url(destination_url)),
    )
    for row in rows:
        yield row[0], row[1], row[2]
