"""The API of a site as an administrator sets it: switched on or off, and its keys."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from snapshots.access import keys
from snapshots.access.actors import Actor
from snapshots.access.keys import KeyState, Scope
from snapshots.access.settings import SiteSettings, change_settings, get_settings
from snapshots.app import App
from snapshots.registry import api_keys
from snapshots.registry.api_keys import ApiKeyRow

_DAY = 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is shown: everything but itself."""

    row: ApiKeyRow
    state: KeyState
    scopes: tuple[Scope, ...]
    old_valid_until: int | None
    """µs UTC, until when the form before the last rotation opens; None when it does not."""


def get_site_settings(app: App, site: str) -> SiteSettings:
    """Every setting of the site."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        return get_settings(conn, row.id)


def switch_api(app: App, site: str, actor: Actor, *, enabled: bool) -> None:
    """Let keys open the API of a site, or let none."""
    row = app.get_site(site)
    with app.registry.write() as conn:
        change_settings(conn, row.id, actor, api_enabled=enabled)


def change_keeping(app: App, site: str, actor: Actor, *, uploads_days: int, backups_days: int | None) -> None:
    """How long uploaded archives and the service's own backups are kept. Raises InvalidInput."""
    row = app.get_site(site)
    with app.registry.write() as conn:
        change_settings(conn, row.id, actor, keep_uploads_days=uploads_days, keep_backups_days=backups_days)


def list_keys(app: App, site: str) -> list[Key]:
    """The keys of a site, newest first, revoked ones last."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        found = api_keys.list_keys(conn, row.id)
    return sorted(map(_describe, found), key=lambda key: key.state == "revoked")


def get_key(app: App, site: str, key_id: int) -> Key:
    """The key with this id. Raises NotFound."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        return _describe(api_keys.get_key(conn, row.id, key_id))


def make_key(
    app: App, site: str, actor: Actor, *, name: str, scopes: Iterable[str] = ("backup",), valid_days: int | None = None
) -> tuple[Key, str]:
    """A new key, which is answered here and never again."""
    row = app.get_site(site)
    with app.registry.write() as conn:
        made, secret = keys.make_key(conn, row.id, actor, name=name, scopes=scopes, expires_at=_in_days(valid_days))
    return _describe(made), secret


def rotate_key(app: App, site: str, key_id: int, actor: Actor, *, grace_seconds: int = 0) -> tuple[Key, str]:
    """A new form of a key, which is answered here and never again."""
    row = app.get_site(site)
    with app.registry.write() as conn:
        made, secret = keys.rotate_key(conn, row.id, key_id, actor, grace_seconds=grace_seconds)
    return _describe(made), secret


def extend_key(app: App, site: str, key_id: int, actor: Actor, valid_days: int | None) -> None:
    """Let a key end so many days from now, or never."""
    row = app.get_site(site)
    with app.registry.write() as conn:
        keys.set_expiry(conn, row.id, key_id, actor, _in_days(valid_days))


def disable_key(app: App, site: str, key_id: int, actor: Actor) -> None:
    row = app.get_site(site)
    with app.registry.write() as conn:
        keys.disable_key(conn, row.id, key_id, actor)


def enable_key(app: App, site: str, key_id: int, actor: Actor) -> None:
    row = app.get_site(site)
    with app.registry.write() as conn:
        keys.enable_key(conn, row.id, key_id, actor)


def revoke_key(app: App, site: str, key_id: int, actor: Actor) -> None:
    row = app.get_site(site)
    with app.registry.write() as conn:
        keys.revoke_key(conn, row.id, key_id, actor)


def _describe(row: ApiKeyRow) -> Key:
    now = time.time_ns() // 1000
    old_until = row.previous_until if row.previous_until is not None and row.previous_until > now else None
    scopes = keys.scopes_of(row)
    return Key(row, keys.state_of(row, now), tuple(scope for scope in keys.SCOPES if scope in scopes), old_until)


def _in_days(days: int | None) -> int | None:
    return None if days is None else time.time_ns() // 1000 + days * _DAY
