"""Spaces that hold pages with snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from snapshots.registry import rows, tables

_BLOCK = 500


@dataclass(frozen=True, slots=True)
class SpaceRow:
    """A space of a site."""

    id: int
    site_id: int
    key: str
    remote_id: str
    name: str


def put_space(conn: sa.Connection, site_id: int, key: str, remote_id: str, name: str) -> int:
    """Add the space, or note its present id and name; answers the id of its row."""
    found = find_space(conn, site_id, key)
    if found is None:
        return rows.insert_row(conn, tables.space, site_id=site_id, key=key, remote_id=remote_id, name=name)
    if (found.remote_id, found.name) != (remote_id, name):
        rows.update_row(conn, tables.space, found.id, remote_id=remote_id, name=name)
    return found.id


def find_space(conn: sa.Connection, site_id: int, key: str) -> SpaceRow | None:
    space = tables.space
    return rows.fetch_one(
        conn, SpaceRow, rows.select_as(SpaceRow, space).where(space.c.site_id == site_id, space.c.key == key)
    )


def list_spaces(conn: sa.Connection, site_id: int) -> list[SpaceRow]:
    """Every space of the site, by key."""
    space = tables.space
    found = rows.fetch_all(conn, SpaceRow, rows.select_as(SpaceRow, space).where(space.c.site_id == site_id))
    # Sorted here: how a database sorts text depends on its collation.
    return sorted(found, key=lambda row: row.key)


def get_space_key(conn: sa.Connection, space_id: int) -> str:
    """The key of a space whose row is known to be there."""
    space = tables.space
    return str(conn.execute(sa.select(space.c.key).where(space.c.id == space_id)).scalar_one())


def count_contents(conn: sa.Connection, space_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """How many pages and how many versions each of these spaces holds; one that holds none is left out."""
    page, macro, version = tables.page, tables.macro, tables.version
    counts: dict[int, tuple[int, int]] = {}
    for block in rows.in_blocks(space_ids, _BLOCK):
        statement = (
            sa.select(page.c.space_id, sa.func.count(page.c.id.distinct()), sa.func.count(version.c.id))
            .select_from(page.outerjoin(macro).outerjoin(version))
            .where(page.c.space_id.in_(block))
            .group_by(page.c.space_id)
        )
        counts |= {int(space_id): (int(pages), int(versions)) for space_id, pages, versions in conn.execute(statement)}
    return counts


def count_site(conn: sa.Connection, site_id: int) -> tuple[int, int, int]:
    """How many spaces, pages and versions the registry holds of a site."""
    space, page, macro, version = tables.space, tables.page, tables.macro, tables.version

    def count(table: sa.Table, joined: sa.FromClause) -> int:
        return int(
            conn.execute(
                sa.select(sa.func.count(table.c.id)).select_from(joined).where(space.c.site_id == site_id)
            ).scalar_one()
        )

    pages = space.join(page)
    return count(space, space), count(page, pages), count(version, pages.join(macro).join(version))
