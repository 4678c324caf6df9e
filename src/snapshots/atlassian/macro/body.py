"""Our macros in a page body: found, pointed at a capture, set up, added. Pure.

Confluence Cloud writes a macro in one of two ways. The classic one is `ac:structured-macro` with
`ac:parameter` elements and its id in `ac:macro-id`. Forge's is `ac:adf-extension`: its parameters are
the `guest-params` among the `parameters` of an `ac:adf-node`, its id is the `local-id` beside them (not
the `local-id` attribute of the node), and `ac:adf-fallback` may hold a copy of the node.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from snapshots.atlassian.macro.model import MACRO_NAME, Macro, Pointer, parse_pointer
from snapshots.atlassian.macro.parameters import CLASSIC, FORGE, Holder, find_parameter, plan_edits
from snapshots.atlassian.macro.storage import Element, apply_edits, encode_body, find_elements
from snapshots.errors import InvalidInput, NotFound

_DEFINITION = "definition"
_CAPTURE = "capture"
_ATTACHMENT_VERSION = "attachment-version"
_PAYLOAD_SHA256 = "payload-sha256"

_STRUCTURED = "ac:structured-macro"
_EXTENSION = "ac:adf-extension"


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """A macro where it stands: every holder of its parameters, the one that counts first."""

    macro: Macro
    holders: tuple[Holder, ...]


def find_macros(body: str) -> list[Macro]:
    """Our macros in the order in which they stand, nested ones too; those without an id are skipped.

    An id that stands twice is found twice. Raises `InvalidInput` naming the line for a malformed body;
    a body that does not hold our name is not read at all.
    """
    if MACRO_NAME not in body:
        return []
    return [occurrence.macro for occurrence in _find_occurrences(encode_body(body))]


def set_pointer(body: str, macro_remote_id: str, pointer: Pointer) -> str:
    """The body with the macro pointing at a capture. Raises as `set_definition`."""
    texts = {
        _CAPTURE: pointer.capture_id,
        _ATTACHMENT_VERSION: str(pointer.attachment_version),
        _PAYLOAD_SHA256: pointer.payload_sha256,
    }
    return _set_parameters(body, macro_remote_id, texts)


def set_definition(body: str, macro_remote_id: str, text: str) -> str:
    """The body with this text as the macro's definition; everything else stays byte for byte the same.

    Raises `NotFound` when no macro has the id, `InvalidInput` when several have, when the body is
    malformed, and for characters that no page can hold.
    """
    return _set_parameters(body, macro_remote_id, {_DEFINITION: text})


def add_macro(body: str, remote_id: str, definition: str) -> str:
    """The body with a classic macro added at its end. Raises `InvalidInput` when the id is there already."""
    data = encode_body(body)
    if any(occurrence.macro.remote_id == remote_id for occurrence in _find_occurrences(data)):
        raise InvalidInput(f"Macro {remote_id} is on the page already; add one with a new id.")
    return (
        f'{body}<{_STRUCTURED} ac:name="{MACRO_NAME}" ac:schema-version="1" ac:macro-id={quoteattr(remote_id)}>'
        f"{CLASSIC.write(_DEFINITION, definition)}</{_STRUCTURED}>"
    )


def _set_parameters(body: str, macro_remote_id: str, texts: Mapping[str, str]) -> str:
    data = encode_body(body)
    matching = [found for found in _find_occurrences(data) if found.macro.remote_id == macro_remote_id]
    if not matching:
        raise NotFound(f"Macro {macro_remote_id} is not on the page; it was removed, or belongs to another page.")
    if len(matching) > 1:
        raise InvalidInput(
            f"Macro {macro_remote_id} stands {len(matching)} times on the page, and which one is meant cannot be told; "
            "remove the copies and insert the macro anew."
        )
    edits = [edit for holder in matching[0].holders for edit in plan_edits(data, holder, texts)]
    return apply_edits(data, edits).decode()


def _find_occurrences(data: bytes) -> list[_Occurrence]:
    """Our macros in order; a copy in a fallback is no macro of its own, but its parameters belong to the macro."""
    found: list[_Occurrence] = []
    copies: defaultdict[str, list[Holder]] = defaultdict(list)
    for outermost in find_elements(data, _may_hold_ours):
        for element, is_copy in _iter_with_fallbacks(outermost):
            occurrence = _read(element)
            if occurrence is None:
                continue
            if is_copy:
                copies[occurrence.macro.remote_id].extend(occurrence.holders)
            else:
                found.append(occurrence)
    return [_Occurrence(each.macro, (*each.holders, *copies[each.macro.remote_id])) for each in found]


def _may_hold_ours(name: str, attributes: Mapping[str, str]) -> bool:
    return name == _EXTENSION or (name == _STRUCTURED and attributes.get("ac:name") == MACRO_NAME)


def _iter_with_fallbacks(outermost: Element) -> Iterator[tuple[Element, bool]]:
    """The element and all below, in order, each with whether a fallback holds it."""
    waiting = [(outermost, False)]
    while waiting:
        element, is_copy = waiting.pop()
        yield element, is_copy
        is_copy = is_copy or element.name == "ac:adf-fallback"
        waiting.extend((child, is_copy) for child in reversed(list(element.children())))


def _read(element: Element) -> _Occurrence | None:
    """The macro that the element is, if it is one of ours with an id."""
    if element.name == _STRUCTURED and element.attributes.get("ac:name") == MACRO_NAME:
        return _read_structured(element)
    if element.name == "ac:adf-node":
        return _read_forge(element)
    return None


def _read_structured(element: Element) -> _Occurrence | None:
    remote_id = element.attributes.get("ac:macro-id", "").strip()
    if not remote_id:
        return None
    holder = Holder(element, CLASSIC)
    return _Occurrence(Macro(remote_id, "structured", holder.read(_DEFINITION), _read_pointer(holder)), (holder,))


def _read_forge(node: Element) -> _Occurrence | None:
    key = _find_attribute(node, "extension-key")
    # Before the last part stand ids of the app and of the environment it was installed from.
    if key is None or not key.text().strip().endswith(f"/static/{MACRO_NAME}"):
        return None
    parameters = _find_attribute(node, "parameters")
    if parameters is None or (remote_id := _read_text(parameters, "local-id")) is None:
        return None
    holder = _guest_holder(parameters)
    macro = Macro(
        remote_id,
        "forge",
        holder.read(_DEFINITION),
        _read_pointer(holder),
        _read_text(parameters, "embedded-macro-context", "extension-data", "content", "id"),
        _read_text(parameters, "embedded-macro-context", "extension-data", "space", "key"),
    )
    return _Occurrence(macro, (holder,))


def _find_attribute(node: Element, key: str) -> Element | None:
    attributes = node.children("ac:adf-attribute")
    return next((attribute for attribute in attributes if attribute.attributes.get("key") == key), None)


def _guest_holder(parameters: Element) -> Holder:
    guest = find_parameter(parameters, FORGE, "guest-params")
    return Holder(parameters, FORGE, inside="guest-params") if guest is None else Holder(guest, FORGE)


def _read_text(parameters: Element, *path: str) -> str | None:
    found = find_parameter(parameters, FORGE, *path)
    return (found.text().strip() or None) if found else None


def _read_pointer(holder: Holder) -> Pointer | None:
    return parse_pointer(holder.read(_CAPTURE), holder.read(_ATTACHMENT_VERSION), holder.read(_PAYLOAD_SHA256))
