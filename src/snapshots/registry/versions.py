"""Versions: the captures of a macro, numbered from 1."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from snapshots.errors import NotFound
from snapshots.registry import rows, tables
from snapshots.registry.stickers import StickerRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A capture that has no number yet. Fields as in `tables.version`."""

    macro_id: int
    capture_id: str
    captured_at: int
    captured_by: str
    captured_by_name: str
    trigger: str
    page_version: int | None
    attachment_version: int
    payload_sha256: str
    payload_bytes: int
    data_sha256: str
    row_counts: str
    jira_url: str | None = None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One capture's place in its macro's history. Fields as in `tables.version`, and its stickers by name."""

    id: int
    macro_id: int
    capture_id: str
    number: int
    captured_at: int
    captured_by: str
    captured_by_name: str
    trigger: str
    page_version: int | None
    attachment_version: int
    payload_sha256: str
    payload_bytes: int
    data_sha256: str
    row_counts: str
    jira_url: str | None = None
    stickers: tuple[StickerRow, ...] = ()


_SELECT: sa.Select[Any] = sa.select(*tables.version.c)


def add_version(conn: sa.Connection, new: NewVersion) -> VersionRow:
    """Put the capture at the end of its macro's history.

    A capture that is there already is left as it is and answered, so a repeated step does no harm.
    """
    found = find_version_of_capture(conn, new.macro_id, new.capture_id)
    if found is not None:
        return found
    version = tables.version
    newest = conn.scalar(sa.select(sa.func.max(version.c.number)).where(version.c.macro_id == new.macro_id))
    number = (newest or 0) + 1
    rows.insert_row(conn, version, **asdict(new), number=number)
    return get_version(conn, new.macro_id, number)


def list_versions(conn: sa.Connection, macro_id: int) -> list[VersionRow]:
    """The macro's history, newest first."""
    version = tables.version
    statement = _SELECT.where(version.c.macro_id == macro_id).order_by(version.c.number.desc())
    return _fetch_with_stickers(conn, statement)


def get_version(conn: sa.Connection, macro_id: int, number: int) -> VersionRow:
    """The macro's version of this number. Raises NotFound."""
    version = tables.version
    found = _fetch_with_stickers(conn, _SELECT.where(version.c.macro_id == macro_id, version.c.number == number))
    if not found:
        newest = conn.scalar(sa.select(sa.func.max(version.c.number)).where(version.c.macro_id == macro_id))
        known = "it has none yet" if newest is None else f"its newest is {newest}"
        raise NotFound(
            f"The macro has no version {number}; {known}. What was restored may be parked: `snapshots restore status`."
        )
    return found[0]


def count_by_jira(conn: sa.Connection, site_id: int) -> dict[str, int]:
    """How many versions of the site's macros were read from each Jira, by address, as far as they tell."""
    version, macro, page, space = tables.version, tables.macro, tables.page, tables.space
    statement = (
        sa.select(version.c.jira_url, sa.func.count())
        .join(macro, version.c.macro_id == macro.c.id)
        .join(page, macro.c.page_id == page.c.id)
        .join(space, page.c.space_id == space.c.id)
        .where(space.c.site_id == site_id, version.c.jira_url.is_not(None))
        .group_by(version.c.jira_url)
    )
    return dict(sorted((url, count) for url, count in conn.execute(statement)))


def find_version_of_capture(conn: sa.Connection, macro_id: int, capture_id: str) -> VersionRow | None:
    version = tables.version
    found = _fetch_with_stickers(
        conn, _SELECT.where(version.c.macro_id == macro_id, version.c.capture_id == capture_id)
    )
    return found[0] if found else None


def _fetch_with_stickers(conn: sa.Connection, statement: sa.Select[Any]) -> list[VersionRow]:
    versions = [VersionRow(*row) for row in conn.execute(statement)]
    chosen = statement.with_only_columns(tables.version.c.id).order_by(None).scalar_subquery()
    sticker, assignment = tables.sticker, tables.sticker_assignment
    assigned = conn.execute(
        sa.select(assignment.c.version_id, *sticker.c)
        .join(sticker, assignment.c.sticker_id == sticker.c.id)
        .where(assignment.c.version_id.in_(chosen))
    )
    stickers: dict[int, list[StickerRow]] = {}
    for version_id, *values in assigned:
        stickers.setdefault(version_id, []).append(StickerRow(*values))
    for of_version in stickers.values():
        of_version.sort(key=lambda row: row.name)
    return [replace(row, stickers=tuple(stickers.get(row.id, ()))) for row in versions]


def list_newest_jira_urls(conn: sa.Connection, site_id: int) -> list[tuple[str, str, str | None, int]]:
    """Page id, macro id, which Jira its newest version was read from, and when, of every macro of the site."""
    page, macro, version = tables.page, tables.macro, tables.version
    statement = _of_newest(site_id, page.c.remote_id, macro.c.remote_id, version.c.jira_url, version.c.captured_at)
    return [(page_id, macro_id, url, at) for page_id, macro_id, url, at in conn.execute(statement)]


def count_macros_by_jira(conn: sa.Connection, site_id: int) -> dict[str, int]:
    """How many macros' newest versions were read from each Jira, by address, as far as they tell."""
    url = tables.version.c.jira_url
    statement = _of_newest(site_id, url, sa.func.count()).where(url.is_not(None)).group_by(url)
    return dict(sorted((address, count) for address, count in conn.execute(statement)))


def _of_newest(site_id: int, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """These columns of the newest version of every macro of the site."""
    space, page, macro, version = tables.space, tables.page, tables.macro, tables.version
    newest = (
        sa.select(version.c.macro_id, sa.func.max(version.c.number).label("number"))
        .group_by(version.c.macro_id)
        .subquery()
    )
    return (
        sa.select(*columns)
        .select_from(version)
        .join(newest, sa.and_(newest.c.macro_id == version.c.macro_id, newest.c.number == version.c.number))
        .join(macro, version.c.macro_id == macro.c.id)
        .join(page, macro.c.page_id == page.c.id)
        .join(space, page.c.space_id == space.c.id)
        .where(space.c.site_id == site_id)
    )


def list_captures(conn: sa.Connection, site_id: int) -> list[tuple[str, str, str, str, str, str, int]]:
    """Every capture of the site, newest first of each macro.

    As page id and title, macro id, attachment name, definition, digest of the data, and attachment version.
    """
    space, page, macro, version = tables.space, tables.page, tables.macro, tables.version
    statement = (
        sa.select(
            page.c.remote_id,
            page.c.title,
            macro.c.remote_id,
            macro.c.attachment_name,
            macro.c.definition,
            version.c.data_sha256,
            version.c.attachment_version,
        )
        .join(macro, version.c.macro_id == macro.c.id)
        .join(page, macro.c.page_id == page.c.id)
        .join(space, page.c.space_id == space.c.id)
        .where(space.c.site_id == site_id)
        .order_by(macro.c.id, version.c.number.desc())
    )
    return [tuple(row) for row in conn.execute(statement)]
