"""/ex/confluence/{cloudId}/… and /ex/jira/{cloudId}/…: a site's products behind api.atlassian.com.

A request that brings a good token becomes the site's own request of that person: it meets that site's weather and
stands in that site's log, under the path it has there.
"""

from __future__ import annotations

import re
from typing import Any

from atlassian_emulator.call import ProductError
from atlassian_emulator.oauth.authority import Authority
from atlassian_emulator.oauth.resources import bearer_token, unauthorized
from atlassian_emulator.oauth.scopes import allows
from atlassian_emulator.site import Site
from atlassian_emulator.users import User

GATEWAY_PREFIX = "/ex/"
_ADDRESS = re.compile(r"/ex/(confluence|jira)/([0-9a-f-]{36})(/.*)", re.DOTALL)
_SERVED = {"confluence": ("/wiki/",), "jira": ("/rest/",)}


class Gateway:
    """Finds the site and the person behind a request to /ex/…."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    def enter(self, environ: dict[str, Any]) -> tuple[Site, User, str]:
        """Return the site that is meant, who asks, and the path there; raises the gateway's own refusals."""
        address = _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
        if address is None:
            raise ProductError(404, {"code": 404, "message": "Not Found"})
        product, cloud_id, path = address.groups()
        token = self._authority.find_token(bearer_token(environ.get("HTTP_AUTHORIZATION", "")))
        if token is None:
            raise unauthorized(category="FAILURE_CLIENT_AUTH_MISMATCH")
        method = "GET" if environ["REQUEST_METHOD"] == "HEAD" else environ["REQUEST_METHOD"]
        if not allows(token.scopes, product, method, path):
            raise unauthorized("Unauthorized; scope does not match", "FAILURE_CLIENT_SCOPE_CHECK")
        site = self._authority.find_site(cloud_id) if cloud_id in token.grant.cloud_ids else None
        person = site.users.find(token.grant.account_id) if site else None
        if site is None or person is None or not person.active or not path.startswith(_SERVED[product]):
            # What the token does not reach is not told apart from what is not there.
            raise ProductError(404, {"code": 404, "message": "No message available"})
        return site, person, path
