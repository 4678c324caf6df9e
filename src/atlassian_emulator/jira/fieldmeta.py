"""What may be put into a field: the answers of createmeta, editmeta and transition screens."""

from __future__ import annotations

from typing import Any, Final

from atlassian_emulator.jira.catalogue import IssueType, Project
from atlassian_emulator.jira.fields import Field
from atlassian_emulator.jira.render import Json, Renderer
from atlassian_emulator.jira.values import EDITABLE

_LISTS: Final = ("labels", "components", "fixVersions", "versions")
_NOT_ON_CREATE: Final = frozenset({"resolution"})


def list_fields_of(renderer: Renderer, issue_type: IssueType, *, editing: bool) -> list[Field]:
    """The fields on the screen of an issue type: when it is made, or when it is edited."""
    found = []
    for field in renderer.catalogue.fields:
        on_screen = field.id in EDITABLE or field.id in ("issuelinks", "comment", "attachment", "project")
        if field.custom_type:
            on_screen = field.kind != "parent"
        if field.id == "project" and editing:
            on_screen = False
        if not editing and field.id in (*_NOT_ON_CREATE, "comment"):
            on_screen = False
        if field.id == "parent" and issue_type.level > 0:
            on_screen = False
        if on_screen:
            found.append(field)
    return found


def describe_field(field: Field, project: Project | None, renderer: Renderer, *, required: bool = False) -> Json:
    """A field as createmeta shows it; `project` decides which components, versions and levels there are."""
    several = field.type == "array"
    verbs = ["add", "set", "remove"] if several else ["set"]
    if field.id in ("comment", "issuelinks", "attachment"):
        verbs = ["add"]
    shown: Json = {
        "required": required,
        "schema": field.to_schema(),
        "name": field.name,
        "key": field.id,
        "hasDefaultValue": field.id in ("priority", "reporter"),
        "operations": verbs,
    }
    allowed = _allowed(field, project, renderer)
    if allowed is not None:
        shown["allowedValues"] = allowed
    if field.type == "user":
        shown["autoCompleteUrl"] = renderer.url("user/assignable/search?query=")
    elif field.id == "labels":
        shown["autoCompleteUrl"] = f"{renderer.base_url}/rest/api/1.0/labels/suggest?query="
    return shown


def _allowed(field: Field, project: Project | None, renderer: Renderer) -> list[Any] | None:
    catalogue, r = renderer.catalogue, renderer
    if field.kind == "option":
        return [r.raw(each.id, r.option) for each in catalogue.options.values() if each.field == field.custom_number]
    match field.id:
        case "priority":
            return [r.raw(each, r.priority) for each in catalogue.priorities.all]
        case "resolution":
            return [r.raw(each, r.resolution) for each in catalogue.resolutions.all]
        case "issuetype":
            return [r.raw(each, r.issue_type) for each in catalogue.types.all]
        case "project":
            return [r.raw(project, r.project)] if project else []
        case "components":
            return [r.component(each) for each in catalogue.components.all if project and each.project_id == project.id]
        case "fixVersions" | "versions":
            return [r.version(each) for each in catalogue.versions.all if project and each.project_id == project.id]
        case "security":
            levels = catalogue.levels.all
            return [r.security_level(each) for each in levels if project and each.project_id == project.id]
        case _:
            return None


def is_required(field: Field, issue_type: IssueType) -> bool:
    return field.id in ("summary", "issuetype", "project") or (field.id == "parent" and issue_type.level < 0)
