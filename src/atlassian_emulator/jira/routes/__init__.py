"""The operations of Jira Cloud's REST API, by what they are about."""

from atlassian_emulator.jira.routes import account, catalogue, comments, history, issues, links, search

ROUTES = (
    *search.ROUTES,
    *issues.ROUTES,
    *comments.ROUTES,
    *links.ROUTES,
    *history.ROUTES,
    *catalogue.ROUTES,
    *account.ROUTES,
)
