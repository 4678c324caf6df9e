"""Durations as Jira writes them: weeks of five days, days of eight hours."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {"w": 5 * 8 * 3600, "d": 8 * 3600, "h": 3600, "m": 60}
_PARTS: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([wdhm])")
_WHOLE: Final = re.compile(r"\s*(?:\d+(?:\.\d+)?\s*[wdhm]\s*)+")
LONGEST_SECONDS: Final = 10 * 365 * 24 * 3600


def parse_duration(text: str) -> int:
    """Seconds of "1w 2d 3h 4m"; a number alone is minutes, Jira's default unit. ValueError when it is no duration."""
    if re.fullmatch(r"\d{1,9}", text.strip()):
        return int(text) * 60
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    seconds = sum(float(amount) * _UNITS[unit] for amount, unit in _PARTS.findall(text))
    if seconds > LONGEST_SECONDS:
        raise ValueError(text)
    return int(seconds)


def spell_duration(seconds: int) -> str:
    """ "1w 2d 3h 4m"; parts that are nothing are left out."""
    parts = []
    for unit, length in _UNITS.items():
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0m"
