"""Spaces: GET, POST /wiki/api/v2/spaces and what is left of spaces in v1."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence import legacy
from atlassian_emulator.confluence.access import ALL, EDIT, VISIBLE_SPACE, rights_in, say_rights, viewer_parameters
from atlassian_emulator.confluence.macros import MacroScan
from atlassian_emulator.confluence.pages import read_id
from atlassian_emulator.confluence.paging import Listing, answer_listing
from atlassian_emulator.confluence.shapes import space_json, with_base
from atlassian_emulator.confluence.store import add_content, get_content, get_named_space, get_space
from atlassian_emulator.confluence.tasks import answer_task
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
    given = body.get("description") or {}
    description = given.get("value", "") if isinstance(given, dict) else None
    with call.site.database.transaction() as c:
        row = _create(call, c, body, description, is_private=body.get("createPrivateSpace") is True)
    return Reply(201, with_base(space_json(row, "plain"), call.site.base_url))


def create_space_in_v1(call: Call) -> Reply:
    """POST /wiki/rest/api/space, and /_private: as v2's, in the older words."""
    body = call.json_object()
    with call.site.database.transaction() as c:
        is_private = call.request.path.rstrip("/").endswith("/_private")
        row = _create(call, c, body, _plain_description(body), is_private=is_private)
    return Reply(body=legacy.space_json(row, call.site.base_url))


def _plain_description(body: dict[str, Any]) -> Any:
    given = body.get("description") or {}
    plain = given.get("plain") or {} if isinstance(given, dict) else None
    return plain.get("value", "") if isinstance(plain, dict) else None


def _create(
    call: Call, c: sqlite3.Connection, body: dict[str, Any], description: Any, *, is_private: bool
) -> sqlite3.Row:
    key, name = body.get("key") or body.get("alias"), body.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= 200:
        raise call.refusal(400, "Space name must be a string of 1 to 200 characters")
    if not isinstance(key, str) or not _KEY.match(key):
        raise call.refusal(400, f"Invalid space key: {key!r}. A key is made of letters and digits")
    if not isinstance(description, str):
        raise call.refusal(400, "description must be an object with a value")
    if not call.caller.edits:
        raise call.refusal(403, "You do not have permission to create spaces")
    if c.execute("SELECT 1 FROM spaces WHERE key = ? COLLATE NOCASE", (key,)).fetchone():
        raise call.refusal(400, f"A space already exists with key {key}")
    space_id = add_space(call.site, c, key, name, call.caller.account_id, description)
    # Whoever creates a space administers it.
    say_rights(c, space_id, "user", call.caller.account_id, ALL, extent="more")
    if is_private:
        for group in call.site.users.groups:
            say_rights(c, space_id, "group", group.group_id, ())
    return get_space(call, c, space_id)


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
        row = _administered(call, c)
        c.execute("DELETE FROM properties WHERE owner_kind = 'space' AND owner_id = ?", (row["id"],))
        c.execute(
            "DELETE FROM properties WHERE owner_kind = 'content' AND owner_id IN"
            " (SELECT id FROM content WHERE space_id = ?)",
            (row["id"],),
        )
        c.execute("DELETE FROM spaces WHERE id = ?", (row["id"],))
        return answer_task(call, c, "com.atlassian.confluence.spaces.delete")


def _administered(call: Call, c: sqlite3.Connection) -> sqlite3.Row:
    """Return the space in the path, or refuse with 404, which here hides a missing right too."""
    row = get_named_space(call, c)
    if ("administer", "space") not in rights_in(call, c, row["id"]):
        raise call.refusal(404, f"No space found with key : {row['key']}, or you do not administer it")
    return row


def update_space(call: Call) -> Reply:
    """PUT /wiki/rest/api/space/{spaceKey}: name, description, homepage, status."""
    body = call.json_object()
    with call.site.database.transaction() as c:
        row = _administered(call, c)
        name = body.get("name") or row["name"]
        status = body.get("status") or row["status"]
        description = _plain_description(body) if body.get("description") else row["description"]
        homepage = body.get("homepage") or {"id": row["homepage_id"]}
        homepage_id = read_id(call, homepage, "id") if isinstance(homepage, dict) else None
        if not isinstance(name, str) or len(name) > 200 or not isinstance(description, str):
            raise call.refusal(400, "name must be a string of at most 200 characters, description.plain.value a string")
        if str(status).lower() not in ("current", "archived"):
            raise call.refusal(400, f"Invalid status: {status!r}. It must be CURRENT or ARCHIVED")
        if homepage_id is not None and get_content(call, c, homepage_id, "page")["space_id"] != row["id"]:
            raise call.refusal(400, f"Page {homepage_id} is not in space {row['key']}")
        c.execute(
            "UPDATE spaces SET name = ?, description = ?, homepage_id = ?, status = ? WHERE id = ?",
            (name, description, homepage_id, str(status).lower(), row["id"]),
        )
        return Reply(body=legacy.space_json(get_named_space(call, c), call.site.base_url))


def get_settings(call: Call) -> Reply:
    with call.site.database.read() as c:
        return _answer_settings(call, c, get_named_space(call, c))


def update_settings(call: Call) -> Reply:
    body = call.json_object()
    enabled, mode = body.get("routeOverrideEnabled", False), body.get("contentMode")
    if type(enabled) is not bool or mode not in (None, "standard", "compact"):
        raise call.refusal(400, "routeOverrideEnabled must be true or false, contentMode standard or compact")
    with call.site.database.transaction() as c:
        space = _administered(call, c)
        c.execute("INSERT OR REPLACE INTO space_settings VALUES (?, ?, ?)", (space["id"], enabled, mode))
        return _answer_settings(call, c, space)


def _answer_settings(call: Call, c: sqlite3.Connection, space: sqlite3.Row) -> Reply:
    row = c.execute("SELECT * FROM space_settings WHERE space_id = ?", (space["id"],)).fetchone()
    return Reply(
        body={
            "routeOverrideEnabled": bool(row and row["route_override_enabled"]),
            "editor": {"page": "v2", "blogpost": "v2", "default": "v2"},
            "contentMode": row and row["content_mode"],
            "spaceKey": space["key"],
            "_links": legacy.links(call),
        }
    )


def list_operations(call: Call) -> Reply:
    """What the caller may do in a space."""
    with call.site.database.read() as c:
        row = get_space(call, c, call.path_id("id"))
        rights = sorted(rights_in(call, c, row["id"]) - {EDIT})
    return Reply(body={"operations": [{"operation": right[0], "targetType": right[1]} for right in rights]})


ROUTES = (
    Route("GET", "/wiki/api/v2/spaces", list_spaces),
    Route("POST", "/wiki/api/v2/spaces", create_space),
    Route("GET", "/wiki/api/v2/spaces/{id}", get_one_space),
    Route("GET", "/wiki/api/v2/spaces/{id}/operations", list_operations),
    Route("POST", "/wiki/rest/api/space", create_space_in_v1),
    Route("POST", "/wiki/rest/api/space/_private", create_space_in_v1),
    Route("PUT", "/wiki/rest/api/space/{spaceKey}", update_space),
    Route("DELETE", "/wiki/rest/api/space/{spaceKey}", delete_space),
    Route("GET", "/wiki/rest/api/space/{spaceKey}/settings", get_settings),
    Route("PUT", "/wiki/rest/api/space/{spaceKey}/settings", update_settings),
)
