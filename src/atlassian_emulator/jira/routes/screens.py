"""Which fields an issue may be made with, and edited with: createmeta and editmeta."""

from __future__ import annotations

from typing import Any, Final

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.catalogue import IssueType, Project
from atlassian_emulator.jira.fieldmeta import describe_field, is_required, list_fields_of
from atlassian_emulator.jira.render import Json, Renderer
from atlassian_emulator.jira.routes.desk import issue_of, project_of, reading
from atlassian_emulator.jira.screens import show_edit_fields
from atlassian_emulator.routing import Route


def get_create_meta(call: Call) -> Reply:
    """All projects at once, the way that Atlassian advises against; fields only when `expand` asks for them."""
    keys, ids = {each.upper() for each in call.query_list("projectKeys")}, set(call.query_list("projectIds"))
    names, type_ids = set(call.query_list("issuetypeNames")), set(call.query_list("issuetypeIds"))
    with_fields = "projects.issuetypes.fields" in call.query_list("expand")
    with reading(call) as desk:
        renderer = desk.renderer
        projects = [
            each
            for each in desk.catalogue.projects.all
            if each.id not in desk.scope.hidden and (not keys | ids or each.key in keys or str(each.id) in ids)
        ]
        types = [
            each
            for each in desk.catalogue.types.all
            if not names | type_ids or each.name in names or str(each.id) in type_ids
        ]
        shown = [_project(each, types, renderer, with_fields) for each in projects]
    return Reply(body={"expand": "projects", "projects": shown})


def _project(project: Project, types: list[IssueType], renderer: Renderer, with_fields: bool) -> Json:
    shown: Json = {
        "expand": "issuetypes",
        "self": renderer.url(f"project/{project.id}"),
        "id": str(project.id),
        "key": project.key,
        "name": project.name,
        "avatarUrls": renderer.avatars(f"projectavatar/{project.id}"),
    }
    issue_types = []
    for each in types:
        issue_type = renderer.issue_type(each)
        if with_fields:
            described = _fields(each, project, renderer)
            issue_type |= {"expand": "fields", "fields": {field["key"]: field for field in described}}
        issue_types.append(issue_type)
    return shown | {"issuetypes": issue_types}


def _fields(issue_type: IssueType, project: Project, renderer: Renderer) -> list[Json]:
    return [
        describe_field(each, project, renderer, required=is_required(each, issue_type))
        for each in list_fields_of(renderer, issue_type, editing=False)
    ]


def list_create_types(call: Call) -> Reply:
    with reading(call) as desk:
        project_of(call, desk.scope)
        types = [desk.renderer.issue_type(each) for each in desk.catalogue.types.all]
    return Reply(body=_page(call, types, "issueTypes"))


def list_create_fields(call: Call) -> Reply:
    with reading(call) as desk:
        project = project_of(call, desk.scope)
        issue_type = desk.catalogue.types.by_id.get(call.path_id("issueTypeId"))
        if issue_type is None:
            raise JiraError(400, f"The issue type with id '{call.path['issueTypeId']}' does not exist in the project.")
        fields = [each | {"fieldId": each["key"]} for each in _fields(issue_type, project, desk.renderer)]
    return Reply(body=_page(call, fields, "fields"))


def _page(call: Call, values: list[Any], name: str) -> Json:
    start = call.query_int("startAt", 0, 0, 2**31 - 1)
    size = min(call.query_int("maxResults", 50, 0, 2**31 - 1), 200)
    return {"maxResults": size, "startAt": start, "total": len(values), name: values[start : start + size]}


def get_edit_meta(call: Call) -> Reply:
    with reading(call) as desk:
        issue_id = issue_of(call, desk.scope)
        return Reply(body={"fields": show_edit_fields(desk.c, desk.renderer, issue_id)})


_CREATE: Final = "/rest/api/3/issue/createmeta"

ROUTES: Final = (
    Route("GET", _CREATE, get_create_meta),
    Route("GET", _CREATE + "/{projectIdOrKey}/issuetypes", list_create_types),
    Route("GET", _CREATE + "/{projectIdOrKey}/issuetypes/{issueTypeId}", list_create_fields),
    Route("GET", "/rest/api/3/issue/{issueIdOrKey}/editmeta", get_edit_meta),
)
