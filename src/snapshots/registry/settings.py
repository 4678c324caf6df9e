"""Settings of a site: one JSON value under each name. What the names mean is in `access/settings.py`."""

from __future__ import annotations

import sqlalchemy as sa

from snapshots.registry import rows, tables


def put_setting(conn: sa.Connection, site_id: int, name: str, value: str, changed_at: int) -> None:
    """Keep a JSON text under a name, in the place of what was there."""
    row: dict[str, object] = {"site_id": site_id, "name": name, "value": value, "changed_at": changed_at}
    rows.insert_or_replace(conn, tables.setting, ("site_id", "name"), [row])


def list_settings(conn: sa.Connection, site_id: int) -> dict[str, str]:
    """Every setting of the site that was ever changed, by name."""
    setting = tables.setting
    found = conn.execute(sa.select(setting.c.name, setting.c.value).where(setting.c.site_id == site_id))
    return {str(name): str(value) for name, value in found}
