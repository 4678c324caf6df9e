"""From a handler's values to HTML: the templates, their filters, and addresses."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
import msgspec
from litestar import Request
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template

from snapshots import __version__
from snapshots.web import wording
from snapshots.web.security import Visitor, find_visitor

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"

TABS = (
    ("backup", "Backup / Export"),
    ("restore", "Restore / Import"),
    ("jira-data", "Import Jira data"),
    ("api", "API setting"),
    ("audit", "Audit log"),
)
"""The area's pages, as the path names them and as people do."""


def site_path(site: str, *parts: str | int) -> str:
    """The address of something of a site: `site_path("acme", "backup")` is `/sites/acme/backup`."""
    return "/" + "/".join(quote(str(part), safe="") for part in ("sites", site, *parts))


@cache
def asset(name: str) -> str:
    """The address of a file under `static/`, which changes when the file does, so that browsers may keep it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def template_engine() -> JinjaTemplateEngine:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": wording.number,
        "plural": wording.plural,
        "full_stop": wording.full_stop,
        "size": wording.size,
        "moment": wording.moment,
        "plain_moment": wording.plain_moment,
        "from_json": msgspec.json.decode,
        "to_json": lambda value: msgspec.json.encode(value).decode(),
    }
    environment.globals |= {"asset": asset, "site_path": site_path, "tabs": TABS, "release": __version__}
    environment.globals |= {"visitor_of": _visitor_of}
    return JinjaTemplateEngine.from_environment(environment)


def _visitor_of(request: Request[Any, Any, Any]) -> Visitor | None:
    return find_visitor(request.scope.get("session"))


def part(template: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any) -> Template:
    """A part of a page, for htmx to put in its place."""
    return Template(template, context=context, status_code=status, headers=headers)
