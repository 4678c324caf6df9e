"""The tab *Backup / Export*."""

from __future__ import annotations

from litestar import get
from litestar.response import Template

from snapshots.web.pages.area import Area


@get("/backup", sync_to_thread=True)
def show(area: Area) -> Template:
    return area.page("backup/index.html", tab="backup")


handlers = [show]
