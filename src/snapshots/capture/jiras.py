"""Which Jiras are one, and which became which: what administrators of a site said and imported. Pure.

acme.atlassian.net ──import──► globex.atlassian.net ──import──► initech.atlassian.net
        ‖ "the same Jira, only its address changed"
jira.acme.com
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from snapshots.registry.jira_mappings import JiraMappingRow

Move: TypeAlias = tuple[JiraMappingRow, ...]
"""Everything imported from one Jira to another, oldest first: a move is often made in waves."""


@dataclass(frozen=True, slots=True)
class Route:
    """How data of two Jiras is brought together: each side's moves, one after another, to where they meet.

    Mappings lead one way only, since two statuses may have become one: so it is the older side that is followed.
    """

    old: tuple[Move, ...]
    new: tuple[Move, ...]

    @property
    def moves(self) -> tuple[Move, ...]:
        return self.old + self.new


class KnownJiras:
    """What a site knows of Jiras. `same_urls` are earlier addresses of `current_url`."""

    def __init__(self, current_url: str, same_urls: Collection[str], mappings: Iterable[JiraMappingRow]) -> None:
        self._names = {plain_url(url): plain_url(current_url) for url in same_urls}
        self._moves: dict[str, dict[str, list[JiraMappingRow]]] = {}
        for row in sorted(mappings, key=lambda row: (row.made_at, row.id)):
            source, destination = self._name(row.source_url), self._name(row.destination_url)
            if source != destination:
                self._moves.setdefault(source, {}).setdefault(destination, []).append(row)

    def is_same(self, one: str, other: str) -> bool:
        """Whether both addresses are of one Jira."""
        return self._name(one) == self._name(other)

    def leads(self, old: str, new: str) -> bool:
        """Whether imports lead from the Jira at the address `old` to that at `new`, or both are one."""
        return self._name(new) in self._reach(self._name(old))

    def find_route(self, old: str, new: str) -> Route | None:
        """The shortest way to bring data of two Jiras together; `None` where no import says how."""
        from_old, from_new = self._reach(self._name(old)), self._reach(self._name(new))
        meeting = [name for name in from_old if name in from_new]
        if not meeting:
            return None
        nearest = min(meeting, key=lambda name: (len(from_old[name]) + len(from_new[name]), len(from_new[name])))
        return Route(from_old[nearest], from_new[nearest])

    def _name(self, url: str) -> str:
        # Addresses alone tell: a cloud id is also that of a Confluence that reads another site's Jira.
        name = plain_url(url)
        return self._names.get(name, name)

    def _reach(self, start: str) -> dict[str, tuple[Move, ...]]:
        """Every Jira that imports lead to from here, with the fewest moves to it."""
        reached: dict[str, tuple[Move, ...]] = {start: ()}
        waiting: Sequence[str] = [start]
        while waiting:
            found = []
            for name in waiting:
                for there, rows in self._moves.get(name, {}).items():
                    if there not in reached:
                        reached[there] = (*reached[name], tuple(rows))
                        found.append(there)
            waiting = found
        return reached


def plain_url(url: str) -> str:
    """An address as it is compared: host names have no case, and a slash at the end says nothing."""
    return url.strip().rstrip("/").lower()
