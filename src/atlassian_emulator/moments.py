"""Moments: µs since 1970 in UTC inside, ISO 8601 outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], int]
# Without a zone, because a page of issues shows hundreds of moments and "+00:00" would be cut off each of them.
_EPOCH = datetime(1970, 1, 1)


def system_clock() -> int:
    """Return now in µs UTC."""
    return time.time_ns() // 1000


def iso_utc(moment: int) -> str:
    """Confluence's form: 2026-11-23T18:51:04.123Z."""
    return (_EPOCH + timedelta(microseconds=moment)).isoformat(timespec="milliseconds") + "Z"


def iso_offset(moment: int) -> str:
    """Jira's form: 2026-11-23T18:51:04.123+0000."""
    return iso_utc(moment)[:-1] + "+0000"


def parse_iso(text: str) -> int:
    """Read either form, or a bare date; ValueError when it is neither."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1_000_000)
