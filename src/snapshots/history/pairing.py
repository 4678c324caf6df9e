"""Which row of one payload is which row of the other, and which of them moved. Pure.

Works on the lines of a payload as they are: a line begins with level, issue id and key, so who a row
is can be cut out of its bytes, and a row that is equal on both sides is never decoded.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, repeat
from operator import lt

from snapshots.capture.payload import OpenPayload, decode_row
from snapshots.errors import DamageError

NOWHERE = -1
"""Stands for "no row": the parent of a row of level 1, the partner of a row that has none."""

_HEAD = re.compile(rb'(\[\d+,)"((?:[^"\\]|\\.)*)","((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Outline:
    """Who a payload's rows are, and who stands beneath whom. Rows are named by their index.

    `names` say level and issue; `bodies` are what is left to compare of two rows of one name.
    `children` lists the rows beneath a row, in order; beneath `NOWHERE` are those of level 1.
    """

    names: list[bytes]
    bodies: list[bytes]
    levels: Sequence[int]
    parents: Sequence[int]
    children: Mapping[int, Sequence[int]]
    depth: int


@dataclass(frozen=True, slots=True)
class Pairing:
    """For each old row the index of its new row or `NOWHERE`, and the old rows whose place changed."""

    partners: list[int]
    moved: frozenset[int]


def make_outline(payload: OpenPayload, *, by_key: bool) -> Outline:
    """The outline of a payload; issues are told apart by key or, where both sides know it, by issue id.

    `DamageError` for a row whose level or beginning cannot be read.
    """
    lines = payload.row_lines
    return outline_named(
        payload, *(_names_by_key(lines) if by_key else (_names_by_id(lines, len(payload.columns)), lines))
    )


def outline_named(payload: OpenPayload, names: list[bytes], bodies: list[bytes]) -> Outline:
    """The outline of a payload whose rows have these names, each beginning as the row does: `[1,"`."""
    lines, depth = payload.row_lines, len(payload.columns)
    if depth == 1:
        count = len(lines)
        return Outline(names, bodies, bytes([1]) * count, [NOWHERE] * count, {NOWHERE: range(count)}, depth)
    levels = _read_levels(names, depth)
    parents: list[int] = []
    children: dict[int, list[int]] = {}
    latest = [NOWHERE] * (depth + 1)
    for index, level in enumerate(levels):
        parent = latest[level - 1]
        latest[level] = index
        parents.append(parent)
        children.setdefault(parent, []).append(index)
    return Outline(names, bodies, levels, parents, children, depth)


def pair_rows(old: Outline, new: Outline) -> Pairing:
    """Pair rows from the top down: the same issue beneath the same parent, else beneath another one.

    An issue that stands several times beneath one parent is numbered there. One that changed its
    parent is followed only when it occurs once on each side: otherwise which went where is a guess.
    """
    partners = [NOWHERE] * len(old.names)
    moved: set[int] = set()
    parents = [(NOWHERE, NOWHERE)]
    for level in range(1, max(old.depth, new.depth) + 1):
        for old_parent, new_parent in parents:
            _pair_siblings(old, new, old_parent, new_parent, partners, moved)
        if level > 1:
            for old_row, new_row in _pairs_across_parents(old, new, level, partners):
                partners[old_row] = new_row
                moved.add(old_row)
        parents = [
            (row, partners[row])
            for row in old.children
            if row != NOWHERE and old.levels[row] == level and partners[row] != NOWHERE
        ]
    return Pairing(partners, frozenset(moved))


def longest_increasing(values: Sequence[int]) -> set[int]:
    """The values of a longest increasing subsequence of distinct values; all others moved.

    Patience sorting (https://en.wikipedia.org/wiki/Longest_increasing_subsequence) over blocks of
    consecutive numbers, weighted by their length: some longest subsequence takes each block whole or
    not at all, and where few rows moved there are few blocks.
    """
    firsts = [place for place, (one, next_one) in enumerate(pairwise(values), start=1) if next_one != one + 1]
    blocks = [(values[start], end - start) for start, end in pairwise([0, *firsts, len(values)])] if values else []
    # The best chains so far, each by the value its last block begins with; their weights rise with it.
    ends: list[int] = []
    weights: list[int] = []
    before: dict[int, int] = {}
    lengths = dict(blocks)
    for value, length in blocks:
        place = bisect_left(ends, value)
        weight = length
        if place:
            before[value] = ends[place - 1]
            weight += weights[place - 1]
        beaten = place
        while beaten < len(ends) and weights[beaten] <= weight:
            beaten += 1
        ends[place:beaten], weights[place:beaten] = [value], [weight]
    found: set[int] = set()
    latest = ends[-1] if ends else None
    while latest is not None:
        found.update(range(latest, latest + lengths[latest]))
        latest = before.get(latest)
    return found


def _pair_siblings(
    old: Outline, new: Outline, old_parent: int, new_parent: int, partners: list[int], moved: set[int]
) -> None:
    old_rows, new_rows = old.children.get(old_parent, ()), new.children.get(new_parent, ())
    old_names, new_names = _names_of(old, old_rows), _names_of(new, new_rows)
    if old_names == new_names:
        for old_row, new_row in zip(old_rows, new_rows, strict=True):
            partners[old_row] = new_row
        return
    targets = _find_targets(old_names, new_names, new_rows)
    shared = [target for target in targets if target != NOWHERE]
    if not _is_increasing(shared):
        distinct = set(shared)
        if len(distinct) < len(shared):
            targets = _find_targets(_numbered(old_names), _numbered(new_names), new_rows)
            shared = [target for target in targets if target != NOWHERE]
            distinct = set(shared)
        jumped = distinct - longest_increasing(shared)
        moved.update(row for row, target in zip(old_rows, targets, strict=True) if target in jumped)
    for old_row, target in zip(old_rows, targets, strict=True):
        partners[old_row] = target


def _find_targets(old_names: list[bytes], new_names: list[bytes], new_rows: Sequence[int]) -> list[int]:
    found = dict(zip(new_names, new_rows, strict=True))
    if len(found) < len(new_names):
        found = dict(zip(_numbered(new_names), new_rows, strict=True))
        old_names = _numbered(old_names)
    return list(map(found.get, old_names, repeat(NOWHERE)))


def _is_increasing(values: Sequence[int]) -> bool:
    return all(map(lt, values, islice(values, 1, None)))


def _pairs_across_parents(old: Outline, new: Outline, level: int, partners: list[int]) -> Iterable[tuple[int, int]]:
    taken = set(partners)
    old_rows = _once(old, (row for row in range(len(partners)) if old.levels[row] == level))
    new_rows = _once(new, (row for row in range(len(new.names)) if new.levels[row] == level))
    return [
        (row, new_rows[name])
        for name, row in old_rows.items()
        if partners[row] == NOWHERE and name in new_rows and new_rows[name] not in taken
    ]


def _once(side: Outline, rows: Iterable[int]) -> dict[bytes, int]:
    """The rows whose issue occurs only once among them, by name."""
    found = [(side.names[row], row) for row in rows]
    counts = Counter(name for name, _ in found)
    return {name: row for name, row in found if counts[name] == 1}


def _names_of(side: Outline, rows: Sequence[int]) -> list[bytes]:
    return side.names if len(rows) == len(side.names) else [side.names[row] for row in rows]


def _numbered(names: list[bytes]) -> list[bytes]:
    seen: Counter[bytes] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(name if seen[name] == 1 else b'%b"%d' % (name, seen[name]))
    return numbered


def _names_by_id(lines: list[bytes], depth: int) -> list[bytes]:
    """`[1,"10001` of `[1,"10001","ACME-1",…`."""
    # While a level is one digit, the id begins at byte 4, and the next quote ends it. No Jira writes a
    # backslash into an id; should one stand there, it may hide that quote.
    if depth < 10:
        names = [line[: line.find(b'"', 4)] for line in lines]
        if b"\\" not in b"".join(names):
            return names
    return [b'%b"%b' % (head[1], head[2]) for head in map(read_head, lines)]


def _names_by_key(lines: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """`[1,"ACME-1` of `[1,"10001","ACME-1",…`, and what stands behind the key."""
    names, bodies = [], []
    for line in lines:
        head = read_head(line)
        names.append(b'%b"%b' % (head[1], head[3]))
        bodies.append(line[head.end() :])
    return names, bodies


def read_head(line: bytes) -> re.Match[bytes]:
    """Groups 1 to 3: `[1,`, issue id, key. Raises `DamageError`."""
    head = _HEAD.match(line)
    if head is None:
        decode_row(line)
        raise DamageError(f"A row does not begin as a payload's rows do: {line[:60]!r}; restore the payload.")
    return head


def _read_levels(names: list[bytes], depth: int) -> list[int]:
    try:
        levels = [int(name[1 : name.index(b",")]) for name in names]
    except ValueError:
        raise DamageError("A row of the payload does not begin with its level; restore the payload.") from None
    if levels and not 1 <= min(levels) <= max(levels) <= depth:
        raise DamageError(f"A row of the payload is of a level that is not among its {depth}; restore the payload.")
    return levels
