"""The manifest: the last member of an archive, which says what the others hold."""

from __future__ import annotations

import msgspec

from snapshots.errors import DamageError, InvalidInput
from snapshots.registry.records import KINDS, Moment

FORMAT = "snapshots-archive"
FORMAT_VERSION = 2
"""What is written. Every version up to it is read (`registry/records.py` says what came with which)."""

MEMBER_NAME = "manifest.json"

MEMBER_RECORDS = 250_000
"""Most records in one member: a whole number of the blocks that the registry gives."""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The site the records are of. Nothing in it lets anybody in."""

    name: str
    confluence_url: str
    jira_url: str
    cloud_id: str


class SelectedSpaces(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the spaces were chosen, and their keys; no keys for `all`."""

    mode: str
    spaces: tuple[str, ...]


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One member: its kind of record, how many, and the length and digest of the unpacked bytes."""

    name: str
    kind: str
    records: int
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the archive holds. `created_at` is µs UTC, `counts` the records of each kind."""

    format: str
    format_version: int
    producer: str
    created_at: Moment
    source: Source
    selection: SelectedSpaces
    counts: dict[str, int]
    members: tuple[Member, ...]


class _Head(msgspec.Struct, frozen=True):
    """What every version of the format has, read before the rest is understood."""

    format: str = ""
    format_version: int = 0
    producer: str = "an unnamed program"


def member_name(kind: str, number: int) -> str:
    """Name of the kind's member of this number, from 1."""
    return f"{kind}-{number:04}.ndjson"


def header_line(kind: str, format_version: int = FORMAT_VERSION) -> bytes:
    """First line of each member of the kind: the names of its fields, in the order of every record's values."""
    return msgspec.json.encode(KINDS[kind].columns_in(format_version)) + b"\n"


def encode_manifest(manifest: Manifest) -> bytes:
    """Indented, since people read it."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def refuse_others(data: bytes) -> None:
    """Raise InvalidInput for a manifest of another program or a newer format, DamageError for what is no JSON."""
    try:
        head = msgspec.json.decode(data, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise DamageError("The archive's manifest is not the JSON it should be; take another copy.") from None
    if head.format != FORMAT:
        raise InvalidInput("The file is a zip, but its manifest is not one of an archive of Snapshots; name another.")
    if head.format_version > FORMAT_VERSION:
        raise InvalidInput(
            f"The archive was made by a newer version of Snapshots ({head.producer}, format {head.format_version}; "
            f"this one reads up to {FORMAT_VERSION}); upgrade Snapshots."
        )


def decode_manifest(data: bytes) -> Manifest:
    """The manifest in these bytes.

    Raises InvalidInput when it is of another or a newer format, DamageError when it cannot be read.
    """
    refuse_others(data)
    try:
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamageError(f"The archive's manifest is incomplete or altered ({error}); take another copy.") from None
