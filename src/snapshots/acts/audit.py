"""Reading the audit log of a site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from snapshots.acts.places import hide_places
from snapshots.app import App
from snapshots.registry import audit_events
from snapshots.registry.audit_events import EVERYTHING, AuditEventRow, EventFilter

_BLOCK = 1000


def list_events(
    app: App, site: str, wanted: EventFilter = EVERYTHING, *, limit: int, before_id: int | None = None
) -> list[AuditEventRow]:
    """Newest first; `before_id` is the id of the last event of the page before."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        found = audit_events.list_events(conn, row.id, wanted, limit=limit, before_id=before_id)
    return [replace(event, details=hide_places(app, event.details)) for event in found]


def count_events(app: App, site: str, wanted: EventFilter = EVERYTHING) -> int:
    """How many events fit."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        return audit_events.count_events(conn, row.id, wanted)


def iter_events(app: App, site: str, wanted: EventFilter = EVERYTHING) -> Iterator[AuditEventRow]:
    """Every event that fits, newest first, however many; no connection is held while the reader takes its time."""
    before_id = None
    while block := list_events(app, site, wanted, limit=_BLOCK, before_id=before_id):
        yield from block
        before_id = block[-1].id


def list_choices(app: App, site: str) -> tuple[list[str], list[str]]:
    """The actions and the names of those who act that occurred of late, for choosing one."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        return audit_events.list_actions(conn, row.id), audit_events.list_actor_names(conn, row.id)
