"""A site behind a port of this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from atlassian_emulator import (
    conditions,
    confluence,
    control,
    data_center,
    directory,
    jira,
    jira_v2,
    markup_sources,
    oauth,
)
from atlassian_emulator.application import Application
from atlassian_emulator.limits import LimitSettings
from atlassian_emulator.moments import Clock, system_clock
from atlassian_emulator.moving import ledger, reports, routes
from atlassian_emulator.oauth import Authority, OAuthClient
from atlassian_emulator.requestlog import Entry
from atlassian_emulator.site import DEFAULT_TOKEN, Deployment, Site
from atlassian_emulator.weather import Disturbance

CLOUD_ROUTES = (*confluence.ROUTES, *jira.ROUTES, *jira_v2.ROUTES, *oauth.ROUTES)


def open_site(
    name: str,
    *,
    data_dir: Path | None = None,
    token: str = DEFAULT_TOKEN,
    clock: Clock = system_clock,
    deployment: Deployment = "cloud",
) -> Site:
    """Open a site with all its products: in memory, or in `data_dir`/site.db when a directory is given."""
    path = None
    if data_dir is not None:
        data_dir.mkdir(parents=True, exist_ok=True)
        path = data_dir / "site.db"
    schemas = (confluence.SCHEMA, jira.SCHEMA, directory.SCHEMA, markup_sources.SCHEMA, ledger.SCHEMA)
    return Site(name, schemas=schemas, path=path, token=token, clock=clock, deployment=deployment)


class EmulatorServer:
    """A site that listens; a context manager for tests, `serve()` for a process of its own.

        with EmulatorServer(site_name="acme") as server:
            client = MyClient(server.url, "admin@example.com", "emulator")

    `port` 0 takes a free one. OSError when the port is taken.
    """

    def __init__(
        self,
        site_name: str = "acme",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        data_dir: Path | None = None,
        token: str = DEFAULT_TOKEN,
        clock: Clock = system_clock,
        deployment: Deployment = "cloud",
        weather: Iterable[Disturbance] = (),
        limits: LimitSettings | None = None,
        index_delay_seconds: float = 0.0,
        oauth_clients: Iterable[OAuthClient] = (),
    ) -> None:
        self._listener = _listen(host, port)
        self.port: int = self._listener.getsockname()[1]
        try:
            self.site = open_site(site_name, data_dir=data_dir, token=token, clock=clock, deployment=deployment)
        except BaseException:
            self._listener.close()
            raise
        self.site.base_url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{self.port}"
        self.site.weather.add(weather)
        self.site.limits.set(limits or LimitSettings())
        self.site.index_delay_seconds = index_delay_seconds
        self.authority.register(oauth_clients)
        products = data_center.ROUTES if deployment == "data-center" else CLOUD_ROUTES
        reports_here = reports.DATA_CENTER_ROUTES if deployment == "data-center" else reports.ROUTES
        beside = (*reports_here, *routes.ROUTES, *control.ROUTES, *conditions.ROUTES)
        self.application = Application(self.site, (*products, *beside))
        self._server = _Server(host, self.port, self.application, _Handler, fd=self._listener.fileno())
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the site is, without a slash at the end; Confluence is below /wiki."""
        return self.site.base_url

    @property
    def authority(self) -> Authority:
        """Who signs people in for other programs; `authority.join(other.site)` lets its tokens reach another site."""
        return self.site.part(Authority)

    def requests(self) -> list[Entry]:
        """Return the requests of products so far; those of the control path are not counted."""
        return self.site.log.list_entries()

    def set_weather(self, *disturbances: Disturbance) -> None:
        """Replace the weather; without disturbances the sky clears."""
        self.site.weather.clear()
        self.site.weather.add(disturbances)

    def start(self) -> None:
        """Answer requests from a thread of its own."""
        self._thread = threading.Thread(target=self.serve, name=f"emulator-{self.port}", daemon=True)
        self._thread.start()

    def serve(self) -> None:
        """Answer requests until `stop` is called from another thread."""
        self._server.serve_forever(poll_interval=0.01)

    def stop(self) -> None:
        """Stop listening, end open connections, close the database."""
        self._server.shutdown()
        if self._thread is not None:
            self._thread.join()
        self.close()

    def close(self) -> None:
        """Let go of everything; for a server that does not run."""
        self._server.end_connections()
        self._server.server_close()
        self._listener.close()
        self.site.close()

    def __enter__(self) -> EmulatorServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


class _Server(ThreadedWSGIServer):
    """Werkzeug's threaded server that knows its open connections, so that it can end idle ones."""

    daemon_threads = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._connections: set[socket.socket] = set()
        self._busy = threading.Condition()
        super().__init__(*arguments, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._busy:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._busy:
            self._connections.discard(request)
            self._busy.notify_all()

    def end_connections(self) -> None:
        """End kept-alive connections and wait until their threads let go of the site."""
        with self._busy:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._busy.wait_for(lambda: not self._connections, timeout=5)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Stay silent: the request log is read by its own path."""


class _Handler(WSGIRequestHandler):
    """HTTP/1.1 with kept-alive connections, which werkzeug's own handler closes after each answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def run_wsgi(self) -> None:
        """Answer one request. The application read its body to the end and gives every answer's length."""
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        try:
            with _run(self.server.app, self.make_environ()) as (status, headers, pieces):
                self._send_head(status, headers)
                for piece in pieces:
                    if self.command != "HEAD":
                        self.wfile.write(piece)
                    self.wfile.flush()
            self.wfile.flush()
        except ConnectionError:
            self.close_connection = True

    def _send_head(self, status: str, headers: list[tuple[str, str]]) -> None:
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay silent: the request log is read by its own path."""


@contextmanager
def _run(
    application: Callable[..., Iterable[bytes]], environ: dict[str, Any]
) -> Iterator[tuple[str, list[tuple[str, str]], Iterable[bytes]]]:
    """Call a WSGI application and hand out its status, headers and body."""
    head: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
        head[:] = [status, headers]

    pieces = application(environ, start_response)
    try:
        yield head[0], head[1], pieces
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
