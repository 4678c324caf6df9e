"""Where each changed row is shown: in the order of the new version, removed rows where they stood. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from snapshots.history.pairing import NOWHERE, Outline, Pairing

_Step: TypeAlias = tuple[int, int, int]
"""A row among its siblings: the new row it is or stands behind, whether behind, its old index."""


@dataclass(frozen=True, slots=True)
class Place:
    """A changed row by its indexes, and how many new rows are shown above it."""

    old_index: int | None
    new_index: int | None
    position: int


def order_places(old: Outline, new: Outline, pairing: Pairing, changed: Iterable[int]) -> list[Place]:
    """Places of all rows that were added, removed, moved or are `changed` (old indexes)."""
    return _Ordering(old, new, pairing).places(changed)


class _Ordering:
    """The two outlines laid over each other, as far as changed rows need it."""

    def __init__(self, old: Outline, new: Outline, pairing: Pairing) -> None:
        self._old = old
        self._new = new
        self._partners = pairing.partners
        self._moved = pairing.moved
        self._anchors: dict[int, dict[int, int]] = {}
        self._ends: dict[int, int] = {}

    def places(self, changed: Iterable[int]) -> list[Place]:
        found: list[tuple[tuple[_Step, ...], Place]] = []
        removed = [index for index, partner in enumerate(self._partners) if partner == NOWHERE]
        for index in removed:
            found.append((self._steps_to_removed(index), Place(index, None, self._position_of_removed(index))))
        for index in self._moved.union(changed):
            partner = self._partners[index]
            found.append((self._steps_to_new(partner), Place(index, partner, partner)))
        if len(self._partners) - len(removed) < len(self._new.names):
            for index in set(range(len(self._new.names))).difference(self._partners):
                found.append((self._steps_to_new(index), Place(None, index, index)))
        found.sort(key=lambda entry: entry[0])
        return [place for _, place in found]

    def _steps_to_new(self, index: int) -> tuple[_Step, ...]:
        steps = []
        while index != NOWHERE:
            steps.append((index, 0, 0))
            index = self._new.parents[index]
        return tuple(reversed(steps))

    def _steps_to_removed(self, index: int) -> tuple[_Step, ...]:
        steps = []
        while index != NOWHERE and self._partners[index] == NOWHERE:
            steps.append((self._anchor(index), 1, index))
            index = self._old.parents[index]
        above = () if index == NOWHERE else self._steps_to_new(self._partners[index])
        return (*above, *reversed(steps))

    def _position_of_removed(self, index: int) -> int:
        parent = self._old.parents[index]
        while parent != NOWHERE and self._partners[parent] == NOWHERE:
            index, parent = parent, self._old.parents[parent]
        anchor = self._anchor(index)
        if anchor != NOWHERE:
            return self._end_of(anchor)
        return 0 if parent == NOWHERE else self._partners[parent] + 1

    def _anchor(self, index: int) -> int:
        """The new row behind which a removed one is shown: its nearest sibling above that stayed."""
        parent = self._old.parents[index]
        if parent not in self._anchors:
            anchors: dict[int, int] = {}
            latest = NOWHERE
            for sibling in self._old.children[parent]:
                if self._partners[sibling] == NOWHERE:
                    anchors[sibling] = latest
                elif sibling not in self._moved:
                    latest = self._partners[sibling]
            self._anchors[parent] = anchors
        return self._anchors[parent][index]

    def _end_of(self, index: int) -> int:
        """The first new row that is not beneath this one."""
        if index not in self._ends:
            levels = self._new.levels
            end = index + 1
            while end < len(levels) and levels[end] > levels[index]:
                end += 1
            self._ends[index] = end
        return self._ends[index]
