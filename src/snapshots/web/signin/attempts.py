"""Sign-ins that are under way: what must be kept while a person is at Atlassian.

It is kept in their own browser, in a cookie that only this process can open. So nobody can fill our memory by
beginning sign-ins, and an answer is taken from the browser alone in which it was asked for.
"""

from __future__ import annotations

import base64
import binascii
import os
import time
from collections.abc import Callable

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ATTEMPT_SECONDS = 10 * 60
_NONCE_BYTES = 12
_LONGEST_PATH = 500


class Attempt(msgspec.Struct, frozen=True):
    """One sign-in under way. `state` and `verifier` are secrets; `next_path` is where the person wanted to go."""

    state: str
    verifier: str
    next_path: str
    ends_at: float


class Attempts:
    """Seals attempts into cookies and opens them again, until they end. `clock` is in seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        # Not kept: after a restart people begin again, which costs them one click.
        self._box = AESGCM(AESGCM.generate_key(256))

    def seal(self, state: str, verifier: str, next_path: str) -> str:
        """The value of the cookie. A path too long for one is forgotten."""
        kept_path = next_path if len(next_path) <= _LONGEST_PATH else "/"
        attempt = Attempt(state, verifier, kept_path, self._clock() + ATTEMPT_SECONDS)
        nonce = os.urandom(_NONCE_BYTES)
        return base64.urlsafe_b64encode(nonce + self._box.encrypt(nonce, msgspec.json.encode(attempt), None)).decode()

    def open(self, cookie: str | None) -> Attempt | None:
        """The attempt in a cookie of ours; None when there is none, it was changed, or it is over."""
        try:
            sealed = base64.urlsafe_b64decode((cookie or "").encode("ascii"))
            attempt = msgspec.json.decode(
                self._box.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None), type=Attempt
            )
        except (ValueError, binascii.Error, InvalidTag, msgspec.DecodeError):
            return None
        return attempt if attempt.ends_at > self._clock() else None
