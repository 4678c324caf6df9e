"""The operations of Jira Cloud's REST API, by what they are about."""

from atlassian_emulator.jira.routes import account, catalogue, search

ROUTES = (*search.ROUTES, *catalogue.ROUTES, *account.ROUTES)
