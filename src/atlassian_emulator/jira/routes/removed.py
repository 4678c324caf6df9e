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


ROUTES: Final = (
    Route("GET", "/rest/api/3/search", refuse_old_search),
    Route("POST", "/rest/api/3/search", refuse_old_search),
    Route("POST", "/rest/api/3/search/id", refuse_old_search),
)
