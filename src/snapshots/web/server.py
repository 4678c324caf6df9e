"""One server process: a socket, the application, and the engine that runs its jobs for as long as it lives."""

from __future__ import annotations

import contextlib
import logging
import re
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import uvicorn

from snapshots.acts import jobs
from snapshots.app import App
from snapshots.errors import ConfigurationError, InvalidInput
from snapshots.web.access_log import AccessLog, open_access_log
from snapshots.web.application import build_application
from snapshots.web.connections import MAX_CONNECTIONS, PatientProtocol
from snapshots.web.service import Service, Settings
from snapshots.web.signin.team import open_team

logger = logging.getLogger("snapshots.web")

_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_STOP_SECONDS = 5
"""How long answers under way may take when the server is asked to stop; jobs have their own time."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Where to listen. Port 0 means any free one; without `public_url` people type host and port.

    `trusted_proxies` are addresses or networks whose word about a caller's own address is taken (`X-Forwarded-For`).
    """

    host: str = "127.0.0.1"
    port: int = 8760
    public_url: str = ""
    frame_ancestors: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    access_log: Path | None = None
    debug: bool = False


def serve(app: App, options: ServeOptions, *, tell: Callable[[str], None], on_ready: Callable[[Service], None]) -> None:
    """Serve until SIGTERM or SIGINT. Jobs that an earlier server left interrupted are taken up at once.

    Raises `ConfigurationError` when the address cannot be listened on.
    """
    refuse_open_door(options)
    with contextlib.closing(_listen(options)) as listening, jobs.open_engine(app):
        port = listening.getsockname()[1]
        settings = settings_of(replace(options, port=port))
        service = Service(app, settings, tell, open_team(app, settings.public_url))
        for job_id in jobs.take_up_interrupted(app):
            logger.info("Job %s goes on, which was interrupted.", job_id)
        application = build_application(service)
        if options.access_log:
            open_access_log(options.access_log)
        config = uvicorn.Config(
            AccessLog(application) if options.access_log else application,
            log_config=None,
            # It would write the tokens of sign-in links down; ours does not.
            access_log=False,
            server_header=False,
            proxy_headers=bool(options.trusted_proxies),
            forwarded_allow_ips=list(options.trusted_proxies),
            http=PatientProtocol,
            limit_concurrency=MAX_CONNECTIONS,
            # The service speaks no websockets, and what it does not speak cannot be attacked.
            ws="none",
            timeout_graceful_shutdown=_STOP_SECONDS,
            lifespan="on",
        )
        _Server(config, lambda: on_ready(service)).run(sockets=[listening])


def refuse_open_door(options: ServeOptions) -> None:
    """Raise when the network could reach a server whose only lock is a link in a terminal, in clear text."""
    if options.host not in _LOCAL and not options.public_url.startswith("https://"):
        raise InvalidInput(
            f"On {options.host} others could reach this server, and what passes between it and a browser would not be "
            "encrypted: listen on 127.0.0.1, or put a proxy that speaks HTTPS before it and name its address with "
            "--public-url https://…."
        )


def settings_of(options: ServeOptions) -> Settings:
    host = f"[{options.host}]" if ":" in options.host else options.host
    url = options.public_url.rstrip("/") or f"http://{host}:{options.port}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or url != f"{parts.scheme}://{parts.netloc}" or "@" in url:
        raise InvalidInput(
            f"{options.public_url!r} is not an address of this service: give --public-url as https://snapshots.example.com."
        )
    return Settings(url, options.port, tuple(map(_parse_origin, options.frame_ancestors)), options.debug)


def _parse_origin(text: str) -> str:
    """What may stand in a header as an origin. Anything else could open the frame to everybody, or to nobody."""
    found = re.fullmatch(r"https?://(?:[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?/?", text.lower())
    if found is None:
        raise InvalidInput(
            f"{text!r} is not an origin: give --frame-ancestor as https://acme.atlassian.net, with no path and no "
            "wildcards."
        )
    return text.lower().rstrip("/")


def _listen(options: ServeOptions) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise ConfigurationError(
            f"The server cannot listen on {options.host}, port {options.port} ({error.strerror or error}): stop what "
            "listens there, or choose another port with --port."
        ) from None
    return listening


class _Server(uvicorn.Server):
    """uvicorn's, which says when it listens, and which a signal ends without ending the process behind it."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal once more at the end, so that nothing after it would be closed.
        def stop(number: int, frame: FrameType | None) -> None:
            self.handle_exit(number, frame)

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
