"""What was asked of the site, for tests to read and count."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

_ENTRIES_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. `route` is "GET /wiki/api/v2/pages/{id}", or empty when no route was reached.

    `weather` names the disturbance that changed the answer; `status` is 0 when the connection was dropped. `points`
    is what the request cost of an app's hourly quota, by Atlassian's own count.
    """

    number: int
    asked_at: int
    method: str
    path: str
    query: str
    user: str
    route: str
    status: int
    request_bytes: int
    response_bytes: int
    duration_us: int
    weather: str = ""
    points: int = 0


class RequestLog:
    """The last 100,000 requests, and counts of all since the log was cleared."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_ENTRIES_KEPT)
        self._total = 0
        self._points = 0
        self._by_route: Counter[str] = Counter()
        self._by_status: Counter[int] = Counter()

    def clear(self) -> None:
        with self._lock:
            self._clear()

    def add(self, **facts: Any) -> None:
        """Note one request; `number` is counted here."""
        with self._lock:
            self._total += 1
            entry = Entry(number=self._total, **facts)
            self._entries.append(entry)
            self._by_route[entry.route or f"{entry.method} {entry.path}"] += 1
            self._by_status[entry.status] += 1
            self._points += entry.points

    def list_entries(self) -> list[Entry]:
        with self._lock:
            return list(self._entries)

    def summary(self, *, with_requests: bool = True) -> dict[str, Any]:
        """Return the JSON that /_emulator/requests answers."""
        with self._lock:
            summary: dict[str, Any] = {
                "total": self._total,
                "points": self._points,
                "by_route": dict(sorted(self._by_route.items())),
                "by_status": {str(status): count for status, count in sorted(self._by_status.items())},
            }
            if with_requests:
                summary["requests"] = [asdict(entry) for entry in self._entries]
        return summary
