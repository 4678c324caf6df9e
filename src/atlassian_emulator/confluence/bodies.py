"""Bodies in the formats that a client may ask for or send.

Bodies are stored in storage format. A document in Atlassian's Document Format is converted when it comes in and
when it is asked for; the conversion covers paragraphs, headings, marks, lists, rules, code and macros, and keeps
anything else as its text.
"""

from __future__ import annotations

import msgspec

from atlassian_emulator.call import Call
from atlassian_emulator.confluence.adf import adf_from_storage, storage_from_adf
from atlassian_emulator.confluence.macros import MacroScan, MalformedBody, scan_macros

BULK_FORMATS = ("storage", "atlas_doc_format")
VIEW_FORMATS = ("view", "export_view", "anonymous_export_view", "styled_view", "editor")
SINGLE_FORMATS = (*BULK_FORMATS, *VIEW_FORMATS)


def render_body(storage: str, body_format: str) -> str:
    """Return a stored body in a format. Views are not rendered: macros stay as they are stored."""
    if body_format == "atlas_doc_format":
        return msgspec.json.encode(adf_from_storage(storage)).decode()
    return storage


def read_body(call: Call, value: object) -> MacroScan:
    """Read the `body` of a request: {representation, value}, or {storage: {representation, value}}.

    A body that Confluence would not take is refused with 400.
    """
    if value is None:
        return MacroScan("", [])
    if not isinstance(value, dict):
        raise call.refusal(400, "body must be an object with a representation and a value")
    if "representation" not in value and "value" not in value:
        nested = [(name, value[name]) for name in (*BULK_FORMATS, "wiki") if isinstance(value.get(name), dict)]
        if len(nested) != 1:
            raise call.refusal(400, "body must be given in exactly one representation")
        name, inner = nested[0]
        value = {"representation": name, **inner}
    representation, text = value.get("representation"), value.get("value", "")
    if not isinstance(text, str):
        raise call.refusal(400, "body.value must be a string")
    return read_text(call, representation, text)


def read_text(call: Call, representation: object, text: str) -> MacroScan:
    """Read a body in one of the representations that can be written."""
    try:
        if representation == "storage":
            return scan_macros(text)
        if representation == "atlas_doc_format":
            return scan_macros(storage_from_adf(msgspec.json.decode(text)))
    except MalformedBody as error:
        raise call.refusal(400, str(error)) from error
    except (msgspec.DecodeError, ValueError) as error:
        raise call.refusal(400, f"Content body cannot be converted to new editor format: {error}") from error
    raise call.refusal(400, f"Unsupported body representation: {representation}")
