"""What a site's refusal means, and who must act. Pure.

Atlassian words a refusal in one of three shapes: Confluence's v2 `{"errors": [{"title", "detail"}]}`, its
v1 `{"message"}`, and Jira's `{"errorMessages": [], "errors": {"field": "words"}}`. Gateways answer with
a page of HTML, which says nothing to a person and is left out.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)

from snapshots.errors import (
    AuthenticationFailed,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    SiteRefused,
    SiteUnavailable,
    SnapshotsError,
    StaleVersion,
)

_LONGEST_WORDS = 400
_NO_CERTIFICATE = "its certificate is not trusted; check the address, and whether a proxy replaces certificates"


def read_words(body: bytes, secrets: Iterable[str] = ()) -> str:
    """What the site says in the body of a refusal, on one line and cut short; empty when it says nothing.

    `secrets` are blotted out: a proxy that echoes the request must not carry the token into a log.
    """
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    said = dict.fromkeys(" ".join(words.split()) for words in _iter_words(answer))
    text = "; ".join(words for words in said if words)
    for secret in filter(None, secrets):
        text = text.replace(secret, "[secret]")
    text = "".join(character if character.isprintable() else " " for character in text)
    return text if len(text) <= _LONGEST_WORDS else text[: _LONGEST_WORDS - 1] + "…"


def _iter_words(answer: Any) -> Iterator[str]:
    if not isinstance(answer, dict):
        return
    if isinstance(messages := answer.get("errorMessages"), list):
        yield from map(str, messages)
    match answer.get("errors"):
        case dict() as by_field:
            for field, message in by_field.items():
                yield f"{field}: {message}"
        case list() as errors:
            for error in errors:
                yield from _iter_error(error)
    if isinstance(message := answer.get("message"), str):
        yield message


def _iter_error(error: Any) -> Iterator[str]:
    match error:
        case str():
            yield error
        case {"title": str(title), "detail": str(detail)} if detail:
            yield f"{title}: {detail}" if title else detail
        case {"title": str(title)}:
            yield title


def describe_refusal(status: int, words: str, *, site: str, doing: str, account: str) -> SnapshotsError:
    """The error for a refusal. `doing` says what was asked, as `reading page 17`."""
    said = f": {words.rstrip('.')}." if words else "."
    match status:
        case 400 | 405 | 415 | 422:
            return SiteRefused(f"{site} refused {doing}{said} Correct what was asked for and try again.", status=status)
        case 401:
            return AuthenticationFailed(
                f"{site} did not accept the account {account} or its token for {doing}{said} "
                "Check both, and make a new API token if this one was revoked or has expired."
            )
        case 403:
            return PermissionDenied(
                f"{account} may not do this on {site}: {doing}{said} Ask an administrator there for the permission."
            )
        case 404 | 410:
            return NotFound(
                f"{site} found nothing for {doing}{said} It is gone, or {account} may not see it; check both."
            )
        case 409:
            return StaleVersion(
                f"{site} answered that something changed before {doing}{said} Read it again and repeat."
            )
        case 413:
            return PayloadTooLarge(
                f"{site} finds this too large: {doing}{said} Ask for fewer rows or columns, or have the limit raised."
            )
        case _ if status == 429 or status >= 500:
            return SiteUnavailable(f"{site} could not answer {doing} (HTTP {status}){said} Try again later.")
    return SiteRefused(
        f"{site} answered HTTP {status} to {doing}{said} Check its address, and whether a proxy stands in between.",
        status=status,
    )


def is_worth_repeating(error: HTTPError, repeatable: bool) -> bool:
    """Whether to send a request again that ended without an answer.

    One that never left us is always safe to send again; any other only when doing it twice is as good as
    once. A certificate or an address that is wrong will be wrong again.
    """
    if isinstance(error, (LocationValueError, NameResolutionError)) or _is_certificate_error(error):
        return False
    return repeatable or _never_left(error)


def describe_silence(error: HTTPError, repeatable: bool, *, site: str, doing: str) -> SiteUnavailable:
    """The error for a request without an answer."""
    if _is_certificate_error(error):
        reason = _NO_CERTIFICATE
    elif isinstance(error, (LocationValueError, NameResolutionError)):
        reason = "its name is not known; check the address"
    elif _never_left(error):
        reason = "no connection could be made; check the address and the network"
    elif repeatable:
        reason = "the connection dropped or timed out each time; try again later"
    else:
        reason = "the connection dropped or timed out, so it is open whether this was done; look before trying again"
    return SiteUnavailable(f"{site} did not answer {doing}: {reason}.")


def describe_pause(moment: datetime, seconds: float, *, site: str, doing: str) -> SiteUnavailable:
    """The error for a pause, ending at `moment`, that is too long to sit through."""
    length = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
    return SiteUnavailable(
        f"{site} allows no more requests for now, so {doing} was not done; "
        f"try again after {moment:%Y-%m-%d %H:%M:%S} UTC, in {length}."
    )


def describe_move(status: int, location: str | None, *, site: str, doing: str) -> SiteRefused:
    """The error for a redirect where none is followed: credentials are not carried to another address."""
    try:
        host = urlsplit(location or "").hostname
    except ValueError:
        host = None
    return SiteRefused(
        f"{site} answered {doing} with a redirect{f' to {host}' if host else ''}, which is not followed; "
        "set the site's address to where it is now.",
        status=status,
    )


def describe_flood(status: int, size_bytes: int, *, site: str, doing: str) -> SiteRefused:
    """The error for an answer that grows beyond reason while it is unpacked."""
    return SiteRefused(
        f"{site} answered {doing} with more than {size_bytes >> 20} MiB once unpacked, and reading was stopped; "
        "check the address of the site, and whether a proxy stands in between.",
        status=status,
    )


def _never_left(error: HTTPError) -> bool:
    return isinstance(error, (NewConnectionError, ConnectTimeoutError))


def _is_certificate_error(error: HTTPError) -> bool:
    return isinstance(error, SSLError) and any(isinstance(part, ssl.SSLCertVerificationError) for part in error.args)
