"""Boards and sprints, to read: /rest/agile/1.0."""

from __future__ import annotations

import sqlite3
from typing import Final

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import page_of
from atlassian_emulator.jira.render import Json, Renderer
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.routing import Route


def list_boards(call: Call) -> Reply:
    wanted = call.query("projectKeyOrId")
    with call.site.database.read() as c:
        found = [board for board in _boards(c, call) if wanted in ("", board["location"]["projectKey"])]
    return Reply(body=page_of(found, call))


def get_board(call: Call) -> Reply:
    with call.site.database.read() as c:
        return Reply(body=_board_of(c, call))


def list_sprints(call: Call) -> Reply:
    """The sprints of a board, oldest first; `state` takes several states between commas."""
    states = set(call.query_list("state"))
    if states - {"future", "active", "closed"}:
        raise JiraError(400, "The value of 'state' must be future, active or closed.")
    with call.site.database.read() as c:
        board = _board_of(c, call)
        renderer = call.site.part(Jira).renderer(c)
        found = [
            renderer.sprint(each)
            | {"self": f"{call.site.base_url}/rest/agile/1.0/sprint/{each.id}", "originBoardId": board["id"]}
            for each in renderer.catalogue.sprints.all
            if each.board_id == board["id"] and (not states or each.state in states)
        ]
    return Reply(body=page_of(found, call))


def _boards(c: sqlite3.Connection, call: Call) -> list[Json]:
    jira = call.site.part(Jira)
    hidden = jira.hidden_from(c, call.user)
    rows = c.execute("SELECT id, name, project_id FROM jira_boards WHERE project_id IS NOT NULL ORDER BY name")
    return [_show(row, jira.renderer(c)) for row in rows if row["project_id"] not in hidden]


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
            "displayName": f"{project.name} ({project.key})",
        },
    }


def _board_of(c: sqlite3.Connection, call: Call) -> Json:
    board_id = call.path_id("boardId")
    for board in _boards(c, call):
        if board["id"] == board_id:
            return board
    raise JiraError(404, f"Board does not exist or you do not have permission to see it: {board_id}.")


ROUTES: Final = (
    Route("GET", "/rest/agile/1.0/board", list_boards),
    Route("GET", "/rest/agile/1.0/board/{boardId}", get_board),
    Route("GET", "/rest/agile/1.0/board/{boardId}/sprint", list_sprints),
)
