"""The tab *API setting*: the API switched on or off, where it is called, its keys, and how long files are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect, Template

from snapshots.access.keys import HEADER, SCOPES
from snapshots.access.settings import SiteSettings
from snapshots.acts import api as acts
from snapshots.acts.api import Key
from snapshots.errors import PersonError
from snapshots.web.api.model import Id
from snapshots.web.api.paths import api_path
from snapshots.web.pages.api_lines import curl_lines, python_lines
from snapshots.web.pages.area import Area
from snapshots.web.problems import problem_of
from snapshots.web.view import site_path

EXPIRIES = (("90", "after three months"), ("30", "after one month"), ("365", "after one year"), ("", "never"))
GRACES = (
    ("0", "ends at once"),
    ("3600", "works for another hour"),
    ("86400", "works for another day"),
    ("604800", "works for another week"),
)
SCOPE_WORDS = {
    "backup": "Backup: start, list, download and delete backups",
    "restore": "Restore: bring archives here, plan, apply and undo",
    "jira-data": "Jira data: export and import",
}
FIRST_KEY = "First key"
_HIDDEN_KEY = "YOUR_API_KEY"

Form = RequestEncodingType.URL_ENCODED


@dataclass(frozen=True, slots=True)
class Shown:
    """A key that is shown this once."""

    key: Key
    secret: str
    is_rotated: bool = False


@dataclass(frozen=True, slots=True)
class SwitchForm:
    """Whether the API is to be on."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class KeyForm:
    """A key to be made. `days` is empty for one that never expires."""

    name: str = ""
    scope: str | list[str] = field(default_factory=list)
    days: str = "90"

    def scopes(self) -> list[str]:
        return [self.scope] if isinstance(self.scope, str) else self.scope


@dataclass(frozen=True, slots=True)
class RotateForm:
    """How long the old form of the key goes on, in seconds."""

    grace: int = 0


@dataclass(frozen=True, slots=True)
class ExpiryForm:
    """When a key is to end, in days from now; empty for never."""

    days: str = ""


@dataclass(frozen=True, slots=True)
class KeepForm:
    """How many days files are kept; backups for ever when empty."""

    uploads: int = 7
    backups: str = ""


@get("/api", sync_to_thread=True)
def show(area: Area) -> Template:
    return _page(area)


@post("/api/switch", sync_to_thread=True, status_code=200)
def switch(area: Area, data: Annotated[SwitchForm, Body(media_type=Form)]) -> Response[Any]:
    """Switch the API on or off. Switched on for the first time it gets a key, so that there is one to paste."""
    acts.switch_api(area.app, area.site, area.actor, enabled=data.enabled)
    if data.enabled and not acts.list_keys(area.app, area.site):
        return _page(area, Shown(*acts.make_key(area.app, area.site, area.actor, name=FIRST_KEY, valid_days=90)))
    return _back(area)


@post("/api/keys", sync_to_thread=True, status_code=200)
def make(area: Area, data: Annotated[KeyForm, Body(media_type=Form)]) -> Template:
    """A new key, shown in the answer and never again: nothing of it is kept in a session or an address."""
    try:
        made = acts.make_key(
            area.app, area.site, area.actor, name=data.name, scopes=data.scopes(), valid_days=_days(data.days)
        )
    except PersonError as error:
        return _page(area, form=data, error=error)
    return _page(area, Shown(*made))


@post("/api/keys/{key_id:int}/rotate", sync_to_thread=True, status_code=200)
def rotate(area: Area, key_id: Id, data: Annotated[RotateForm, Body(media_type=Form)]) -> Template:
    try:
        made = acts.rotate_key(area.app, area.site, key_id, area.actor, grace_seconds=data.grace)
    except PersonError as error:
        return _page(area, error=error)
    return _page(area, Shown(*made, is_rotated=True))


@post("/api/keys/{key_id:int}/expiry", sync_to_thread=True, status_code=200)
def change_expiry(area: Area, key_id: Id, data: Annotated[ExpiryForm, Body(media_type=Form)]) -> Response[Any]:
    return _do(area, lambda: acts.extend_key(area.app, area.site, key_id, area.actor, _days(data.days)))


@post("/api/keys/{key_id:int}/disable", sync_to_thread=True, status_code=200)
def disable(area: Area, key_id: Id) -> Response[Any]:
    return _do(area, lambda: acts.disable_key(area.app, area.site, key_id, area.actor))


@post("/api/keys/{key_id:int}/enable", sync_to_thread=True, status_code=200)
def enable(area: Area, key_id: Id) -> Response[Any]:
    return _do(area, lambda: acts.enable_key(area.app, area.site, key_id, area.actor))


@post("/api/keys/{key_id:int}/revoke", sync_to_thread=True, status_code=200)
def revoke(area: Area, key_id: Id) -> Response[Any]:
    return _do(area, lambda: acts.revoke_key(area.app, area.site, key_id, area.actor))


@post("/api/keeping", sync_to_thread=True, status_code=200)
def keep(area: Area, data: Annotated[KeepForm, Body(media_type=Form)]) -> Response[Any]:
    """How long files are kept."""
    return _do(
        area,
        lambda: acts.change_keeping(
            area.app, area.site, area.actor, uploads_days=data.uploads, backups_days=_days(data.backups)
        ),
    )


def _do(area: Area, act: Callable[[], object]) -> Response[Any]:
    """Do it and show the page anew; what cannot be is said on the page, where it was asked for."""
    try:
        act()
    except PersonError as error:
        return _page(area, error=error)
    return _back(area)


def _back(area: Area) -> Redirect:
    return Redirect(site_path(area.site, "api"), status_code=303)


def _page(
    area: Area, shown: Shown | None = None, *, form: KeyForm | None = None, error: PersonError | None = None
) -> Template:
    settings: SiteSettings = acts.get_site_settings(area.app, area.site)
    public_url = area.service.settings.public_url
    path = api_path(area.site, "backups")
    key = shown.secret if shown else _HIDDEN_KEY
    page = area.page(
        "api/index.html",
        tab="api",
        settings=settings,
        keys=acts.list_keys(area.app, area.site),
        shown=shown,
        form=form or KeyForm(scope=["backup"]),
        error=str(error) if error else "",
        header=HEADER,
        url=f"{public_url}{path}",
        key=key,
        curl=curl_lines(public_url, path, key, HEADER),
        python=python_lines(public_url, path, key, HEADER),
        scopes=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES],
        expiries=EXPIRIES,
        graces=GRACES,
    )
    if error:
        page.status_code = problem_of(error).kind.status
    return page


def _days(text: str) -> int | None:
    """Days as a form gives them; empty for none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None


handlers = [show, switch, make, rotate, change_expiry, disable, enable, revoke, keep]
