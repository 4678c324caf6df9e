"""Single things of the catalogue, and lists of them page by page: statuses, types, priorities, resolutions, roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import page_of
from atlassian_emulator.jira.catalogue import CATEGORIES, Shelf, Status
from atlassian_emulator.jira.permissions import has_permission
from atlassian_emulator.jira.render import Json, Renderer
from atlassian_emulator.jira.routes.desk import Desk, project_of, reading
from atlassian_emulator.routing import Route

_STATUS_CATEGORIES: Final = {"new": "TODO", "indeterminate": "IN_PROGRESS", "done": "DONE", "undefined": "TODO"}
_ROLES: Final = (
    (10002, "Administrators", "site-admins"),
    (10003, "Member", "editors"),
    (10004, "Viewer", None),
)
"""Id, name, and the group that is its actor; without one, everybody who may sign in to Jira."""


def _single(
    parameter: str, shelf_of: Callable[[Desk], Shelf[Any]], show: Callable[[Renderer, Any], Json], noun: str
) -> Callable[[Call], Reply]:
    """A route that answers one thing by its id."""

    def answer(call: Call) -> Reply:
        named = call.path[parameter]
        with reading(call) as desk:
            shelf = shelf_of(desk)
            number = int(named) if named.isascii() and named.isdigit() and len(named) < 19 else -1
            found = shelf.by_id.get(number)
            if found is None and parameter == "idOrName":
                found = next(iter(shelf.named(named)), None)
            if found is None:
                raise JiraError(404, f"The {noun} with id '{named}' does not exist")
            return Reply(body=show(desk.renderer, found))

    return answer


get_status = _single("idOrName", lambda desk: desk.catalogue.statuses, Renderer.status, "status")
get_type = _single("id", lambda desk: desk.catalogue.types, Renderer.issue_type, "issue type")
get_resolution = _single("id", lambda desk: desk.catalogue.resolutions, Renderer.resolution, "resolution")
get_link_type = _single(
    "issueLinkTypeId", lambda desk: desk.catalogue.link_types, Renderer.link_type, "issue link type"
)
get_priority = _single(
    "id",
    lambda desk: desk.catalogue.priorities,
    lambda r, each: r.priority(each) | {"description": each.description, "statusColor": "#707070"},
    "priority",
)


def list_categories(call: Call) -> Reply:
    with reading(call) as desk:
        return Reply(body=[desk.renderer.category(key) for key in ("undefined", "new", "done", "indeterminate")])


def get_category(call: Call) -> Reply:
    named = call.path["idOrKey"]
    with reading(call) as desk:
        for key, (number, _, _) in CATEGORIES.items():
            if named in (key, str(number)):
                return Reply(body=desk.renderer.category(key))
    raise JiraError(404, f"The status category '{named}' does not exist.")


def _show_status(status: Status) -> Json:
    """A status as the newer operations show it."""
    return {
        "id": str(status.id),
        "name": status.name,
        "description": status.description,
        "statusCategory": _STATUS_CATEGORIES[status.category],
        "scope": {"type": "GLOBAL"},
    }


def list_statuses_by_id(call: Call) -> Reply:
    wanted = call.query_list("id")
    if not wanted or len(wanted) > 50:
        raise JiraError(400, "Between 1 and 50 status ids must be provided.")
    with reading(call) as desk:
        return Reply(body=[_show_status(each) for each in desk.catalogue.statuses.all if str(each.id) in wanted])


def search_statuses(call: Call) -> Reply:
    text = call.query("searchString").lower()
    category = call.query_choice("statusCategory", ("TODO", "IN_PROGRESS", "DONE"))
    with reading(call) as desk:
        found = [
            _show_status(each)
            for each in desk.catalogue.statuses.all
            if text in each.name.lower() and category in ("", _STATUS_CATEGORIES[each.category])
        ]
    return Reply(body=page_of(found, call, default=200, largest=200))


def list_project_statuses(call: Call) -> Reply:
    """The statuses of each issue type: those that its issues have in the project, or else the usual ones."""
    with reading(call) as desk:
        project, renderer = project_of(call, desk.scope), desk.renderer
        used: dict[int, set[int]] = {}
        for type_id, status_id in desk.c.execute(
            "SELECT DISTINCT type_id, status_id FROM jira_issues WHERE project_key = ?", (project.key,)
        ):
            used.setdefault(type_id, set()).add(status_id)
        usual = {each.id for each in desk.catalogue.statuses.all if each.name in ("To Do", "In Progress", "Done")}
        shown = [
            {
                "self": renderer.url(f"issuetype/{each.id}"),
                "id": str(each.id),
                "name": each.name,
                "subtask": each.level < 0,
                "statuses": [
                    renderer.status(status)
                    for status in desk.catalogue.statuses.all
                    if status.id in used.get(each.id, usual)
                ],
            }
            for each in desk.catalogue.types.all
        ]
    return Reply(body=shown)


def list_types_of_project(call: Call) -> Reply:
    project_id = call.whole_number(call.query("projectId", "x"), "projectId")
    with reading(call) as desk:
        if project_id not in desk.catalogue.projects.by_id or project_id in desk.scope.hidden:
            raise JiraError(404, f"No project could be found with id '{project_id}'.")
        return Reply(body=[desk.renderer.issue_type(each) for each in desk.catalogue.types.all])


def search_resolutions(call: Call) -> Reply:
    wanted = set(call.query_list("id"))
    with reading(call) as desk:
        found = [
            desk.renderer.resolution(each) | {"default": False}
            for each in desk.catalogue.resolutions.all
            if not wanted or str(each.id) in wanted
        ]
    return Reply(body=page_of(found, call))


# -- roles -----------------------------------------------------------------------------------------


def list_roles(call: Call) -> Reply:
    if not has_permission(call.caller, "ADMINISTER"):
        raise JiraError(403, "You do not have permission to list project roles.")
    with reading(call) as desk:
        return Reply(body=[_show_role(call, desk, each, "role/{}") for each in _ROLES])


def list_project_roles(call: Call) -> Reply:
    with reading(call) as desk:
        project = project_of(call, desk.scope)
        return Reply(
            body={name: desk.renderer.url(f"project/{project.id}/role/{number}") for number, name, _ in _ROLES}
        )


def get_project_role(call: Call) -> Reply:
    with reading(call) as desk:
        project, number = project_of(call, desk.scope), call.path_id("id")
        for role in _ROLES:
            if role[0] == number:
                return Reply(body=_show_role(call, desk, role, f"project/{project.id}/role/{{}}"))
    raise JiraError(404, f"Can not find a project role with id: {number}")


def _show_role(call: Call, desk: Desk, role: tuple[int, str, str | None], path: str) -> Json:
    number, name, group_name = role
    wanted = group_name or f"jira-users-{call.site.name}"
    actors = [
        {
            "id": number + 1000,
            "displayName": each.name,
            "type": "atlassian-group-role-actor",
            "name": each.name,
            "actorGroup": {"name": each.name, "displayName": each.name, "groupId": each.group_id},
        }
        for each in call.site.users.groups
        if each.name == wanted
    ]
    address = desk.renderer.url(path.format(number))
    return {"self": address, "id": number, "name": name, "description": f"{name} of a project", "actors": actors}


ROUTES: Final = (
    Route("GET", "/rest/api/3/status/{idOrName}", get_status),
    Route("GET", "/rest/api/3/statuscategory", list_categories),
    Route("GET", "/rest/api/3/statuscategory/{idOrKey}", get_category),
    Route("GET", "/rest/api/3/statuses", list_statuses_by_id),
    Route("GET", "/rest/api/3/statuses/search", search_statuses),
    Route("GET", "/rest/api/3/project/{projectIdOrKey}/statuses", list_project_statuses),
    Route("GET", "/rest/api/3/issuetype/project", list_types_of_project),
    Route("GET", "/rest/api/3/issuetype/{id}", get_type),
    Route("GET", "/rest/api/3/priority/{id}", get_priority),
    Route("GET", "/rest/api/3/resolution/search", search_resolutions),
    Route("GET", "/rest/api/3/resolution/{id}", get_resolution),
    Route("GET", "/rest/api/3/issueLinkType/{issueLinkTypeId}", get_link_type),
    Route("GET", "/rest/api/3/role", list_roles),
    Route("GET", "/rest/api/3/project/{projectIdOrKey}/role", list_project_roles),
    Route("GET", "/rest/api/3/project/{projectIdOrKey}/role/{id}", get_project_role),
)
