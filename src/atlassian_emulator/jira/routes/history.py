"""The history of changes. Values that were empty are null there, whatever the documents say."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import Body, page_of, read_body
from atlassian_emulator.jira.histories import show_histories, show_history
from atlassian_emulator.jira.paging import make_token, read_token
from atlassian_emulator.jira.render import Json
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.routing import Route


class BulkBody(Body, rename="camel"):
    issue_ids_or_keys: Annotated[list[str], msgspec.Meta(min_length=1, max_length=1000)]
    field_ids: Annotated[list[str], msgspec.Meta(max_length=10)] | None = None
    max_results: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1000
    next_page_token: str | None = None


class ChangeIdsBody(Body, rename="camel"):
    changelog_ids: Annotated[list[int], msgspec.Meta(min_length=1)]


def get_changelog(call: Call) -> Reply:
    jira = call.site.part(Jira)
    with call.site.database.read() as c:
        issue_id = jira.scope(c, call.user).find_issue_id(call.path["issueIdOrKey"])
        if issue_id is None:
            raise JiraError(404, "Issue does not exist or you do not have permission to see it.")
        return Reply(body=page_of(show_histories(c, jira.renderer(c), issue_id), call, default=100))


def bulk_fetch_changelogs(call: Call) -> Reply:
    """The changes of many issues, by issue and then oldest first, page by page."""
    asked = read_body(call, BulkBody)
    jira, site = call.site.part(Jira), call.site
    question = "\n".join(asked.issue_ids_or_keys)
    start = read_token(site.cloud_id, question, asked.next_page_token, site.clock()) if asked.next_page_token else 0
    with site.database.read() as c:
        scope, renderer = jira.scope(c, call.user), jira.renderer(c)
        found = (scope.find_issue_id(each) for each in asked.issue_ids_or_keys)
        ids = sorted({issue_id for issue_id in found if issue_id is not None})
        rows = c.execute(
            "SELECT id, issue_id, author, created, items FROM jira_changes"
            " WHERE issue_id IN (SELECT value FROM json_each(?)) ORDER BY issue_id, id LIMIT ? OFFSET ?",
            (msgspec.json.encode(ids).decode(), asked.max_results + 1, start),
        ).fetchall()
        by_issue: dict[int, list[Json]] = {}
        for row in rows[: asked.max_results]:
            items = [
                item
                for item in msgspec.json.decode(row["items"])
                if not asked.field_ids or item["fieldId"] in asked.field_ids
            ]
            if items:
                by_issue.setdefault(row["issue_id"], []).append(show_history(row, items, renderer))
    logs = [{"issueId": str(issue_id), "changeHistories": changes} for issue_id, changes in by_issue.items()]
    answer: Json = {"issueChangeLogs": logs}
    if len(rows) > asked.max_results:
        answer["nextPageToken"] = make_token(site.cloud_id, question, start + asked.max_results, site.clock())
    return Reply(body=answer)


def list_changes(call: Call) -> Reply:
    """Entries of one issue's history by their ids."""
    asked = read_body(call, ChangeIdsBody)
    jira = call.site.part(Jira)
    with call.site.database.read() as c:
        issue_id = jira.scope(c, call.user).find_issue_id(call.path["issueIdOrKey"])
        if issue_id is None:
            raise JiraError(404, "Issue does not exist or you do not have permission to see it.")
        wanted = {str(each) for each in asked.changelog_ids}
        found = [each for each in show_histories(c, jira.renderer(c), issue_id) if each["id"] in wanted]
    size = len(found)
    return Reply(body={"startAt": 0, "maxResults": size, "total": size, "histories": found})


ROUTES: Final = (
    Route("POST", "/rest/api/3/issue/{issueIdOrKey}/changelog/list", list_changes),
    Route("GET", "/rest/api/3/issue/{issueIdOrKey}/changelog", get_changelog),
    Route("POST", "/rest/api/3/changelog/bulkfetch", bulk_fetch_changelogs),
)
