"""The page *Audit log*: who did what, filtered, and as JSON."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.di import Provide
from litestar.params import Parameter
from litestar.response import Stream, Template

from snapshots.access.audit import ACTIONS
from snapshots.acts import audit
from snapshots.errors import InvalidInput
from snapshots.registry.audit_events import AuditEventRow, EventFilter
from snapshots.web.pages.area import Area
from snapshots.web.view import site_path

_SHOWN = 50
_DAY = datetime.timedelta(days=1)
_WORD = Parameter(max_length=200)

EventId = Annotated[int | None, Parameter(ge=1, le=2**53)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form above the table holds, as it was typed. Days are those of UTC, both included."""

    action: str = ""
    person: str = ""
    outcome: str = ""
    words: str = ""
    since: str = ""
    until: str = ""

    def wanted(self) -> EventFilter:
        """Raises InvalidInput for a day that is none."""
        return EventFilter(
            self.action,
            self.person,
            self.outcome,
            self.words.strip(),
            _moment(self.since) if self.since else None,
            _moment(self.until, _DAY) if self.until else None,
        )

    def query(self, **more: str | int) -> str:
        """The same question as a query string, so that a link keeps it."""
        fields = {name: getattr(self, name) for name in self.__slots__} | more
        return urlencode({name: value for name, value in fields.items() if value})


def _moment(day: str, later: datetime.timedelta = datetime.timedelta()) -> int:
    try:
        at = datetime.datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=datetime.UTC) + later
    except (ValueError, OverflowError):
        raise InvalidInput(f"{day[:40]!r} is not a day: write it as 2026-11-26.") from None
    return int(at.timestamp()) * 1_000_000


def provide_asked(
    action: Annotated[str, _WORD] = "",
    person: Annotated[str, _WORD] = "",
    outcome: Annotated[str, _WORD] = "",
    words: Annotated[str, _WORD] = "",
    since: Annotated[str, _WORD] = "",
    until: Annotated[str, _WORD] = "",
) -> Asked:
    return Asked(action, person, outcome, words, since, until)


@get("/audit", sync_to_thread=True, dependencies={"asked": Provide(provide_asked, sync_to_thread=False)})
def show(area: Area, asked: Asked, before: EventId = None) -> Template:
    wanted = asked.wanted()
    found = audit.list_events(area.app, area.site, wanted, limit=_SHOWN + 1, before_id=before)
    actions, people = audit.list_choices(area.app, area.site)
    here = site_path(area.site, "audit")
    return area.page(
        "audit/index.html",
        tab="audit",
        asked=asked,
        is_filtered=bool(asked.query()),
        events=found[:_SHOWN],
        total=audit.count_events(area.app, area.site, wanted),
        actions=[(action, ACTIONS.get(action, action)) for action in actions],
        words_of=lambda action: ACTIONS.get(action, action),
        people=people,
        export=f"{here}/export.json?{asked.query()}",
        first=f"{here}?{asked.query()}" if before else None,
        next=f"{here}?{asked.query(before=found[_SHOWN - 1].id)}" if len(found) > _SHOWN else None,
    )


@get("/audit/export.json", sync_to_thread=True, dependencies={"asked": Provide(provide_asked, sync_to_thread=False)})
def export(area: Area, asked: Asked) -> Stream:
    """Every event that fits, as one JSON document."""
    events = audit.iter_events(area.app, area.site, asked.wanted())
    name = f"snapshots-audit-{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}.json"
    return Stream(
        _document(area.site, events),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _document(site: str, events: Iterator[AuditEventRow]) -> Iterator[bytes]:
    """The document in pieces, for there may be more events than memory."""
    yield b'{"site":' + msgspec.json.encode(site) + b',"events":['
    comma = b"\n"
    for event in events:
        yield comma + msgspec.json.encode(_described(event))
        comma = b",\n"
    yield b"\n]}\n"


def _described(event: AuditEventRow) -> dict[str, object]:
    at = datetime.datetime.fromtimestamp(event.at / 1_000_000, datetime.UTC)
    return {
        "id": event.id,
        "at": at.isoformat().replace("+00:00", "Z"),
        "action": event.action,
        "actor": {
            "kind": event.actor_kind,
            "id": event.actor_id,
            "name": event.actor_name,
            "address": event.address,
        },
        "subject": event.subject,
        "outcome": event.outcome,
        "details": msgspec.Raw(event.details.encode()),
    }


handlers = [show, export]
