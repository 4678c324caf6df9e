"""Operations that Atlassian has taken away, and what it answers in their place."""

from __future__ import annotations

from typing import Final

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.routing import Route


def refuse_old_search(_: Call) -> Reply:
    raise JiraError(
        410,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration "
        "guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046",
    )


ROUTES: Final = tuple(
    Route(method, f"/rest/api/{version}/{path}", refuse_old_search)
    for version in ("2", "3", "latest")
    for path in ("search", "search/id")
    for method in ("GET", "POST")
    if (path, method) != ("search/id", "GET")
)
