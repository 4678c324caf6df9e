"""The tab *Import Jira data*."""

from __future__ import annotations

from litestar import get
from litestar.response import Template

from snapshots.web.pages.area import Area


@get("/jira-data", sync_to_thread=True)
def show(area: Area) -> Template:
    return area.page("jira-data/index.html", tab="jira-data")


handlers = [show]
