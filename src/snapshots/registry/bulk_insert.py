"""Many rows at once into one table, by the fastest way of each database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import msgspec
import psycopg
import sqlalchemy as sa

from snapshots.registry import rows, tables

_BLOCK_ROWS = 1000
"""So few that a block fits in a socket's buffer: PostgreSQL works on one while the next is made."""

# A JSON array without its brackets is a row of this CSV, as long as quotation marks and backslashes
# are all that is escaped in it; and msgspec writes JSON faster than Python formats anything.
_COPY_OPTIONS = "(FORMAT csv, NULL 'null', ESCAPE '\\')"
_encoder = msgspec.json.Encoder()


def insert_rows(
    conn: sa.Connection, table: sa.Table, columns: tuple[str, ...], records: Iterable[Sequence[Any]]
) -> int:
    """Insert rows with explicit ids, values in the order of `columns`; answers how many.

    `records` may be lazy, but must not use `conn`. Raises InvalidInput for text that not every
    database can hold.
    """
    if conn.dialect.name == "sqlite":
        return _insert_by_statement(conn, table, columns, records)
    inserted = _insert_by_copy(conn, table, columns, records)
    if inserted:
        _move_sequence(conn, table)
    return inserted


@contextmanager
def indexes_made_afterwards(conn: sa.Connection, names: Sequence[str]) -> Iterator[None]:
    """Do without the indexes and, on PostgreSQL, the foreign keys of these tables until the block ends.

    Then they are made again, in the same transaction, and a row that breaks one raises as ever. Worth
    it where the tables get most of their rows here, since all are read again (benchmarks/archive.md).
    """
    chosen = [tables.metadata.tables[name] for name in names]
    indexes = [index for table in chosen for index in table.indexes]
    # SQLite cannot drop a foreign key, and checks one by a look-up that costs little.
    keys = [key for table in chosen for key in table.foreign_key_constraints if conn.dialect.name == "postgresql"]
    for key in keys:
        conn.execute(sa.schema.DropConstraint(key))
    for index in indexes:
        index.drop(conn)
    yield
    for index in indexes:
        index.create(conn)
    for key in keys:
        conn.execute(sa.schema.AddConstraint(key))


def _insert_by_statement(
    conn: sa.Connection, table: sa.Table, columns: tuple[str, ...], records: Iterable[Sequence[Any]]
) -> int:
    in_order = sa.table(table.name, *map(sa.column, columns))
    statement = str(in_order.insert().compile(dialect=conn.dialect))
    text_at = _text_at(table, columns)
    inserted = 0
    cursor = conn.connection.cursor()
    try:
        for block in rows.in_blocks(records, _BLOCK_ROWS):
            _refuse_unstorable(block, text_at)
            # Past SQLAlchemy, which would make a dictionary of every row.
            cursor.executemany(statement, block)
            inserted += len(block)
    finally:
        cursor.close()
    return inserted


def _insert_by_copy(
    conn: sa.Connection, table: sa.Table, columns: tuple[str, ...], records: Iterable[Sequence[Any]]
) -> int:
    quote = conn.dialect.identifier_preparer.quote
    target = f"{quote(table.name)} ({', '.join(map(quote, columns))})"
    text_at = _text_at(table, columns)
    inserted = 0
    connection = cast("psycopg.Connection[Any]", conn.connection.driver_connection)
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN {_COPY_OPTIONS}".encode()) as copy:
        for block in rows.in_blocks(records, _BLOCK_ROWS):
            copy.write(_make_csv(block, text_at))
            inserted += len(block)
    return inserted


def _make_csv(block: list[Sequence[Any]], text_at: list[int]) -> bytes:
    try:
        lines = _encoder.encode_lines(block)
    except UnicodeEncodeError:
        _refuse_unstorable(block, text_at)
        raise
    if b"\\" in lines:
        single = lines.replace(b"\\\\", b"")
        if single.count(b"\\") != single.count(b'\\"'):
            # Control characters: CSV has no escapes for them and takes them as they are.
            _refuse_unstorable(block, text_at)
            return "".join(map(_make_csv_line, block)).encode()
    return lines[1:-2].replace(b"]\n[", b"\n") + b"\n"


def _make_csv_line(row: Sequence[Any]) -> str:
    return ",".join(map(_make_csv_value, row)) + "\n"


def _make_csv_value(value: str | int | None) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "null" if value is None else str(value)


def _text_at(table: sa.Table, columns: tuple[str, ...]) -> list[int]:
    return [index for index, name in enumerate(columns) if isinstance(table.c[name].type, sa.Text)]


def _refuse_unstorable(block: list[Sequence[Any]], text_at: list[int]) -> None:
    """Raise InvalidInput for text that not every database can hold; all of it joined is searched at once."""
    texts = [row[index] for index in text_at for row in block]
    joined = "".join(filter(None, texts))
    if "\0" in joined or not _has_utf8(joined):
        rows.refuse_unstorable(texts)


def _has_utf8(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _move_sequence(conn: sa.Connection, table: sa.Table) -> None:
    """Explicit ids pass PostgreSQL's sequence by; the next row without one must not meet them."""
    newest = sa.select(sa.func.max(table.c.id)).scalar_subquery()
    conn.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, "id"), newest)))
