"""How requests are sent: limits, retries, redirects, and errors in sentences."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec
import urllib3
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.filepost import encode_multipart_formdata

from snapshots.atlassian.call import REDIRECTS, Answer, Call, Query, decode, next_hop, with_query
from snapshots.atlassian.connection import Connection, origin_of
from snapshots.atlassian.failures import (
    describe_flood,
    describe_move,
    describe_pause,
    describe_refusal,
    describe_silence,
    is_worth_repeating,
    read_words,
)
from snapshots.atlassian.limits import (
    MAX_RETRIES,
    REQUESTS_PER_SECOND,
    Governor,
    PatienceExceeded,
    back_off_seconds,
    parse_retry_after,
)
from snapshots.errors import ConfigurationError, SiteRefused, SnapshotsError

MAX_REDIRECTS = 5

MAX_ANSWER_BYTES = 512 << 20
"""The largest answer that is taken, unpacked: above every page, list and payload there is."""

MAX_UNPACKED_RATIO = 250
"""How many bytes one byte on the wire may become. JSON and bodies of pages stay under 50; deflate can reach 1,032."""

_READ_BYTES = 1 << 20
_SMALL_BYTES = 16 << 20
"""Up to here nobody asks how well an answer was packed."""

Parts = Sequence[urllib3.fields.RequestField]

_Decoded = TypeVar("_Decoded")

_NOT_CARRIED_OUT = frozenset({429, 503})
"""Answers of a site that did not even begin."""

_GATEWAY_TROUBLE = frozenset({500, 502, 504})
"""Answers that leave open whether the site did what was asked."""


class Transport:
    """Sends requests to one site, from as many threads as like to.

    At most `threads` requests are under way and about 100 a second are begun, whoever sends them. A pause
    that the site asks for holds for all threads; one beyond `patience_seconds` becomes a `SiteUnavailable`
    that says when to try again. `read_timeout_seconds` is the longest silence, `answer_timeout_seconds` the longest
    that a whole answer may take to arrive, `max_retries` how often a request is sent again. `clock` (monotonic) and
    `now` (of day) are in seconds; all four callables are there to be replaced in tests.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        threads: int = 8,
        patience_seconds: float = 120.0,
        connect_timeout_seconds: float = 10.0,
        read_timeout_seconds: float = 60.0,
        answer_timeout_seconds: float = 180.0,
        max_retries: int = MAX_RETRIES,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.connection = connection
        self.threads = threads
        self._governor = Governor(
            requests_per_second=REQUESTS_PER_SECOND, patience_seconds=patience_seconds, clock=clock, sleep=sleep
        )
        self._answer_timeout_seconds = answer_timeout_seconds
        self._max_retries = max_retries
        self._clock = clock
        self._now = now
        self._sleep = sleep
        self._jitter = jitter
        self._slots = threading.BoundedSemaphore(threads)
        self._count_lock = threading.Lock()
        self._requests_sent = 0
        self._origins = connection.origins
        self._pools = urllib3.PoolManager(
            maxsize=threads,
            retries=False,
            timeout=urllib3.Timeout(connect=connect_timeout_seconds, read=read_timeout_seconds),
            headers={"User-Agent": "snapshots", "Accept-Encoding": "gzip"},
        )

    @property
    def requests_sent(self) -> int:
        """Requests sent so far, retries included."""
        return self._requests_sent

    def close(self) -> None:
        """Close all connections."""
        self._pools.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        doing: str,
        query: Query | None = None,
        json: Any = None,
        parts: Parts | None = None,
        idempotent: bool | None = None,
    ) -> Answer:
        """Send a request to the site and answer what it said.

        `doing` is what messages call it (`reading page 17`). The body is `json` or multipart `parts`. An
        `idempotent` request (by default every GET) is sent again when the connection drops or times out; any
        is sent again after 429 and 503, which mean that it was not carried out.

        Raises `SiteUnavailable` after the last retry, `AuthenticationFailed`, `PermissionDenied`,
        `NotFound`, `StaleVersion`, `PayloadTooLarge`, and `SiteRefused` for any other no.
        """
        headers = {"Accept": "application/json"}
        body = None
        if json is not None:
            body = msgspec.json.encode(json)
            headers["Content-Type"] = "application/json"
        elif parts is not None:
            body, headers["Content-Type"] = encode_multipart_formdata(parts)
            # Confluence takes an upload without this header for a forged form.
            headers["X-Atlassian-Token"] = "no-check"
        repeatable = method == "GET" if idempotent is None else idempotent
        return self._send(Call(method, with_query(url, query), doing, headers, body, repeatable))

    def get(self, url: str, shape: type[_Decoded], *, doing: str, query: Query | None = None) -> _Decoded:
        """GET, decoded straight into `shape`."""
        return decode(self.request("GET", url, doing=doing, query=query).body, shape, url=url, doing=doing)

    def ask(self, url: str, shape: type[_Decoded], *, doing: str, json: Any, query: Query | None = None) -> _Decoded:
        """POST a question, which changes nothing on the site; the answer is decoded straight into `shape`."""
        answer = self.request("POST", url, doing=doing, query=query, json=json, idempotent=True)
        return decode(answer.body, shape, url=url, doing=doing)

    def submit(self, url: str, form: str, *, doing: str, wanted: Collection[int]) -> Answer:
        """POST an encoded form without the site's credentials, once; answers of a `wanted` status are no errors."""
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        call = Call("POST", url, doing, headers, form.encode(), repeatable=False, wanted=frozenset(wanted))
        return self._send(call, authorized=False)

    def download(self, url: str, *, doing: str, query: Query | None = None, enough_bytes: int | None = None) -> bytes:
        """The bytes behind a link that the site gives out by redirect; with `enough_bytes` it may end after as many.

        The site's credentials go to the site alone: once a redirect leads elsewhere they are left off for
        good. Raises `SiteRefused` for a loop, a chain of more than five, and an address that is not http,
        or not https where the one before was.
        """
        url = with_query(url, query)
        seen = {url}
        authorized = True
        # A server that knows no ranges begins to send everything, and is not listened to for longer than needed.
        part = {"Range": f"bytes=0-{enough_bytes - 1}", "Accept-Encoding": "identity"} if enough_bytes else {}
        while True:
            call = Call("GET", url, doing, part, None, repeatable=True, wanted=REDIRECTS, enough_bytes=enough_bytes)
            authorized = authorized and origin_of(url) in self._origins
            answer = self._send(call, authorized=authorized)
            if answer.status not in REDIRECTS:
                return answer.body
            url = next_hop(call, answer)
            if url in seen or len(seen) > MAX_REDIRECTS:
                raise SiteRefused(
                    f"{call.site} led us round in circles for {doing}; try again, or tell its administrator.",
                    status=answer.status,
                )
            seen.add(url)

    def _send(self, call: Call, *, authorized: bool = True) -> Answer:
        """Send until there is an answer worth giving, or a reason to give up."""
        tries = 0
        while True:
            tries += 1
            try:
                answer = self._exchange(call, authorized=authorized)
            except HTTPError as error:
                if tries > self._max_retries or not is_worth_repeating(error, call.repeatable):
                    raise describe_silence(error, call.repeatable, site=call.site, doing=call.doing) from error
                self._sleep(back_off_seconds(tries, self._jitter))
                continue
            if answer.status < 300 or answer.status in call.wanted:
                return answer
            if tries > self._max_retries or not self._wait_after(call, answer, tries):
                raise self._refusal(call, answer)

    def _exchange(self, call: Call, *, authorized: bool) -> Answer:
        """Wait for our turn, send once, read all of the answer."""
        headers = {**self._pools.headers, **call.headers}
        if authorized:
            if origin_of(call.url) not in self._origins:
                raise ConfigurationError(f"{call.site} is not the site that this account belongs to; nothing was sent.")
            headers["Authorization"] = self.connection.authorization()
        with self._slots:
            try:
                self._governor.wait_turn()
            except PatienceExceeded as exceeded:
                moment = datetime.fromtimestamp(self._now() + exceeded.seconds, UTC)
                raise describe_pause(moment, exceeded.seconds, site=call.site, doing=call.doing) from None
            with self._count_lock:
                self._requests_sent += 1
            response = self._pools.request(
                call.method,
                call.url,
                body=call.body,
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
            )
            return Answer(response.status, response.headers, self._read_body(call, response))

    def _read_body(self, call: Call, response: urllib3.BaseHTTPResponse) -> bytes:
        """All of the body. A server that sends a byte now and then would never meet the time-out of one read.

        It is unpacked a mebibyte at a time, so that a few packed bytes cannot fill the memory.
        """
        ends_at = self._clock() + self._answer_timeout_seconds
        parts: list[bytes] = []
        size_bytes = 0
        try:
            while part := response.read1(_READ_BYTES, decode_content=True):
                parts.append(part)
                size_bytes += len(part)
                if size_bytes > _largest_bytes(response.tell()):
                    raise describe_flood(response.status, size_bytes, site=call.site, doing=call.doing)
                if call.enough_bytes is not None and size_bytes >= call.enough_bytes:
                    response.close()
                    return b"".join(parts)
                if self._clock() > ends_at:
                    raise ProtocolError("the answer did not end in time")
        except BaseException:
            response.close()
            raise
        response.release_conn()
        return b"".join(parts)

    def _wait_after(self, call: Call, answer: Answer, tries: int) -> bool:
        """Wait as the site asks before another try; `False` when there should be none."""
        told = parse_retry_after(answer.headers.get("Retry-After"), self._now())
        if answer.status in _NOT_CARRIED_OUT:
            self._governor.pause(back_off_seconds(tries, self._jitter) if told is None else told)
            return True
        if answer.status in _GATEWAY_TROUBLE and call.repeatable:
            self._sleep(back_off_seconds(tries, self._jitter))
            return True
        return False

    def _refusal(self, call: Call, answer: Answer) -> SnapshotsError:
        if answer.status in REDIRECTS:
            return describe_move(answer.status, answer.headers.get("Location"), site=call.site, doing=call.doing)
        words = read_words(answer.body, self.connection.secrets)
        return describe_refusal(answer.status, words, site=call.site, doing=call.doing, account=self.connection.account)


def _largest_bytes(received_bytes: int) -> int:
    """How large an answer may be of which so much came over the wire."""
    return min(MAX_ANSWER_BYTES, max(_SMALL_BYTES, received_bytes * MAX_UNPACKED_RATIO))
