"""Links that sign one person in, once, within some minutes: for whoever started the server on their own machine."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from urllib.parse import urlencode

LINK_SECONDS = 15 * 60
_MOST_LINKS = 20
_PAUSE_SECONDS = 5.0


class OneTimeLinks:
    """The links not used yet. Only digests are held, and only in memory: a restarted server prints a new one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._expires_at: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def make_path(self, next_path: str = "/") -> str:
        """Path and query of a new link."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._forget_expired()
            while len(self._expires_at) >= _MOST_LINKS:
                del self._expires_at[next(iter(self._expires_at))]
            self._expires_at[_digest(token)] = self._clock() + LINK_SECONDS
        query = {"token": token} | ({"next": next_path} if next_path != "/" else {})
        return f"/sign-in/link?{urlencode(query)}"

    def redeem(self, token: str) -> bool:
        """Whether the link is good; it is not any more afterwards."""
        with self._lock:
            self._forget_expired()
            # A look-up by digest tells an attacker's clock nothing about the token.
            return self._expires_at.pop(_digest(token), None) is not None

    def _forget_expired(self) -> None:
        now = self._clock()
        for digest in [digest for digest, expires_at in self._expires_at.items() if expires_at <= now]:
            del self._expires_at[digest]


class Pause:
    """Lets one through every few seconds, so that a stranger cannot fill the terminal."""

    def __init__(self, seconds: float = _PAUSE_SECONDS) -> None:
        self._seconds = seconds
        self._last = float("-inf")
        self._lock = threading.Lock()

    def allows(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if now - self._last < self._seconds:
                return False
            self._last = now
            return True


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
