"""Our macros in a body in storage format. Pure.

Confluence Cloud writes a macro in one of two ways. The classic one is `ac:structured-macro` with
`ac:parameter` elements and its id in `ac:macro-id`. Forge's is `ac:adf-extension`: its parameters are
the `guest-params` among the `parameters` of an `ac:adf-node`, its id is the `local-id` beside them (not
the `local-id` attribute of the node), and `ac:adf-fallback` may hold a copy of the node.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from xml.sax.saxutils import quoteattr

from snapshots.atlassian.macro.model import DEFINITION, MACRO_NAME, Macro, Occurrence, read_pointer, the_only
from snapshots.atlassian.macro.parameters import CLASSIC, FORGE, Holder, find_parameter, plan_edits
from snapshots.atlassian.macro.storage import Element, apply_edits, encode_body, find_elements

_STRUCTURED = "ac:structured-macro"
_EXTENSION = "ac:adf-extension"


def find_macros(body: str) -> list[Macro]:
    """As `body.find_macros`, which has made sure that our name is in there."""
    return [occurrence.macro for occurrence in _find_occurrences(encode_body(body))]


def set_parameters(body: str, macro_remote_id: str, texts: Mapping[str, str]) -> str:
    """The body with these texts as parameters of the macro, in its fallback too."""
    data = encode_body(body)
    found = the_only(_find_occurrences(data), macro_remote_id)
    return apply_edits(data, [edit for holder in found.holders for edit in plan_edits(data, holder, texts)]).decode()


def add_macro(body: str, remote_id: str, definition: str) -> str:
    """The body with a classic macro added at its end."""
    return (
        f'{body}<{_STRUCTURED} ac:name="{MACRO_NAME}" ac:schema-version="1" ac:macro-id={quoteattr(remote_id)}>'
        f"{CLASSIC.write(DEFINITION, definition)}</{_STRUCTURED}>"
    )


def _find_occurrences(data: bytes) -> list[Occurrence[Holder]]:
    """Our macros in order; a copy in a fallback is no macro of its own, but its parameters belong to the macro."""
    found: list[Occurrence[Holder]] = []
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
    return [Occurrence(each.macro, (*each.holders, *copies[each.macro.remote_id])) for each in found]


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


def _read(element: Element) -> Occurrence[Holder] | None:
    """The macro that the element is, if it is one of ours with an id."""
    if element.name == _STRUCTURED and element.attributes.get("ac:name") == MACRO_NAME:
        return _read_structured(element)
    if element.name == "ac:adf-node":
        return _read_forge(element)
    return None


def _read_structured(element: Element) -> Occurrence[Holder] | None:
    remote_id = element.attributes.get("ac:macro-id", "").strip()
    if not remote_id:
        return None
    holder = Holder(element, CLASSIC)
    return Occurrence(Macro(remote_id, "structured", holder.read(DEFINITION), read_pointer(holder.read)), (holder,))


def _read_forge(node: Element) -> Occurrence[Holder] | None:
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
        holder.read(DEFINITION),
        read_pointer(holder.read),
        _read_text(parameters, "embedded-macro-context", "extension-data", "content", "id"),
        _read_text(parameters, "embedded-macro-context", "extension-data", "space", "key"),
    )
    return Occurrence(macro, (holder,))


def _find_attribute(node: Element, key: str) -> Element | None:
    attributes = node.children("ac:adf-attribute")
    return next((attribute for attribute in attributes if attribute.attributes.get("key") == key), None)


def _guest_holder(parameters: Element) -> Holder:
    guest = find_parameter(parameters, FORGE, "guest-params")
    return Holder(parameters, FORGE, inside="guest-params") if guest is None else Holder(guest, FORGE)


def _read_text(parameters: Element, *path: str) -> str | None:
    found = find_parameter(parameters, FORGE, *path)
    return (found.text().strip() or None) if found else None
