"""Settings of one site that administrators change while the service runs."""

from __future__ import annotations

import time
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from snapshots.access import audit
from snapshots.access.actors import Actor
from snapshots.errors import InvalidInput
from snapshots.registry import settings as rows

Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]


class SiteSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every setting is; the defaults hold until somebody changes one."""

    api_enabled: bool = False
    """Whether keys open anything at all on this site."""
    same_jira_urls: tuple[str, ...] = ()
    """Addresses under which this site's Jira was known before: only the address changed, it is the same Jira."""
    keep_uploads_days: Days = 7
    """An uploaded archive is removed so long after it was brought."""
    keep_backups_days: Days | None = None
    """A backup made by the service in its own folder loses its file so long after it was made; None keeps it."""


def get_settings(conn: sa.Connection, site_id: int) -> SiteSettings:
    """Every setting of the site. One that a newer release kept, or that cannot be read, has its default."""
    kept = rows.list_settings(conn, site_id)
    known = {name: kept[name] for name in SiteSettings.__struct_fields__ if name in kept}
    values: dict[str, Any] = {}
    for name, text in known.items():
        try:
            values[name] = msgspec.json.decode(text)
            msgspec.convert(values, SiteSettings)
        except msgspec.MsgspecError:
            values.pop(name, None)
    return msgspec.convert(values, SiteSettings)


def change_settings(conn: sa.Connection, site_id: int, actor: Actor, **changes: Any) -> SiteSettings:
    """Keep what differs from before, each with an event. Raises InvalidInput for a value that cannot be."""
    before = get_settings(conn, site_id)
    try:
        after = msgspec.convert({**msgspec.to_builtins(before), **changes}, SiteSettings)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"The setting cannot be kept ({error}); choose another value.") from None
    now = time.time_ns() // 1000
    for name in changes:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            rows.put_setting(conn, site_id, name, msgspec.json.encode(new).decode(), now)
            details = {"before": old, "after": new}
            audit.record(conn, actor, "setting.changed", site_id=site_id, subject=name, details=details)
    return after
