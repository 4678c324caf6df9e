"""`jira-data/jiras`: which Jiras the snapshots came from, and which of them is this site's own under an old address."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import Parameter

from snapshots.acts import sites
from snapshots.acts.sites import CapturedJira
from snapshots.web.api.door import Caller
from snapshots.web.api.openapi import problems

_SCOPE = {"scope": "jira-data"}


class SameJira(msgspec.Struct, forbid_unknown_fields=True):
    """The address that the site's Jira had before."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class JiraList(msgspec.Struct):
    """The Jiras of the site's snapshots, its own first.

    `standing`: `own`, the one it reads; `same`, that one under an earlier address; `imported`, its data was imported;
    `other`, macros whose newest snapshot came from it take no further one.
    """

    items: list[CapturedJira]


@get(
    "/jira-data/jiras",
    opt=_SCOPE,
    summary="List the Jiras that snapshots came from",
    description="`macros` counts those whose newest snapshot came from it.",
    responses={},
    sync_to_thread=True,
)
def list_jiras(caller: Caller) -> JiraList:
    return _list(caller)


@post(
    "/jira-data/same-jiras",
    opt=_SCOPE,
    status_code=200,
    summary="Say that a Jira is the same",
    description="Same Jira site, URL only changed: macros captured from there are captured on. Said twice, it is said.",
    responses=problems(400),
    sync_to_thread=True,
)
def say_same_jira(caller: Caller, data: SameJira) -> JiraList:
    sites.say_same_jira(caller.app, caller.site, data.url, caller.actor)
    return _list(caller)


@delete(
    "/jira-data/same-jiras",
    opt=_SCOPE,
    status_code=200,
    summary="Take back that a Jira is the same",
    description="It is another Jira after all. Snapshots that were taken meanwhile stay.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def take_back_same_jira(
    caller: Caller, url: Annotated[str, Parameter(max_length=1000, description="The address that was said to be old.")]
) -> JiraList:
    sites.take_back_same_jira(caller.app, caller.site, url, caller.actor)
    return _list(caller)


def _list(caller: Caller) -> JiraList:
    return JiraList(sites.list_jiras(caller.app, caller.app.get_site(caller.site)))


handlers = [list_jiras, say_same_jira, take_back_same_jira]
