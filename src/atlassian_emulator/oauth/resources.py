"""What a token tells about itself: the sites it reaches, and whose it is."""

from __future__ import annotations

from typing import Any

from atlassian_emulator.call import Call, ProductError, Reply
from atlassian_emulator.oauth.authority import AccessToken, Authority
from atlassian_emulator.oauth.scopes import belongs_to_site
from atlassian_emulator.routing import Route
from atlassian_emulator.site import Site

_AVATARS = "https://site-admin-avatar-cdn.prod.public.atl-paas.net/avatars/240"


def unauthorized(message: str = "Unauthorized", category: str = "") -> ProductError:
    """api.atlassian.com's own refusal, which is the same for all its paths."""
    headers = {"X-Failure-Category": category} if category else {}
    return ProductError(401, {"code": 401, "message": message}, headers)


def token_of(call: Call) -> AccessToken:
    """Return the token that a request brought, or refuse it."""
    token = bearer_token(call.request.headers.get("Authorization", ""))
    found = call.site.part(Authority).find_token(token) if token else None
    if found is None:
        raise unauthorized()
    return found


def bearer_token(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def list_resources(call: Call) -> Reply:
    """The sites of the grant, once for each, with the scopes the token has there."""
    token, authority = token_of(call), call.site.part(Authority)
    reachable = [site for site in authority.sites_of(token.grant.account_id) if site.cloud_id in token.grant.cloud_ids]
    return Reply(body=[_resource(site, token) for site in reachable])


def _resource(site: Site, token: AccessToken) -> dict[str, Any]:
    return {
        "id": site.cloud_id,
        "name": site.name,
        "url": site.base_url,
        "scopes": [scope for scope in token.scopes if belongs_to_site(scope)],
        "avatarUrl": f"{_AVATARS}/flag.png",
    }


def get_me(call: Call) -> Reply:
    token = token_of(call)
    if "read:me" not in token.scopes:
        raise unauthorized("Unauthorized; scope does not match", "FAILURE_CLIENT_SCOPE_CHECK")
    person = next((p for p in call.site.part(Authority).people() if p.account_id == token.grant.account_id), None)
    if person is None:
        raise unauthorized()
    me = {
        "account_type": "atlassian",
        "account_id": person.account_id,
        "email": person.email,
        "name": person.display_name,
        "picture": "https://secure.gravatar.com/avatar/0?d=mp",
        "account_status": "active",
        "nickname": person.display_name,
        "zoneinfo": "Etc/UTC",
        "locale": "en-US",
        "extended_profile": {},
    }
    return Reply(body=me)


ROUTES = (
    Route("GET", "/oauth/token/accessible-resources", list_resources, open=True),
    Route("GET", "/me", get_me, open=True),
)
