"""Points as Atlassian counts them: what a request costs of an app's hourly quota.

    1 for the request, 1 more for each core object it reads (issue, page, space, attachment, …), 2 more for each
    identity object (user, group, permission). A write costs 1, whatever it writes.

Source: "Rate limiting" for Jira Cloud and Confluence Cloud, developer.atlassian.com, as of August 2026.
"""

from __future__ import annotations

from typing import Any, Final

_LISTS: Final = ("results", "values", "issues", "comments", "worklogs", "changelogs", "issueChangeLogs", "matches")
"""The members in which Atlassian's lists hold their objects."""

_IDENTITY: Final = ("user", "users", "group", "groups", "role", "permissions", "mypermissions", "myself", "users-bulk")
_READ_BY_POST: Final = (
    "/search/jql",
    "/search/approximate-count",
    "/issue/bulkfetch",
    "/changelog/bulkfetch",
    "/jql/match",
    "/jql/parse",
    "/permissions/check",
    "/permissions/project",
    "/permission/check",
    "/users-bulk",
    "/convert-ids-to-types",
)


def reads(method: str, template: str) -> bool:
    """Whether an operation only reads: some do, though they are asked for with POST."""
    return method == "GET" or (method == "POST" and template.endswith(_READ_BY_POST))


def points_of(method: str, template: str, status: int, body: Any) -> int:
    """Return what a request to the operation cost that answered `body`."""
    if status >= 400 or not reads(method, template):
        return 1
    return 1 + count_objects(body) * (2 if _is_identity(template) else 1)


def count_objects(body: Any) -> int:
    """Return how many objects an answer holds: the elements of its list, or itself."""
    if isinstance(body, list):
        return len(body)
    if not isinstance(body, dict):
        return 0
    for name in _LISTS:
        if isinstance(elements := body.get(name), list | dict):
            return len(elements)
    return 1


def _is_identity(template: str) -> bool:
    # Parameters are left out: /user/{accountId} and /group/{groupId}/membersByGroupId are about people too.
    return any(part in _IDENTITY for part in template.split("/"))
