"""Keys of the API: made, recognised, rotated, revoked.

A key is 256 random bits behind a prefix that says what it is, and a checksum:

    snapshots_backup_<43 characters><6 characters>

Only its SHA-256 is kept. That is enough for 256 random bits: what makes digests of passwords slow to guess would
only make every request slow. The look-up goes by the digest, so what its time could tell is about the digest of
what the caller sent, never about a kept key; the comparison after it takes the same time for every key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
import zlib
from collections.abc import Iterable
from typing import Literal, TypeAlias, cast, get_args

import msgspec
import sqlalchemy as sa

from snapshots.access import audit
from snapshots.access.actors import Actor
from snapshots.errors import InvalidInput, NotAllowed, NotLetIn
from snapshots.registry import api_keys
from snapshots.registry.api_keys import ApiKeyRow

HEADER = "jira-snapshots-api-key"

Scope: TypeAlias = Literal["backup", "restore", "jira-data"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
KeyState: TypeAlias = Literal["valid", "expired", "disabled", "revoked"]

GRACE_SECONDS = (0, 3600, 86_400, 7 * 86_400)
"""How long a key may open after it was rotated: not at all, an hour, a day, a week."""

MAX_KEYS = 100
"""Most keys of a site that are not revoked; nobody can look through more of them."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_CHARACTERS = 43
_CHECK_CHARACTERS = 6
_FORM = re.compile(rf"(snapshots_[a-z]+_)([0-9A-Za-z]{{{_SECRET_CHARACTERS}}})([0-9A-Za-z]{{{_CHECK_CHARACTERS}}})")


class KeyMissing(NotLetIn):
    """No key was shown."""


class KeyUnknown(NotLetIn):
    """What was shown is no key of this service."""


class KeyEnded(NotLetIn):
    """The key was good once: it is expired, disabled, revoked, or replaced by another."""


class KeyForAnotherSite(NotAllowed):
    """The key opens another site."""


class ScopeMissing(NotAllowed):
    """The key is not for this sort of work."""


class ApiDisabled(NotAllowed):
    """The API is switched off for this site."""


def make_secret(scopes: Iterable[Scope]) -> str:
    """A new key. Its prefix says whether it opens anything but backups."""
    prefix = "snapshots_backup_" if set(scopes) == {"backup"} else "snapshots_api_"
    secret = _base62(int.from_bytes(secrets.token_bytes(32), "big"), _SECRET_CHARACTERS)
    return prefix + secret + _checksum(prefix + secret)


def is_well_formed(text: str) -> bool:
    """Whether it could be a key: a slip of the hand or a cut copy is told without asking the registry."""
    form = _FORM.fullmatch(text)
    return form is not None and hmac.compare_digest(_checksum(form[1] + form[2]), form[3])


