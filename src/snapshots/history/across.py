"""What changed from one payload to another of a different Jira, followed through imports of Jira data. Pure.

A name that the move gave is no change: rows and cells that differ in such names alone are told apart as renamed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from snapshots.capture.payload import Column, OpenPayload, Row, Value
from snapshots.history.assembly import PairedRow, columns_of, count_rows, decode_at, make_changes
from snapshots.history.changes import CellChange, CellNote, ColumnChanges, Comparison, RenamedRow
from snapshots.history.crossing import Crossing, Judge, Judgement, Side, is_alike
from snapshots.history.pairing import NOWHERE, Outline, Pairing, outline_named, pair_rows, read_head


@dataclass(frozen=True, slots=True)
class _Heads:
    """The beginnings of a payload's rows: level, issue id and key, and the bytes behind them."""

    levels: list[bytes]
    ids: list[str]
    keys: list[str]
    bodies: list[bytes]


@dataclass(frozen=True, slots=True)
class _SharedColumn:
    """A column that both sides show, by its place in each."""

    column: Column
    former: Column
    was: int
    now: int


def compare_across(old: OpenPayload, new: OpenPayload, crossing: Crossing) -> Comparison:
    """Every difference from `old` to `new`; issues that no import mapped are the same when their keys are."""
    heads = _read_heads(old), _read_heads(new)
    old_names, new_names = _name_rows(*heads, crossing)
    outlines = outline_named(old, old_names, heads[0].bodies), outline_named(new, new_names, heads[1].bodies)
    pairing = pair_rows(*outlines)
    levels = range(1, max(len(old.columns), len(new.columns)) + 1)
    shared = [_share_columns(columns_of(old, level), columns_of(new, level), crossing) for level in levels]
    columns = tuple(
        _compare_columns(columns_of(old, level), columns_of(new, level), both)
        for level, both in zip(levels, shared, strict=True)
    )
    changed: dict[int, PairedRow] = {}
    renamed: list[RenamedRow] = []
    for index, pair in _judge_rows(old, new, heads, outlines, pairing, shared, columns, crossing):
        if isinstance(pair, RenamedRow):
            renamed.append(pair)
        else:
            changed[index] = pair
    rows = make_changes(old, new, outlines, pairing, changed)
    counts = count_rows(rows, renamed, outlines, len(columns))
    return Comparison(old, new, columns, counts, rows, True, crossing, tuple(renamed))


def _read_heads(payload: OpenPayload) -> _Heads:
    heads = [read_head(line) for line in payload.row_lines]
    return _Heads(
        [head[1] for head in heads],
        [head[2].decode() for head in heads],
        [head[3].decode() for head in heads],
        [line[head.end() :] for line, head in zip(payload.row_lines, heads, strict=True)],
    )


def _name_rows(old: _Heads, new: _Heads, crossing: Crossing) -> tuple[list[bytes], list[bytes]]:
    """Names of rows that are equal where the issues are: by id where both meet, else by key there."""
    old_ids, new_ids = _issue_ids(old, crossing.old), _issue_ids(new, crossing.new)
    old_keys, new_keys = _issue_keys(old, crossing.old), _issue_keys(new, crossing.new)
    # A row that nothing is known of is the one with its key on the other side, unless that is known to be another.
    for ids, keys, other_ids, other_keys in (
        (old_ids, old_keys, new_ids, new_keys),
        (new_ids, new_keys, old_ids, old_keys),
    ):
        by_key = dict(zip(other_keys, other_ids, strict=True))
        taken = set(ids)
        for place, known in enumerate(ids):
            if known is None and (there := by_key.get(keys[place])) is not None and there not in taken:
                ids[place] = there
    return _names(old, old_ids, old_keys), _names(new, new_ids, new_keys)


def _issue_ids(heads: _Heads, side: Side) -> list[str | None]:
    return [side.issue(issue_id) for issue_id in heads.ids]


def _issue_keys(heads: _Heads, side: Side) -> list[str]:
    return [side.key(key) for key in heads.keys]


def _names(heads: _Heads, ids: list[str | None], keys: list[str]) -> list[bytes]:
    return [
        b'%b"%b' % (level, key.encode() if issue_id is None else b"#" + issue_id.encode())
        for level, issue_id, key in zip(heads.levels, ids, keys, strict=True)
    ]


