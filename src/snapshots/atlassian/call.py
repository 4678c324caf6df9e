"""One request and its answer, and where its address leads. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from snapshots.atlassian.connection import origin_of
from snapshots.errors import ConfigurationError, SiteRefused

REDIRECTS = frozenset({301, 302, 303, 307, 308})

Query = Mapping[str, str | int | bool | Sequence[str] | None]

_Decoded = TypeVar("_Decoded")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it is sent, and sent again.

    `doing` is what messages call it (`reading page 17`). `repeatable`: doing it twice ends as doing it
    once. `wanted` are statuses from 300 on that the caller understands itself. With `enough_bytes` no more of the
    answer's body is read than that. The authorization is no part of it, so that it can be shown.
    """

    method: str
    url: str
    doing: str
    headers: Mapping[str, str]
    body: bytes | None
    repeatable: bool
    wanted: frozenset[int] = frozenset()
    enough_bytes: int | None = None

    @property
    def site(self) -> str:
        """The server for messages; never the query, which may carry a signature."""
        return site_of(self.url)


def site_of(url: str) -> str:
    """Scheme, host and port as they were written."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def with_query(url: str, query: Query | None) -> str:
    """The address with its query; lists are joined by commas as Confluence takes them, `None` is left out."""
    pairs = []
    for name, value in (query or {}).items():
        if isinstance(value, bool):
            pairs.append((name, str(value).lower()))
        elif isinstance(value, (str, int)):
            pairs.append((name, str(value)))
        elif value is not None:
            pairs.append((name, ",".join(value)))
    return f"{url}?{urlencode(pairs)}" if pairs else url


def next_hop(call: Call, answer: Answer) -> str:
    """Where a redirect leads. `SiteRefused` when that is no http address, or http after https."""
    location = answer.headers.get("Location") or ""
    allowed = ("https:",) if call.url.startswith("https:") else ("http:", "https:")
    try:
        target = urljoin(call.url, location)
        origin = origin_of(target)
    except (ConfigurationError, ValueError):
        origin = ""
    if not location or not origin.startswith(allowed):
        raise SiteRefused(
            f"{call.site} led us to an address that must not be followed for {call.doing}; "
            "tell the administrator of the site.",
            status=answer.status,
        )
    return target


def decode(body: bytes, shape: type[_Decoded], *, url: str, doing: str) -> _Decoded:
    """The JSON of an answer as `shape`. `SiteRefused` when it is not: no Atlassian site, or a login page.

    Numbers in quotes count as numbers: Jira writes the ids of issues so.
    """
    try:
        return msgspec.json.decode(body, type=shape, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SiteRefused(
            f"{site_of(url)} answered {doing} with something that Atlassian's REST API does not say ({error}); "
            "check the address of the site, and whether a proxy or a login page stands in between.",
            status=200,
        ) from error
