"""Records by the hundred thousand: out as JSON lines that the database makes, in by its fastest way.

The lines are the same bytes from SQLite, from PostgreSQL and from msgspec (a property test holds
them together), so an archive does not tell which database it came from. Nothing here holds more
than a block of records in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from snapshots.registry import bulk_insert, rows, tables
from snapshots.registry.records import KINDS, RecordKind

BLOCK_RECORDS = 2500
"""Records in every block of `iter_record_blocks` but the last."""


def iter_record_blocks(
    conn: sa.Connection, kind_name: str, site_id: int, space_ids: Sequence[int] | None
) -> Iterator[bytes]:
    """Every record of the kind in these spaces (None: all of the site), as blocks of JSON lines.

    A line is one array, the fields of the record's struct in their order, and ends in a line feed;
    lines are sorted by id. Each block but the last holds exactly `BLOCK_RECORDS` lines.
    """
    kind = KINDS[kind_name]
    chosen = sa.select(*(kind.table.c[name] for name in kind.columns)).where(_in_scope(conn, kind, site_id, space_ids))
    if conn.dialect.name == "sqlite":
        return _iter_sqlite_blocks(conn, kind, chosen)
    return _iter_postgresql_blocks(conn, kind, chosen)


def count_records(conn: sa.Connection, kind_name: str, site_id: int, space_ids: Sequence[int] | None) -> int:
    """How many records `iter_record_blocks` would give."""
    kind = KINDS[kind_name]
    statement = sa.select(sa.func.count()).select_from(kind.table).where(_in_scope(conn, kind, site_id, space_ids))
    return int(conn.execute(statement).scalar_one())


def iter_rows_of(
    conn: sa.Connection, kind_name: str, reference: str, ids: Sequence[int], columns: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """The given columns of every record whose `reference` is one of `ids`, in no order.

    For looking up what is there before inserting: `iter_rows_of(conn, "version", "macro_id", ids,
    ("macro_id", "capture_id", "number", "payload_sha256"))`.
    """
    table = KINDS[kind_name].table
    statement = sa.select(*(table.c[name] for name in columns))
    for block in rows.in_blocks(ids, BLOCK_RECORDS):
        for row in conn.execute(statement.where(table.c[reference].in_(block))):
            yield tuple(row)


def next_id(conn: sa.Connection, kind_name: str) -> int:
    """An id from which on all are free. They stay free while the caller is the writer."""
    newest = conn.scalar(sa.select(sa.func.max(KINDS[kind_name].table.c.id)))
    return (newest or 0) + 1


def insert_records(conn: sa.Connection, kind_name: str, records: Iterable[Sequence[Any]]) -> int:
    """Insert records, given as the values of the struct's fields in their order; answers how many.

    What belongs to a site directly has the site's id as one value more at the end, since that does not travel. Ids are
    explicit: take them from `next_id`. `records` may be lazy, but must not use `conn`. Raises InvalidInput for
    text that cannot be stored.
    """
    kind = KINDS[kind_name]
    columns = (*kind.columns, "site_id") if kind.of_site else kind.columns
    return bulk_insert.insert_rows(conn, kind.table, columns, records)


def indexes_made_afterwards(conn: sa.Connection, kind_names: Sequence[str]) -> AbstractContextManager[None]:
    """For filling empty tables: see `bulk_insert.indexes_made_afterwards`."""
    return bulk_insert.indexes_made_afterwards(conn, [KINDS[name].table.name for name in kind_names])


def _in_scope(
    conn: sa.Connection, kind: RecordKind, site_id: int, space_ids: Sequence[int] | None
) -> sa.ColumnElement[bool]:
    """Whether a record belongs to the chosen spaces, through the records it refers to."""
    others = sa.select(tables.site.c.id).where(tables.site.c.id != site_id).limit(1)
    if space_ids is None and conn.scalar(others) is None:
        # The usual registry knows one site: then every record is in scope, and looking is not needed.
        return sa.true()
    return _belongs(kind, site_id, space_ids)


def _belongs(kind: RecordKind, site_id: int, space_ids: Sequence[int] | None) -> sa.ColumnElement[bool]:
    if kind.of_site:
        of_site = kind.table.c.site_id == site_id
        # What is of the whole site belongs to every choice of spaces.
        chosen = space_ids is not None and kind.table is tables.space
        return sa.and_(of_site, tables.space.c.id.in_(space_ids or ())) if chosen else of_site
    column, parent_name = next(iter(kind.references.items()))
    parent = KINDS[parent_name]
    return kind.table.c[column].in_(sa.select(parent.table.c.id).where(_belongs(parent, site_id, space_ids)))


def _iter_sqlite_blocks(conn: sa.Connection, kind: RecordKind, chosen: sa.Select[Any]) -> Iterator[bytes]:
    # As a blob, since the driver would decode text only for us to encode it again.
    line = sa.cast(sa.func.json_array(*(kind.table.c[name] for name in kind.columns)), sa.LargeBinary)
    statement = chosen.with_only_columns(line).order_by(kind.table.c.id)
    compiled = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    cursor = conn.connection.cursor()
    try:
        cursor.execute(str(compiled))
        while block := cursor.fetchmany(BLOCK_RECORDS):
            yield b"\n".join([row[0] for row in block]) + b"\n"
    finally:
        cursor.close()


def _iter_postgresql_blocks(conn: sa.Connection, kind: RecordKind, chosen: sa.Select[Any]) -> Iterator[bytes]:
    # One aggregated value a block: a message for each row would cost more than making its JSON.
    record = chosen.where(kind.table.c.id > sa.bindparam("last_id", 0)).order_by(kind.table.c.id)
    row = record.limit(BLOCK_RECORDS).subquery("record")
    values = sa.func.concat_ws(",", *(_as_json(row.c[name], kind.table.c[name]) for name in kind.columns))
    line = sa.literal("[") + values + sa.literal("]")
    lines = sa.func.string_agg(line, postgresql.aggregate_order_by(sa.literal("\n"), row.c.id))
    statement = sa.select(sa.func.convert_to(lines, "UTF8"), sa.func.max(row.c.id))
    compiled = statement.compile(dialect=conn.dialect, compile_kwargs={"render_postcompile": True})
    query = str(compiled).encode()
    connection = cast("psycopg.Connection[Any]", conn.connection.driver_connection)
    last_id = 0
    # Past SQLAlchemy for the binary format: as text, PostgreSQL sends two digits for every byte.
    with connection.cursor(binary=True) as cursor:
        while True:
            made, newest = cursor.execute(query, {**compiled.params, "last_id": last_id}).fetchall()[0]
            if newest is None:
                return
            yield made + b"\n"
            last_id = newest


def _as_json(value: sa.ColumnElement[Any], column: sa.Column[Any]) -> sa.ColumnElement[str]:
    """The column as JSON text. PostgreSQL's own arrays of JSON have blanks between the values."""
    text = sa.cast(sa.func.to_json(value) if isinstance(column.type, sa.Text) else value, sa.Text)
    return sa.func.coalesce(text, "null") if column.nullable else text
