"""Atlassian's sign-in for other people's programs: OAuth 2.0 (3LO), as auth.atlassian.com and api.atlassian.com do it.

    GET, POST /authorize                        the consent page, and what was clicked there
    POST /oauth/token                           a code or a refresh token becomes an access token
    GET /oauth/token/accessible-resources       the sites a token reaches
    GET /me                                     who gave the token
    /ex/confluence/{cloudId}/wiki/…             the product of a site, called by that person
    /ex/jira/{cloudId}/rest/…

Sources: "OAuth 2.0 (3LO) apps", "Implementing OAuth 2.0 (3LO)", "Making calls to API" and "Refresh tokens" of
developer.atlassian.com, as of November 2025; RFC 6749 and RFC 7636 for what they leave out.
"""

from __future__ import annotations

from atlassian_emulator.oauth import consent, control, resources, tokens
from atlassian_emulator.oauth.authority import Authority
from atlassian_emulator.oauth.clients import OAuthClient, parse_client
from atlassian_emulator.oauth.gateway import GATEWAY_PREFIX, Gateway

ROUTES = (*consent.ROUTES, *tokens.ROUTES, *resources.ROUTES, *control.ROUTES)

OWN_PATHS = ("/authorize", "/oauth/", "/me")
"""Paths whose routes look at credentials themselves: theirs are not those of a site's user."""

__all__ = ["GATEWAY_PREFIX", "OWN_PATHS", "ROUTES", "Authority", "Gateway", "OAuthClient", "parse_client"]
