"""Imports of Jira data: each with a journal of the pages that it rewrote, by which it goes on and is undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from snapshots.errors import NotFound
from snapshots.registry import rows, tables

ImportState = Literal["running", "done", "failed", "cancelled", "undoing", "undone"]
PageState = Literal["written", "skipped", "undone", "kept"]
"""`written`: has the new definitions. `skipped`: was left as it was. `undone`: has the old ones again.
`kept`: could not be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImport:
    """An import that is about to begin. Fields as in `tables.jira_import`."""

    site_id: int
    plan_sha256: str
    file_sha256: str
    source_cloud_id: str
    source_name: str
    source_jira_url: str
    mapping_id: str
    pages: int
    started_at: int
    made_by: str
    findings: str


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One import. Fields as in `tables.jira_import`."""

    id: int
    site_id: int
    plan_sha256: str
    file_sha256: str
    source_cloud_id: str
    source_name: str
    source_jira_url: str
    mapping_id: str
    pages: int
    state: str
    started_at: int
    finished_at: int | None
    undone_at: int | None
    made_by: str
    findings: str


@dataclass(frozen=True, slots=True)
class ImportPageRow:
    """What became of one page. Fields as in `tables.jira_import_page`."""

    id: int
    jira_import_id: int
    remote_id: str
    title: str
    space_key: str
    state: str
    version_before: int | None
    version_after: int | None
    macros: str
    reason: str
    written_at: int


def start_import(conn: sa.Connection, new: NewImport) -> int:
    """Note that an import is running; answers the id of its row."""
    values = {name: getattr(new, name) for name in NewImport.__slots__}
    return rows.insert_row(conn, tables.jira_import, **values, state="running")


def set_state(conn: sa.Connection, import_id: int, state: ImportState, now: int | None = None) -> None:
    """Note how far the import has come. `now` is when it ended, or was undone."""
    moments: dict[str, object] = {}
    if state == "running":
        moments = {"finished_at": None, "undone_at": None}
    elif state in ("done", "failed", "cancelled"):
        moments = {"finished_at": now}
    elif state == "undone":
        moments = {"undone_at": now}
    rows.update_row(conn, tables.jira_import, import_id, state=state, **moments)


def get_import(conn: sa.Connection, site_id: int, import_id: int) -> ImportRow:
    """The site's import with this id. Raises NotFound."""
    table = tables.jira_import
    statement = rows.select_as(ImportRow, table).where(table.c.id == import_id, table.c.site_id == site_id)
    found = rows.fetch_one(conn, ImportRow, statement)
    if found is None:
        raise NotFound(
            f"There is no import of Jira data {import_id} on this site; `snapshots jira-data status` lists them."
        )
    return found


def find_import_of_plan(conn: sa.Connection, site_id: int, plan_sha256: str) -> ImportRow | None:
    """The import that carries this plan out, or has."""
    table = tables.jira_import
    statement = rows.select_as(ImportRow, table).where(table.c.site_id == site_id, table.c.plan_sha256 == plan_sha256)
    return rows.fetch_one(conn, ImportRow, statement)


def list_imports(conn: sa.Connection, site_id: int) -> list[ImportRow]:
    """The site's imports, newest first."""
    table = tables.jira_import
    statement = rows.select_as(ImportRow, table).where(table.c.site_id == site_id)
    return rows.fetch_all(conn, ImportRow, statement.order_by(table.c.started_at.desc(), table.c.id.desc()))


def put_page(
    conn: sa.Connection,
    import_id: int,
    *,
    remote_id: str,
    title: str,
    space_key: str,
    state: PageState,
    version_before: int | None,
    version_after: int | None,
    macros: str,
    reason: str,
    written_at: int,
) -> None:
    """Note what became of a page; what was noted before is replaced."""
    row: dict[str, object] = {
        "jira_import_id": import_id,
        "remote_id": remote_id,
        "title": title,
        "space_key": space_key,
        "state": state,
        "version_before": version_before,
        "version_after": version_after,
        "macros": macros,
        "reason": reason,
        "written_at": written_at,
    }
    rows.insert_or_replace(conn, tables.jira_import_page, ("jira_import_id", "remote_id"), [row])


def list_pages(conn: sa.Connection, import_id: int, states: tuple[PageState, ...] = ()) -> list[ImportPageRow]:
    """The journal of an import, in the order in which pages came."""
    table = tables.jira_import_page
    statement = rows.select_as(ImportPageRow, table).where(table.c.jira_import_id == import_id)
    if states:
        statement = statement.where(table.c.state.in_(states))
    return rows.fetch_all(conn, ImportPageRow, statement.order_by(table.c.id))


def list_noted_pages(conn: sa.Connection, import_id: int) -> list[ImportPageRow]:
    """The pages of the journal about which there is something to say."""
    table = tables.jira_import_page
    statement = rows.select_as(ImportPageRow, table).where(table.c.jira_import_id == import_id, table.c.reason != "")
    return rows.fetch_all(conn, ImportPageRow, statement.order_by(table.c.id))


def find_page(conn: sa.Connection, site_id: int, mapping_id: str, remote_id: str) -> ImportPageRow | None:
    """What the import that made this mapping did to a page."""
    table, imports = tables.jira_import_page, tables.jira_import
    statement = (
        rows.select_as(ImportPageRow, table)
        .join(imports, table.c.jira_import_id == imports.c.id)
        .where(imports.c.site_id == site_id, imports.c.mapping_id == mapping_id, table.c.remote_id == remote_id)
        .order_by(table.c.id.desc())
        .limit(1)
    )
    return rows.fetch_one(conn, ImportPageRow, statement)


def count_pages(conn: sa.Connection, import_id: int) -> dict[str, int]:
    """How many pages of the journal are in each state."""
    table = tables.jira_import_page
    statement = sa.select(table.c.state, sa.func.count()).where(table.c.jira_import_id == import_id)
    return dict(sorted((state, count) for state, count in conn.execute(statement.group_by(table.c.state))))
