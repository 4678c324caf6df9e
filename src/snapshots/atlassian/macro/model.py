"""The macro, and what it points at. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from snapshots.errors import InvalidInput, NotFound

MACRO_NAME = "snapshots"

DEFINITION = "definition"
CAPTURE = "capture"
ATTACHMENT_VERSION = "attachment-version"
PAYLOAD_SHA256 = "payload-sha256"
"""The macro's parameters, which have the same names wherever they are kept."""

HolderT = TypeVar("HolderT")

_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_COMMENT = re.compile(r"capture ([0-9A-Za-z-]{1,64}) sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class PayloadLabel:
    """Which capture an attachment version holds, said in its comment, so that nobody must download it."""

    capture_id: str
    payload_sha256: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """The capture that a page version shows: its id, and where and what its payload is."""

    capture_id: str
    attachment_version: int
    payload_sha256: str


@dataclass(frozen=True, slots=True)
class Macro:
    """A Snapshots macro as it stands in a page body.

    `definition` is its raw text, `None` when the macro was never set up. A Forge macro keeps the ids of
    the page and the space where it was last edited; after a move they are stale, and tell where it came from.
    """

    remote_id: str
    form: Literal["structured", "forge"]
    definition: str | None
    pointer: Pointer | None
    stale_page_id: str | None = None
    stale_space_key: str | None = None


@dataclass(frozen=True, slots=True)
class Occurrence(Generic[HolderT]):
    """A macro where it stands: every holder of its parameters, the one that counts first."""

    macro: Macro
    holders: tuple[HolderT, ...]


def the_only(occurrences: Sequence[Occurrence[HolderT]], macro_remote_id: str) -> Occurrence[HolderT]:
    """The one of this id. Raises `NotFound` when there is none, `InvalidInput` when there are several."""
    matching = [found for found in occurrences if found.macro.remote_id == macro_remote_id]
    if not matching:
        raise NotFound(f"Macro {macro_remote_id} is not on the page; it was removed, or belongs to another page.")
    if len(matching) > 1:
        raise InvalidInput(
            f"Macro {macro_remote_id} stands {len(matching)} times on the page, and which one is meant cannot be told; "
            "remove the copies and insert the macro anew."
        )
    return matching[0]


def read_pointer(read: Callable[[str], str | None]) -> Pointer | None:
    """The pointer among parameters, each of which `read` answers by name."""
    return parse_pointer(read(CAPTURE), read(ATTACHMENT_VERSION), read(PAYLOAD_SHA256))


def parse_pointer(capture_id: str | None, attachment_version: str | None, payload_sha256: str | None) -> Pointer | None:
    """The pointer in a macro's parameters; `None` when one is missing or cannot be what it should."""
    capture_id, attachment_version, payload_sha256 = (
        (text or "").strip() for text in (capture_id, attachment_version, payload_sha256)
    )
    if not capture_id or not _NUMBER.fullmatch(attachment_version) or not _DIGEST.fullmatch(payload_sha256):
        return None
    return Pointer(capture_id, int(attachment_version), payload_sha256)


def attachment_name(macro_remote_id: str) -> str:
    """The file on the page that holds the macro's payloads, one version for each capture."""
    return f"snapshots-{macro_remote_id}.json"


def format_attachment_comment(capture_id: str, payload_sha256: str) -> str:
    """The comment of an attachment version that `parse_attachment_comment` reads."""
    return f"capture {capture_id} sha256:{payload_sha256}"


def parse_attachment_comment(text: str) -> PayloadLabel | None:
    """The capture and digest in the comment of an attachment version; `None` when it is not one of ours."""
    match = _COMMENT.fullmatch(text.strip())
    return PayloadLabel(match[1], match[2]) if match else None
