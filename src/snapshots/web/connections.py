"""Connections that send too slowly are ended. uvicorn waits for ever for the head of a request, and for its body."""

from __future__ import annotations

import asyncio
import logging

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

logger = logging.getLogger("snapshots.web")

MAX_CONNECTIONS = 500
"""Beyond these a request is answered 503: each open one costs a file descriptor, of which there are often 1,024."""


class PatientProtocol(H11Protocol):
    """uvicorn's HTTP, which looks now and then whether what it waits for is coming.

    Whoever begins a request must end its head, and go on sending its body, within two looks. A body may be as slow as
    `fewest_bytes` a look, which is far below any network people upload by. While we ourselves are slow to read, nobody
    is blamed.
    """

    look_seconds = 15.0
    fewest_bytes = 4096

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._received_bytes = 0
        self._slow_looks = 0
        self._watch = self.loop.call_later(self.look_seconds, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received_bytes += len(data)
        super().data_received(data)

    def _look(self) -> None:
        slow = self._waits_for_head() or (self._waits_for_body() and self._received_bytes < self.fewest_bytes)
        self._slow_looks = self._slow_looks + 1 if slow else 0
        self._received_bytes = 0
        if self._slow_looks >= 2:
            logger.info("A connection from %s was ended: it sent too slowly.", self.client[0] if self.client else "?")
            self.transport.abort()
        elif not self.transport.is_closing():
            self._watch = self.loop.call_later(self.look_seconds, self._look)

    def _waits_for_head(self) -> bool:
        # Between two requests uvicorn's own, shorter time-out runs.
        return self.conn.their_state is h11.IDLE and self.timeout_keep_alive_task is None

    def _waits_for_body(self) -> bool:
        return self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused
