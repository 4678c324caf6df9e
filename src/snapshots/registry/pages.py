"""Pages with at least one macro that was captured."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from snapshots.registry import rows, tables


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page of a site."""

    id: int
    space_id: int
    remote_id: str
    title: str


def put_page(conn: sa.Connection, space_id: int, remote_id: str, title: str) -> int:
    """Add the page, or note the space it is in now and its title; answers the id of its row.

    A page moved to another space of the site keeps its row, and so its history.
    """
    site_id = conn.execute(sa.select(tables.space.c.site_id).where(tables.space.c.id == space_id)).scalar_one()
    found = find_page(conn, site_id, remote_id)
    if found is None:
        return rows.insert_row(conn, tables.page, space_id=space_id, remote_id=remote_id, title=title)
    if (found.space_id, found.title) != (space_id, title):
        rows.update_row(conn, tables.page, found.id, space_id=space_id, title=title)
    return found.id


def find_page(conn: sa.Connection, site_id: int, remote_id: str) -> PageRow | None:
    page, space = tables.page, tables.space
    statement = (
        rows.select_as(PageRow, page)
        .join(space, page.c.space_id == space.c.id)
        .where(space.c.site_id == site_id, page.c.remote_id == remote_id)
        # Two rows are possible only where an archive held the page in two spaces; the older one has the history.
        .order_by(page.c.id)
        .limit(1)
    )
    return rows.fetch_one(conn, PageRow, statement)


def list_pages(conn: sa.Connection, space_id: int) -> list[PageRow]:
    """Every page of the space, oldest row first."""
    page = tables.page
    return rows.fetch_all(
        conn, PageRow, rows.select_as(PageRow, page).where(page.c.space_id == space_id).order_by(page.c.id)
    )


def find_page_titled(conn: sa.Connection, site_id: int, space_key: str, title: str) -> PageRow | None:
    """The page that had this title in this space when it was last seen; the newest row where two had."""
    page, space = tables.page, tables.space
    statement = (
        rows.select_as(PageRow, page)
        .join(space, page.c.space_id == space.c.id)
        .where(space.c.site_id == site_id, space.c.key == space_key, page.c.title == title)
        .order_by(page.c.id.desc())
        .limit(1)
    )
    return rows.fetch_one(conn, PageRow, statement)
