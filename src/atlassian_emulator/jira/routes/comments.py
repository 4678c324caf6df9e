"""Comments on an issue."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import read_body
from atlassian_emulator.jira.document import is_document
from atlassian_emulator.jira.mentions import show_comment
from atlassian_emulator.jira.routes.desk import issue_of, writing
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.routing import Route

_COLUMNS: Final = "id, issue_id, author, update_author, created, updated, body"


class CommentBody(msgspec.Struct):
    body: Any = None


def list_comments(call: Call) -> Reply:
    jira = call.site.part(Jira)
    start = call.query_int("startAt", 0, 0, 2**31 - 1)
    size = min(call.query_int("maxResults", 5000, 0, 2**31 - 1), 5000)
    newest_first = call.query_choice("orderBy", ("created", "+created", "-created"), "created").startswith("-")
    with call.site.database.read() as c:
        issue_id = issue_of(call, jira.scope(c, call.user))
        direction = "DESC" if newest_first else "ASC"
        rows = c.execute(
            f"SELECT {_COLUMNS} FROM jira_comments WHERE issue_id = ? ORDER BY created {direction}, id {direction}",
            (issue_id,),
        ).fetchall()
        shown = [show_comment(row, jira.renderer(c)) for row in rows[start : start + size]]
    return Reply(body={"startAt": start, "maxResults": size, "total": len(rows), "comments": shown})


def get_comment(call: Call) -> Reply:
    jira = call.site.part(Jira)
    with call.site.database.read() as c:
        row = _comment_of(call, c, issue_of(call, jira.scope(c, call.user)))
        return Reply(body=show_comment(row, jira.renderer(c)))


def _comment_of(call: Call, c: sqlite3.Connection, issue_id: int) -> sqlite3.Row:
    comment_id = call.path["id"]
    row = c.execute(
        f"SELECT {_COLUMNS} FROM jira_comments WHERE issue_id = ? AND CAST(id AS TEXT) = ?", (issue_id, comment_id)
    ).fetchone()
    if row is None:
        raise JiraError(404, f"Can not find a comment for the id: {comment_id}.")
    found: sqlite3.Row = row
    return found


def add_comment(call: Call) -> Reply:
    asked = read_body(call, CommentBody)
    with writing(call, "ADD_COMMENTS") as desk:
        issue_id = issue_of(call, desk.scope)
        if asked.body is None:
            raise JiraError(400, errors={"comment": "Comment body can not be empty!"})
        comment_id = desk.editor.add_comment(issue_id, asked.body)
        row = desk.c.execute(f"SELECT {_COLUMNS} FROM jira_comments WHERE id = ?", (comment_id,)).fetchone()
        return Reply(201, show_comment(row, desk.jira.renderer(desk.c)))


def update_comment(call: Call) -> Reply:
    asked = read_body(call, CommentBody)
    if not is_document(asked.body):
        raise JiraError(400, errors={"comment": "Comment body is not valid!"})
    with writing(call, "ADD_COMMENTS") as desk:
        issue_id = issue_of(call, desk.scope)
        comment_id = _comment_of(call, desk.c, issue_id)["id"]
        desk.c.execute(
            "UPDATE jira_comments SET body = ?, updated = ?, update_author = ? WHERE id = ?",
            (msgspec.json.encode(asked.body).decode(), desk.scope.now, desk.scope.account_id, comment_id),
        )
        desk.editor.touch(issue_id)
        return Reply(body=show_comment(_comment_of(call, desk.c, issue_id), desk.jira.renderer(desk.c)))


def delete_comment(call: Call) -> Reply:
    with writing(call, "ADD_COMMENTS") as desk:
        issue_id = issue_of(call, desk.scope)
        desk.c.execute("DELETE FROM jira_comments WHERE id = ?", (_comment_of(call, desk.c, issue_id)["id"],))
        desk.editor.touch(issue_id)
    return Reply(204)


_OF_ISSUE: Final = "/rest/api/3/issue/{issueIdOrKey}/comment"

ROUTES: Final = (
    Route("GET", _OF_ISSUE, list_comments),
    Route("POST", _OF_ISSUE, add_comment),
    Route("GET", _OF_ISSUE + "/{id}", get_comment),
    Route("PUT", _OF_ISSUE + "/{id}", update_comment),
    Route("DELETE", _OF_ISSUE + "/{id}", delete_comment),
)