def _share_columns(old: tuple[Column, ...], new: tuple[Column, ...], crossing: Crossing) -> list[_SharedColumn]:
    places = {crossing.old.field(column.id): place for place, column in enumerate(old)}
    shared = []
    for now, column in enumerate(new):
        was = places.get(crossing.new.field(column.id))
        if was is not None and _may_be_one(old[was], column, crossing):
            shared.append(_SharedColumn(column, old[was], was, now))
    return shared


def _may_be_one(former: Column, column: Column, crossing: Crossing) -> bool:
    """Numbers of custom fields mean nothing in another Jira: without a mapping, the name has to agree too."""
    known = crossing.old.knows_field(former.id) and crossing.new.knows_field(column.id)
    return known or former.name == column.name


def _compare_columns(old: tuple[Column, ...], new: tuple[Column, ...], shared: list[_SharedColumn]) -> ColumnChanges:
    were, are = {both.was for both in shared}, {both.now for both in shared}
    pairs = [(both.former, both.column) for both in shared]
    return ColumnChanges(
        added=tuple(column for place, column in enumerate(new) if place not in are),
        removed=tuple(column for place, column in enumerate(old) if place not in were),
        renamed=tuple(pair for pair in pairs if pair[0].name != pair[1].name),
        reordered=[both.was for both in shared] != sorted(were),
        followed=tuple(pair for pair in pairs if pair[0].id != pair[1].id),
    )


def _judge_rows(
    old: OpenPayload,
    new: OpenPayload,
    heads: tuple[_Heads, _Heads],
    outlines: tuple[Outline, Outline],
    pairing: Pairing,
    shared: list[list[_SharedColumn]],
    columns: tuple[ColumnChanges, ...],
    crossing: Crossing,
) -> Iterator[tuple[int, PairedRow | RenamedRow]]:
    """The paired rows that are not what they were, or are called otherwise, by old index."""
    old_heads, new_heads = heads
    judges = [[(both, crossing.judge(both.column, both.former)) for both in level] for level in shared]
    # Equal bytes say the same, unless the columns stand otherwise or a name in them could mean another thing.
    by_bytes = {
        level
        for level, (change, both) in enumerate(zip(columns, shared, strict=True), start=1)
        if not (change.added or change.removed or change.reordered)
        and not any(crossing.may_mistake(one.column, one.former) for one in both)
    }
    for index, partner in enumerate(pairing.partners):
        if partner == NOWHERE:
            continue
        level = outlines[0].levels[index]
        old_key, new_key = old_heads.keys[index], new_heads.keys[partner]
        followed = old_key != new_key and crossing.explains(old_key, new_key)
        same_key = old_key == new_key or followed
        cells: tuple[CellChange, ...] = ()
        renamed_cells: tuple[CellChange, ...] = ()
        old_row: Row | None = None
        if level not in by_bytes or old_heads.bodies[index] != new_heads.bodies[partner]:
            old_row, new_row = decode_at(old, index), decode_at(new, partner)
            cells, renamed_cells = _judge_cells(old_row, new_row, judges[level - 1], crossing)
        if cells or not same_key or index in pairing.moved:
            old_row, new_row = decode_at(old, index), decode_at(new, partner)
            yield index, PairedRow(old_row, new_row, cells, followed, renamed_cells)
        elif followed or renamed_cells:
            ids = old_heads.ids[index], new_heads.ids[partner]
            yield index, RenamedRow(level, index, partner, *ids, old_key, new_key, renamed_cells)


def _judge_cells(
    old: Row, new: Row, judges: list[tuple[_SharedColumn, Judge | None]], crossing: Crossing
) -> tuple[tuple[CellChange, ...], tuple[CellChange, ...]]:
    """The cells that changed, and those that only call what they say by another name."""
    changed: list[CellChange] = []
    renamed: list[CellChange] = []
    for both, judge in judges:
        was, now = old.values[both.was], new.values[both.now]
        if judge is not None:
            judgement = judge(was, now)
        else:
            judgement = "same" if is_alike(was, now) else "changed"
        if judgement == "renamed":
            renamed.append(CellChange(both.column, was, now, "renamed by the move"))
        elif judgement != "same":
            changed.append(CellChange(both.column, was, now, _note(judgement, both, was, now, crossing)))
    return tuple(changed), tuple(renamed)


def _note(judgement: Judgement, both: _SharedColumn, was: Value, now: Value, crossing: Crossing) -> CellNote:
    if judgement == "mistaken":
        return "another thing of this name"
    in_part = crossing.is_in_part_renamed(both.column, both.former, was, now)
    return "in part renamed by the move" if in_part else ""
