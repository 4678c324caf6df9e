"""Boards, sprints and epics, to read: /rest/agile/1.0."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import page_of
from atlassian_emulator.jira.catalogue import Sprint
from atlassian_emulator.jira.issues import IssueReader
from atlassian_emulator.jira.jql.compile import compile_query
from atlassian_emulator.jira.jql.parser import parse
from atlassian_emulator.jira.jql.syntax import JqlSyntaxError
from atlassian_emulator.jira.render import Json, Renderer
from atlassian_emulator.jira.routes.desk import Desk, reading
from atlassian_emulator.jira.selection import select_fields
from atlassian_emulator.routing import Route


def list_boards(call: Call) -> Reply:
    wanted, name = call.query("projectKeyOrId"), call.query("name").lower()
    kind = call.query("type")
    with reading(call) as desk:
        found = [
            board
            for board in _boards(desk)
            if wanted in ("", board["location"]["projectKey"], str(board["location"]["projectId"]))
            and name in board["name"].lower()
            and kind in ("", board["type"])
        ]
    return Reply(body=page_of(found, call))


def get_board(call: Call) -> Reply:
    with reading(call) as desk:
        return Reply(body=_board_of(call, desk))


def list_sprints(call: Call) -> Reply:
    """The sprints of a board, oldest first; `state` takes several states between commas."""
    states = set(call.query_list("state"))
    if states - {"future", "active", "closed"}:
        raise JiraError(400, "The value of 'state' must be future, active or closed.")
    with reading(call) as desk:
        board = _board_of(call, desk)
        found = [
            _show_sprint(each, desk)
            for each in desk.catalogue.sprints.all
            if each.board_id == board["id"] and (not states or each.state in states)
        ]
    return Reply(body=page_of(found, call))


def _show_sprint(sprint: Sprint, desk: Desk) -> Json:
    shown = desk.renderer.sprint(sprint)
    shown["originBoardId"] = shown.pop("boardId")
    return shown | {"self": f"{desk.renderer.base_url}/rest/agile/1.0/sprint/{sprint.id}"}


def _boards(desk: Desk) -> list[Json]:
    rows = desk.c.execute("SELECT id, name, project_id FROM jira_boards WHERE project_id IS NOT NULL ORDER BY name")
    return [_show(row, desk.renderer) for row in rows if row["project_id"] not in desk.scope.hidden]


def _show(row: sqlite3.Row, renderer: Renderer) -> Json:
    project = renderer.catalogue.projects.by_id[row["project_id"]]
    return {
        "id": row["id"],
        "self": f"{renderer.base_url}/rest/agile/1.0/board/{row['id']}",
        "name": row["name"],
        "type": "scrum",
        "location": {
            "projectId": project.id,
            "projectKey": project.key,
            "projectName": project.name,
            "projectTypeKey": "software",
            "displayName": f"{project.name} ({project.key})",
            "name": f"{project.name} ({project.key})",
        },
    }


def _board_of(call: Call, desk: Desk) -> Json:
    board_id = call.path_id("boardId")
    for board in _boards(desk):
        if board["id"] == board_id:
            return board
    raise JiraError(404, f"Board does not exist or you do not have permission to see it: {board_id}.")


def get_configuration(call: Call) -> Reply:
    with reading(call) as desk:
        board = _board_of(call, desk)
        statuses = desk.catalogue.statuses.all
        columns = [
            {
                "name": name,
                "statuses": [
                    {"id": str(each.id), "self": desk.renderer.url(f"status/{each.id}")}
                    for each in statuses
                    if each.category == category
                ],
            }
            for name, category in (("To Do", "new"), ("In Progress", "indeterminate"), ("Done", "done"))
        ]
    shown = {name: board[name] for name in ("id", "name", "type", "self", "location")}
    return Reply(body=shown | {"columnConfig": {"columns": columns, "constraintType": "none"}})


# -- issues ----------------------------------------------------------------------------------------


def list_board_issues(call: Call) -> Reply:
    with reading(call) as desk:
        return _issues(call, desk, f'project = "{_board_of(call, desk)["location"]["projectKey"]}"')


def list_backlog(call: Call) -> Reply:
    """What is not done and in no sprint that runs or ran."""
    with reading(call) as desk:
        key = _board_of(call, desk)["location"]["projectKey"]
        outside = "(sprint is EMPTY OR sprint not in (openSprints(), closedSprints()))"
        types = "issuetype in standardIssueTypes() AND issuetype not in subtaskIssueTypes()"
        return _issues(call, desk, f'project = "{key}" AND statusCategory != Done AND {outside} AND {types}')


def list_board_epics(call: Call) -> Reply:
    with reading(call) as desk:
        project = _board_of(call, desk)["location"]["projectKey"]
        done = call.query_choice("done", ("true", "false"))
        rows = _epic_rows(desk, "i.project_key = ?", project)
        shown = [_show_epic(row, desk) for row in rows if not desk.scope.hides(row["id"], row["project_key"])]
    return Reply(body=page_of([each for each in shown if done in ("", str(each["done"]).lower())], call))


def _epic_rows(desk: Desk, condition: str, value: Any) -> list[sqlite3.Row]:
    types = ", ".join(str(each.id) for each in desk.catalogue.types.all if each.level > 0)
    return desk.c.execute(
        f"SELECT id, project_key, number, summary, status_id FROM jira_issues i"
        f" WHERE {condition} AND type_id IN ({types}) ORDER BY number",
        (value,),
    ).fetchall()


def _show_epic(row: sqlite3.Row, desk: Desk) -> Json:
    return {
        "id": row["id"],
        "key": f"{row['project_key']}-{row['number']}",
        "self": f"{desk.renderer.base_url}/rest/agile/1.0/epic/{row['id']}",
        "name": row["summary"],
        "summary": row["summary"],
        "color": {"key": "color_1"},
        "done": desk.catalogue.statuses.by_id[row["status_id"]].category == "done",
    }


def _epic_of(call: Call, desk: Desk) -> sqlite3.Row:
    issue_id = desk.scope.find_issue_id(call.path["epicIdOrKey"])
    rows = _epic_rows(desk, "i.id = ?", issue_id)
    if not rows:
        raise JiraError(404, "The requested epic does not exist or you do not have permission to see it.")
    return rows[0]


def get_epic(call: Call) -> Reply:
    with reading(call) as desk:
        return Reply(body=_show_epic(_epic_of(call, desk), desk))


def list_epic_issues(call: Call) -> Reply:
    with reading(call) as desk:
        return _issues(call, desk, f"parent = {_epic_of(call, desk)['id']}")


def get_sprint(call: Call) -> Reply:
    with reading(call) as desk:
        return Reply(body=_show_sprint(_sprint_of(call, desk), desk))


def _sprint_of(call: Call, desk: Desk) -> Sprint:
    sprint = desk.catalogue.sprints.by_id.get(call.path_id("sprintId"))
    seen = {board["id"] for board in _boards(desk)}
    if sprint is None or (sprint.board_id is not None and sprint.board_id not in seen):
        raise JiraError(404, "Sprint does not exist or you do not have permission to see it.")
    return sprint


def list_sprint_issues(call: Call) -> Reply:
    with reading(call) as desk:
        condition = f"sprint = {_sprint_of(call, desk).id}"
        if "boardId" in call.path:
            condition += f' AND project = "{_board_of(call, desk)["location"]["projectKey"]}"'
        return _issues(call, desk, condition)


def _issues(call: Call, desk: Desk, condition: str) -> Reply:
    """Issues in the old way of pages: with a total, and whole unless `fields` says otherwise."""
    start = call.query_int("startAt", 0, 0, 2**31 - 1)
    size = min(call.query_int("maxResults", 50, 0, 2**31 - 1), 100)
    try:
        own = parse(call.query("jql"))
        query = parse(condition if own.where is None else f"({condition})")
    except JqlSyntaxError as error:
        raise JiraError(400, str(error)) from error
    compiled, narrowed = compile_query(query, desk.scope), compile_query(own, desk.scope)
    if errors := (*compiled.errors, *compiled.warnings, *narrowed.errors, *narrowed.warnings):
        raise JiraError(400, *errors)
    where = f"({compiled.where.text}) AND ({narrowed.where.text})"
    parameters = (*compiled.where.parameters, *narrowed.where.parameters)
    order = narrowed.order if own.order_by else "i.id"
    ids = [
        row[0]
        for row in desk.c.execute(
            f"SELECT i.id FROM jira_issues i WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",
            (*parameters, size, start),
        )
    ]
    [total] = desk.c.execute(f"SELECT count(*) FROM jira_issues i WHERE {where}", parameters).fetchone()
    selection = select_fields(call.query_list("fields"), desk.catalogue, default="*navigable")
    issues = IssueReader(desk.scope, desk.renderer).read(ids, selection)
    return Reply(body={"startAt": start, "maxResults": size, "total": total, "issues": issues})


_BOARD: Final = "/rest/agile/1.0/board"

ROUTES: Final = (
    Route("GET", _BOARD, list_boards),
    Route("GET", _BOARD + "/{boardId}", get_board),
    Route("GET", _BOARD + "/{boardId}/configuration", get_configuration),
    Route("GET", _BOARD + "/{boardId}/sprint", list_sprints),
    Route("GET", _BOARD + "/{boardId}/issue", list_board_issues),
    Route("GET", _BOARD + "/{boardId}/backlog", list_backlog),
    Route("GET", _BOARD + "/{boardId}/epic", list_board_epics),
    Route("GET", _BOARD + "/{boardId}/sprint/{sprintId}/issue", list_sprint_issues),
    Route("GET", "/rest/agile/1.0/sprint/{sprintId}", get_sprint),
    Route("GET", "/rest/agile/1.0/sprint/{sprintId}/issue", list_sprint_issues),
    Route("GET", "/rest/agile/1.0/epic/{epicIdOrKey}", get_epic),
    Route("GET", "/rest/agile/1.0/epic/{epicIdOrKey}/issue", list_epic_issues),
)
