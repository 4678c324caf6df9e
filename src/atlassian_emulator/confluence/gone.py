"""What v1 had and Atlassian has taken away: it answers 410, and says that it is gone.

The paths were removed with the change announced as CHANGE-864; what they answer since is in the issues 1560 and 1594
of atlassian-python-api and 474 of mcp-atlassian: status 410 and the GoneException below, for callers with any rights.
Some sites still served them to API tokens in June 2026; this one does not.
"""

from __future__ import annotations

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.refusals import LegacyConfluenceError
from atlassian_emulator.routing import Route

_MESSAGE = (
    "com.atlassian.confluence.api.service.exceptions.pagesmodes.GoneException:"
    " This deprecated endpoint has been removed."
)
_CONTENT, _SPACE = "/wiki/rest/api/content", "/wiki/rest/api/space"
_GONE = (
    ("GET", _CONTENT),
    ("POST", _CONTENT),
    ("GET", _CONTENT + "/{id}"),
    ("PUT", _CONTENT + "/{id}"),
    ("DELETE", _CONTENT + "/{id}"),
    ("GET", _CONTENT + "/{id}/history"),
    ("GET", _CONTENT + "/{id}/child"),
    ("GET", _CONTENT + "/{id}/child/attachment"),
    ("GET", _CONTENT + "/{id}/child/page"),
    ("GET", _CONTENT + "/{id}/child/comment"),
    ("GET", _CONTENT + "/{id}/label"),
    ("GET", _CONTENT + "/{id}/version"),
    ("GET", _CONTENT + "/{id}/version/{versionNumber}"),
    ("GET", _CONTENT + "/{id}/property"),
    ("POST", _CONTENT + "/{id}/property"),
    ("GET", _CONTENT + "/{id}/property/{key}"),
    ("PUT", _CONTENT + "/{id}/property/{key}"),
    ("POST", _CONTENT + "/{id}/property/{key}"),
    ("DELETE", _CONTENT + "/{id}/property/{key}"),
    ("GET", _SPACE),
    ("GET", _SPACE + "/{spaceKey}"),
    ("GET", _SPACE + "/{spaceKey}/content"),
    ("GET", _SPACE + "/{spaceKey}/content/{type}"),
    ("GET", _SPACE + "/{spaceKey}/property"),
    ("POST", "/wiki/rest/api/contentbody/convert/{to}"),
    ("GET", "/wiki/rest/api/group/member"),
    ("GET", "/wiki/rest/api/group/{groupName}/member"),
)


def refuse(call: Call) -> Reply:
    refusal = LegacyConfluenceError(410, _MESSAGE)
    # The real answer says that all is well with the request but for the path.
    refusal.body["data"]["valid"] = True
    raise refusal


ROUTES = tuple(Route(method, template, refuse) for method, template in _GONE)
