"""The control paths of moves: projects out and in, and telling a site where its content went."""

from __future__ import annotations

import sqlite3
from typing import Final, Literal

import msgspec

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.moving.ledger import note_move
from atlassian_emulator.moving.projects import Wishes, export_project, import_project
from atlassian_emulator.routing import Route


class Move(msgspec.Struct, forbid_unknown_fields=True):
    """What moved from this site to another: entity type to old id to new id."""

    product: Literal["CONFLUENCE", "JIRA"]
    destination_url: str
    mappings: dict[str, dict[str, str]]


def get_exported_project(call: Call) -> Reply:
    lines = b"".join(export_project(call.site, call.query("key")))
    return Reply(body=lines, headers={"Content-Type": "application/x-ndjson"})


def add_exported_project(call: Call) -> Reply:
    lines = call.request.get_data().splitlines()
    wishes = Wishes(call.query("rename-to"), _renamed(call, "rename-field"), _renamed(call, "rename-link-type"))
    try:
        report = import_project(call.site, lines, wishes)
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError, ValueError, sqlite3.DatabaseError) as error:
        raise call.refusal(400, f"This is not an exported project: {error!r}") from error
    return Reply(body=report)


def _renamed(call: Call, name: str) -> dict[str, str]:
    """Read OLD=NEW pairs, each in a parameter of its own."""
    pairs = [text.partition("=") for text in call.request.args.getlist(name)]
    if any(not old or not equals or not new for old, equals, new in pairs):
        raise call.refusal(400, f"{name} must be OLD=NEW, two names")
    return {old: new for old, _, new in pairs}


def add_move(call: Call) -> Reply:
    """POST /_emulator/moves: tell a site that its content was moved to another."""
    try:
        move = msgspec.json.decode(call.request.get_data(), type=Move)
    except (msgspec.DecodeError, ValueError) as error:
        raise call.refusal(400, str(error)) from error
    with call.site.database.transaction() as c:
        note_move(call.site, c, move.product, call.site.base_url, move.destination_url, move.mappings)
    return Reply(204)


ROUTES: Final = (
    Route("GET", "/_emulator/export-project", get_exported_project, open=True),
    Route("POST", "/_emulator/import-project", add_exported_project, open=True),
    Route("POST", "/_emulator/moves", add_move, open=True),
)
