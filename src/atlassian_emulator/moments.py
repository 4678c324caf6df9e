"""Moments: µs since 1970 in UTC inside, ISO 8601 outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], int]


def system_clock() -> int:
    """Return now in µs UTC."""
    return time.time_ns() // 1000


def iso_utc(moment: int) -> str:
    """Confluence's form: 2026-11-23T18:51:04.123Z."""
    text = datetime.fromtimestamp(moment / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment // 1000 % 1000:03d}Z"


def iso_offset(moment: int) -> str:
    """Jira's form: 2026-11-23T18:51:04.123+0000."""
    return iso_utc(moment)[:-1] + "+0000"


def parse_iso(text: str) -> int:
    """Read either form, or a bare date; ValueError when it is neither."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1_000_000)
