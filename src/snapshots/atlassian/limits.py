"""When the next request may go: one governor for all threads that talk to a site.

Atlassian's recipe: honour `Retry-After`; where it is missing wait 2, 4, 8, 16 s, each times 0.7 to 1.3;
no more than four tries after the first; stay under about 100 requests a second.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from email.utils import parsedate_to_datetime

MAX_RETRIES = 4
REQUESTS_PER_SECOND = 100

_FIRST_WAIT_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 366 * 24 * 3600.0
"""Longer than anybody waits, and short enough that adding it to a date never overflows."""


class PatienceExceeded(Exception):
    """The site wants a longer pause than anybody should sit through."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


class Governor:
    """Paces the requests of all threads, and makes all of them wait when one is told to.

    A site counts the requests of the account, not of the thread: whoever went on while another was told
    to wait would only prolong the pause. `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        *,
        requests_per_second: float,
        patience_seconds: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._interval_seconds = 1 / requests_per_second
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next_turn_at = 0.0
        self._paused_until = 0.0

    def pause(self, seconds: float) -> None:
        """Let nobody go before this time is over. A pause is never shortened."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def wait_turn(self) -> None:
        """Sleep until the caller may send one request.

        Raises `PatienceExceeded` at once, in every thread, while the pause has longer to go than the patience.
        """
        while (wait_seconds := self._take_turn()) > 0:
            self._sleep(wait_seconds)

    def _take_turn(self) -> float:
        """Take the turn and answer 0, or answer how long to sleep before asking again."""
        with self._lock:
            now = self._clock()
            if (pause_seconds := self._paused_until - now) > self._patience_seconds:
                raise PatienceExceeded(pause_seconds)
            if (wait_seconds := max(pause_seconds, self._next_turn_at - now)) > 0:
                return wait_seconds
            self._next_turn_at = now + self._interval_seconds
            return 0.0


def back_off_seconds(retry: int, random: Callable[[], float]) -> float:
    """How long to wait before the `retry`-th retry (from 1) of a site that did not say; `random` is in [0, 1)."""
    return float(_FIRST_WAIT_SECONDS * 2 ** (retry - 1) * (0.7 + 0.6 * random()))


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a `Retry-After` header asks for, given as seconds or as a date; `None` when it says nothing.

    `now` is the time of day, in seconds since 1970.
    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value), _LONGEST_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return min(max(0.0, moment.timestamp() - now), _LONGEST_WAIT_SECONDS)
