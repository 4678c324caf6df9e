"""What changed from one payload to another: columns, rows, cells. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Literal, TypeAlias

import msgspec

from snapshots.capture.payload import Column, OpenPayload, Row, Value, decode_row
from snapshots.errors import DamageError
from snapshots.history.order import Place, order_places
from snapshots.history.pairing import NOWHERE, Outline, Pairing, make_outline, pair_rows

Kind: TypeAlias = Literal["added", "removed", "changed", "moved", "moved_and_changed"]

_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class ColumnChanges:
    """How the columns of one level differ; a renamed column has one id and two names, old and new."""

    added: tuple[Column, ...] = ()
    removed: tuple[Column, ...] = ()
    renamed: tuple[tuple[Column, Column], ...] = ()
    reordered: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.renamed or self.reordered)


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell whose value differs; `words.cell_difference` tells in which words."""

    column: Column
    old: Value
    new: Value


_ChangedRow: TypeAlias = "tuple[Row | None, Row | None, tuple[CellChange, ...]]"


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that is not what and where it was.

    `old_index` and `new_index` count rows from 0 in their payload. `moved` says that its place among
    the rows which both versions share beneath the same parent changed, or that its parent did;
    `old_path` and `new_path` are the keys of the rows it stands beneath, from level 1 down.
    `position` is how many rows of the new version stand above the place where it is shown.
    """

    level: int
    old: Row | None
    new: Row | None
    old_index: int | None
    new_index: int | None
    moved: bool
    old_path: tuple[str, ...]
    new_path: tuple[str, ...]
    cells: tuple[CellChange, ...]
    position: int

    @property
    def row(self) -> Row:
        """The row as it is now, or as it was when it is gone."""
        row = self.new or self.old
        assert row is not None
        return row

    @property
    def renamed(self) -> bool:
        """The same issue under another key: it went to another project."""
        return self.old is not None and self.new is not None and self.old.key != self.new.key

    @property
    def kind(self) -> Kind:
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        if not self.moved:
            return "changed"
        return "moved_and_changed" if self.cells or self.renamed else "moved"


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by what became of them. Each row counts once: `changed` and `moved` leave out those that did both."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    moved: int = 0
    moved_and_changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences between two payloads. `rows` are in the order in which they are shown:
    that of the new version, each removed row where it used to stand. `columns` and `counts` have an
    entry for each level."""

    old: OpenPayload
    new: OpenPayload
    columns: tuple[ColumnChanges, ...]
    counts: tuple[Counts, ...]
    rows: tuple[RowChange, ...]

    @property
    def total(self) -> Counts:
        return sum(self.counts, Counts())

    @property
    def definition_changed(self) -> bool:
        """The macro asked for something else, which may be why rows came and went."""
        return self.old.definition != self.new.definition

    def __bool__(self) -> bool:
        """Whether anything in the data differs."""
        return bool(self.rows) or any(self.columns)


def compare_payloads(old: OpenPayload, new: OpenPayload) -> Comparison:
    """Every difference from `old` to `new`.

    Captures of one Jira are compared by issue id, so that an issue that went to another project is
    one row with a new key; those of two by key. Columns are compared by id. `DamageError` when a row
    that has to be decoded cannot be.
    """
    by_key = old.header.jira_url.rstrip("/") != new.header.jira_url.rstrip("/")
    outlines = make_outline(old, by_key=by_key), make_outline(new, by_key=by_key)
    pairing = pair_rows(*outlines)
    columns = tuple(
        _compare_columns(_columns_of(old, level), _columns_of(new, level))
        for level in range(1, max(len(old.columns), len(new.columns)) + 1)
    )
    changed = dict(_changed_rows(old, new, outlines, pairing, columns, by_key=by_key))
    places = order_places(*outlines, pairing, changed)
    rows = tuple(_make_change(old, new, outlines, pairing, changed, place) for place in places)
    return Comparison(old, new, columns, _count(rows, outlines, len(columns)), rows)


def _columns_of(payload: OpenPayload, level: int) -> tuple[Column, ...]:
    return payload.columns[level - 1] if level <= len(payload.columns) else ()


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
) -> Iterator[tuple[int, _ChangedRow]]:
    """The paired rows that are not what they were, by old index."""
    levels = range(1, len(columns) + 1)
    shared = [_shared_columns(_columns_of(old, level), _columns_of(new, level)) for level in levels]
    # Bytes tell whether a row is the same only where its columns are the same and in the same order.
    rearranged = {
        level
        for level, change in zip(levels, columns, strict=True)
        if change.added or change.removed or change.reordered
    }
    for index, partner in _suspects(outlines, pairing, rearranged):
        old_row, new_row = _decode(old, index), _decode(new, partner)
        cells = tuple(
            CellChange(column, old_row.values[was], new_row.values[now])
            for column, was, now in shared[new_row.level - 1]
            if _differ(old_row.values[was], new_row.values[now])
        )
        if cells or (old_row.key != new_row.key and not by_key):
            yield index, (old_row, new_row, cells)
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


def _decode(payload: OpenPayload, index: int) -> Row:
    row = decode_row(payload.row_lines[index])
    if not 1 <= row.level <= len(payload.columns) or len(row.values) != len(payload.columns[row.level - 1]):
        raise DamageError(f"The row of {row.key} does not fit the columns of its level; restore the payload.")
    return row


def _make_change(
    old: OpenPayload,
    new: OpenPayload,
    outlines: tuple[Outline, Outline],
    pairing: Pairing,
    changed: dict[int, _ChangedRow],
    place: Place,
) -> RowChange:
    if place.old_index is not None and place.old_index in changed:
        old_row, new_row, cells = changed[place.old_index]
    else:
        old_row = None if place.old_index is None else _decode(old, place.old_index)
        new_row = None if place.new_index is None else _decode(new, place.new_index)
        cells = ()
    row = new_row or old_row
    assert row is not None
    return RowChange(
        level=row.level,
        old=old_row,
        new=new_row,
        old_index=place.old_index,
        new_index=place.new_index,
        moved=place.old_index in pairing.moved,
        old_path=_path(old, outlines[0].parents, place.old_index),
        new_path=_path(new, outlines[1].parents, place.new_index),
        cells=cells,
        position=place.position,
    )


def _path(payload: OpenPayload, parents: Sequence[int], index: int | None) -> tuple[str, ...]:
    path: list[str] = []
    above = NOWHERE if index is None else parents[index]
    while above != NOWHERE:
        path.append(decode_row(payload.row_lines[above]).key)
        above = parents[above]
    return tuple(reversed(path))


def _count(rows: tuple[RowChange, ...], outlines: tuple[Outline, Outline], depth: int) -> tuple[Counts, ...]:
    kinds = Counter((row.level, row.kind) for row in rows)
    totals = Counter(outlines[1].levels)
    counts = []
    for level in range(1, depth + 1):
        found: dict[str, int] = {kind: count for (at, kind), count in kinds.items() if at == level}
        unchanged = totals[level] - sum(found.values()) + found.get("removed", 0)
        counts.append(Counts(**found, unchanged=unchanged))
    return tuple(counts)
