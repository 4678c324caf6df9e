"""The programs that may ask for consent, as they are set up in Atlassian's developer console."""

from __future__ import annotations

from typing import Annotated

import msgspec

MAX_CALLBACKS = 10


class OAuthClient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One program: its id and secret, and the addresses that codes may be sent to, compared as they are written."""

    client_id: Annotated[str, msgspec.Meta(min_length=1)]
    client_secret: Annotated[str, msgspec.Meta(min_length=1)]
    redirect_uris: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=MAX_CALLBACKS)]
    name: str = "An app"


def parse_client(text: str) -> OAuthClient:
    """Read the JSON of one client. ValueError when it is none."""
    try:
        return msgspec.json.decode(text, type=OAuthClient)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
