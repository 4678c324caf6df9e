"""The order of rows beneath one parent: by what a reader sees. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from snapshots.capture.levels import SortBy
from snapshots.capture.payload import Value

_DIGITS = re.compile(r"([0-9]{1,18})")


def order_siblings(
    issue_ids: Sequence[int], sort: Sequence[SortBy], shown: Callable[[int, SortBy], Value]
) -> list[int]:
    """Sort by the first of `sort`, ties by the next, last ties as they were; empty values come last."""
    ordered = list(issue_ids)
    for by in reversed(sort):
        keys = {issue_id: _sort_key(shown(issue_id, by)) for issue_id in ordered}
        filled = [issue_id for issue_id in ordered if keys[issue_id] is not None]
        empty = [issue_id for issue_id in ordered if keys[issue_id] is None]
        filled.sort(key=keys.__getitem__, reverse=by.descending)  # type: ignore[arg-type]
        ordered = filled + empty
    return ordered


def _sort_key(value: Value) -> tuple[int, object] | None:
    """Numbers before text; digits inside text count as numbers, so ACME-9 stands before ACME-10."""
    match value:
        case None | "" | []:
            return None
        case bool() | int() | float():
            return 0, value
        case _:
            parts = _DIGITS.split(_as_text(value).casefold())
            return 1, tuple(int(part) if place % 2 else part for place, part in enumerate(parts))


def _as_text(value: Value) -> str:
    match value:
        case {"name": str(name)}:
            return name
        case list():
            return ", ".join(map(_as_text, value))
        case dict():
            return ", ".join(f"{name} {_as_text(member)}" for name, member in sorted(value.items()))
    return str(value)
