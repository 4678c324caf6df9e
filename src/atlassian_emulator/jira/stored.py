"""The part of an issue that lies in `jira_shown`: what is shown, and searched only through side tables."""

from __future__ import annotations

from typing import Any

import msgspec

_NOTHING = msgspec.Raw(b"null")


class StoredAttachment(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an issue says about a file. `created` is µs UTC, `author` an account id."""

    id: int
    filename: str
    author: str | None
    created: int
    size: int
    mime_type: str


class StoredFields(msgspec.Struct, omit_defaults=True):
    """Documents stay JSON text; everything the catalogue knows is kept by id.

    Estimates are in seconds. `custom` holds, by the number of the field: a number, a text, a document, or a list of
    option ids or texts.
    """

    description: msgspec.Raw = _NOTHING
    environment: msgspec.Raw = _NOTHING
    labels: list[str] = msgspec.field(default_factory=list)
    components: list[int] = msgspec.field(default_factory=list)
    fix_versions: list[int] = msgspec.field(default_factory=list)
    affected_versions: list[int] = msgspec.field(default_factory=list)
    sprints: list[int] = msgspec.field(default_factory=list)
    attachments: list[StoredAttachment] = msgspec.field(default_factory=list)
    original_estimate: int | None = None
    remaining_estimate: int | None = None
    custom: dict[int, Any] = msgspec.field(default_factory=dict)


encode_stored = msgspec.json.Encoder().encode
decode_stored = msgspec.json.Decoder(StoredFields).decode
