"""What issues refer to: fields, projects, types, statuses, priorities, resolutions, link types and the like."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import page_of
from atlassian_emulator.jira.catalogue import Catalogue, Project
from atlassian_emulator.jira.render import Renderer
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.routing import Route

_Listing = Callable[[Catalogue, Renderer], list[Any]]


def _listing(list_all: _Listing) -> Callable[[Call], Reply]:
    """A route that answers with a whole shelf."""

    def answer(call: Call) -> Reply:
        with call.site.database.read() as c:
            renderer = call.site.part(Jira).renderer(c)
            return Reply(body=list_all(renderer.catalogue, renderer))

    return answer


list_fields = _listing(lambda catalogue, _: [field.to_json() for field in catalogue.fields])
list_types = _listing(lambda catalogue, r: [r.raw(each, r.issue_type) for each in catalogue.types.all])
list_statuses = _listing(lambda catalogue, r: [r.raw(each, r.status) for each in catalogue.statuses.all])
list_priorities = _listing(lambda catalogue, r: [r.raw(each, r.priority) for each in catalogue.priorities.all])
list_resolutions = _listing(lambda catalogue, r: [r.raw(each, r.resolution) for each in catalogue.resolutions.all])


def list_link_types(call: Call) -> Reply:
    with call.site.database.read() as c:
        renderer = call.site.part(Jira).renderer(c)
        shown = [renderer.raw(each, renderer.link_type) for each in renderer.catalogue.link_types.all]
    return Reply(body={"issueLinkTypes": shown})


def search_fields(call: Call) -> Reply:
    kinds, ids, query = set(call.query_list("type")), set(call.query_list("id")), call.query("query").lower()
    if kinds - {"custom", "system"}:
        raise JiraError(400, "The value of 'type' must be 'custom' or 'system'.")
    with call.site.database.read() as c:
        fields = call.site.part(Jira).catalogue(c).fields
    found = [
        {"id": each.id, "name": each.name, "key": each.id, "schema": each.to_schema(), "description": ""}
        for each in fields
        if (not kinds or ("custom" if each.custom_type else "system") in kinds)
        and (not ids or each.id in ids)
        and query in each.name.lower()
    ]
    return Reply(body=page_of(found, call))


def search_priorities(call: Call) -> Reply:
    wanted = set(call.query_list("id"))
    with call.site.database.read() as c:
        renderer = call.site.part(Jira).renderer(c)
        priorities = renderer.catalogue.priorities.all
    middle = priorities[len(priorities) // 2] if priorities else None
    shown = [
        renderer.priority(each)
        | {"description": each.description, "statusColor": "#707070", "isDefault": each == middle}
        for each in priorities
        if not wanted or str(each.id) in wanted
    ]
    return Reply(body=page_of(shown, call))


# -- projects --------------------------------------------------------------------------------------


def _visible_projects(c: sqlite3.Connection, call: Call) -> list[Project]:
    jira = call.site.part(Jira)
    hidden = jira.hidden_from(c, call.user)
    return [each for each in jira.catalogue(c).projects.all if each.id not in hidden]


def search_projects(call: Call) -> Reply:
    keys = {key.upper() for key in call.query_list("keys")}
    ids = set(call.query_list("id"))
    query = call.query("query").lower()
    with call.site.database.read() as c:
        renderer = call.site.part(Jira).renderer(c)
        found = [
            renderer.raw(each, renderer.project)
            for each in _visible_projects(c, call)
            if (not keys or each.key in keys)
            and (not ids or str(each.id) in ids)
            and (query in each.name.lower() or query in each.key.lower())
        ]
    return Reply(body=page_of(found, call))


def list_projects(call: Call) -> Reply:
    with call.site.database.read() as c:
        renderer = call.site.part(Jira).renderer(c)
        return Reply(body=[renderer.raw(each, renderer.project) for each in _visible_projects(c, call)])


def find_visible_project(c: sqlite3.Connection, call: Call) -> Project:
    """The project that the path names by key or id; refused with 404 when there is none that the caller may see."""
    named = call.path["projectIdOrKey"]
    project = call.site.part(Jira).catalogue(c).find_project(named)
    if project is None or project not in _visible_projects(c, call):
        raise JiraError(404, f"No project could be found with key '{named}'.")
    return project


def get_project(call: Call) -> Reply:
    with call.site.database.read() as c:
        project = find_visible_project(c, call)
        renderer = call.site.part(Jira).renderer(c)
        lead = renderer.account(project.lead)
        shown = renderer.project(project) | {
            "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
            "description": project.description,
            "issueTypes": [renderer.raw(each, renderer.issue_type) for each in renderer.catalogue.types.all],
            "components": [_project_component(each, project, renderer) for each in _components_of(project, renderer)],
            "versions": [_project_version(each, project, renderer) for each in _versions_of(project, renderer)],
            "assigneeType": "UNASSIGNED",
            "roles": {},
            "isPrivate": False,
            "properties": {},
            "style": "classic",
        }
        return Reply(body=shown | ({"lead": lead} if lead else {}))


def _components_of(project: Project, renderer: Renderer) -> list[Any]:
    return [each for each in renderer.catalogue.components.all if each.project_id == project.id]


def _versions_of(project: Project, renderer: Renderer) -> list[Any]:
    return [each for each in renderer.catalogue.versions.all if each.project_id == project.id]


def _project_component(component: Any, project: Project, renderer: Renderer) -> dict[str, Any]:
    more = {"project": project.key, "projectId": project.id, "isAssigneeTypeValid": False}
    return renderer.component(component) | more


def _project_version(version: Any, project: Project, renderer: Renderer) -> dict[str, Any]:
    return renderer.version(version) | {"projectId": project.id}


def _of_project(
    find: Callable[[Project, Renderer], list[Any]], show: Callable[[Any, Project, Renderer], Any], *, paged: bool
) -> Callable[[Call], Reply]:
    """A route that answers with what belongs to one project, whole or page by page."""

    def answer(call: Call) -> Reply:
        with call.site.database.read() as c:
            project = find_visible_project(c, call)
            renderer = call.site.part(Jira).renderer(c)
            shown = [show(each, project, renderer) for each in find(project, renderer)]
        query = call.query("query").lower()
        return Reply(body=page_of([each for each in shown if query in each["name"].lower()], call) if paged else shown)

    return answer


ROUTES: Final = (
    Route("GET", "/rest/api/3/field", list_fields),
    Route("GET", "/rest/api/3/field/search", search_fields),
    Route("GET", "/rest/api/3/issuetype", list_types),
    Route("GET", "/rest/api/3/status", list_statuses),
    Route("GET", "/rest/api/3/priority", list_priorities),
    Route("GET", "/rest/api/3/priority/search", search_priorities),
    Route("GET", "/rest/api/3/resolution", list_resolutions),
    Route("GET", "/rest/api/3/issueLinkType", list_link_types),
    Route("GET", "/rest/api/3/project", list_projects),
    Route("GET", "/rest/api/3/project/search", search_projects),
    Route("GET", "/rest/api/3/project/{projectIdOrKey}", get_project),
    Route(
        "GET",
        "/rest/api/3/project/{projectIdOrKey}/components",
        _of_project(_components_of, _project_component, paged=False),
    ),
    Route(
        "GET",
        "/rest/api/3/project/{projectIdOrKey}/component",
        _of_project(_components_of, _project_component, paged=True),
    ),
    Route(
        "GET",
        "/rest/api/3/project/{projectIdOrKey}/versions",
        _of_project(_versions_of, _project_version, paged=False),
    ),
    Route(
        "GET",
        "/rest/api/3/project/{projectIdOrKey}/version",
        _of_project(_versions_of, _project_version, paged=True),
    ),
)
