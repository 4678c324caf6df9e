"""A real HTTP server that answers from a script, and a transport whose clock is turned by hand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from snapshots.atlassian.connection import Connection
from snapshots.atlassian.transport import Transport

TOKEN = "t0p-s3cret-token"


@dataclass(slots=True)
class Asked:
    """A request as the server got it."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Reply:
    """What the server does with one request. `drop` closes the connection, `cut` in the middle of the body.

    `drip_seconds` is how long it waits before each byte of the body.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    cut: bool = False
    delay_seconds: float = 0.0
    drip_seconds: float = 0.0


def reply(data: Any = None, status: int = 200, **headers: str) -> Reply:
    """A reply of JSON; `Retry_After` names the header Retry-After."""
    body = json.dumps({} if data is None else data).encode()
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class ScriptedServer:
    """Answers each request with the next reply of the script, or by the rule once the script is used up."""

    def __init__(self) -> None:
        self.script: list[Reply] = []
        self.rule: Callable[[Asked], Reply] = lambda asked: Reply(500, b'{"message": "nothing is scripted"}')
        self.asked: list[Asked] = []
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self) -> None:
                try:
                    super().handle()
                except (ConnectionError, TimeoutError):
                    self.close_connection = True

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self._send(server.next_reply(Asked(self.command, self.path, self.headers, body)))

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

            def _send(self, given: Reply) -> None:
                time.sleep(given.delay_seconds)
                self.close_connection = self.close_connection or given.drop or given.cut
                if given.drop:
                    return
                self.send_response(given.status)
                for name, value in given.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(given.body)))
                self.end_headers()
                sent = given.body[: len(given.body) // 2] if given.cut else given.body
                for byte in sent if given.drip_seconds else ():
                    time.sleep(given.drip_seconds)
                    self.wfile.write(bytes([byte]))
                if not given.drip_seconds:
                    self.wfile.write(sent)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def next_reply(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            return self.script.pop(0) if self.script else self.rule(asked)

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class Clock:
    """Time that passes only when somebody sleeps. Threads share it."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def read(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.seconds += seconds
            self.slept.append(seconds)

    @property
    def waits(self) -> list[float]:
        """The sleeps that were more than the pace of requests."""
        return [round(seconds, 6) for seconds in self.slept if seconds > 0.05]


@pytest.fixture
def site() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@pytest.fixture
def elsewhere() -> Iterator[ScriptedServer]:
    """Another server: the same machine, but another port, which is another origin."""
    server = ScriptedServer()
    yield server
    server.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def transport(site: ScriptedServer, clock: Clock) -> Iterator[Transport]:
    """A transport to the scripted site that never really sleeps; jitter is exactly 1."""
    connection = Connection(f"{site.url}/wiki", site.url, "robot@example.com", TOKEN)
    with Transport(
        connection,
        threads=4,
        read_timeout_seconds=1.5,
        clock=clock.read,
        now=lambda: 1_800_000_000.0,
        sleep=clock.sleep,
        jitter=lambda: 0.5,
    ) as opened:
        yield opened


@pytest.fixture
def answered() -> Callable[..., Reply]:
    return reply


@pytest.fixture
def token() -> str:
    return TOKEN
