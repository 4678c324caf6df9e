"""The first page: on to the first site there is."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.response import Redirect, Template

from snapshots.web.pages.area import site_names
from snapshots.web.security import Visitor
from snapshots.web.service import Service
from snapshots.web.view import site_path


@get("/", sync_to_thread=True)
def front(request: Request[Visitor, Any, Any], service: Service) -> Template | Redirect:
    names = site_names(service, request.user)
    return Redirect(site_path(names[0], "backup")) if names else Template("no_site.html")
