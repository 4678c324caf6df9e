"""In the tab *Import Jira data*: the Jiras that snapshots came from, and the tick "same Jira, URL only changed"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from snapshots.acts import sites
from snapshots.acts.sites import CapturedJira
from snapshots.errors import InvalidInput
from snapshots.web.pages.area import Area
from snapshots.web.view import site_path

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class SameJiraForm:
    """The address of an earlier Jira, and the tick that says it is this one."""

    url: str = ""
    is_same: str = ""


Form = Annotated[SameJiraForm, Body(media_type=RequestEncodingType.URL_ENCODED)]


def describe_jiras(area: Area) -> dict[str, Any]:
    """What the list of Jiras shows; nothing where there is only the site's own."""
    row = area.app.get_site(area.site)
    jiras: list[CapturedJira] = sites.list_jiras(area.app, row)
    return {
        "jiras": jiras[:_SHOWN] if len(jiras) > 1 else [],
        "jiras_left": max(len(jiras) - _SHOWN, 0),
        "own_jira": row.jira_url,
    }


@post("/jira-data/same-jira", sync_to_thread=True, status_code=200)
def say_same(area: Area, data: Form) -> Redirect:
    """The tick "it is the same Jira site; only its URL changed"."""
    if not data.is_same:
        raise InvalidInput("Nothing was changed: tick that it is the same Jira site, or close the question.")
    sites.say_same_jira(area.app, area.site, data.url, area.actor)
    return _back(area)


@post("/jira-data/same-jira/take-back", sync_to_thread=True, status_code=200)
def take_back(area: Area, data: Form) -> Redirect:
    """It is another Jira after all."""
    sites.take_back_same_jira(area.app, area.site, data.url, area.actor)
    return _back(area)


def _back(area: Area) -> Redirect:
    return Redirect(site_path(area.site, "jira-data") + "#jiras-title", status_code=303)


handlers = [say_same, take_back]
