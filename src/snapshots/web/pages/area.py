"""What every page of the backup area is given: the site it is about, who looks at it, and the way to render."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Router
from litestar.di import Provide
from litestar.response import Template
from litestar.types import ControllerRouterHandler

from snapshots.access.actors import Actor
from snapshots.acts import sites
from snapshots.app import App
from snapshots.web.security import Visitor, administers_site
from snapshots.web.service import Service


@dataclass(frozen=True, slots=True)
class Area:
    """One request to a page of `site`. `sites` are all that this visitor may administer, by
    name; `address` is where the request came from."""

    service: Service
    visitor: Visitor
    site: str
    sites: list[str]
    address: str = ""

    @property
    def actor(self) -> Actor:
        """The visitor, as acts and the audit log name whoever does something."""
        return Actor("person", self.visitor.account_id, self.visitor.name, self.address)

    @property
    def app(self) -> App:
        return self.service.app

    def page(self, template: str, *, tab: str, **context: Any) -> Template:
        """A whole page; `template` extends `page.html`, `tab` is one of `view.TABS`."""
        return Template(template, context={"tab": tab, "site": self.site, "sites": self.sites, **context})

    def part(
        self, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any
    ) -> Template:
        """A part of a page, for htmx to put in its place."""
        return Template(template, context={"site": self.site, **context}, status_code=status, headers=headers)


def site_names(service: Service, visitor: Visitor) -> list[str]:
    return [row.name for row in sites.list_sites(service.app) if visitor.may_administer(row.name)]


def provide_area(request: Request[Visitor, Any, Any], service: Service, site: str) -> Area:
    """Raises `NotFound` when there is no such site."""
    row = service.app.get_site(site)
    address = request.client.host if request.client else ""
    return Area(service, request.user, row.name, site_names(service, request.user), address)


def area_router(handlers: Sequence[ControllerRouterHandler]) -> Router:
    """Handlers under `/sites/{site}`: administrators of that site only."""
    return Router(
        path="/sites/{site:str}",
        guards=[administers_site],
        dependencies={"area": Provide(provide_area, sync_to_thread=True)},
        route_handlers=handlers,
    )
