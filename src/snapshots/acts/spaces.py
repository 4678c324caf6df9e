"""Finding spaces that have snapshots."""

from __future__ import annotations

from dataclasses import dataclass

from snapshots.app import App
from snapshots.registry import spaces
from snapshots.registry.spaces import SpaceRow


@dataclass(frozen=True, slots=True)
class SpaceSummary:
    """A space, and how much the registry holds of it."""

    key: str
    name: str
    pages: int
    snapshots: int


@dataclass(frozen=True, slots=True)
class FoundSpaces:
    """The best of those that fit, and how many fit."""

    spaces: list[SpaceSummary]
    fitting: int


@dataclass(frozen=True, slots=True)
class SiteContents:
    """How much the registry holds of a whole site."""

    spaces: int
    pages: int
    snapshots: int


def search_spaces(app: App, site: str, words: str, *, limit: int) -> FoundSpaces:
    """Spaces whose key or name holds every word, without regard to case; keys that begin with them first."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        fitting = _rank(spaces.list_spaces(conn, row.id), words)
        shown = fitting[:limit]
        # Only what is shown is counted: counting all of a large site takes longer than people type.
        counts = spaces.count_contents(conn, [space.id for space in shown])
    return FoundSpaces(
        [SpaceSummary(each.key, each.name, *counts.get(each.id, (0, 0))) for each in shown], len(fitting)
    )


def describe_spaces(app: App, site: str) -> SiteContents:
    """How much there is to back up."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        return SiteContents(*spaces.count_site(conn, row.id))


def _rank(there: list[SpaceRow], words: str) -> list[SpaceRow]:
    wanted = words.casefold().split()
    whole = " ".join(wanted)

    def fits(space: SpaceRow) -> bool:
        text = f"{space.key}\n{space.name}".casefold()
        return all(word in text for word in wanted)

    def place(space: SpaceRow) -> tuple[int, str]:
        key = space.key.casefold()
        return (0 if key == whole else 1 if key.startswith(whole) else 2, key)

    return sorted(filter(fits, there), key=place)
