"""How often one address may try to come in."""

from __future__ import annotations

import ipaddress
from typing import Any

from litestar import Request
from litestar.middleware.rate_limit import RateLimitConfig

TRIES_A_MINUTE = 30
SIGN_IN_LIMIT_STORE = "sign_in_limit"
_PREFIX_OF_A_HOME = 64


def caller_of(request: Request[Any, Any, Any]) -> str:
    """Who is counted: an address, or all of the network that one home or one server is given of IPv6."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, _PREFIX_OF_A_HOME), strict=False))
    return host


sign_in_limit = RateLimitConfig(
    rate_limit=("minute", TRIES_A_MINUTE), identifier_for_request=caller_of, store=SIGN_IN_LIMIT_STORE
).middleware
"""Each page of the sign-in is asked for a few times by a person, and often by a program that guesses."""
