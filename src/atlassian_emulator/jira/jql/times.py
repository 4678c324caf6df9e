"""Moments in JQL: dates as written, distances such as `-4w 2d`, and startOfMonth() and its kin."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from atlassian_emulator.jira.jql.syntax import JqlValueError

_WRITTEN = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2}))?$")
_PERIOD = re.compile(r"([+-])?((?:\d+[yMwdhm]\s*)+)$")
_PERIOD_PART = re.compile(r"(\d+)([yMwdhm])")
_DISTANCE = re.compile(r"([+-])?(\d+)([yMwdhm])?$")
_SPANS: Final = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
_MONTHS: Final = {"y": 12, "M": 1}

BOUNDARIES: Final = {
    "startofday": ("d", False),
    "startofweek": ("w", False),
    "startofmonth": ("M", False),
    "startofyear": ("y", False),
    "endofday": ("d", True),
    "endofweek": ("w", True),
    "endofmonth": ("M", True),
    "endofyear": ("y", True),
}
"""Function name in lower case → unit of its argument, and whether it is the end of that span."""


def moment_of(text: str, field_name: str, now: int) -> int:
    """µs UTC of a date, a moment or a distance from `now`; JqlValueError in Jira's words."""
    try:
        written = _WRITTEN.match(text)
        if written:
            year, month, day, hour, minute = (int(part or 0) for part in written.groups())
            return _from_datetime(datetime(year, month, day, hour, minute, tzinfo=UTC))
        period = _PERIOD.match(text)
        if period:
            return _from_datetime(_moved(_to_datetime(now), period[1] or "+", _PERIOD_PART.findall(period[2])))
    except (ValueError, OverflowError):
        pass
    raise JqlValueError(
        f"Date value '{text}' for field '{field_name}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )


def boundary(function: str, distance: str | None, now: int) -> int:
    """What startOfDay("-1") and the like answer; the week begins on Sunday, as in Jira's own default."""
    unit, at_end = BOUNDARIES[function.lower()]
    moment = _to_datetime(now)
    if distance is not None:
        found = _DISTANCE.match(distance.strip())
        if found is None:
            raise JqlValueError(
                f"Duration for function '{function}' should have the format (+/-)n(yMwdhm), "
                "e.g -1M for 1 month earlier."
            )
        try:
            moment = _moved(moment, found[1] or "+", [(found[2], found[3] or unit)])
        except (ValueError, OverflowError) as error:
            raise JqlValueError(f"Duration for function '{function}' is out of range.") from error
    start = _start_of(moment, unit)
    if not at_end:
        return _from_datetime(start)
    # The last instant of a span is the one before the next begins.
    return _from_datetime(_moved(start, "+", [("1", unit)])) - 1000


def day_of(moment: int) -> str:
    """The date in UTC, as a due date is kept."""
    return _to_datetime(moment).date().isoformat()


def _start_of(moment: datetime, unit: str) -> datetime:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "w":
        return day - timedelta(days=(day.weekday() + 1) % 7)
    if unit == "M":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if unit == "y" else day


def _moved(moment: datetime, sign: str, parts: list[tuple[str, str]]) -> datetime:
    factor = -1 if sign == "-" else 1
    for amount, unit in parts:
        if unit in _MONTHS:
            moment = _add_months(moment, factor * int(amount) * _MONTHS[unit])
        else:
            moment += factor * int(amount) * _SPANS[unit]
    return moment


def _add_months(moment: datetime, months: int) -> datetime:
    month = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(month, 12)
    following = datetime(year + (month == 11), (month + 1) % 12 + 1, 1, tzinfo=UTC)
    last_day = (following - timedelta(days=1)).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))


def _to_datetime(moment: int) -> datetime:
    return datetime.fromtimestamp(moment / 1_000_000, UTC)


def _from_datetime(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
