"""The tab *Restore / Import*."""

from __future__ import annotations

from litestar import get
from litestar.response import Template

from snapshots.web.pages.area import Area


@get("/restore", sync_to_thread=True)
def show(area: Area) -> Template:
    return area.page("restore/index.html", tab="restore")


handlers = [show]
