"""What is below content: child pages, comments, attachments; descendants; downloads of files."""

from __future__ import annotations

import mimetypes
import sqlite3
from typing import Any, Final
from urllib.parse import quote

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import VISIBLE, viewer_parameters
from atlassian_emulator.confluence.store import NOT_BELOW_TRASH
from atlassian_emulator.data_center.confluence.content import answer_content, named_content
from atlassian_emulator.data_center.confluence.shapes import with_context
from atlassian_emulator.routing import Route

_TYPES: Final = {
    "page": ("page",),
    "comment": ("footer-comment", "inline-comment"),
    "attachment": ("attachment",),
}


# Files and comments of the pages below are not descendants of a page, answers to its own comments are.
_BELOW: Final = """c.id IN (
    WITH RECURSIVE below (id) AS (
        SELECT id FROM content WHERE parent_id = :owner
        UNION SELECT child.id FROM content child JOIN below ON child.parent_id = below.id AND child.type IN ({kinds})
    ) SELECT id FROM below)"""


def list_kinds(call: Call) -> Reply:
    """GET …/child and …/descendant: what there is to list, opened by `expand`."""
    below = call.request.path.rstrip("/").rsplit("/", 1)[1]
    with call.site.database.read() as c:
        named_content(call, c)
        address = f"/rest/api/content/{call.path['id']}"
        shown: dict[str, Any] = {}
        for kind in _TYPES:
            if kind in call.query_list("expand"):
                shown[kind] = _answer(call, c, kind, everything=below == "descendant").body
    closed = {kind: f"{address}/{below}/{kind}" for kind in _TYPES if kind not in shown}
    links = {"self": f"{call.site.base_url}{address}/{below}"}
    return Reply(body=with_context(call, {**shown, "_expandable": closed, "_links": links}))


def list_below(call: Call) -> Reply:
    """GET …/child/{type} and …/descendant/{type}."""
    *_, below, kind = call.request.path.rstrip("/").split("/")
    with call.site.database.read() as c:
        return _answer(call, c, kind, everything=below == "descendant" or call.query("depth") == "all")


def _answer(call: Call, c: sqlite3.Connection, kind: str, *, everything: bool) -> Reply:
    owner = named_content(call, c)
    kinds = ", ".join(f"'{each}'" for each in _TYPES[kind])
    conditions = [f"c.type IN ({kinds})", "c.status IN ('current', 'archived')", VISIBLE, NOT_BELOW_TRASH]
    parameters = {**viewer_parameters(call), "owner": owner["id"]}
    if everything:
        conditions.append(_BELOW.format(kinds=kinds))
    else:
        conditions.append("c.parent_id = :owner")
    for name, condition in (
        ("filename", "c.title = :filename"),
        (
            "mediaType",
            "c.id IN (SELECT content_id FROM attachment_versions v JOIN content x ON x.id = v.content_id"
            " AND x.version = v.number WHERE v.media_type = :mediaType)",
        ),
    ):
        if kind == "attachment" and name in call.request.args:
            conditions.append(condition)
            parameters[name] = call.query(name)
    return answer_content(
        call, c, conditions, parameters, order="c.position, c.id", limit=50 if kind == "attachment" else 25
    )


def download(call: Call) -> Reply:
    """GET /download/attachments/{page}/{name}: the bytes, with user name and password as with a session."""
    page, _, name = call.path["rest"].partition("/")
    number = call.query_int("version", 0, 1, 2**31 - 1)
    with call.site.database.read() as c:
        owner = named_content(call, c, name=page or "-")
        row = c.execute(
            "SELECT f.data, v.media_type FROM content c JOIN attachment_versions v ON v.content_id = c.id"
            " AND v.number = coalesce(nullif(:number, 0), c.version) JOIN files f USING (sha256)"
            " WHERE c.parent_id = :owner AND c.type = 'attachment' AND c.status = 'current' AND c.title = :name",
            {"number": number, "owner": owner["id"], "name": name},
        ).fetchone()
    if row is None:
        raise call.refusal(404, f"There is no attachment {name} on content {page}")
    kind = row["media_type"] or mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Content-Type": kind, "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Reply(200, row["data"], headers)


ROUTES = (
    *(Route("GET", f"/rest/api/content/{{id}}/{below}", list_kinds) for below in ("child", "descendant")),
    *(
        Route("GET", f"/rest/api/content/{{id}}/{below}/{kind}", list_below)
        for below in ("child", "descendant")
        for kind in _TYPES
    ),
    Route("GET", "/download/attachments/{rest:path}", download),
)
