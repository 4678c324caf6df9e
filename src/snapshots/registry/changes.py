"""Changing records that are there: what a restore needs beside inserting (bulk.py)."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from snapshots.registry import rows, tables
from snapshots.registry.records import KINDS


def update_record(conn: sa.Connection, kind_name: str, record_id: int, values: Mapping[str, object]) -> None:
    """Change some columns of one record. `ValueError` for a column that does not travel."""
    kind = KINDS[kind_name]
    unknown = values.keys() - set(kind.columns)
    if unknown:
        raise ValueError(f"a {kind_name} has no column {sorted(unknown)}")
    rows.update_row(conn, kind.table, record_id, **values)


def move_versions(conn: sa.Connection, numbers: Mapping[int, int]) -> None:
    """Give versions, by row id, new numbers; all of them may change places with one another."""
    if not numbers:
        return
    version = tables.version
    statement = version.update().where(version.c.id == sa.bindparam("row_id")).values(number=sa.bindparam("new_number"))
    # First out of the way, since a number may be held until the last moment by a row that moves later.
    conn.execute(statement, [{"row_id": row_id, "new_number": -row_id} for row_id in numbers])
    conn.execute(statement, [{"row_id": row_id, "new_number": number} for row_id, number in numbers.items()])
