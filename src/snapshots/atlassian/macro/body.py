"""Our macros in a page body: found, pointed at a capture, set up, added. Pure.

A body is storage format or, in another representation of Confluence, an ADF document, which is JSON. It tells itself
which: callers need not know. In both, what is not ours stays character for character the same.
"""

from __future__ import annotations

import re

from snapshots.atlassian.macro import in_adf, in_storage
from snapshots.atlassian.macro.model import (
    ATTACHMENT_VERSION,
    CAPTURE,
    DEFINITION,
    MACRO_NAME,
    PAYLOAD_SHA256,
    Macro,
    Pointer,
)
from snapshots.errors import InvalidInput

_BEGINS_LIKE_JSON = re.compile(r"\s*+\{\s*+\"")


def is_adf(body: str) -> bool:
    """Whether the body means to be an ADF document. In storage format a body begins with a tag or with words."""
    return _BEGINS_LIKE_JSON.match(body) is not None and '"doc"' in body


def find_macros(body: str) -> list[Macro]:
    """Our macros in the order in which they stand, nested ones too; those without an id are skipped.

    An id that stands twice is found twice. Raises `InvalidInput` naming the line for a malformed body;
    a body that does not hold our name is not read at all.
    """
    if MACRO_NAME not in body:
        return []
    return in_adf.find_macros(body) if is_adf(body) else in_storage.find_macros(body)


def set_pointer(body: str, macro_remote_id: str, pointer: Pointer) -> str:
    """The body with the macro pointing at a capture. Raises as `set_definition`."""
    texts = {
        CAPTURE: pointer.capture_id,
        ATTACHMENT_VERSION: str(pointer.attachment_version),
        PAYLOAD_SHA256: pointer.payload_sha256,
    }
    return _set_parameters(body, macro_remote_id, texts)


def set_definition(body: str, macro_remote_id: str, text: str) -> str:
    """The body with this text as the macro's definition; everything else stays as it is.

    Raises `NotFound` when no macro has the id, `InvalidInput` when several have, when the body is
    malformed, and for characters that no page can hold.
    """
    return _set_parameters(body, macro_remote_id, {DEFINITION: text})


def add_macro(body: str, remote_id: str, definition: str) -> str:
    """The body with a classic macro added at its end. Raises `InvalidInput` when the id is there already."""
    if any(macro.remote_id == remote_id for macro in find_macros(body)):
        raise InvalidInput(f"Macro {remote_id} is on the page already; add one with a new id.")
    if is_adf(body):
        return in_adf.add_macro(body, remote_id, definition)
    return in_storage.add_macro(body, remote_id, definition)


def _set_parameters(body: str, macro_remote_id: str, texts: dict[str, str]) -> str:
    if is_adf(body):
        return in_adf.set_parameters(body, macro_remote_id, texts)
    return in_storage.set_parameters(body, macro_remote_id, texts)
