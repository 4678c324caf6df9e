"""The tab *Audit log*."""

from __future__ import annotations

from litestar import get
from litestar.response import Template

from snapshots.web.pages.area import Area


@get("/audit", sync_to_thread=True)
def show(area: Area) -> Template:
    return area.page("audit/index.html", tab="audit")


handlers = [show]
