"""What helps to write a query: the words of JQL, its fields and functions, and the labels in use."""

from __future__ import annotations

from typing import Final

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.jira.bodies import Body, page_of, read_body
from atlassian_emulator.jira.fields import SEARCH_ONLY_FIELDS, Field
from atlassian_emulator.jira.jql.clauses import operators_of
from atlassian_emulator.jira.jql.functions import FUNCTIONS, Function
from atlassian_emulator.jira.jql.lexer import RESERVED_WORDS
from atlassian_emulator.jira.render import Json
from atlassian_emulator.jira.routes.desk import Desk, reading
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.routing import Route

_JAVA_TYPES: Final = {
    "key": "com.atlassian.jira.issue.Issue",
    "parent": "com.atlassian.jira.issue.Issue",
    "epic": "com.atlassian.jira.issue.Issue",
    "project": "com.atlassian.jira.project.Project",
    "type": "com.atlassian.jira.issue.issuetype.IssueType",
    "status": "com.atlassian.jira.issue.status.Status",
    "category": "com.atlassian.jira.issue.status.category.StatusCategory",
    "priority": "com.atlassian.jira.issue.priority.Priority",
    "resolution": "com.atlassian.jira.issue.resolution.Resolution",
    "user": "com.atlassian.jira.user.ApplicationUser",
    "version": "com.atlassian.jira.project.version.Version",
    "component": "com.atlassian.jira.bc.project.component.ProjectComponent",
    "sprint": "com.atlassian.greenhopper.service.sprint.Sprint",
    "moment": "java.util.Date",
    "day": "java.util.Date",
    "number": "java.lang.Number",
}
"""Jira names the types of its reference data after its own classes; clients compare them as opaque words."""


class ReferenceBody(Body, rename="camel"):
    project_ids: list[int] | None = None
    include_collapsed_fields: bool = False


def post_reference_data(call: Call) -> Reply:
    """The same for some projects only: all fields belong to all projects here, so that nothing is left out."""
    read_body(call, ReferenceBody)
    return get_reference_data(call)


def get_suggestions(call: Call) -> Reply:
    """Values that a field may be compared with, which begin as `fieldValue` does."""
    begun = call.query("fieldValue").lower()
    with reading(call) as desk:
        fields = desk.catalogue.fields_by_clause.get(call.query("fieldName").strip('"').lower(), [])
        names = _values(fields[0], desk) if fields else []
    found = [each for each in dict.fromkeys(names) if each.lower().startswith(begun)][:15]
    shown = [{"value": f'"{each}"' if " " in each else each, "displayName": each} for each in found]
    return Reply(body={"results": shown})


def _values(field: Field, desk: Desk) -> list[str]:
    catalogue, hidden = desk.catalogue, desk.scope.hidden
    match field.kind:
        case "project":
            return [each.key for each in catalogue.projects.all if each.id not in hidden]
        case "type":
            return [each.name for each in catalogue.types.all]
        case "status":
            return [each.name for each in catalogue.statuses.all]
        case "priority":
            return [each.name for each in catalogue.priorities.all]
        case "resolution":
            return [each.name for each in catalogue.resolutions.all]
        case "component":
            return [each.name for each in catalogue.components.all if each.project_id not in hidden]
        case "version":
            return [each.name for each in catalogue.versions.all if each.project_id not in hidden]
        case "sprint":
            return [each.name for each in catalogue.sprints.all]
        case "user" | "follower" | "custom user":
            return [each.display_name for each in desk.scope.users.list_all()]
        case "option":
            return [each.value for each in catalogue.options.values() if each.field == field.custom_number]
        case "label":
            rows = desk.c.execute("SELECT DISTINCT label FROM jira_issue_labels ORDER BY label")
            return [row[0] for row in rows]
        case _:
            return []


def get_reference_data(call: Call) -> Reply:
    with call.site.database.read() as c:
        catalogue = call.site.part(Jira).catalogue(c)
    fields = [each for each in (*catalogue.fields, *SEARCH_ONLY_FIELDS) if each.kind != "hidden"]
    shown = [_field(field, name) for field in fields for name in _names(field)]
    return Reply(
        body={
            "visibleFieldNames": sorted(shown, key=lambda each: each["displayName"].lower()),
            "visibleFunctionNames": [_function(each) for each in FUNCTIONS.values()],
            "jqlReservedWords": sorted(RESERVED_WORDS),
        }
    )


def _names(field: Field) -> tuple[str, ...]:
    return (field.name,) if field.custom_type else field.clause_names


def _function(function: Function) -> Json:
    arguments = ", ".join(['""'] * function.fewest)
    return {
        "value": f"{function.name}({arguments})",
        "displayName": f"{function.name}({arguments})",
        "isList": "true" if function.is_list else "false",
        "types": sorted({_JAVA_TYPES.get(kind, "java.lang.String") for kind in function.kinds}),
    }


def _field(field: Field, name: str) -> Json:
    shown: Json = {
        "value": f'"{name}"' if " " in name else name,
        "displayName": f"{name} - cf[{field.custom_number}]" if field.custom_type else name,
        "orderable": "true" if field.kind not in ("text", "link type", "epic") else "false",
        "searchable": "true",
        "operators": list(operators_of(field)),
        "types": [_JAVA_TYPES.get(field.kind, "java.lang.String")],
    }
    return shown | ({"cfid": f"cf[{field.custom_number}]"} if field.custom_type else {})


def list_labels(call: Call) -> Reply:
    with call.site.database.read() as c:
        rows = c.execute("SELECT DISTINCT label FROM jira_issue_labels ORDER BY label").fetchall()
    return Reply(body=page_of([row[0] for row in rows], call, default=1000, largest=1000))


ROUTES: Final = (
    Route("GET", "/rest/api/3/jql/autocompletedata", get_reference_data),
    Route("POST", "/rest/api/3/jql/autocompletedata", post_reference_data),
    Route("GET", "/rest/api/3/jql/autocompletedata/suggestions", get_suggestions),
    Route("GET", "/rest/api/3/label", list_labels),
)
