"""Numbers, sizes and moments as people read them; filters of the templates."""

from __future__ import annotations

import datetime

from markupsafe import Markup

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def number(value: int) -> str:
    """1234567 as 1,234,567."""
    return f"{value:,}"


def plural(count: int, noun: str, several: str = "") -> str:
    """`1 page`, `2,300 pages`."""
    return f"{count:,} {noun if count == 1 else several or noun + 's'}"


def full_stop(words: str) -> str:
    """The words with one full stop at their end, which others' sentences bring along and reasons do not."""
    return words.rstrip(". ") + "."


def size(length_bytes: int) -> str:
    """A length in the unit that leaves one to four digits."""
    value = float(length_bytes)
    for unit in _UNITS:
        if value < 1024 or unit == _UNITS[-1]:
            return f"{value:,.0f} {unit}" if unit == "bytes" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1024
    raise AssertionError


def plain_moment(microseconds: int) -> str:
    """A moment, µs UTC, as words, for a label."""
    return _utc(microseconds).strftime("%d %b %Y %H:%M UTC")


def moment(microseconds: int) -> Markup:
    """A moment, µs UTC, as an element that a script turns into the reader's own time zone."""
    at = _utc(microseconds)
    return Markup('<time datetime="{}">{}</time>').format(at.strftime("%Y-%m-%dT%H:%M:%SZ"), plain_moment(microseconds))


def _utc(microseconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(microseconds // 1_000_000, datetime.UTC)
