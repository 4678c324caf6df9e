"""Natural keys: what identifies a record on every site, whatever ids a database gave it."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from snapshots.errors import DamageError

PageKey: TypeAlias = tuple[str, str]
"""Space key and page id, both as the source site has them."""

AssignmentKey: TypeAlias = tuple[str, str, str]
"""Sticker name, macro id, capture id: a sticker on a version of the same page."""

KINDS_PARKED = ("page", "macro", "version", "sticker", "sticker_assignment")
"""Kinds that can wait here. A space cannot: it is the destination's own, and comes with its first page."""


def write_key(*parts: str) -> str:
    """The key as a registry keeps it: a JSON array of text, which no name can break."""
    return msgspec.json.encode(parts).decode()


def read_key(text: str) -> tuple[str, ...]:
    """The parts of `write_key`. Raises DamageError for any other text."""
    try:
        return msgspec.json.decode(text, type=tuple[str, ...])
    except msgspec.DecodeError:
        raise DamageError(f"{text[:80]!r} is not a natural key; restore the registry from a backup.") from None
