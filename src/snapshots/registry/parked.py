"""Parked records: restored, and waiting for the page, macro or payload they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields

import sqlalchemy as sa

from snapshots.registry import rows, tables

_BLOCK_ROWS = 1000
_KEY = ("site_id", "source_cloud_id", "kind", "natural_key")


@dataclass(frozen=True, slots=True)
class NewParked:
    """A record to park. Fields as in `tables.parked_record`."""

    site_id: int
    source_cloud_id: str
    kind: str
    natural_key: str
    record: str
    reason: str
    parked_at: int


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A parked record. Fields as in `tables.parked_record`."""

    id: int
    site_id: int
    source_cloud_id: str
    kind: str
    natural_key: str
    record: str
    reason: str
    parked_at: int


_NEW_FIELDS = tuple(field.name for field in fields(NewParked))


def put_parked(conn: sa.Connection, parked: Iterable[NewParked]) -> None:
    """Park records; one that is parked already gets its present record, reason and moment."""
    for block in rows.in_blocks(parked, _BLOCK_ROWS):
        rows.insert_or_replace(conn, tables.parked_record, _KEY, [asdict(row) for row in block])


def iter_parked(conn: sa.Connection, site_id: int, kind: str) -> Iterator[ParkedRow]:
    """The site's parked records of one kind, in the order they were parked; some may be deleted on the way."""
    parked = tables.parked_record
    last_id = 0
    while True:
        statement = rows.select_as(ParkedRow, parked).where(
            parked.c.site_id == site_id, parked.c.kind == kind, parked.c.id > last_id
        )
        block = rows.fetch_all(conn, ParkedRow, statement.order_by(parked.c.id).limit(_BLOCK_ROWS))
        if not block:
            return
        yield from block
        last_id = block[-1].id


def list_parked(
    conn: sa.Connection, site_id: int, source_cloud_id: str, kind: str, natural_keys: Iterable[str]
) -> list[ParkedRow]:
    """Those of these records that are parked, in no order."""
    parked = tables.parked_record
    statement = rows.select_as(ParkedRow, parked).where(
        parked.c.site_id == site_id, parked.c.source_cloud_id == source_cloud_id, parked.c.kind == kind
    )
    return [
        row
        for block in rows.in_blocks(natural_keys, _BLOCK_ROWS)
        for row in rows.fetch_all(conn, ParkedRow, statement.where(parked.c.natural_key.in_(block)))
    ]


def list_parked_sources(conn: sa.Connection, site_id: int) -> list[str]:
    """Cloud ids of the sites whose records wait for this site."""
    parked = tables.parked_record
    return sorted(conn.scalars(sa.select(parked.c.source_cloud_id).where(parked.c.site_id == site_id).distinct()))


def count_parked_reasons(conn: sa.Connection, site_id: int, source_cloud_id: str) -> dict[str, int]:
    """How many records of one source site wait for each reason."""
    parked = tables.parked_record
    counted = conn.execute(
        sa.select(parked.c.reason, sa.func.count())
        .where(parked.c.site_id == site_id, parked.c.source_cloud_id == source_cloud_id)
        .group_by(parked.c.reason)
    )
    return dict(sorted((reason, number) for reason, number in counted))


def delete_parked(conn: sa.Connection, ids: Sequence[int]) -> None:
    """Take records off the list, since they have found their place."""
    for block in rows.in_blocks(ids, _BLOCK_ROWS):
        conn.execute(tables.parked_record.delete().where(tables.parked_record.c.id.in_(block)))


def count_parked(conn: sa.Connection, site_id: int) -> dict[str, int]:
    """How many records of each kind wait for the site; kinds without any are left out."""
    parked = tables.parked_record
    statement = sa.select(parked.c.kind, sa.func.count()).where(parked.c.site_id == site_id).group_by(parked.c.kind)
    return {row[0]: row[1] for row in conn.execute(statement)}


def delete_parked_keys(
    conn: sa.Connection, site_id: int, source_cloud_id: str, kind: str, natural_keys: Iterable[str]
) -> None:
    """Take records of one source site off the list, found by their natural keys."""
    parked = tables.parked_record
    for block in rows.in_blocks(natural_keys, _BLOCK_ROWS):
        conn.execute(
            parked.delete().where(
                parked.c.site_id == site_id,
                parked.c.source_cloud_id == source_cloud_id,
                parked.c.kind == kind,
                parked.c.natural_key.in_(block),
            )
        )


def put_back(conn: sa.Connection, parked_rows: Sequence[ParkedRow]) -> None:
    """Put rows back as they were: under their ids, unless another row has been given the id since."""
    parked = tables.parked_record
    by_list: dict[tuple[int, str, str], list[str]] = {}
    for row in parked_rows:
        by_list.setdefault((row.site_id, row.source_cloud_id, row.kind), []).append(row.natural_key)
    for (site_id, source_cloud_id, kind), keys in by_list.items():
        delete_parked_keys(conn, site_id, source_cloud_id, kind, keys)
    homeless: list[ParkedRow] = []
    for block in rows.in_blocks(parked_rows, _BLOCK_ROWS):
        taken = set(conn.scalars(sa.select(parked.c.id).where(parked.c.id.in_([row.id for row in block]))))
        back = [asdict(row) for row in block if row.id not in taken]
        if back:
            conn.execute(parked.insert(), back)
        homeless += [row for row in block if row.id in taken]
    put_parked(conn, [NewParked(**{name: getattr(row, name) for name in _NEW_FIELDS}) for row in homeless])
