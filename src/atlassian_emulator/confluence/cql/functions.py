"""Functions of CQL: moments with their increments, and who asks."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from atlassian_emulator.moments import iso_utc, parse_iso

_INCREMENT = re.compile(r"([+-]?)(\d{1,6})([yMwdhm]?)\Z")
_US = 1_000_000


class CqlError(Exception):
    """The query cannot be parsed or asks for what is not known; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and when (µs)."""

    account_id: str
    asked_at: int


def call_function(asker: Asker, name: str, arguments: list[str]) -> list[str]:
    """Return the values that a function stands for; CqlError when there is no such function."""
    lowered = name.lower()
    if lowered in _MOMENTS:
        if len(arguments) > 1:
            raise CqlError(f"Function '{name}' takes at most one argument")
        start, unit = _MOMENTS[lowered]
        moment = datetime.fromtimestamp(asker.asked_at / _US, UTC)
        try:
            return [
                iso_utc(int(_shift(start(moment), arguments[0], unit, name).timestamp() * _US))
                if arguments
                else iso_utc(int(start(moment).timestamp() * _US))
            ]
        except (OverflowError, ValueError) as error:
            raise CqlError(f"Function '{name}' cannot go so far: '{arguments[0]}'") from error
    if lowered == "currentuser" and not arguments:
        return [asker.account_id]
    if lowered in _OF_NOBODY:
        # Nothing in REST marks a favourite or counts a view, so there are none.
        return []
    raise CqlError(f"No function exists with name '{name}'")


def _shift(moment: datetime, text: str, natural_unit: str, name: str) -> datetime:
    """Move a moment by an increment such as "-4w"; without a unit it counts in the function's own."""
    match = _INCREMENT.match(text.strip())
    if match is None:
        raise CqlError(f"Function '{name}' cannot read the increment '{text}': it is (+/-)nn(y|M|w|d|h|m)")
    count = int(match[2]) * (-1 if match[1] == "-" else 1)
    unit = match[3] or natural_unit
    if unit in "yM":
        months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "y" else 1)
        year, month = months // 12, months % 12 + 1
        return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
    return moment + timedelta(**{{"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}[unit]: count})


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _week(moment: datetime) -> datetime:
    # A week begins on Sunday.
    return _midnight(moment) - timedelta(days=(moment.weekday() + 1) % 7)


def _end(start: Callable[[datetime], datetime], unit: str) -> Callable[[datetime], datetime]:
    """Return the last millisecond of what starts at `start`."""
    return lambda moment: _shift(start(moment), "1", unit, "end") - timedelta(milliseconds=1)


def _month(moment: datetime) -> datetime:
    return _midnight(moment).replace(day=1)


def _year(moment: datetime) -> datetime:
    return _month(moment).replace(month=1)


_STARTS = {"day": (_midnight, "d"), "week": (_week, "w"), "month": (_month, "M"), "year": (_year, "y")}
_MOMENTS: dict[str, tuple[Callable[[datetime], datetime], str]] = {
    "now": (lambda moment: moment, "d"),
    **{f"startof{name}": (start, unit) for name, (start, unit) in _STARTS.items()},
    **{f"endof{name}": (_end(start, unit), unit) for name, (start, unit) in _STARTS.items()},
}
_OF_NOBODY = ("favouritespaces", "favoritespaces", "recentlyviewedcontent", "recentlyviewedspaces")


def read_moment(text: str) -> int:
    """Read a date, with or without a time, as µs; CqlError when it is none."""
    try:
        return parse_iso(text.replace("/", "-"))
    except (ValueError, OverflowError) as error:
        raise CqlError(f"Could not parse '{text}' as a date") from error
