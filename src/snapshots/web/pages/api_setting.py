"""The tab *API setting*."""

from __future__ import annotations

from litestar import get
from litestar.response import Template

from snapshots.web.pages.area import Area


@get("/api", sync_to_thread=True)
def show(area: Area) -> Template:
    return area.page("api/index.html", tab="api")


handlers = [show]
