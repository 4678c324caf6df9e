"""Tokens that continue a search: opaque, bound to the query they came from, and good for seven days."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

from atlassian_emulator.call import JiraError

LIFETIME_US: Final = 7 * 24 * 3600 * 1_000_000
_REFUSED: Final = "The provided next page token is invalid or has expired. Start the search again without a token."


def make_token(secret: str, query: str, offset: int, now: int) -> str:
    """A token for the page that begins at `offset` of the answer to `query`."""
    stated = f"{offset}.{now}"
    return base64.urlsafe_b64encode(f"{stated}.{_seal(secret, query, stated)}".encode()).decode()


def read_token(secret: str, query: str, token: str, now: int) -> int:
    """The offset in a token; refused with 400 when it is too old, of another query, or no token."""
    try:
        offset, made_at, seal = base64.urlsafe_b64decode(token.encode()).decode().split(".")
        genuine = hmac.compare_digest(seal, _seal(secret, query, f"{offset}.{made_at}"))
    except ValueError:
        genuine = False
    if not genuine or now - int(made_at) > LIFETIME_US:
        raise JiraError(400, _REFUSED)
    return int(offset)


def _seal(secret: str, query: str, stated: str) -> str:
    return hmac.new(secret.encode(), f"{stated}\n{query}".encode(), hashlib.sha256).hexdigest()[:32]
