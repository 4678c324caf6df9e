"""Putting a comparison together from pairs of rows: changes in the order in which they are shown, and counts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from snapshots.capture.payload import Column, OpenPayload, Row, decode_row
from snapshots.errors import DamageError
from snapshots.history.changes import CellChange, Counts, RenamedRow, RowChange
from snapshots.history.order import Place, order_places
from snapshots.history.pairing import NOWHERE, Outline, Pairing


@dataclass(frozen=True, slots=True)
class PairedRow:
    """A row on both sides, decoded, with what differs. Fields as in `RowChange`."""

    old: Row
    new: Row
    cells: tuple[CellChange, ...]
    followed: bool = False
    renamed_cells: tuple[CellChange, ...] = ()


def columns_of(payload: OpenPayload, level: int) -> tuple[Column, ...]:
    return payload.columns[level - 1] if level <= len(payload.columns) else ()


def decode_at(payload: OpenPayload, index: int) -> Row:
    """The row at this index. Raises `DamageError`, also where it does not fit its columns."""
    row = decode_row(payload.row_lines[index])
    if not 1 <= row.level <= len(payload.columns) or len(row.values) != len(payload.columns[row.level - 1]):
        raise DamageError(f"The row of {row.key} does not fit the columns of its level; restore the payload.")
    return row


def make_changes(
    old: OpenPayload,
    new: OpenPayload,
    outlines: tuple[Outline, Outline],
    pairing: Pairing,
    changed: Mapping[int, PairedRow],
) -> tuple[RowChange, ...]:
    """Every row that was added, removed, moved or is `changed` (by old index), in the order in which it is shown."""
    places = order_places(*outlines, pairing, changed)
    return tuple(_make_change(old, new, outlines, pairing, changed, place) for place in places)


def _make_change(
    old: OpenPayload,
    new: OpenPayload,
    outlines: tuple[Outline, Outline],
    pairing: Pairing,
    changed: Mapping[int, PairedRow],
    place: Place,
) -> RowChange:
    pair = None if place.old_index is None else changed.get(place.old_index)
    old_row: Row | None
    new_row: Row | None
    if pair is not None:
        old_row, new_row = pair.old, pair.new
    else:
        old_row = None if place.old_index is None else decode_at(old, place.old_index)
        new_row = None if place.new_index is None else decode_at(new, place.new_index)
    row = new_row or old_row
    assert row is not None
    return RowChange(
        level=row.level,
        old=old_row,
        new=new_row,
        old_index=place.old_index,
        new_index=place.new_index,
        moved=place.old_index in pairing.moved,
        parent_changed=_has_other_parent(outlines, pairing, place),
        old_path=_path(old, outlines[0].parents, place.old_index),
        new_path=_path(new, outlines[1].parents, place.new_index),
        cells=pair.cells if pair else (),
        position=place.position,
        followed=pair.followed if pair else False,
        renamed_cells=pair.renamed_cells if pair else (),
    )


def _has_other_parent(outlines: tuple[Outline, Outline], pairing: Pairing, place: Place) -> bool:
    if place.old_index is None or place.new_index is None:
        return False
    was, now = outlines[0].parents[place.old_index], outlines[1].parents[place.new_index]
    return (NOWHERE if was == NOWHERE else pairing.partners[was]) != now


def _path(payload: OpenPayload, parents: Sequence[int], index: int | None) -> tuple[str, ...]:
    path: list[str] = []
    above = NOWHERE if index is None else parents[index]
    while above != NOWHERE:
        path.append(decode_row(payload.row_lines[above]).key)
        above = parents[above]
    return tuple(reversed(path))


def count_rows(
    rows: Iterable[RowChange], renamed: Iterable[RenamedRow], outlines: tuple[Outline, Outline], depth: int
) -> tuple[Counts, ...]:
    """Counts of each level."""
    kinds = Counter((row.level, row.kind) for row in rows)
    only_renamed = Counter(row.level for row in renamed)
    totals = Counter(outlines[1].levels)
    counts = []
    for level in range(1, depth + 1):
        found: dict[str, int] = {kind: count for (at, kind), count in kinds.items() if at == level}
        unchanged = totals[level] - sum(found.values()) + found.get("removed", 0) - only_renamed[level]
        counts.append(Counts(**found, renamed=only_renamed[level], unchanged=unchanged))
    return tuple(counts)
