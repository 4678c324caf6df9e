"""Keys of the API, as digests: whoever reads the registry learns no key."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from snapshots.errors import NotFound
from snapshots.registry import rows, tables


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """One key. Fields as in `tables.api_key`; the digests are kept out of `repr`."""

    id: int
    site_id: int
    name: str
    scopes: str
    hint: str
    secret_sha256: str = field(repr=False)
    previous_sha256: str | None = field(repr=False)
    previous_until: int | None
    created_at: int
    created_by_name: str
    rotated_at: int | None
    expires_at: int | None
    disabled_at: int | None
    revoked_at: int | None
    last_used_at: int | None
    last_used_address: str | None


def add_key(
    conn: sa.Connection,
    *,
    site_id: int,
    name: str,
    scopes: str,
    hint: str,
    secret_sha256: str,
    created_at: int,
    created_by_name: str,
    expires_at: int | None,
) -> ApiKeyRow:
    """Keep a new key."""
    key_id = rows.insert_row(
        conn,
        tables.api_key,
        site_id=site_id,
        name=name,
        scopes=scopes,
        hint=hint,
        secret_sha256=secret_sha256,
        created_at=created_at,
        created_by_name=created_by_name,
        expires_at=expires_at,
    )
    return get_key(conn, site_id, key_id)


def get_key(conn: sa.Connection, site_id: int, key_id: int) -> ApiKeyRow:
    """The key with this id. Raises NotFound, also for a key of another site."""
    key = tables.api_key
    statement = rows.select_as(ApiKeyRow, key).where(key.c.id == key_id, key.c.site_id == site_id)
    found = rows.fetch_one(conn, ApiKeyRow, statement)
    if found is None:
        raise NotFound(f"There is no API key {key_id} on this site; list the keys to see which there are.")
    return found


def find_by_digest(conn: sa.Connection, sha256: str) -> ApiKeyRow | None:
    """The key that has this digest, or had it before its last rotation."""
    key = tables.api_key
    wanted = sa.or_(key.c.secret_sha256 == sha256, key.c.previous_sha256 == sha256)
    # Nobody can make two keys of one digest, but a registry may be edited by hand.
    return next(iter(rows.fetch_all(conn, ApiKeyRow, rows.select_as(ApiKeyRow, key).where(wanted).limit(1))), None)


def list_keys(conn: sa.Connection, site_id: int) -> list[ApiKeyRow]:
    """The site's keys, newest first, revoked ones too."""
    key = tables.api_key
    return rows.fetch_all(
        conn,
        ApiKeyRow,
        rows.select_as(ApiKeyRow, key).where(key.c.site_id == site_id).order_by(key.c.id.desc()),
    )


def change_key(conn: sa.Connection, key_id: int, **values: object) -> None:
    """Change some columns of a key."""
    rows.update_row(conn, tables.api_key, key_id, **values)
