"""The changed rows among what surrounds them, with the rest folded. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from snapshots.capture.payload import Row, decode_row
from snapshots.history.compare import Comparison, RowChange
from snapshots.history.pairing import make_outline


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of the table: with its change, or unchanged and shown because it tells where a changed one is."""

    row: Row
    change: RowChange | None


@dataclass(frozen=True, slots=True)
class Fold:
    """So many unchanged rows, left out."""

    rows: int


def lay_out(comparison: Comparison, *, most_changes: int) -> Iterator[ShownRow | Fold]:
    """The first `most_changes` changed rows with their parents and neighbours, in the order of the table.

    What comes behind the last change shown is folded only when all changes are shown.
    """
    changes = comparison.rows[:most_changes]
    lines = comparison.new.row_lines
    context = _context(comparison, changes)
    next_row = 0
    for index, change in _merged(context, changes):
        if index > next_row:
            yield Fold(index - next_row)
        if change is None:
            yield ShownRow(decode_row(lines[index]), None)
        else:
            yield ShownRow(change.row, change)
        next_row = index if change is not None and change.new is None else index + 1
    if len(changes) == len(comparison.rows) and next_row < len(lines):
        yield Fold(len(lines) - next_row)


def _context(comparison: Comparison, changes: tuple[RowChange, ...]) -> list[int]:
    """New rows that did not change but stand above, below or over one that did."""
    by_level: dict[int, list[int]] = {}
    for index, level in enumerate(make_outline(comparison.new, by_key=False).levels):
        by_level.setdefault(level, []).append(index)
    wanted: set[int] = set()
    for change in changes:
        behind = change.position + (change.new is not None)
        wanted.update((change.position - 1, behind))
        for level in range(1, change.level):
            rows_there = by_level.get(level, [])
            place = bisect_left(rows_there, change.position)
            if place:
                wanted.add(rows_there[place - 1])
    changed = {change.new_index for change in comparison.rows}
    return sorted(index for index in wanted if 0 <= index < len(comparison.new.row_lines) and index not in changed)


def _merged(context: list[int], changes: tuple[RowChange, ...]) -> Iterator[tuple[int, RowChange | None]]:
    """Both by position; a removed row is shown before the row that stands at its position now."""
    waiting = iter(context)
    index = next(waiting, None)
    for change in changes:
        while index is not None and index < change.position:
            yield index, None
            index = next(waiting, None)
        yield change.position, change
    while index is not None:
        yield index, None
        index = next(waiting, None)
