"""Rate limits that hold by counting, as Atlassian's three systems do; off unless a test or a start option sets them.

    {"points_per_hour": 65000, "quota": "global", "per_second": {"GET": 100, "POST": 100}, "per_issue": true}

`points_per_hour`: the quota of one app, spent by the rules of `points`, whole again at the top of the UTC hour.
`per_second`: requests a second for each operation, by method. `per_issue`: 20 writes to one issue within 2 seconds
and 100 within 30. What is over a limit is answered with 429; a random or a single 429 is a matter of the weather.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from typing import Final, Literal

import msgspec

from atlassian_emulator.call import ProductError
from atlassian_emulator.moments import iso_utc
from atlassian_emulator.points import reads
from atlassian_emulator.refusals import product_of, refusal_for

Family = Literal["burst", "quota-global", "quota-tenant", "per-issue"]

PER_SECOND: Final = {"GET": 100, "POST": 100, "PUT": 50, "DELETE": 50}
"""Atlassian's own burst limits, which most operations have."""

HOUR: Final = 3_600_000_000
_SECOND: Final = 1_000_000
_PER_ISSUE: Final = ((20, 2 * _SECOND), (100, 30 * _SECOND))
_HOURLY_POINTS: Final = 65_000


class LimitSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """The limits in force; see the module for the words. As it is made here, nothing is limited."""

    points_per_hour: int | None = None
    quota: Literal["global", "tenant"] = "global"
    per_second: dict[str, int] = msgspec.field(default_factory=dict)
    per_issue: bool = False

    def __post_init__(self) -> None:
        numbers = [*self.per_second.values(), 1 if self.points_per_hour is None else self.points_per_hour]
        if min(numbers) < 1:
            raise ValueError("a limit is at least 1")


class Limits:
    """Counts what is asked of one site. Moments are µs UTC, by the clock of the site."""

    def __init__(self, settings: LimitSettings | None = None) -> None:
        self._lock = threading.Lock()
        self.set(settings or LimitSettings())

    def set(self, settings: LimitSettings) -> None:
        """Put limits in force, with nothing spent of them yet."""
        with self._lock:
            self.settings = settings
            self.points_spent = 0
            self._hour = 0
            self._asked: defaultdict[str, deque[int]] = defaultdict(deque)
            self._written: defaultdict[str, deque[int]] = defaultdict(deque)

    def admit(self, method: str, template: str, path: str, issue: str, now: int) -> None:
        """Count a request; one that is over a limit is refused with 429. `issue` is its key or id, if it names one."""
        settings = self.settings
        with self._lock:
            self._start_hour(now)
            if settings.points_per_hour is not None and self.points_spent >= settings.points_per_hour:
                family: Family = "quota-global" if settings.quota == "global" else "quota-tenant"
                raise rate_limit_refusal(family, path, now, limit=settings.points_per_hour)
            limit = settings.per_second.get(method)
            if limit is not None and not _let_in(self._asked[f"{method} {template}"], now, ((limit, _SECOND),)):
                raise rate_limit_refusal("burst", path, now, limit=limit)
            writes = settings.per_issue and issue and not reads(method, template)
            if writes and not _let_in(self._written[issue.upper()], now, _PER_ISSUE):
                raise rate_limit_refusal("per-issue", path, now)

    def spend(self, points: int, now: int) -> dict[str, str]:
        """Take points off the quota; return the headers that tell how much of it is left, none without a quota."""
        quota = self.settings.points_per_hour
        if quota is None:
            return {}
        with self._lock:
            self._start_hour(now)
            self.points_spent += points
            left = max(0, quota - self.points_spent)
        policy = f"{self.settings.quota}-app-quota"
        headers = {"X-RateLimit-Limit": str(quota), "X-RateLimit-Remaining": str(left)}
        if left < quota / 5:
            headers["X-RateLimit-NearLimit"] = "true"
        return headers | _quota_headers(policy, quota, left, now)

    def _start_hour(self, now: int) -> None:
        if now // HOUR != self._hour:
            self._hour, self.points_spent = now // HOUR, 0


def _let_in(moments: deque[int], now: int, windows: tuple[tuple[int, int], ...]) -> bool:
    """Note one more request, unless some window of time had as many as it takes."""
    while moments and now - moments[0] >= windows[-1][1]:
        moments.popleft()
    for most, length in windows:
        if sum(now - moment < length for moment in moments) >= most:
            return False
    moments.append(now)
    return True


def seconds_to_next_hour(now: int) -> int:
    """Return the whole seconds until quotas are new, at least 1."""
    return max(1, -(-(HOUR - now % HOUR) // _SECOND))


def rate_limit_refusal(
    family: Family, path: str, now: int, *, limit: int | None = None, wait_seconds: int | None = None, reason: str = ""
) -> ProductError:
    """Return the 429 of one of Atlassian's limits with its headers; waits and limits are Atlassian's unless given."""
    product = "jira" if product_of(path) == "jira" else "confluence"
    quota = family.startswith("quota")
    wait = wait_seconds
    if wait is None:
        wait = seconds_to_next_hour(now) if quota else 2 if family == "per-issue" else 1
    most = limit or {"burst": PER_SECOND["GET"], "per-issue": _PER_ISSUE[0][0]}.get(family, _HOURLY_POINTS)
    reasons = {"burst": "burst-based", "per-issue": "per-issue-on-write"}
    refusal = refusal_for(path, 429, "Rate limit exceeded.")
    refusal.headers.update(
        {
            "Retry-After": str(wait),
            "RateLimit-Reason": reason or f"{product}-{reasons.get(family, f'{family}-based')}",
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": iso_utc(now + wait * _SECOND),
        }
    )
    if quota:
        refusal.headers.update(_quota_headers(f"{family.removeprefix('quota-')}-app-quota", most, 0, now, wait))
    return refusal


def _quota_headers(policy: str, quota: int, left: int, now: int, wait_seconds: int | None = None) -> dict[str, str]:
    """The structured headers, each also under the prefix that Atlassian gives to what is only informational."""
    wait = seconds_to_next_hour(now) if wait_seconds is None else wait_seconds
    headers = {"RateLimit-Policy": f'"{policy}";q={quota};w=3600', "RateLimit": f'"{policy}";r={left};t={wait}'}
    return headers | {f"Beta-{name}": value for name, value in headers.items()}
