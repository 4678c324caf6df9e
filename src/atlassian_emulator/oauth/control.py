"""The control path of sign-in: clients, grants taken back, shorter tokens."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.oauth.authority import Authority
from atlassian_emulator.oauth.clients import OAuthClient
from atlassian_emulator.routing import Route


class TokenLife(msgspec.Struct, forbid_unknown_fields=True):
    """How long access tokens last that are issued from now on."""

    seconds: Annotated[int, msgspec.Meta(ge=1, le=86_400)]


def put_client(call: Call) -> Reply:
    call.site.part(Authority).register([_read(call, OAuthClient)])
    return Reply(204)


def withdraw_grants(call: Call) -> Reply:
    return Reply(body={"withdrawn": call.site.part(Authority).withdraw(call.query("user"))})


def set_token_life(call: Call) -> Reply:
    call.site.part(Authority).access_seconds = _read(call, TokenLife).seconds
    return Reply(204)


def _read(call: Call, kind: Any) -> Any:
    try:
        return msgspec.json.decode(call.request.get_data(), type=kind)
    except (msgspec.DecodeError, ValueError) as error:
        raise call.refusal(400, str(error)) from error


ROUTES = (
    Route("PUT", "/_emulator/oauth/clients", put_client, open=True),
    Route("DELETE", "/_emulator/oauth/grants", withdraw_grants, open=True),
    Route("PUT", "/_emulator/oauth/token-life", set_token_life, open=True),
)
