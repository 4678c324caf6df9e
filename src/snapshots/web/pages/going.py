"""Sending a browser on to another page, whether htmx asked or a plain form."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.response import Redirect

from snapshots.web.problems import is_part


def go(request: Request[Any, Any, Any], path: str) -> Response[Any]:
    """On to `path`, with a GET."""
    if is_part(request):
        return Response("", status_code=200, headers={"HX-Redirect": path})
    return Redirect(path, status_code=303)
