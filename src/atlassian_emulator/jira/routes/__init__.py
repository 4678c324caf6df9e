"""The operations of Jira Cloud's REST API, by what they are about."""

from atlassian_emulator.jira.routes import (
    account,
    agile,
    catalogue,
    comments,
    completion,
    filters,
    history,
    issues,
    links,
    projects,
    search,
)

ROUTES = (
    *search.ROUTES,
    *issues.ROUTES,
    *comments.ROUTES,
    *links.ROUTES,
    *history.ROUTES,
    *catalogue.ROUTES,
    *projects.ROUTES,
    *completion.ROUTES,
    *filters.ROUTES,
    *agile.ROUTES,
    *account.ROUTES,
)
