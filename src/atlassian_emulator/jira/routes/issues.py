"""One issue: get, create, edit, delete."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import read_body
from atlassian_emulator.jira.editing import Edit
from atlassian_emulator.jira.expansions import MOST_PROPERTIES, expand_issues, show_names
from atlassian_emulator.jira.issues import IssueReader
from atlassian_emulator.jira.render import Json
from atlassian_emulator.jira.routes.desk import Desk, issue_of, name_of, writing
from atlassian_emulator.jira.selection import select_fields
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.jira.workflow import first_status
from atlassian_emulator.jira.write import IssueRow
from atlassian_emulator.routing import Route

MOST_CREATED: Final = 50


class Property(msgspec.Struct):
    key: str
    value: Any = None


class IssueBody(msgspec.Struct):
    """What create, edit and transition take; members that the emulator has no use for are passed over."""

    fields: dict[str, Any] = msgspec.field(default_factory=dict)
    update: dict[str, list[dict[str, Any]]] = msgspec.field(default_factory=dict)
    transition: dict[str, Any] | None = None
    properties: list[Property] = msgspec.field(default_factory=list)


class IssuesBody(msgspec.Struct, rename="camel"):
    issue_updates: list[IssueBody]


class AssigneeBody(msgspec.Struct, rename="camel"):
    account_id: str | None = None
    name: str | None = None
    key: str | None = None


# -- reading ---------------------------------------------------------------------------------------


def get_issue(call: Call) -> Reply:
    jira = call.site.part(Jira)
    expand = frozenset(call.query_list("expand"))
    with call.site.database.read() as c:
        scope = jira.scope(c, call.user)
        issue_id = issue_of(call, scope)
        selection = select_fields(call.query_list("fields"), scope.catalogue, default="*all")
        [shown] = IssueReader(scope, jira.renderer(c)).read([issue_id], selection)
        properties = call.query_list("properties")
        if len(properties) > MOST_PROPERTIES:
            raise JiraError(400, f"The maximum number of properties that can be requested is {MOST_PROPERTIES}.")
        expand_issues(scope, jira.renderer(c), [shown], expand, properties)
        shown |= show_names(expand, selection, scope)
    return Reply(body=shown)


# -- writing ---------------------------------------------------------------------------------------


def create_issue(call: Call) -> Reply:
    asked = read_body(call, IssueBody)
    with writing(call, "CREATE_ISSUES") as desk:
        return Reply(201, _create(call, desk, asked))


def _create(call: Call, desk: Desk, asked: IssueBody) -> Json:
    issue = _new_issue(call, desk, dict(asked.fields))
    rest = {name: value for name, value in asked.fields.items() if name not in ("project", "issuetype")}
    desk.editor.create(issue, Edit(rest, asked.update))
    desk.c.executemany(
        "INSERT OR REPLACE INTO jira_properties (issue_id, key, value) VALUES (?, ?, ?)",
        [(issue.id, each.key, msgspec.json.encode(each.value).decode()) for each in asked.properties],
    )
    address = desk.renderer.url(f"issue/{issue.id}")
    return {"id": str(issue.id), "key": f"{issue.project_key}-{issue.number}", "self": address}


def create_issues(call: Call) -> Reply:
    """Up to fifty issues; those that are refused are told of and the rest is made."""
    asked = read_body(call, IssuesBody)
    if not 0 < len(asked.issue_updates) <= MOST_CREATED:
        raise JiraError(400, f"Between 1 and {MOST_CREATED} issues can be created at once.")
    made: list[Json] = []
    refused: list[Json] = []
    with writing(call, "CREATE_ISSUES") as desk:
        for position, each in enumerate(asked.issue_updates):
            desk.c.execute("SAVEPOINT one_issue")
            try:
                made.append(_create(call, desk, each))
            except JiraError as error:
                desk.c.execute("ROLLBACK TO one_issue")
                body = {**error.body, "status": error.status}
                refused.append({"status": error.status, "elementErrors": body, "failedElementNumber": position})
            desk.c.execute("RELEASE one_issue")
    return Reply(201 if made else 400, {"issues": made, "errors": refused})


def assign_issue(call: Call) -> Reply:
    """To an account, to nobody (null), or to whom the project assigns by default ("-1"), which is nobody too."""
    asked = read_body(call, AssigneeBody)
    if asked.name or asked.key:
        raise JiraError(400, "'name' and 'key' are no longer supported. Use 'accountId' instead.")
    account_id = None if asked.account_id in (None, "-1") else asked.account_id
    if account_id is not None and call.site.users.find(account_id) is None:
        raise JiraError(400, errors={"assignee": f"User '{account_id}' does not exist."})
    with writing(call, "ASSIGN_ISSUES") as desk:
        value = None if account_id is None else {"accountId": account_id}
        desk.editor.change(issue_of(call, desk.scope), Edit({"assignee": value}, {}))
    return Reply(204)


def _new_issue(call: Call, desk: Desk, fields: dict[str, Any]) -> IssueRow:
    catalogue, now = desk.scope.catalogue, desk.scope.now
    project = desk.scope.find_project(name_of(fields.get("project"), "id", "key"))
    types = catalogue.types.find(name_of(fields.get("issuetype"), "id", "name"))
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
        status_id=first_status(catalogue),
        priority_id=usual[0].id if usual else None,
        reporter=call.caller.account_id,
        creator=call.caller.account_id,
        summary="",
        created=now,
        updated=now,
    )


def edit_issue(call: Call) -> Reply:
    asked = read_body(call, IssueBody)
    with writing(call, "EDIT_ISSUES") as desk:
        issue_id = issue_of(call, desk.scope)
        desk.editor.change(issue_id, Edit(asked.fields, asked.update))
        if not call.query_flag("returnIssue"):
            return Reply(204)
        selection = select_fields((), desk.scope.catalogue, default="*all")
        reader = IssueReader(desk.scope, desk.jira.renderer(desk.c))
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


ROUTES: Final = (
    Route("POST", "/rest/api/3/issue", create_issue),
    Route("POST", "/rest/api/3/issue/bulk", create_issues),
    Route("PUT", "/rest/api/3/issue/{issueIdOrKey}/assignee", assign_issue),
    Route("GET", "/rest/api/3/issue/{issueIdOrKey}", get_issue),
    Route("PUT", "/rest/api/3/issue/{issueIdOrKey}", edit_issue),
    Route("DELETE", "/rest/api/3/issue/{issueIdOrKey}", delete_issue),
)
