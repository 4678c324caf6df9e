"""Bodies turned into another format on request: contentbody/convert/async and macros by id.

Nothing is rendered here: a view of a body is the body as it is stored. A conversion is done when it is asked for,
may be fetched by whoever asked for it, and is forgotten after five minutes.
"""

from __future__ import annotations

import sqlite3
import uuid
from typing import Any

import msgspec

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.adf import adf_from_storage
from atlassian_emulator.confluence.bodies import read_text
from atlassian_emulator.confluence.history import find_macro
from atlassian_emulator.confluence.macros import Macro
from atlassian_emulator.confluence.store import find_content, find_space
from atlassian_emulator.routing import Route

_VIEWS = ("view", "export_view", "styled_view")
_SYNCHRONOUS = (*_VIEWS, "storage", "editor", "anonymous_export_view")
_ASYNCHRONOUS = {
    "atlas_doc_format": ("editor", "export_view", "storage", "styled_view", "view"),
    "storage": ("atlas_doc_format", "editor", "export_view", "styled_view", "view"),
    "editor": ("storage",),
}
_KEPT_US = 300 * 1_000_000


def convert_macro(call: Call) -> Reply:
    """A macro in another format, at once."""
    to = call.path["to"]
    if to not in _SYNCHRONOUS:
        raise call.refusal(400, f"Unsupported representation: {to}")
    macro = find_macro(call)
    return Reply(body={"value": _text_of(macro), "representation": to, "_expandable": {}, "_links": {}})


def _text_of(macro: Macro) -> str:
    return macro.body or macro.source


def start_macro_conversion(call: Call) -> Reply:
    to = call.path["to"]
    if to not in _VIEWS:
        raise call.refusal(404, f"There is no conversion to {to}")
    return _keep(call, to, _text_of(find_macro(call)))


def start_conversion(call: Call) -> Reply:
    body, to = call.json_object(), call.path["to"]
    given, text = body.get("representation"), body.get("value")
    if not isinstance(given, str) or not isinstance(text, str):
        raise call.refusal(400, "The body to convert needs a value and a representation, both strings")
    if to not in _ASYNCHRONOUS.get(given, ()):
        raise call.refusal(400, f"There is no conversion from {given} to {to}")
    with call.site.database.read() as c:
        _demand_context(call, c)
    return _keep(call, to, _convert(call, given, text, to))


def _demand_context(call: Call, c: sqlite3.Connection) -> None:
    key, content_id = call.query("spaceKeyContext"), call.query("contentIdContext")
    if key and find_space(call, c, "key", key) is None:
        raise call.refusal(404, f"No space found with key : {key}")
    if content_id and find_content(call, c, call.whole_number(content_id, "contentIdContext")) is None:
        raise call.refusal(404, f"No content found with id: {content_id}")


def _convert(call: Call, given: str, text: str, to: str) -> str:
    # The editor's format is close to the storage format; it is taken for it.
    storage = read_text(call, "storage" if given == "editor" else given, text).body
    if to == "atlas_doc_format":
        return msgspec.json.encode(adf_from_storage(storage)).decode()
    return storage


def _keep(call: Call, to: str, value: str) -> Reply:
    conversion_id = str(uuid.uuid4())
    now = call.site.clock()
    with call.site.database.transaction() as c:
        c.execute("DELETE FROM conversions WHERE made_at < ?", (now - _KEPT_US,))
        c.execute(
            "INSERT INTO conversions (id, account_id, representation, value, made_at) VALUES (?, ?, ?, ?, ?)",
            (conversion_id, call.caller.account_id, to, value, now),
        )
    return Reply(body={"asyncId": conversion_id})


def get_conversion(call: Call) -> Reply:
    with call.site.database.read() as c:
        row = c.execute(
            "SELECT * FROM conversions WHERE id = ? AND made_at >= ?", (call.path["id"], call.site.clock() - _KEPT_US)
        ).fetchone()
    if row is None:
        raise call.refusal(404, f"There is no conversion with id {call.path['id']}")
    if row["account_id"] != call.caller.account_id:
        raise call.refusal(403, "Another user asked for this conversion")
    answer: dict[str, Any] = {"value": row["value"], "representation": row["representation"], "status": "COMPLETED"}
    return Reply(body={**answer, "renderTaskId": row["id"]})


_MACRO = "/wiki/rest/api/content/{id}/history/{version}/macro/id/{macroId}"

ROUTES = (
    Route("GET", _MACRO + "/convert/{to}", convert_macro),
    Route("GET", _MACRO + "/convert/async/{to}", start_macro_conversion),
    Route("POST", "/wiki/rest/api/contentbody/convert/async/{to}", start_conversion),
    Route("GET", "/wiki/rest/api/contentbody/convert/async/{id}", get_conversion),
)
