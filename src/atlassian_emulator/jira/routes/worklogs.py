"""Time spent on issues."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import msgspec

from atlassian_emulator.call import LARGEST_ID, Call, JiraError, Reply
from atlassian_emulator.jira.bodies import Body, read_body
from atlassian_emulator.jira.document import is_document
from atlassian_emulator.jira.mentions import show_worklog
from atlassian_emulator.jira.render import Json
from atlassian_emulator.jira.routes.desk import Desk, issue_of, reading, writing
from atlassian_emulator.jira.timetracking import LONGEST_SECONDS, parse_duration
from atlassian_emulator.jira.write import put_issue, read_issue
from atlassian_emulator.moments import parse_iso
from atlassian_emulator.routing import Route

_MOST_LISTED: Final = 1000


class WorklogBody(msgspec.Struct, rename="camel"):
    comment: Any = None
    started: str | None = None
    time_spent: str | None = None
    time_spent_seconds: int | None = None


class IdsBody(Body):
    ids: list[int]


def list_worklogs(call: Call) -> Reply:
    start = call.query_int("startAt", 0, 0, 2**31 - 1)
    size = min(call.query_int("maxResults", 5000, 0, 2**31 - 1), 5000)
    after = call.query_int("startedAfter", 0, 0, LARGEST_ID // 1000)
    before = call.query_int("startedBefore", LARGEST_ID // 1000, 0, LARGEST_ID // 1000)
    with reading(call) as desk:
        rows = desk.c.execute(
            "SELECT * FROM jira_worklogs WHERE issue_id = ? AND started >= ? AND started < ? ORDER BY started, id",
            (issue_of(call, desk.scope), after * 1000, before * 1000),
        ).fetchall()
        shown = [show_worklog(row, desk.renderer) for row in rows[start : start + size]]
    return Reply(body={"startAt": start, "maxResults": size, "total": len(rows), "worklogs": shown})


def get_worklog(call: Call) -> Reply:
    with reading(call) as desk:
        return Reply(body=show_worklog(_worklog_of(call, desk, issue_of(call, desk.scope)), desk.renderer))


def _worklog_of(call: Call, desk: Desk, issue_id: int) -> sqlite3.Row:
    worklog_id = call.path["id"]
    row: sqlite3.Row | None = desk.c.execute(
        "SELECT * FROM jira_worklogs WHERE issue_id = ? AND CAST(id AS TEXT) = ?", (issue_id, worklog_id)
    ).fetchone()
    if row is None:
        raise JiraError(404, f"Cannot find worklog with id: '{worklog_id}'.")
    return row


def add_worklog(call: Call) -> Reply:
    asked = read_body(call, WorklogBody)
    with writing(call, "WORK_ON_ISSUES") as desk:
        issue_id = issue_of(call, desk.scope)
        seconds = _seconds(asked)
        if seconds is None:
            raise JiraError(400, errors={"timeLogged": "You must indicate the time spent."})
        now, author = desk.scope.now, desk.scope.account_id
        worklog_id = call.site.ids.take("jira.worklog")
        desk.c.execute(
            "INSERT INTO jira_worklogs (id, issue_id, author, update_author, created, updated, started, seconds,"
            " comment) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (worklog_id, issue_id, author, author, now, now, _started(asked, now), seconds, _comment(asked)),
        )
        _estimate_again(call, desk, issue_id, spent=seconds)
        return Reply(201, show_worklog(_read(desk, worklog_id), desk.renderer))


def _read(desk: Desk, worklog_id: int) -> sqlite3.Row:
    row: sqlite3.Row = desk.c.execute("SELECT * FROM jira_worklogs WHERE id = ?", (worklog_id,)).fetchone()
    return row


def _seconds(asked: WorklogBody) -> int | None:
    seconds = asked.time_spent_seconds
    if seconds is None and asked.time_spent is not None:
        try:
            seconds = parse_duration(asked.time_spent)
        except ValueError as error:
            raise JiraError(400, errors={"timeLogged": "Invalid time duration entered."}) from error
    if seconds is not None and not 60 <= seconds <= LONGEST_SECONDS:
        raise JiraError(400, "Worklog must not be null and must hold at least a minute.")
    return seconds


def _started(asked: WorklogBody, usual: int) -> int:
    if asked.started is None:
        return usual
    try:
        return parse_iso(asked.started)
    except (ValueError, OverflowError) as error:
        raise JiraError(400, errors={"started": f"Error parsing time: {asked.started}"}) from error


def _comment(asked: WorklogBody) -> str:
    if asked.comment is not None and not is_document(asked.comment):
        raise JiraError(400, errors={"comment": "Comment body is not valid!"})
    return msgspec.json.encode(asked.comment).decode()


def update_worklog(call: Call) -> Reply:
    asked = read_body(call, WorklogBody)
    with writing(call, "WORK_ON_ISSUES") as desk:
        issue_id = issue_of(call, desk.scope)
        known = _changeable(call, desk, issue_id)
        seconds = _seconds(asked) or known["seconds"]
        comment = known["comment"] if asked.comment is None else _comment(asked)
        desk.c.execute(
            "UPDATE jira_worklogs SET update_author = ?, updated = ?, started = ?, seconds = ?, comment = ?"
            " WHERE id = ?",
            (
                desk.scope.account_id,
                max(desk.scope.now, known["updated"]),
                _started(asked, known["started"]),
                seconds,
                comment,
                known["id"],
            ),
        )
        _estimate_again(call, desk, issue_id, spent=seconds - known["seconds"])
        return Reply(body=show_worklog(_read(desk, known["id"]), desk.renderer))


def _changeable(call: Call, desk: Desk, issue_id: int) -> sqlite3.Row:
    known = _worklog_of(call, desk, issue_id)
    if known["author"] != desk.scope.account_id and not call.caller.administers:
        raise JiraError(400, "You do not have permission to edit this worklog.")
    return known


def delete_worklog(call: Call) -> Reply:
    with writing(call, "WORK_ON_ISSUES") as desk:
        issue_id = issue_of(call, desk.scope)
        known = _changeable(call, desk, issue_id)
        desk.c.execute("DELETE FROM jira_worklogs WHERE id = ?", (known["id"],))
        desk.c.execute("INSERT INTO jira_deleted_worklogs (id, deleted) VALUES (?, ?)", (known["id"], desk.scope.now))
        _estimate_again(call, desk, issue_id, spent=-known["seconds"])
    return Reply(204)


def _estimate_again(call: Call, desk: Desk, issue_id: int, *, spent: int) -> None:
    """Work takes from what remains, unless `adjustEstimate` says otherwise."""
    way = call.query_choice("adjustEstimate", ("new", "leave", "manual", "auto"), "auto")
    issue = read_issue(desk.c, issue_id)
    remaining = issue.stored.remaining_estimate
    if way == "new":
        issue.stored.remaining_estimate = _duration(call, "newEstimate")
    elif way == "manual":
        by = _duration(call, "reduceBy" if call.request.method != "DELETE" else "increaseBy")
        change = -by if call.request.method != "DELETE" else by
        issue.stored.remaining_estimate = max(0, (remaining or 0) + change)
    elif way == "auto" and remaining is not None:
        issue.stored.remaining_estimate = max(0, remaining - spent)
    issue.updated = max(desk.scope.now, issue.updated)
    put_issue(desk.c, issue)


def _duration(call: Call, name: str) -> int:
    try:
        return parse_duration(call.query(name))
    except ValueError as error:
        raise JiraError(400, errors={name: "Invalid time duration entered."}) from error


# -- many ------------------------------------------------------------------------------------------


def list_by_ids(call: Call) -> Reply:
    """Up to a thousand worklogs by id; those that the caller may not see are left out."""
    asked = read_body(call, IdsBody)
    if len(asked.ids) > _MOST_LISTED:
        raise JiraError(400, f"The maximum number of worklogs that can be requested is {_MOST_LISTED}.")
    with reading(call) as desk:
        rows = desk.c.execute(
            "SELECT w.*, project_key FROM jira_worklogs w JOIN jira_issues i ON i.id = issue_id"
            " WHERE w.id IN (SELECT value FROM json_each(?)) ORDER BY w.id",
            (msgspec.json.encode(asked.ids).decode(),),
        ).fetchall()
        seen = [row for row in rows if not desk.scope.hides(row["issue_id"], row["project_key"])]
        return Reply(body=[show_worklog(row, desk.renderer) for row in seen])


def list_updated(call: Call) -> Reply:
    return _changed(call, "SELECT id, updated FROM jira_worklogs WHERE updated >= ? ORDER BY updated, id LIMIT ?")


def list_deleted(call: Call) -> Reply:
    return _changed(call, "SELECT id, deleted FROM jira_deleted_worklogs WHERE deleted >= ? ORDER BY 2, 1 LIMIT ?")


def _changed(call: Call, sql: str) -> Reply:
    """Ids and moments in milliseconds from `since` on, a thousand a page."""
    since = call.query_int("since", 0, 0, LARGEST_ID // 1000)
    with call.site.database.read() as c:
        rows = c.execute(sql, (since * 1000, _MOST_LISTED + 1)).fetchall()
    shown = [{"worklogId": row[0], "updatedTime": row[1] // 1000, "properties": []} for row in rows[:_MOST_LISTED]]
    until = shown[-1]["updatedTime"] if shown else since
    last = len(rows) <= _MOST_LISTED
    address = f"{call.site.base_url}{call.request.path}?since="
    answer: Json = {"values": shown, "since": since, "until": until, "self": f"{address}{since}", "lastPage": last}
    return Reply(body=answer if last else answer | {"nextPage": f"{address}{until}"})


_OF_ISSUE: Final = "/rest/api/3/issue/{issueIdOrKey}/worklog"

ROUTES: Final = (
    Route("GET", _OF_ISSUE, list_worklogs),
    Route("POST", _OF_ISSUE, add_worklog),
    Route("GET", _OF_ISSUE + "/{id}", get_worklog),
    Route("PUT", _OF_ISSUE + "/{id}", update_worklog),
    Route("DELETE", _OF_ISSUE + "/{id}", delete_worklog),
    Route("POST", "/rest/api/3/worklog/list", list_by_ids),
    Route("GET", "/rest/api/3/worklog/updated", list_updated),
    Route("GET", "/rest/api/3/worklog/deleted", list_deleted),
)
