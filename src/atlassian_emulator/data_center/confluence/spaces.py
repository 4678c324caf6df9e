"""Spaces by key: list, get, create, change, delete, and the content in one."""

from __future__ import annotations

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import VISIBLE, VISIBLE_SPACE, viewer_parameters
from atlassian_emulator.confluence.store import find_space, get_named_space
from atlassian_emulator.data_center.borrowing import cloud_route, translated
from atlassian_emulator.data_center.confluence.content import answer_content
from atlassian_emulator.data_center.confluence.metadata import expansion_of
from atlassian_emulator.data_center.confluence.shapes import list_json, part_of, space_json, with_context
from atlassian_emulator.routing import Route

_CREATED_EXPAND = "description.plain"


def list_spaces(call: Call) -> Reply:
    conditions, parameters = [VISIBLE_SPACE], viewer_parameters(call)
    keys = [key for value in call.request.args.getlist("spaceKey") for key in value.split(",") if key]
    if keys:
        names = {f"key{number}": key for number, key in enumerate(keys)}
        conditions.append(f"s.key COLLATE NOCASE IN ({', '.join(f':{name}' for name in names)})")
        parameters |= names
    kind = call.query_choice("type", ("global", "personal"))
    if kind:
        conditions.append("(s.type = 'personal') = :personal")
        parameters["personal"] = kind == "personal"
    status = call.query_choice("status", ("current", "archived", "CURRENT", "ARCHIVED")).lower()
    if status:
        conditions.append("s.status = :status")
        parameters["status"] = status
    start, limit = part_of(call, 25, 500)
    sql = f"SELECT * FROM spaces s WHERE {' AND '.join(conditions)} ORDER BY s.key LIMIT {limit + 1} OFFSET {start}"  # noqa: S608
    with call.site.database.read() as c:
        rows = c.execute(sql, parameters).fetchall()
    results = [space_json(call, row, expansion_of(call)) for row in rows[:limit]]
    return list_json(call, results, start, limit, more=bool(limit) and len(rows) > limit)


def get_space(call: Call) -> Reply:
    with call.site.database.read() as c:
        row = get_named_space(call, c)
    return Reply(body=with_context(call, space_json(call, row, expansion_of(call))))


def write_space(call: Call) -> Reply:
    """POST and PUT do as in Cloud; the answer has Data Center's shape."""
    template = "/wiki/rest/api/space" + ("/{spaceKey}" if "spaceKey" in call.path else "")
    private = "/_private" if call.request.path.rstrip("/").endswith("/_private") else ""
    cloud_route(call.request.method, template + private).answer(translated(call, f"/wiki{call.request.path}"))
    key = call.path.get("spaceKey") or call.json_object()["key"]
    with call.site.database.read() as c:
        row = find_space(call, c, "key", key)
    assert row is not None
    return Reply(body=with_context(call, space_json(call, row, expansion_of(call, _CREATED_EXPAND))))


def list_content(call: Call) -> Reply:
    """GET …/content/{type}; without a type both, each in a list of its own."""
    with call.site.database.read() as c:
        space = get_named_space(call, c)
        parameters = {**viewer_parameters(call), "space": space["id"]}
        conditions = ["c.space_id = :space", "c.status = 'current'", VISIBLE]
        if call.query_choice("depth", ("all", "root"), "all") == "root":
            conditions.append("(c.parent_id IS NULL OR c.type = 'blogpost')")
        kinds = [call.path["type"]] if "type" in call.path else ["page", "blogpost"]
        if kinds[0] not in ("page", "blogpost"):
            raise call.refusal(404, f"There is no content type {kinds[0]}")
        lists = {kind: answer_content(call, c, [*conditions, f"c.type = '{kind}'"], parameters) for kind in kinds}
    if "type" in call.path:
        return lists[kinds[0]]
    links = {"self": call.site.base_url + call.request.path}
    return Reply(body=with_context(call, {**{kind: reply.body for kind, reply in lists.items()}, "_links": links}))


ROUTES = (
    Route("GET", "/rest/api/space", list_spaces),
    Route("POST", "/rest/api/space", write_space),
    Route("POST", "/rest/api/space/_private", write_space),
    Route("GET", "/rest/api/space/{spaceKey}", get_space),
    Route("PUT", "/rest/api/space/{spaceKey}", write_space),
    Route("GET", "/rest/api/space/{spaceKey}/content", list_content),
    Route("GET", "/rest/api/space/{spaceKey}/content/{type}", list_content),
)