def digest(secret: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(secret.encode()).hexdigest()


def scopes_of(key: ApiKeyRow) -> frozenset[Scope]:
    """What the key is for."""
    return frozenset(msgspec.json.decode(key.scopes, type=list[Scope]))


def state_of(key: ApiKeyRow, now: int) -> KeyState:
    """Whether the key opens at this moment (µs UTC)."""
    if key.revoked_at is not None:
        return "revoked"
    if key.disabled_at is not None:
        return "disabled"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "valid"


def recognise(conn: sa.Connection, shown: str | None, now: int) -> ApiKeyRow:
    """The key that was shown, when it opens its site now. Raises KeyMissing, KeyUnknown or KeyEnded."""
    if not shown:
        raise KeyMissing(f"No API key was sent: put one into the header {HEADER}.")
    wanted = digest(shown) if is_well_formed(shown) else ""
    found = api_keys.find_by_digest(conn, wanted) if wanted else None
    if found is None or not _is_kept(found, wanted):
        raise KeyUnknown(
            f"The API key in the header {HEADER} is not known: check that it was copied whole, or make a new one."
        )
    if found.secret_sha256 != wanted and (found.previous_until is None or found.previous_until <= now):
        raise KeyEnded(f"The API key {found.name!r} was rotated and its old form has ended: use the new one.")
    state = state_of(found, now)
    if state != "valid":
        raise KeyEnded(f"The API key {found.name!r} is {state}: {_WAYS_ON[state]}.")
    return found


_WAYS_ON = {
    "expired": "an administrator can extend it or make a new one",
    "disabled": "an administrator can enable it again",
    "revoked": "an administrator can make a new one",
}


def require_scope(key: ApiKeyRow, scope: Scope) -> None:
    """Raise ScopeMissing unless the key is for this sort of work."""
    if scope not in scopes_of(key):
        raise ScopeMissing(
            f"The API key {key.name!r} is not for {scope}: use a key with that scope; an administrator can make one."
        )


def actor_of(key: ApiKeyRow, address: str) -> Actor:
    """The key as who acts."""
    return Actor("key", f"key {key.id}", key.name, address)


def make_key(
    conn: sa.Connection,
    site_id: int,
    actor: Actor,
    *,
    name: str,
    scopes: Iterable[str] = ("backup",),
    expires_at: int | None = None,
) -> tuple[ApiKeyRow, str]:
    """A new key and the row that recognises it. The key itself is answered here and never again."""
    name, chosen, now = _checked_name(name), _checked_scopes(scopes), _now()
    if expires_at is not None and expires_at <= now:
        raise InvalidInput("The key would have expired already: choose a later day.")
    kept = [key for key in api_keys.list_keys(conn, site_id) if key.revoked_at is None]
    if len(kept) >= MAX_KEYS:
        raise InvalidInput(f"The site has {MAX_KEYS} keys already: revoke those that nobody uses.")
    if any(key.name == name for key in kept):
        raise InvalidInput(f"There is a key called {name!r} already: choose another name, or rotate that one.")
    secret = make_secret(chosen)
    row = api_keys.add_key(
        conn,
        site_id=site_id,
        name=name,
        scopes=msgspec.json.encode(chosen).decode(),
        hint=_hint(secret),
        secret_sha256=digest(secret),
        created_at=now,
        created_by_name=actor.name,
        expires_at=expires_at,
    )
    _note(conn, row, actor, "key.created", {"scopes": chosen, "expires_at": expires_at})
    return row, secret


def rotate_key(
    conn: sa.Connection, site_id: int, key_id: int, actor: Actor, *, grace_seconds: int = 0
) -> tuple[ApiKeyRow, str]:
    """A new secret for a key, which keeps its id, name, scopes and expiry.

    The old secret ends at once, or works on for a grace that a pipeline needs to learn the new one. Only the
    secret before the last rotation can have a grace: rotating twice ends the oldest.
    """
    if grace_seconds not in GRACE_SECONDS:
        raise InvalidInput("The old key may go on for 0, 3600, 86400 or 604800 seconds: choose one of these.")
    key = _get_changeable(conn, site_id, key_id)
    now = _now()
    secret = make_secret(scopes_of(key))
    api_keys.change_key(
        conn,
        key.id,
        hint=_hint(secret),
        secret_sha256=digest(secret),
        previous_sha256=key.secret_sha256 if grace_seconds else None,
        previous_until=now + grace_seconds * 1_000_000 if grace_seconds else None,
        rotated_at=now,
    )
    _note(conn, key, actor, "key.rotated", {"old_key_valid_seconds": grace_seconds})
    return api_keys.get_key(conn, site_id, key.id), secret


def set_expiry(conn: sa.Connection, site_id: int, key_id: int, actor: Actor, expires_at: int | None) -> None:
    """Let a key end at another moment (µs UTC), or never, without changing the key."""
    key = _get_changeable(conn, site_id, key_id)
    if expires_at is not None and expires_at <= _now():
        raise InvalidInput("That moment is past: revoke the key to end it now.")
    api_keys.change_key(conn, key.id, expires_at=expires_at)
    _note(conn, key, actor, "key.changed", {"expires_at": expires_at, "expired_before": key.expires_at})


def disable_key(conn: sa.Connection, site_id: int, key_id: int, actor: Actor) -> None:
    """Let a key open nothing until it is enabled again."""
    key = _get_changeable(conn, site_id, key_id)
    if key.disabled_at is None:
        api_keys.change_key(conn, key.id, disabled_at=_now())
        _note(conn, key, actor, "key.disabled")


def enable_key(conn: sa.Connection, site_id: int, key_id: int, actor: Actor) -> None:
    """Let a disabled key open again."""
    key = _get_changeable(conn, site_id, key_id)
    if key.disabled_at is not None:
        api_keys.change_key(conn, key.id, disabled_at=None)
        _note(conn, key, actor, "key.enabled")


def revoke_key(conn: sa.Connection, site_id: int, key_id: int, actor: Actor) -> None:
    """End a key for ever, its old form too. Its name is free again; the row stays, for the audit log names it."""
    key = api_keys.get_key(conn, site_id, key_id)
    if key.revoked_at is None:
        api_keys.change_key(conn, key.id, revoked_at=_now(), previous_sha256=None, previous_until=None)
        _note(conn, key, actor, "key.revoked")


def _get_changeable(conn: sa.Connection, site_id: int, key_id: int) -> ApiKeyRow:
    key = api_keys.get_key(conn, site_id, key_id)
    if key.revoked_at is not None:
        raise InvalidInput(f"The key {key.name!r} was revoked, which cannot be undone: make a new one.")
    return key


def _is_kept(key: ApiKeyRow, wanted: str) -> bool:
    current = hmac.compare_digest(key.secret_sha256, wanted)
    previous = hmac.compare_digest(key.previous_sha256 or "", wanted)
    return current or previous


def _note(
    conn: sa.Connection, key: ApiKeyRow, actor: Actor, action: str, details: dict[str, object] | None = None
) -> None:
    subject = f"key {key.id} {key.name!r}"
    audit.record(conn, actor, action, site_id=key.site_id, subject=subject, details=details)


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 80 or not name.isprintable():
        raise InvalidInput(f"{name[:80]!r} cannot be the name of a key: use 1 to 80 ordinary characters.")
    return name


def _checked_scopes(scopes: Iterable[str]) -> list[Scope]:
    chosen = set(scopes)
    if not chosen or not chosen <= set(SCOPES):
        raise InvalidInput(f"A key is for one or more of {', '.join(SCOPES)}: choose from these.")
    return cast("list[Scope]", [scope for scope in SCOPES if scope in chosen])


def _hint(secret: str) -> str:
    return f"{secret[: secret.rindex('_') + 1]}…{secret[-4:]}"


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), _CHECK_CHARACTERS)


def _base62(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits = _ALPHABET[digit] + digits
    return digits


def _now() -> int:
    return time.time_ns() // 1000
