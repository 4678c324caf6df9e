"""Many rows at once into one table, by the fastest way of each database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, cast

import psycopg
import sqlalchemy as sa

from snapshots.registry import rows

_BLOCK_ROWS = 5000

# What the text format of COPY gives a meaning of its own.
_COPY_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_COPY_TRANSLATION = str.maketrans(_COPY_ESCAPES)


def insert_rows(
    conn: sa.Connection, table: sa.Table, columns: tuple[str, ...], records: Iterable[Sequence[Any]]
) -> int:
    """Insert rows with explicit ids, values in the order of `columns`; answers how many.

    Raises InvalidInput for text that not every database can hold.
    """
    text_at = [index for index, name in enumerate(columns) if isinstance(table.c[name].type, sa.Text)]
    null_at = [index for index, name in enumerate(columns) if table.c[name].nullable]
    inserted = 0
    for block in rows.in_blocks(records, _BLOCK_ROWS):
        joined = _join_storable_text(block, text_at)
        if conn.dialect.name == "sqlite":
            _insert_by_statement(conn, table, columns, block)
        else:
            if any(character in joined for character in _COPY_ESCAPES):
                block = [_escaped(row, text_at) for row in block]
            if null_at:
                block = [_with_nulls(row, null_at) for row in block]
            _insert_by_copy(conn, table, columns, block)
        inserted += len(block)
    if inserted and conn.dialect.name == "postgresql":
        _move_sequence(conn, table)
    return inserted


def _join_storable_text(block: list[Sequence[Any]], text_at: list[int]) -> str:
    """All text of the block as one, so that looking for a character is one fast search."""
    if not text_at:
        return ""
    if len(text_at) == 1:
        texts = [row[text_at[0]] for row in block]
    else:
        texts = list(chain.from_iterable(map(itemgetter(*text_at), block)))
    joined = "".join(texts)
    if "\0" in joined or not (joined.isascii() or _has_utf8(joined)):
        rows.refuse_unstorable(texts)
    return joined


def _has_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _insert_by_statement(
    conn: sa.Connection, table: sa.Table, columns: tuple[str, ...], block: list[Sequence[Any]]
) -> None:
    in_order = sa.table(table.name, *map(sa.column, columns))
    statement = str(in_order.insert().compile(dialect=conn.dialect))
    cursor = conn.connection.cursor()
    try:
        # Past SQLAlchemy, which would make a dictionary of every row.
        cursor.executemany(statement, block)
    finally:
        cursor.close()


def _insert_by_copy(conn: sa.Connection, table: sa.Table, columns: tuple[str, ...], block: list[Sequence[Any]]) -> None:
    quote = conn.dialect.identifier_preparer.quote
    target = f"{quote(table.name)} ({', '.join(map(quote, columns))})"
    line = "\t".join(["%s"] * len(columns)) + "\n"
    connection: psycopg.Connection = cast("psycopg.Connection", conn.connection.driver_connection)
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN".encode()) as copy:
        copy.write("".join([line % row for row in block]))


def _escaped(row: Sequence[Any], text_at: list[int]) -> tuple[Any, ...]:
    changed = list(row)
    for index in text_at:
        changed[index] = changed[index].translate(_COPY_TRANSLATION)
    return tuple(changed)


def _with_nulls(row: Sequence[Any], null_at: list[int]) -> tuple[Any, ...]:
    for index in null_at:
        if row[index] is None:
            return tuple("\\N" if value is None else value for value in row)
    return tuple(row)


def _move_sequence(conn: sa.Connection, table: sa.Table) -> None:
    """Explicit ids pass PostgreSQL's sequence by; the next row without one must not meet them."""
    newest = sa.select(sa.func.max(table.c.id)).scalar_subquery()
    conn.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, "id"), newest)))
