"""Jira Data Center: /rest/api/2, the same below /rest/api/latest, and boards below /rest/agile/1.0."""

from dataclasses import replace

from atlassian_emulator import jira as cloud
from atlassian_emulator.call import Call, Reply
from atlassian_emulator.data_center.jira import people, search
from atlassian_emulator.data_center.jira.words import ask_cloud, borrow_jira
from atlassian_emulator.routing import Route

__all__ = ["ROUTES"]

_ISSUE = "/issue/{issueIdOrKey}"
_PROJECT = "/project/{projectIdOrKey}"
_SEVERAL = ("transitions", "comment", "worklog", "remotelink")
_CATALOGUE = ("field", "issuetype", "issueLinkType", "priority", "project", "resolution", "status", "statuscategory")
_BOTH_HAVE = (
    *(("GET", f"/{name}") for name in _CATALOGUE),
    *(("GET", f"/{name}/{{id}}") for name in ("issuetype", "priority", "resolution", "component", "version")),
    *((method, f"/{name}") for name in ("component", "version") for method in ("POST",)),
    *((method, f"/{name}/{{id}}") for name in ("component", "version") for method in ("PUT", "DELETE")),
    ("GET", "/status/{idOrName}"),
    ("GET", "/issueLinkType/{issueLinkTypeId}"),
    ("POST", "/project"),
    ("GET", _PROJECT),
    ("PUT", _PROJECT),
    ("DELETE", _PROJECT),
    *(("GET", f"{_PROJECT}/{name}") for name in ("components", "versions", "version", "statuses", "role")),
    ("POST", "/issue"),
    ("POST", "/issue/bulk"),
    ("GET", "/issue/createmeta"),
    ("GET", "/issue/picker"),
    *((method, _ISSUE) for method in ("GET", "PUT", "DELETE")),
    *(
        (method, f"{_ISSUE}/{name}")
        for name in ("transitions", "comment", "worklog", "remotelink")
        for method in ("GET", "POST")
    ),
    *((method, f"{_ISSUE}/{name}/{{id}}") for name in ("comment", "worklog") for method in ("GET", "PUT", "DELETE")),
    *((method, f"{_ISSUE}/remotelink/{{linkId}}") for method in ("GET", "PUT", "DELETE")),
    *((method, f"{_ISSUE}/{name}") for name in ("watchers", "votes") for method in ("GET", "POST", "DELETE")),
    *((method, f"{_ISSUE}/properties/{{propertyKey}}") for method in ("GET", "PUT", "DELETE")),
    ("GET", f"{_ISSUE}/properties"),
    ("PUT", f"{_ISSUE}/assignee"),
    ("GET", f"{_ISSUE}/editmeta"),
    ("POST", f"{_ISSUE}/attachments"),
    ("GET", "/attachment/meta"),
    ("GET", "/attachment/{id}"),
    ("DELETE", "/attachment/{id}"),
    ("GET", "/attachment/content/{id}"),
    ("POST", "/issueLink"),
    ("GET", "/issueLink/{linkId}"),
    ("DELETE", "/issueLink/{linkId}"),
    ("POST", "/filter"),
    ("GET", "/filter/favourite"),
    *((method, "/filter/{id}") for method in ("GET", "PUT", "DELETE")),
    ("GET", "/jql/autocompletedata"),
    ("GET", "/jql/autocompletedata/suggestions"),
    ("GET", "/myself"),
    ("GET", "/permissions"),
)
"""What Data Center and Cloud have under the same path. Cloud's part decides which of them there are."""

_CREATEMETA = "/issue/createmeta/{projectIdOrKey}/issuetypes"


def _with_values(route: Route) -> Route:
    """Name the list of createmeta `values`, as Data Center does."""

    def answer(call: Call) -> Reply:
        body = dict(route.answer(call).body)
        values = body.pop("issueTypes", None) or body.pop("fields", None) or body.pop("results", [])
        end = body.get("startAt", 0) + len(values)
        return Reply(body={**body, "isLast": end >= body.get("total", end), "values": values})

    return replace(route, answer=answer)


_BORROWED = tuple(route for method, below in _BOTH_HAVE if (route := borrow_jira(method, below)) is not None)


def _of_agile(route: Route) -> Route:
    return replace(route, answer=lambda call: ask_cloud(call, route))


_CREATEMETA_ROUTES = tuple(
    _with_values(route)
    for below in ("", "/{issueTypeId}")
    if (route := borrow_jira("GET", _CREATEMETA + below)) is not None
)
_NATIVE = (*search.ROUTES, *people.ROUTES)
_V2 = (*_NATIVE, *_BORROWED, *_CREATEMETA_ROUTES)

ROUTES: tuple[Route, ...] = (
    *_V2,
    *(replace(route, template=route.template.replace("/rest/api/2/", "/rest/api/latest/", 1)) for route in _V2),
    *(_of_agile(route) for route in cloud.ROUTES if route.template.startswith("/rest/agile/")),
)
