"""The history of a macro, and the stickers that people put on its versions."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from snapshots.errors import InvalidInput, NotFound
from snapshots.registry import stickers, versions
from snapshots.registry.macros import MacroRow
from snapshots.registry.versions import VersionRow

LONGEST_STICKER = 60
"""Characters; a sticker is a label to find a version by, not a note about it."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A version as the history list shows it.

    `row_counts` are rows by level. `same_data_as` is the number of the latest version before it for
    which Jira said exactly the same.
    """

    version: VersionRow
    row_counts: tuple[int, ...]
    same_data_as: int | None

    @property
    def number(self) -> int:
        return self.version.number


def list_history(conn: sa.Connection, macro_id: int) -> list[HistoryEntry]:
    """All versions of the macro, newest first."""
    latest_with: dict[str, int] = {}
    entries = []
    for version in reversed(versions.list_versions(conn, macro_id)):
        entries.append(HistoryEntry(version, _read_counts(version.row_counts), latest_with.get(version.data_sha256)))
        latest_with[version.data_sha256] = version.number
    return entries[::-1]


def _read_counts(row_counts: str) -> tuple[int, ...]:
    """Rows of each level; none where an archive of strangers brought something else, so that the list still shows."""
    try:
        return msgspec.json.decode(row_counts, type=tuple[int, ...])
    except (msgspec.DecodeError, RecursionError):
        return ()


def get_history_entry(conn: sa.Connection, macro_id: int, number: int) -> HistoryEntry:
    """The version of this number as the list shows it. Raises `NotFound`."""
    versions.get_version(conn, macro_id, number)
    return next(entry for entry in list_history(conn, macro_id) if entry.number == number)


def add_sticker(
    conn: sa.Connection,
    macro: MacroRow,
    number: int,
    name: str,
    colour: str | None = None,
    *,
    account_id: str,
    now: int,
) -> None:
    """Put the sticker of this name on a version, making it when the page has none of that name.

    A colour that is given becomes the sticker's on every version that carries it; without one it
    keeps its own, and a new one is grey. `now` is µs UTC. Raises `InvalidInput` for a name or colour
    that cannot be, `NotFound` for a version that is not there.
    """
    name = _check_sticker_name(name)
    version = versions.get_version(conn, macro.id, number)
    found = stickers.find_sticker(conn, macro.page_id, name)
    colour = colour or (found.colour if found else "grey")
    sticker_id = stickers.put_sticker(conn, macro.page_id, name, colour, created_by=account_id, created_at=now)
    stickers.assign_sticker(conn, sticker_id, version.id, assigned_by=account_id, assigned_at=now)


def remove_sticker(conn: sa.Connection, macro: MacroRow, number: int, name: str) -> None:
    """Take the sticker off a version; the page keeps it for others. Raises `NotFound` when it is not on it."""
    version = versions.get_version(conn, macro.id, number)
    for sticker in version.stickers:
        if sticker.name == name.strip():
            stickers.unassign_sticker(conn, sticker.id, version.id)
            return
    carried = ", ".join(repr(sticker.name) for sticker in version.stickers) or "none"
    raise NotFound(f"Version {number} does not carry the sticker {name.strip()!r}; it carries {carried}.")


def _check_sticker_name(name: str) -> str:
    stripped = name.strip()
    if not stripped:
        raise InvalidInput("A sticker needs a name; give it 1 to 60 characters.")
    if len(stripped) > LONGEST_STICKER:
        raise InvalidInput(
            f"The sticker's name has {len(stripped)} characters and may have {LONGEST_STICKER}; shorten it."
        )
    if not stripped.isprintable():
        raise InvalidInput(f"The sticker's name {stripped!r} holds characters that cannot be seen; remove them.")
    return stripped
