"""Bad days of a site, on request: limits, outages, lost connections, slowness.

A disturbance is set by a JSON object, at start or through /_emulator/weather:

    {"kind": "rate-limit", "count": 3, "path": "/rest/api/3/*", "retry_after_seconds": 1}

Kinds: rate-limit (429), unavailable (503), drop (the connection ends before the request is carried out), lose (it
is carried out, the answer is lost), cut (half of the answer arrives), latency (`seconds` before the answer), slow
(the answer takes `seconds` to arrive). `count` is how many requests it meets (without: all), after `skip` were
let by; `path` a pattern with * ; `method` one of GET, POST, …; `probability` with `seed` makes a mix that repeats.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from fnmatch import fnmatchcase

import msgspec

from atlassian_emulator.call import ProductError
from atlassian_emulator.moments import iso_utc
from atlassian_emulator.refusals import product_of, refusal_for

KINDS = ("rate-limit", "unavailable", "drop", "lose", "cut", "latency", "slow")


class Disturbance(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One kind of bad weather and whom it meets; see the module for the words."""

    kind: str
    count: int | None = None
    skip: int = 0
    path: str = "*"
    method: str = "*"
    probability: float = 1.0
    seed: int = 0
    seconds: float = 0.0
    retry_after_seconds: int | None = None
    reason: str = ""
    status: int = 503

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no weather of kind {self.kind!r}; choose one of {', '.join(KINDS)}")
        if not 500 <= self.status <= 599:
            raise ValueError(f"an outage answers with a status from 500 to 599, not {self.status}")
        if self.seconds < 0 or self.seconds > 600:
            raise ValueError("seconds must be between 0 and 600")


class Weather:
    """The disturbances in force. The first that fits a request meets it; the others wait."""

    def __init__(self, disturbances: Iterable[Disturbance] = ()) -> None:
        self._lock = threading.Lock()
        self._active: list[tuple[Disturbance, random.Random]] = []
        self.add(disturbances)

    def add(self, disturbances: Iterable[Disturbance]) -> None:
        with self._lock:
            # Copied, because counts are run down in place.
            self._active += [(msgspec.structs.replace(d), random.Random(d.seed)) for d in disturbances]

    def clear(self) -> None:
        with self._lock:
            self._active.clear()

    def list_active(self) -> list[Disturbance]:
        with self._lock:
            return [msgspec.structs.replace(disturbance) for disturbance, _ in self._active]

    def meet(self, method: str, path: str) -> Disturbance | None:
        """Return what happens to this request, and count it."""
        with self._lock:
            for position, (disturbance, dice) in enumerate(self._active):
                if disturbance.method not in ("*", method) or not fnmatchcase(path, disturbance.path):
                    continue
                if disturbance.skip > 0:
                    disturbance.skip -= 1
                    continue
                if dice.random() >= disturbance.probability:
                    continue
                if disturbance.count is not None:
                    disturbance.count -= 1
                    if disturbance.count <= 0:
                        del self._active[position]
                return disturbance
        return None


def refusal_of(disturbance: Disturbance, path: str, now: int) -> ProductError:
    """Return the 429 or 5xx that a rate limit or an outage answers with, and its headers."""
    if disturbance.kind == "unavailable":
        refusal = refusal_for(path, disturbance.status)
        if disturbance.retry_after_seconds is not None:
            refusal.headers["Retry-After"] = str(disturbance.retry_after_seconds)
        return refusal
    refusal = refusal_for(path, 429, "Rate limit exceeded.")
    wait_seconds = 1 if disturbance.retry_after_seconds is None else disturbance.retry_after_seconds
    product = "jira" if product_of(path) == "jira" else "confluence"
    refusal.headers.update(
        {
            "Retry-After": str(wait_seconds),
            "RateLimit-Reason": disturbance.reason or f"{product}-burst-based",
            "X-RateLimit-Limit": "100",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": iso_utc(now + wait_seconds * 1_000_000),
        }
    )
    return refusal
