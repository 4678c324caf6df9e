"""What one running server holds, and what its handlers are given of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from snapshots.app import App
from snapshots.web.signin.links import OneTimeLinks, Pause
from snapshots.web.signin.team import Team


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service is reached.

    `public_url` is what people type and pipelines call, without a slash at the end; `port` is where the server
    listens, which differs behind a proxy. `frame_ancestors` are the origins that may show the pages in a frame.
    """

    public_url: str
    port: int
    frame_ancestors: tuple[str, ...] = ()
    debug: bool = False

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https:")

    @property
    def hosts(self) -> list[str]:
        """Values of the Host header that mean this service. Any other is somebody's DNS pointed at us."""
        own = urlsplit(self.public_url).netloc
        return [own, *(f"{name}:{self.port}" for name in ("localhost", "127.0.0.1", "[::1]"))]

    @property
    def origins(self) -> frozenset[str]:
        """Origins whose pages may send us something."""
        return frozenset({self.public_url, *(f"http://{host}" for host in self.hosts[1:])})


@dataclass(frozen=True, slots=True)
class Service:
    """One server: its installation, whose job engine is open as long as it lives, and how people come in.

    `tell` says something to whoever started the server, on its terminal. Where a team signs in with Atlassian there
    are no links: reading a terminal must not be worth more than what Confluence says of a person.
    """

    app: App
    settings: Settings
    tell: Callable[[str], None]
    team: Team | None = None
    links: OneTimeLinks = field(default_factory=OneTimeLinks)
    pause: Pause = field(default_factory=Pause)

    def new_link(self, next_path: str = "/") -> str:
        """An address that signs one person in, once."""
        return f"{self.settings.public_url}{self.links.make_path(next_path)}"
