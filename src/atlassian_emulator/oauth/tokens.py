"""POST /oauth/token: a code or a refresh token becomes an access token."""

from __future__ import annotations

import hmac

import msgspec

from atlassian_emulator.call import Call, ProductError, Reply
from atlassian_emulator.oauth.authority import Authority, Refused
from atlassian_emulator.oauth.clients import OAuthClient
from atlassian_emulator.routing import Route

_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def exchange(call: Call) -> Reply:
    """Answer as Atlassian does: 401 `access_denied` to a wrong client, 403 `invalid_grant` to a wrong code or token."""
    try:
        wish = _read_wish(call)
        authority = call.site.part(Authority)
        match wish.get("grant_type", ""):
            case "authorization_code":
                client = _authenticate(authority, wish)
                needed = _need(wish, "code"), _need(wish, "redirect_uri"), wish.get("code_verifier", "")
                return Reply(body=authority.exchange_code(client, *needed), headers=_NOT_KEPT)
            case "refresh_token":
                client = _authenticate(authority, wish)
                issued = authority.exchange_refresh_token(client, _need(wish, "refresh_token"))
                return Reply(body=issued, headers=_NOT_KEPT)
            case "":
                raise Refused(400, "invalid_request", "Missing required parameter: grant_type")
            case other:
                raise Refused(400, "unsupported_grant_type", f"Unsupported grant type: {other}")
    except Refused as refused:
        body = {"error": refused.error, "error_description": refused.description}
        raise ProductError(refused.status, body, _NOT_KEPT) from refused


def _read_wish(call: Call) -> dict[str, str]:
    """Read the body, a form as RFC 6749 wants it or JSON as Atlassian's examples send it."""
    if call.request.mimetype == "application/x-www-form-urlencoded":
        return call.request.form.to_dict()
    try:
        return msgspec.json.decode(call.request.get_data(), type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, "invalid_request", "The body must be a form or a JSON object of texts.") from None


def _authenticate(authority: Authority, wish: dict[str, str]) -> OAuthClient:
    client = authority.find_client(_need(wish, "client_id"))
    secret = wish.get("client_secret", "")
    # PKCE does not replace the secret: Atlassian wants it from everybody (OAUTH20-2491).
    if client is None or not hmac.compare_digest(client.client_secret.encode(), secret.encode()):
        raise Refused(401, "access_denied", "Unauthorized")
    return client


def _need(wish: dict[str, str], name: str) -> str:
    if not wish.get(name):
        raise Refused(400, "invalid_request", f"Missing required parameter: {name}")
    return wish[name]


ROUTES = (Route("POST", "/oauth/token", exchange, open=True),)
