"""Bad days of a site, on request: limits, outages, lost connections, slowness.

A disturbance is set by a JSON object, at start or through /_emulator/weather:

    {"kind": "rate-limit", "count": 3, "path": "/rest/api/3/*", "retry_after_seconds": 1}

Kinds: rate-limit (429 of a `family`), unavailable (503, or another 5xx by `status`), drop (the connection ends before
the request is carried out), lose (it is carried out, the answer is lost), cut (half of the answer arrives), latency
(`seconds` before the answer), slow (the answer takes `seconds` to arrive), mix (each time one of all these).
`count` is how many requests it meets (without: all), after `skip` were let by; `path` a pattern with * ; `method` one
of GET, POST, …; `probability` which part of them, decided by `seed`.

What `seed` decides depends on nothing but method, path and how often they were asked before, so that a run with
several threads meets the same weather again.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from atlassian_emulator.call import ProductError
from atlassian_emulator.limits import Family, rate_limit_refusal
from atlassian_emulator.refusals import refusal_for

KINDS: Final = ("rate-limit", "unavailable", "drop", "lose", "cut", "latency", "slow", "mix")
_MIXED_FAMILIES: Final[tuple[Family, ...]] = ("burst", "per-issue", "quota-tenant")
_MIXED_STATUSES: Final = (500, 502, 503, 504)
_LONGEST_MIXED_SECONDS: Final = 0.25


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
    family: Family = "burst"
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
        self._active: list[tuple[Disturbance, Counter[str]]] = []
        self.add(disturbances)

    def add(self, disturbances: Iterable[Disturbance]) -> None:
        with self._lock:
            # Copied, because counts are run down in place.
            self._active += [(msgspec.structs.replace(d), Counter()) for d in disturbances]

    def clear(self) -> None:
        with self._lock:
            self._active.clear()

    def list_active(self) -> list[Disturbance]:
        with self._lock:
            return [msgspec.structs.replace(disturbance) for disturbance, _ in self._active]

    def meet(self, method: str, path: str) -> Disturbance | None:
        """Return what happens to this request, and count it; a mix is returned as what it is this time."""
        with self._lock:
            for position, (disturbance, asked) in enumerate(self._active):
                if disturbance.method not in ("*", method) or not fnmatchcase(path, disturbance.path):
                    continue
                if disturbance.skip > 0:
                    disturbance.skip -= 1
                    continue
                request = f"{method} {path}"
                asked[request] += 1
                dice = random.Random(f"{disturbance.seed} {request} {asked[request]}")
                if dice.random() >= disturbance.probability:
                    continue
                if disturbance.count is not None:
                    disturbance.count -= 1
                    if disturbance.count <= 0:
                        del self._active[position]
                return _one_of_all(disturbance, dice) if disturbance.kind == "mix" else disturbance
        return None


def _one_of_all(mix: Disturbance, dice: random.Random) -> Disturbance:
    """Return what a mix is this time. Its waits are short, unless the mix itself sets them."""
    kind = dice.choice(KINDS[:-1])
    wait = mix.retry_after_seconds
    return Disturbance(
        kind=kind,
        seconds=mix.seconds or round(dice.random() * _LONGEST_MIXED_SECONDS, 3),
        retry_after_seconds=1 if wait is None else wait,
        family=dice.choice(_MIXED_FAMILIES),
        status=dice.choice(_MIXED_STATUSES),
    )


def refusal_of(disturbance: Disturbance, path: str, now: int) -> ProductError:
    """Return the 429 or 5xx that a rate limit or an outage answers with, and its headers."""
    wait = disturbance.retry_after_seconds
    if disturbance.kind == "rate-limit":
        return rate_limit_refusal(disturbance.family, path, now, wait_seconds=wait, reason=disturbance.reason)
    refusal = refusal_for(path, disturbance.status)
    if wait is not None:
        refusal.headers["Retry-After"] = str(wait)
    return refusal
