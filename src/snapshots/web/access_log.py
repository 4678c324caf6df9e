"""Who asked for what, one JSON object a line, for those who must be able to say so later.

Queries are left out: they hold the tokens of links and the codes of sign-ins. So is all that was sent and answered.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import cast

import msgspec
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from snapshots.errors import ConfigurationError
from snapshots.web.api.door import Caller
from snapshots.web.security import Visitor

logger = logging.getLogger("snapshots.access")


def open_access_log(path: Path) -> None:
    """Have the lines written to `path`, also after logrotate moved it away. Raises `ConfigurationError`."""
    try:
        written = WatchedFileHandler(path, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"The access log {path} cannot be written ({error.strerror}): name another with --access-log."
        ) from None
    written.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(written)
    logger.setLevel(logging.INFO)
    logger.propagate = False


class AccessLog:
    """The application, with a line for each request it answered, also for those it refused."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Uvicorn writes plain text where Litestar's types have an enumeration; "lifespan" comes here too.
        if str(scope["type"]) != "http":
            await self._application(scope, receive, send)
            return
        line = _Line(cast(HTTPScope, scope))

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                line.status = message["status"]
            elif message["type"] == "http.response.body":
                line.size_bytes += len(message.get("body", b""))
                if not message.get("more_body"):
                    # Before it is sent: whoever has the answer finds the line.
                    line.write()
            await send(message)

        try:
            await self._application(scope, receive, noting)
        finally:
            line.write()


class _Line:
    """What becomes known of one request; written once."""

    def __init__(self, scope: HTTPScope) -> None:
        self.status = 0
        self.size_bytes = 0
        self._scope = scope
        self._began, self._began_at = time.monotonic(), datetime.now(UTC)
        self._written = False

    def write(self) -> None:
        if self._written:
            return
        self._written = True
        scope, client = self._scope, self._scope["client"]
        line = {
            "at": self._began_at.isoformat(timespec="milliseconds"),
            "address": client[0] if client else "",
            "who": _who(scope),
            "method": scope["method"],
            "path": scope["path"],
            "status": self.status,
            "bytes": self.size_bytes,
            "milliseconds": round((time.monotonic() - self._began) * 1000),
        }
        logger.info(msgspec.json.encode(line).decode())


def _who(scope: HTTPScope) -> str:
    """The account of a visitor, or which key of the API was shown; empty for strangers."""
    user, caller = scope.get("user"), scope.get("state", {}).get("caller")
    if isinstance(caller, Caller):
        return caller.actor.id
    return user.account_id if isinstance(user, Visitor) else ""
