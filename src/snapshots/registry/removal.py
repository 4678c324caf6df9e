"""Taking records away again, as undoing a restore needs it: by ranges of ids, never one that others refer to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from snapshots.registry import rows, tables
from snapshots.registry.records import KINDS

_BLOCK_ROWS = 1000

Range = tuple[int, int]
"""First and last id."""


@dataclass(slots=True)
class Going:
    """Rows that are to be taken away, by table: ranges of ids, without those in `kept`.

    `strangers` are those of `kept` that came later and were given an id that had become free.
    """

    ranges: dict[str, list[Range]] = field(default_factory=dict)
    kept: dict[str, set[int]] = field(default_factory=dict)
    strangers: dict[str, set[int]] = field(default_factory=dict)

    def add(self, table: str, ids: Range, kept: Collection[int], strangers: Collection[int]) -> None:
        self.ranges.setdefault(table, []).append(ids)
        self.kept.setdefault(table, set()).update(kept, strangers)
        self.strangers.setdefault(table, set()).update(strangers)


@dataclass(frozen=True, slots=True)
class Referrer:
    """A row that refers to another one. `is_new` where it is none of those that were to go."""

    table: str
    row_id: int
    refers_to: int
    is_new: bool


def iter_referrers(conn: sa.Connection, kind: str, ids: Range, going: Going) -> Iterator[Referrer]:
    """Every row that stays and refers to a row of the kind with an id in the range, whatever its table.

    Asked of the schema, so a table that is added later keeps what it refers to without a word here.
    """
    for table in tables.metadata.sorted_tables:
        for column in table.columns:
            if not any(key.column.table is KINDS[kind].table for key in column.foreign_keys):
                continue
            statement = sa.select(table.c.id, column).where(column.between(*ids))
            for first, last in going.ranges.get(table.name, ()):
                statement = statement.where(sa.not_(table.c.id.between(first, last)))
            for row_id, target in conn.execute(statement):
                yield Referrer(table.name, row_id, target, is_new=True)
            for block in rows.in_blocks(sorted(going.kept.get(table.name, ())), _BLOCK_ROWS):
                kept = sa.select(table.c.id, column).where(column.between(*ids), table.c.id.in_(block))
                for row_id, target in conn.execute(kept):
                    yield Referrer(table.name, row_id, target, is_new=row_id in going.strangers[table.name])


def iter_rows_between(
    conn: sa.Connection, kind: str, ids: Range, columns: Sequence[str]
) -> Iterator[tuple[object, ...]]:
    """The columns of every record of the kind with an id in the range, by id."""
    table = KINDS[kind].table
    chosen = sa.select(*(table.c[name] for name in columns)).where(table.c.id.between(*ids)).order_by(table.c.id)
    for row in conn.execute(chosen):
        yield tuple(row)


def count_between(conn: sa.Connection, kind: str, ids: Range) -> int:
    """How many records of the kind have an id in the range."""
    table = KINDS[kind].table
    return int(conn.execute(sa.select(sa.func.count()).select_from(table).where(table.c.id.between(*ids))).scalar_one())


def delete_between(conn: sa.Connection, kind: str, ids: Range, kept: Collection[int]) -> None:
    """Delete the records of the kind with an id in the range, but for those kept."""
    table = KINDS[kind].table
    first = ids[0]
    for end in (*sorted(kept), ids[1] + 1):
        if first < end:
            conn.execute(table.delete().where(table.c.id.between(first, end - 1)))
        first = end + 1


def describe_pages(conn: sa.Connection, page_ids: Collection[int]) -> dict[int, str]:
    """What a person calls these pages, by row id."""
    page, space = tables.page, tables.space
    named: dict[int, str] = {}
    for block in rows.in_blocks(sorted(page_ids), _BLOCK_ROWS):
        statement = sa.select(page.c.id, page.c.title, page.c.remote_id, space.c.key).join(
            space, page.c.space_id == space.c.id
        )
        for row_id, title, remote_id, key in conn.execute(statement.where(page.c.id.in_(block))):
            named[row_id] = f"page '{title}' ({remote_id}) of {key}"
    return named


def find_pages_of(conn: sa.Connection, kind: str, ids: Collection[int]) -> dict[int, int]:
    """The page of each of these records, both by row id. Spaces are on no page."""
    table = KINDS[kind].table
    page_id: sa.ColumnElement[int] = table.c.id
    source: sa.FromClause = table
    if kind == "version":
        page_id, source = tables.macro.c.page_id, table.join(tables.macro, table.c.macro_id == tables.macro.c.id)
    elif kind == "sticker_assignment":
        page_id = tables.sticker.c.page_id
        source = table.join(tables.sticker, table.c.sticker_id == tables.sticker.c.id)
    elif kind in ("macro", "sticker"):
        page_id = table.c.page_id
    found: dict[int, int] = {}
    for block in rows.in_blocks(sorted(ids), _BLOCK_ROWS):
        statement = sa.select(table.c.id, page_id).select_from(source).where(table.c.id.in_(block))
        found.update((row[0], row[1]) for row in conn.execute(statement))
    return found
