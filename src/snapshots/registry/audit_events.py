"""The audit log: who did what, to what, and how it ended. Rows are added and never changed."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from snapshots.registry import rows, tables

_NEWEST = 10_000
"""So many events are looked through for what there is to choose from."""


@dataclass(frozen=True, slots=True)
class AuditEventRow:
    """One event. Fields as in `tables.audit_event`."""

    id: int
    site_id: int | None
    at: int
    actor_kind: str
    actor_id: str
    actor_name: str
    address: str
    action: str
    subject: str
    outcome: str
    details: str


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events: every field that is set must fit. `words` are looked for in actor, subject and details.

    `action` may end in a dot for a whole family (`key.`). Moments are µs UTC, `until` excluded.
    """

    action: str = ""
    actor: str = ""
    outcome: str = ""
    words: str = ""
    since: int | None = None
    until: int | None = None


EVERYTHING = EventFilter()


def add_event(
    conn: sa.Connection,
    *,
    site_id: int | None,
    at: int,
    actor_kind: str,
    actor_id: str,
    actor_name: str,
    address: str,
    action: str,
    subject: str,
    outcome: str,
    details: str,
) -> int:
    """Note an event; answers its id."""
    return rows.insert_row(
        conn,
        tables.audit_event,
        site_id=site_id,
        at=at,
        actor_kind=actor_kind,
        actor_id=actor_id,
        actor_name=actor_name,
        address=address,
        action=action,
        subject=subject,
        outcome=outcome,
        details=details,
    )


def list_events(
    conn: sa.Connection,
    site_id: int | None,
    wanted: EventFilter = EVERYTHING,
    *,
    limit: int = 100,
    before_id: int | None = None,
) -> list[AuditEventRow]:
    """Newest first. `before_id` is the id of the last event of the page before.

    Of one site, or with None of the whole installation.
    """
    event = tables.audit_event
    statement = rows.select_as(AuditEventRow, event).where(*_conditions(site_id, wanted))
    if before_id is not None:
        statement = statement.where(event.c.id < before_id)
    return rows.fetch_all(conn, AuditEventRow, statement.order_by(event.c.id.desc()).limit(limit))


def count_events(conn: sa.Connection, site_id: int | None, wanted: EventFilter = EVERYTHING) -> int:
    """How many events fit."""
    statement = sa.select(sa.func.count()).select_from(tables.audit_event).where(*_conditions(site_id, wanted))
    return int(conn.execute(statement).scalar_one())


def list_actions(conn: sa.Connection, site_id: int | None) -> list[str]:
    """The actions that occur among the newest events, for choosing one."""
    return _list_newest(conn, site_id, tables.audit_event.c.action)


def list_actor_names(conn: sa.Connection, site_id: int | None) -> list[str]:
    """The names of those who did something among the newest events, for choosing one."""
    return _list_newest(conn, site_id, tables.audit_event.c.actor_name)


def _list_newest(conn: sa.Connection, site_id: int | None, column: sa.Column[str]) -> list[str]:
    # The log grows for ever, so looking through all of it would take longer with every year.
    event = tables.audit_event
    newest = sa.select(column).where(*_conditions(site_id, EVERYTHING)).order_by(event.c.id.desc()).limit(_NEWEST)
    return sorted(str(word) for word in conn.scalars(sa.select(newest.subquery().c[column.name]).distinct()))


def _conditions(site_id: int | None, wanted: EventFilter) -> list[sa.ColumnElement[bool]]:
    event = tables.audit_event
    conditions = [] if site_id is None else [event.c.site_id == site_id]
    if wanted.action.endswith("."):
        conditions.append(event.c.action.startswith(wanted.action, autoescape=True))
    elif wanted.action:
        conditions.append(event.c.action == wanted.action)
    if wanted.actor:
        conditions.append(sa.or_(event.c.actor_name == wanted.actor, event.c.actor_id == wanted.actor))
    if wanted.outcome:
        conditions.append(event.c.outcome == wanted.outcome)
    if wanted.words:
        columns = (event.c.actor_name, event.c.actor_id, event.c.address, event.c.subject, event.c.details)
        conditions.append(sa.or_(*(column.icontains(wanted.words, autoescape=True) for column in columns)))
    if wanted.since is not None:
        conditions.append(event.c.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(event.c.at < wanted.until)
    return conditions
