"""Rows as frozen dataclasses: the one way from a table to a type and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from snapshots.errors import InvalidInput

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Row = TypeVar("Row", bound=DataclassInstance)
else:
    Row = TypeVar("Row")

Item = TypeVar("Item")


def select_as(row_type: type[Row], table: sa.Table) -> sa.Select[Any]:
    """Select the columns that `row_type` names, in its order."""
    return sa.select(*(table.c[field.name] for field in fields(row_type)))


def fetch_all(conn: sa.Connection, row_type: type[Row], statement: sa.Select[Any]) -> list[Row]:
    """Every row of a statement made by `select_as`."""
    return [row_type(*row) for row in conn.execute(statement)]


def fetch_one(conn: sa.Connection, row_type: type[Row], statement: sa.Select[Any]) -> Row | None:
    """The only row of a statement made by `select_as`, or None."""
    row = conn.execute(statement).one_or_none()
    return None if row is None else row_type(*row)


def insert_row(conn: sa.Connection, table: sa.Table, **values: object) -> int:
    """Insert one row and answer its id."""
    refuse_unstorable(values.values())
    return int(conn.execute(table.insert().values(values).returning(table.c.id)).scalar_one())


def update_row(conn: sa.Connection, table: sa.Table, row_id: int, **values: object) -> None:
    """Change some columns of the row with this id."""
    refuse_unstorable(values.values())
    conn.execute(table.update().where(table.c.id == row_id).values(values))


def insert_or_replace(
    conn: sa.Connection, table: sa.Table, key: tuple[str, ...], rows: list[dict[str, object]]
) -> None:
    """Insert rows; where a row with the same unique `key` is there, its other columns are replaced."""
    if not rows:
        return
    for row in rows:
        refuse_unstorable(row.values())
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = make(table)
    replaced = {name: statement.excluded[name] for name in rows[0] if name not in key}
    conn.execute(statement.on_conflict_do_update(index_elements=list(key), set_=replaced), rows)


def refuse_unstorable(values: Iterable[object]) -> None:
    """Raise InvalidInput for text that not every database can hold.

    PostgreSQL has no place for NUL, and half a surrogate pair has no UTF-8. Both are refused at the
    entrance of every registry, so that what one holds, any other can take over.
    """
    for value in values:
        if isinstance(value, str):
            if "\0" in value:
                raise InvalidInput(f"The text {value[:60]!r} holds a NUL character, which cannot be stored; remove it.")
            if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
                raise InvalidInput(
                    f"The text {value[:60]!r} holds half a character, which cannot be stored; remove it."
                )


def in_blocks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`; the last may be shorter."""
    iterator = iter(items)
    while block := list(islice(iterator, size)):
        yield block
