"""One issue: get, create, edit, delete, move through its workflow."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import REFUSED_BODY, read_body
from atlassian_emulator.jira.editing import Edit, Editor
from atlassian_emulator.jira.issues import IssueReader
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.routes.account import has_permission
from atlassian_emulator.jira.routes.history import show_histories
from atlassian_emulator.jira.selection import select_fields
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.jira.write import IssueRow
from atlassian_emulator.routing import Route

NOT_SEEN: Final = "Issue does not exist or you do not have permission to see it."


class IssueBody(msgspec.Struct):
    """What create, edit and transition take; members that the emulator has no use for are passed over."""

    fields: dict[str, Any] = msgspec.field(default_factory=dict)
    update: dict[str, list[dict[str, Any]]] = msgspec.field(default_factory=dict)
    transition: dict[str, Any] | None = None


@dataclass(frozen=True)
class Desk:
    """What a route that writes works with."""

    jira: Jira
    scope: Scope
    editor: Editor

    @property
    def c(self) -> sqlite3.Connection:
        return self.scope.connection


@contextmanager
def writing(call: Call, permission: str) -> Iterator[Desk]:
    """A transaction in which the caller may write; refused with 403 without the permission."""
    jira = call.site.part(Jira)
    if not has_permission(call.caller, permission):
        raise JiraError(403, "You do not have permission to do this in this project.")
    with call.site.database.transaction() as c:
        scope = jira.scope(c, call.user)
        yield Desk(jira, scope, Editor(jira, scope))


def issue_of(call: Call, scope: Scope) -> int:
    """The id of the issue that the path names; refused with 404 when there is none that the caller may see."""
    issue_id = scope.find_issue_id(call.path["issueIdOrKey"])
    if issue_id is None:
        raise JiraError(404, NOT_SEEN)
    return issue_id


# -- reading ---------------------------------------------------------------------------------------


def get_issue(call: Call) -> Reply:
    jira = call.site.part(Jira)
    expand = call.query_list("expand")
    with call.site.database.read() as c:
        scope = jira.scope(c, call.user)
        issue_id = issue_of(call, scope)
        selection = select_fields(call.query_list("fields"), scope.catalogue, default="*all")
        [shown] = IssueReader(c, jira.renderer(c), scope.hidden).read([issue_id], selection)
        fields = [scope.catalogue.field_by_id[each] for each in selection.fields]
        if "names" in expand:
            shown["names"] = {each.id: each.name for each in fields}
        if "schema" in expand:
            shown["schema"] = {each.id: each.to_schema() for each in fields}
        if "changelog" in expand:
            histories = show_histories(c, jira.renderer(c), issue_id)[::-1]
            size = len(histories)
            shown["changelog"] = {"startAt": 0, "maxResults": size, "total": size, "histories": histories}
        if "transitions" in expand:
            shown["transitions"] = _transitions(c, jira, issue_id)
    return Reply(body=shown)


# -- writing ---------------------------------------------------------------------------------------


def create_issue(call: Call) -> Reply:
    asked = read_body(call, IssueBody)
    with writing(call, "CREATE_ISSUES") as desk:
        issue = _new_issue(call, desk, dict(asked.fields))
        rest = {name: value for name, value in asked.fields.items() if name not in ("project", "issuetype")}
        desk.editor.create(issue, Edit(rest, asked.update))
        key = f"{issue.project_key}-{issue.number}"
        address = desk.jira.renderer(desk.c).url(f"issue/{issue.id}")
        return Reply(201, {"id": str(issue.id), "key": key, "self": address})


def _new_issue(call: Call, desk: Desk, fields: dict[str, Any]) -> IssueRow:
    catalogue, now = desk.scope.catalogue, desk.scope.now
    project = desk.scope.find_project(_named(fields.get("project"), "id", "key"))
    types = catalogue.types.find(_named(fields.get("issuetype"), "id", "name"))
    errors = {}
    if project is None:
        errors["project"] = "Specify a valid project ID or key"
    if not types:
        errors["issuetype"] = "Specify a valid issue type"
    if not fields.get("summary"):
        errors["summary"] = "You must specify a summary of the issue."
    if errors or project is None:
        raise JiraError(400, errors=errors)
    [number] = desk.c.execute(
        "UPDATE jira_projects SET last_number = last_number + 1 WHERE id = ? RETURNING last_number", (project.id,)
    ).fetchone()
    priorities = catalogue.priorities
    usual = priorities.named("Medium") or list(priorities.all)
    return IssueRow(
        id=call.site.ids.take("jira.issue"),
        project_key=project.key,
        number=number,
        type_id=types[0].id,
        status_id=next(each.id for each in catalogue.statuses.all if each.category == "new"),
        priority_id=usual[0].id if usual else None,
        reporter=call.caller.account_id,
        creator=call.caller.account_id,
        summary="",
        created=now,
        updated=now,
    )


def _named(value: Any, *names: str) -> str:
    """The first of these members of a reference such as {"key": "ACME"}, or nothing."""
    if isinstance(value, dict):
        for name in names:
            if isinstance(value.get(name), (str, int)):
                return str(value[name])
    return ""


def edit_issue(call: Call) -> Reply:
    asked = read_body(call, IssueBody)
    with writing(call, "EDIT_ISSUES") as desk:
        issue_id = issue_of(call, desk.scope)
        desk.editor.change(issue_id, Edit(asked.fields, asked.update))
        if not call.query_flag("returnIssue"):
            return Reply(204)
        selection = select_fields((), desk.scope.catalogue, default="*all")
        reader = IssueReader(desk.c, desk.jira.renderer(desk.c), desk.scope.hidden)
        return Reply(body=reader.read([issue_id], selection)[0])


def delete_issue(call: Call) -> Reply:
    with writing(call, "DELETE_ISSUES") as desk:
        issue_id = issue_of(call, desk.scope)
        types = {each.id for each in desk.scope.catalogue.types.all if each.level < 0}
        rows = desk.c.execute("SELECT id, type_id FROM jira_issues WHERE parent_id = ?", (issue_id,)).fetchall()
        subtasks = [row[0] for row in rows if row[1] in types]
        if subtasks and not call.query_flag("deleteSubtasks"):
            key = call.path["issueIdOrKey"]
            raise JiraError(
                400,
                f"The issue '{key}' has subtasks. You must specify the 'deleteSubtasks' parameter to delete this issue "
                "and all its subtasks.",
            )
        desk.c.execute("UPDATE jira_issues SET parent_id = NULL WHERE parent_id = ?", (issue_id,))
        desk.c.executemany("DELETE FROM jira_issues WHERE id = ?", [(each,) for each in (*subtasks, issue_id)])
    return Reply(204)


# -- workflow --------------------------------------------------------------------------------------


def get_transitions(call: Call) -> Reply:
    jira = call.site.part(Jira)
    with call.site.database.read() as c:
        issue_id = issue_of(call, jira.scope(c, call.user))
        transitions = _transitions(c, jira, issue_id)
    wanted = call.query("transitionId")
    return Reply(body={"expand": "transitions", "transitions": [t for t in transitions if wanted in ("", t["id"])]})


def _transitions(c: sqlite3.Connection, jira: Jira, issue_id: int) -> list[dict[str, Any]]:
    """From every status to every other that issues of its type have in its project, or that every Jira has."""
    renderer = jira.renderer(c)
    used = {
        row[0]
        for row in c.execute(
            "SELECT DISTINCT other.status_id FROM jira_issues issue JOIN jira_issues other"
            " ON other.project_key = issue.project_key AND other.type_id = issue.type_id WHERE issue.id = ?",
            (issue_id,),
        )
    }
    usual = ("To Do", "In Progress", "Done")
    return [
        {
            "id": str(status.id),
            "name": status.name,
            "to": renderer.raw(status, renderer.status),
            "hasScreen": False,
            "isGlobal": True,
            "isInitial": False,
            "isAvailable": True,
            "isConditional": False,
            "looped": False,
        }
        for status in renderer.catalogue.statuses.all
        if status.id in used or status.name in usual
    ]


def do_transition(call: Call) -> Reply:
    asked = read_body(call, IssueBody)
    if asked.transition is None:
        raise JiraError(400, REFUSED_BODY)
    with writing(call, "TRANSITION_ISSUES") as desk:
        issue_id = issue_of(call, desk.scope)
        wanted = _named(asked.transition, "id")
        known = [each["id"] for each in _transitions(desk.c, desk.jira, issue_id)]
        if wanted not in known:
            raise JiraError(400, f"Transition id '{wanted}' is not valid for this issue.")
        desk.editor.change(issue_id, Edit(asked.fields, asked.update), status_id=int(wanted))
    return Reply(204)


ROUTES: Final = (
    Route("POST", "/rest/api/3/issue", create_issue),
    Route("GET", "/rest/api/3/issue/{issueIdOrKey}", get_issue),
    Route("PUT", "/rest/api/3/issue/{issueIdOrKey}", edit_issue),
    Route("DELETE", "/rest/api/3/issue/{issueIdOrKey}", delete_issue),
    Route("GET", "/rest/api/3/issue/{issueIdOrKey}/transitions", get_transitions),
    Route("POST", "/rest/api/3/issue/{issueIdOrKey}/transitions", do_transition),
)
