"""Many rows at once into one table, by the fastest way of each database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from operator import itemgetter
from typing import Any, cast

import psycopg
import sqlalchemy as sa

from snapshots.registry import rows, tables

_BLOCK_ROWS = 1000
"""So few that a block fits in a socket's buffer: PostgreSQL works on one while the next is made."""

# What the text format of COPY gives a meaning of its own.
_COPY_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_COPY_TRANSLATION = str.maketrans(_COPY_ESCAPES)


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
    it where the tables get most of their rows here, since all are read again: half the time into
    an empty PostgreSQL, and three fifths into SQLite unless rows come in the order of the indexes.
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
            _join_storable_text(block, text_at)
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
    line = "\t".join(["%s"] * len(columns)) + "\n"
    text_at = _text_at(table, columns)
    null_at = [index for index, name in enumerate(columns) if table.c[name].nullable]
    inserted = 0
    connection = cast("psycopg.Connection[Any]", conn.connection.driver_connection)
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN".encode()) as copy:
        for block in rows.in_blocks(records, _BLOCK_ROWS):
            joined = _join_storable_text(block, text_at)
            if any(character in joined for character in _COPY_ESCAPES):
                block = [_escaped(row, text_at) for row in block]
            if null_at:
                block = [_with_nulls(row, null_at) for row in block]
            copy.write("".join([line % tuple(row) for row in block]))
            inserted += len(block)
    return inserted


def _text_at(table: sa.Table, columns: tuple[str, ...]) -> list[int]:
    return [index for index, name in enumerate(columns) if isinstance(table.c[name].type, sa.Text)]


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


def _escaped(row: Sequence[Any], text_at: list[int]) -> tuple[Any, ...]:
    changed = list(row)
    for index in text_at:
        changed[index] = changed[index].translate(_COPY_TRANSLATION)
    return tuple(changed)


def _with_nulls(row: Sequence[Any], null_at: list[int]) -> Sequence[Any]:
    for index in null_at:
        if row[index] is None:
            return tuple("\\N" if value is None else value for value in row)
    return row


def _move_sequence(conn: sa.Connection, table: sa.Table) -> None:
    """Explicit ids pass PostgreSQL's sequence by; the next row without one must not meet them."""
    newest = sa.select(sa.func.max(table.c.id)).scalar_subquery()
    conn.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, "id"), newest)))
