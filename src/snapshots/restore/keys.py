"""Natural keys, and parked records as text: what a registry keeps of a record that waits."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from snapshots.errors import DamageError
from snapshots.registry.records import KINDS, Record

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


def write_record(record: Record) -> str:
    """The record as a JSON object. Its fields are named, since it may be read by a later release."""
    return msgspec.json.encode(msgspec.structs.asdict(record)).decode()


def read_record(kind: str, text: str) -> Record:
    """What `write_record` wrote. Raises DamageError."""
    later, struct = KINDS[kind].columns_since, KINDS[kind].struct
    try:
        values = msgspec.json.decode(text, type=dict[str, Any])
        # An earlier release parked it without the columns that came later.
        known = [values.get(name) if name in later else values[name] for name in struct.__struct_fields__]
        return msgspec.convert(known, struct)
    except (msgspec.DecodeError, KeyError) as error:
        raise DamageError(f"A parked {kind} cannot be read ({error}); restore its archive again.") from None
