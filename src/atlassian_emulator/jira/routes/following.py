"""Who watches an issue, and who votes for it."""

from __future__ import annotations

from typing import Final

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import Body, read_body
from atlassian_emulator.jira.routes.desk import Desk, issue_of, reading, writing
from atlassian_emulator.routing import Route

_ADD: Final = "INSERT OR IGNORE INTO jira_followers (kind, account_id, issue_id) VALUES (?, ?, ?)"
_REMOVE: Final = "DELETE FROM jira_followers WHERE kind = ? AND account_id = ? AND issue_id = ?"


class WatchingBody(Body, rename="camel"):
    issue_ids: list[str]


def _followers(desk: Desk, kind: str, issue_id: int) -> list[str]:
    rows = desk.c.execute(
        "SELECT account_id FROM jira_followers WHERE issue_id = ? AND kind = ? ORDER BY account_id", (issue_id, kind)
    )
    return [row[0] for row in rows]


def get_watchers(call: Call) -> Reply:
    with reading(call) as desk:
        issue_id, renderer = issue_of(call, desk.scope), desk.renderer
        accounts = _followers(desk, "watch", issue_id)
        shown = {
            "self": renderer.url(f"issue/{issue_id}/watchers"),
            "isWatching": desk.scope.account_id in accounts,
            "watchCount": len(accounts),
            "watchers": [renderer.account(each) for each in accounts],
        }
    return Reply(body=shown)


def add_watcher(call: Call) -> Reply:
    """The body is one account id as a JSON string; without a body the caller starts to watch."""
    account_id = call.caller.account_id
    if call.request.get_data():
        account_id = read_body(call, str)
    if call.site.users.find(account_id) is None:
        raise JiraError(404, "The user does not exist or cannot be seen.")
    _change_watcher(call, _ADD, account_id)
    return Reply(204)


def remove_watcher(call: Call) -> Reply:
    account_id = call.query("accountId")
    if not account_id:
        raise JiraError(400, "The accountId query parameter needs to be provided")
    if call.site.users.find(account_id) is None:
        raise JiraError(404, "The user does not exist or cannot be seen.")
    _change_watcher(call, _REMOVE, account_id)
    return Reply(204)


def _change_watcher(call: Call, sql: str, account_id: str) -> None:
    permission = "BROWSE_PROJECTS" if account_id == call.caller.account_id else "MANAGE_WATCHERS"
    with writing(call, permission) as desk:
        desk.c.execute(sql, ("watch", account_id, issue_of(call, desk.scope)))


def list_watched(call: Call) -> Reply:
    asked = read_body(call, WatchingBody)
    with reading(call) as desk:
        shown = {}
        for each in asked.issue_ids:
            issue_id = desk.scope.find_issue_id(each)
            shown[each] = issue_id is not None and desk.scope.account_id in _followers(desk, "watch", issue_id)
    return Reply(body={"issuesIsWatching": shown})


def get_votes(call: Call) -> Reply:
    with reading(call) as desk:
        issue_id, renderer = issue_of(call, desk.scope), desk.renderer
        accounts = _followers(desk, "vote", issue_id)
        shown = {
            "self": renderer.url(f"issue/{issue_id}/votes"),
            "votes": len(accounts),
            "hasVoted": desk.scope.account_id in accounts,
            "voters": [renderer.account(each) for each in accounts],
        }
    return Reply(body=shown)


def add_vote(call: Call) -> Reply:
    with writing(call, "BROWSE_PROJECTS") as desk:
        issue_id = issue_of(call, desk.scope)
        row = desk.c.execute("SELECT reporter, resolution_id FROM jira_issues WHERE id = ?", (issue_id,)).fetchone()
        if row["reporter"] == desk.scope.account_id:
            raise JiraError(404, "You cannot vote for an issue you have reported.")
        if row["resolution_id"] is not None:
            raise JiraError(404, "You cannot vote for an issue that is resolved.")
        desk.c.execute(_ADD, ("vote", desk.scope.account_id, issue_id))
    return Reply(204)


def remove_vote(call: Call) -> Reply:
    with writing(call, "BROWSE_PROJECTS") as desk:
        removed = desk.c.execute(_REMOVE, ("vote", desk.scope.account_id, issue_of(call, desk.scope))).rowcount
        if not removed:
            raise JiraError(404, "You cannot remove a vote that you have not made.")
    return Reply(204)


_OF_ISSUE: Final = "/rest/api/3/issue/{issueIdOrKey}"

ROUTES: Final = (
    Route("GET", _OF_ISSUE + "/watchers", get_watchers),
    Route("POST", _OF_ISSUE + "/watchers", add_watcher),
    Route("DELETE", _OF_ISSUE + "/watchers", remove_watcher),
    Route("POST", "/rest/api/3/issue/watching", list_watched),
    Route("GET", _OF_ISSUE + "/votes", get_votes),
    Route("POST", _OF_ISSUE + "/votes", add_vote),
    Route("DELETE", _OF_ISSUE + "/votes", remove_vote),
)
