"""Spaces: GET, POST /wiki/api/v2/spaces and what is left of spaces in v1."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import VISIBLE_SPACE, may_update_space, viewer_parameters
from atlassian_emulator.confluence.macros import MacroScan
from atlassian_emulator.confluence.paging import Listing, answer_listing
from atlassian_emulator.confluence.shapes import space_json, with_base
from atlassian_emulator.confluence.store import add_content, find_space, get_space
from atlassian_emulator.confluence.tasks import add_finished_task
from atlassian_emulator.routing import Route
from atlassian_emulator.site import Site

SPACE_TYPES = ("global", "collaboration", "knowledge_base", "personal", "system", "onboarding", "xflow_sample_space")
_KEY = re.compile(r"(~?[A-Za-z0-9]{1,255})\Z")


def list_spaces(call: Call) -> Reply:
    conditions, parameters = [VISIBLE_SPACE], viewer_parameters(call)
    if "ids" in call.request.args:
        ids = [call.whole_number(text, "ids") for text in call.query_list("ids")]
        conditions.append(f"s.id IN ({', '.join(map(str, _at_most(call, 'ids', ids, 250))) or 'NULL'})")
    if "keys" in call.request.args:
        for number, key in enumerate(_at_most(call, "keys", call.query_list("keys"), 250)):
            parameters[f"key{number}"] = key
        names = ", ".join(f":{name}" for name in parameters if name.startswith("key"))
        conditions.append(f"s.key COLLATE NOCASE IN ({names})")
    for name, choices in (("type", SPACE_TYPES), ("status", ("current", "archived"))):
        if name in call.request.args:
            parameters[name] = call.query_choice(name, choices)
            conditions.append(f"s.{name} = :{name}")
    description_format = call.query_choice("description-format", ("plain", "view"))
    listing = Listing(
        f"SELECT * FROM spaces s WHERE {' AND '.join(conditions)}",  # noqa: S608 - of this program's own words
        parameters,
        lambda row: space_json(row, description_format),
        {"id": "id", "key": "key", "name": "name"},
    )
    with call.site.database.read() as c:
        return answer_listing(call, c, listing)


def _at_most(call: Call, name: str, values: list[Any], most: int) -> list[Any]:
    if len(values) > most:
        raise call.refusal(400, f"'{name}' takes at most {most} values, {len(values)} were given")
    return values


def get_one_space(call: Call) -> Reply:
    description_format = call.query_choice("description-format", ("plain", "view"))
    with call.site.database.read() as c:
        row = get_space(call, c, call.path_id("id"))
    return Reply(body=with_base(space_json(row, description_format), call.site.base_url))


def create_space(call: Call) -> Reply:
    body = call.json_object()
    key, name = body.get("key") or body.get("alias"), body.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= 200:
        raise call.refusal(400, "Space name must be a string of 1 to 200 characters")
    if not isinstance(key, str) or not _KEY.match(key):
        raise call.refusal(400, f"Invalid space key: {key!r}. A key is made of letters and digits")
    given = body.get("description") or {}
    description = given.get("value", "") if isinstance(given, dict) else None
    if not isinstance(description, str):
        raise call.refusal(400, "description must be an object with a value")
    if not call.caller.edits:
        raise call.refusal(403, "You do not have permission to create spaces")
    with call.site.database.transaction() as c:
        if c.execute("SELECT 1 FROM spaces WHERE key = ? COLLATE NOCASE", (key,)).fetchone():
            raise call.refusal(400, f"A space already exists with key {key}")
        add_space(call.site, c, key, name, call.caller.account_id, description)
        if body.get("createPrivateSpace") is True:
            _make_private(call, c, key)
        row = find_space(call, c, "key", key)
        assert row is not None
    return Reply(201, with_base(space_json(row, "plain"), call.site.base_url))


def _make_private(call: Call, c: sqlite3.Connection, key: str) -> None:
    others = [u.account_id for u in call.site.users.list_all() if u.role != "person" and u != call.caller]
    c.executemany(
        "INSERT INTO space_access (space_id, account_id, may_read, may_update)"
        " SELECT id, ?, 0, 0 FROM spaces WHERE key = ?",
        [(account_id, key) for account_id in others],
    )


def add_space(site: Site, c: sqlite3.Connection, key: str, name: str, author_id: str, description: str = "") -> int:
    """Add a space with an empty homepage, as Confluence makes one, and return its id."""
    space_id = site.ids.take("space")
    c.execute(
        "INSERT INTO spaces (id, key, name, type, status, description, author_id, created_at)"
        " VALUES (?, ?, ?, ?, 'current', ?, ?, ?)",
        (space_id, key, name, "personal" if key.startswith("~") else "global", description, author_id, site.clock()),
    )
    homepage = {"type": "page", "status": "current", "space_id": space_id, "parent_id": None}
    homepage_id = add_content(site, c, {**homepage, "title": name, "author_id": author_id}, MacroScan("", []))
    c.execute("UPDATE spaces SET homepage_id = ? WHERE id = ?", (homepage_id, space_id))
    return space_id


def delete_space(call: Call) -> Reply:
    """DELETE /wiki/rest/api/space/{spaceKey}: v2 has no such operation."""
    with call.site.database.transaction() as c:
        row = find_space(call, c, "key", call.path["spaceKey"])
        if row is None:
            raise call.refusal(404, f"No space found with key : {call.path['spaceKey']}")
        if not call.caller.administers:
            raise call.refusal(403, "User not permitted to delete space")
        c.execute("DELETE FROM properties WHERE owner_kind = 'space' AND owner_id = ?", (row["id"],))
        c.execute(
            "DELETE FROM properties WHERE owner_kind = 'content' AND owner_id IN"
            " (SELECT id FROM content WHERE space_id = ?)",
            (row["id"],),
        )
        c.execute("DELETE FROM spaces WHERE id = ?", (row["id"],))
        task_id = add_finished_task(call.site, c, "com.atlassian.confluence.spaces.delete")
    return Reply(202, {"id": task_id, "links": {"status": f"/rest/api/longtask/{task_id}"}})


def list_operations(call: Call) -> Reply:
    """What the caller may do in a space."""
    with call.site.database.read() as c:
        row = get_space(call, c, call.path_id("id"))
        allowed = ["read"]
        if may_update_space(c, call.caller, row["id"]):
            allowed += ["create", "update", "delete"]
    if call.caller.administers:
        allowed += ["administer", "export"]
    return Reply(body={"operations": [{"operation": name, "targetType": "space"} for name in allowed]})


ROUTES = (
    Route("GET", "/wiki/api/v2/spaces", list_spaces),
    Route("POST", "/wiki/api/v2/spaces", create_space),
    Route("GET", "/wiki/api/v2/spaces/{id}", get_one_space),
    Route("GET", "/wiki/api/v2/spaces/{id}/operations", list_operations),
    Route("DELETE", "/wiki/rest/api/space/{spaceKey}", delete_space),
)
