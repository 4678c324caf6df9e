"""What happens to a record that is already there and differs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

ConflictPolicy: TypeAlias = Literal["skip", "overwrite", "newest", "merge"]
"""skip: what is here stays. overwrite: the archive's replaces it. newest: whichever was made later.
merge: what is here stays, and what is empty here is filled from the archive."""


def find_differences(here: Mapping[str, object], coming: Mapping[str, object]) -> dict[str, object]:
    """The columns in which the coming record differs, with its values."""
    return {column: value for column, value in coming.items() if here[column] != value}


def settle_conflict(
    policy: ConflictPolicy,
    here: Mapping[str, object],
    differences: Mapping[str, object],
    *,
    here_at: int,
    coming_at: int,
) -> dict[str, object]:
    """What to write over the record that is here; nothing when it stays as it is."""
    match policy:
        case "skip":
            return {}
        case "overwrite":
            return dict(differences)
        case "newest":
            return dict(differences) if coming_at > here_at else {}
        case "merge":
            return {column: value for column, value in differences.items() if here[column] in (None, "")}


def move_numbers(here: Mapping[str, int], wanted: Mapping[str, int]) -> dict[str, int]:
    """New numbers of captures that are here, so that every restored version has the number it had.

    Both map capture ids to numbers; `wanted` holds all that the macro's restored history has after this
    run, be it here already or not. A capture that was taken here in the meantime and holds a wanted
    number goes behind the last, in the order of the old numbers. Only changes are answered.
    """
    moved = {capture: wanted[capture] for capture, number in here.items() if wanted.get(capture, number) != number}
    taken = set(wanted.values())
    displaced = sorted(
        (number, capture) for capture, number in here.items() if capture not in wanted and number in taken
    )
    last = max([*taken, *here.values()], default=0)
    for place, (_, capture) in enumerate(displaced, start=1):
        moved[capture] = last + place
    return moved
