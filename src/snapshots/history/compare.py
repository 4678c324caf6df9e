"""What changed from one payload to another: columns, rows, cells. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from snapshots.capture.jiras import plain_url
from snapshots.capture.payload import Column, OpenPayload, Value
from snapshots.errors import DamageError
from snapshots.history import across
from snapshots.history.assembly import PairedRow, columns_of, count_rows, decode_at, make_changes
from snapshots.history.changes import (
    CellChange,
    ColumnChanges,
    Comparison,
    Counts,
    Kind,
    RenamedRow,
    RowChange,
)
from snapshots.history.crossing import Crossing
from snapshots.history.pairing import NOWHERE, Outline, Pairing, make_outline, pair_rows

__all__ = ["CellChange", "ColumnChanges", "Comparison", "Counts", "Kind", "RenamedRow", "RowChange", "compare_payloads"]

_encode = msgspec.json.Encoder(order="sorted").encode


def compare_payloads(
    old: OpenPayload, new: OpenPayload, crossing: Crossing | None = None, *, same_jira: bool | None = None
) -> Comparison:
    """Every difference from `old` to `new`.

    Captures of one Jira are compared by issue id, so that an issue that went to another project is
    one row with a new key. Those of two Jiras are followed through `crossing`, or, without one, compared by key.
    Columns are compared by id. `same_jira` says whether both are of one Jira, where their addresses do not tell.
    `DamageError` when a row that has to be decoded cannot be.
    """
    if same_jira is None:
        same_jira = plain_url(old.header.jira_url) == plain_url(new.header.jira_url)
    if crossing is not None and not same_jira:
        return across.compare_across(old, new, crossing)
    outlines = make_outline(old, by_key=not same_jira), make_outline(new, by_key=not same_jira)
    pairing = pair_rows(*outlines)
    columns = tuple(
        _compare_columns(columns_of(old, level), columns_of(new, level))
        for level in range(1, max(len(old.columns), len(new.columns)) + 1)
    )
    changed = dict(_changed_rows(old, new, outlines, pairing, columns, by_key=not same_jira))
    rows = make_changes(old, new, outlines, pairing, changed)
    counts = count_rows(rows, (), outlines, len(columns))
    return Comparison(old, new, columns, counts, rows, other_jira=not same_jira)


def _compare_columns(old: tuple[Column, ...], new: tuple[Column, ...]) -> ColumnChanges:
    old_by_id, new_by_id = {column.id: column for column in old}, {column.id: column for column in new}
    shared = [column for column in new if column.id in old_by_id]
    return ColumnChanges(
        added=tuple(column for column in new if column.id not in old_by_id),
        removed=tuple(column for column in old if column.id not in new_by_id),
        renamed=tuple((old_by_id[one.id], one) for one in shared if old_by_id[one.id].name != one.name),
        reordered=[one.id for one in old if one.id in new_by_id] != [one.id for one in shared],
    )


def _changed_rows(
    old: OpenPayload,
    new: OpenPayload,
    outlines: tuple[Outline, Outline],
    pairing: Pairing,
    columns: tuple[ColumnChanges, ...],
    *,
    by_key: bool,
) -> Iterator[tuple[int, PairedRow]]:
    """The paired rows that are not what they were, by old index."""
    levels = range(1, len(columns) + 1)
    shared = [_shared_columns(columns_of(old, level), columns_of(new, level)) for level in levels]
    # Bytes tell whether a row is the same only where its columns are the same and in the same order.
    rearranged = {
        level
        for level, change in zip(levels, columns, strict=True)
        if change.added or change.removed or change.reordered
    }
    for index, partner in _suspects(outlines, pairing, rearranged):
        old_row, new_row = decode_at(old, index), decode_at(new, partner)
        cells = tuple(
            CellChange(column, old_row.values[was], new_row.values[now])
            for column, was, now in shared[new_row.level - 1]
            if _differ(old_row.values[was], new_row.values[now])
        )
        if cells or (old_row.key != new_row.key and not by_key):
            yield index, PairedRow(old_row, new_row, cells)
        elif new_row.level not in rearranged:
            raise DamageError(f"The row of {new_row.key} is not in canonical form; restore the payload.")


def _suspects(outlines: tuple[Outline, Outline], pairing: Pairing, rearranged: set[int]) -> list[tuple[int, int]]:
    """The pairs of rows that have to be decoded: a few, unless columns came, went or changed places."""
    old, new = outlines
    old_bodies, new_bodies = old.bodies, new.bodies
    return [
        (index, partner)
        for index, partner in enumerate(pairing.partners)
        if partner != NOWHERE
        and (old_bodies[index] != new_bodies[partner] or (rearranged and old.levels[index] in rearranged))
    ]


def _shared_columns(old: tuple[Column, ...], new: tuple[Column, ...]) -> list[tuple[Column, int, int]]:
    places = {column.id: place for place, column in enumerate(old)}
    return [(column, places[column.id], place) for place, column in enumerate(new) if column.id in places]


def _differ(old: Value, new: Value) -> bool:
    # To Python 1, 1.0 and true are equal, to a reader they are not, even inside a list.
    return old != new or (not isinstance(old, str) and _encode(old) != _encode(new))
