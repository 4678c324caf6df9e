"""Saved filters: a query with a name. They are seen by their owner and, when shared, by everybody."""

from __future__ import annotations

import sqlite3
from typing import Final, Literal

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import page_of, read_body
from atlassian_emulator.jira.jql.compile import compile_query
from atlassian_emulator.jira.jql.parser import parse
from atlassian_emulator.jira.jql.syntax import JqlSyntaxError
from atlassian_emulator.jira.render import Json
from atlassian_emulator.jira.routes.desk import Desk, reading, writing
from atlassian_emulator.routing import Route

ShareType = Literal["user", "group", "project", "projectRole", "global", "loggedin", "authenticated"]


class SharedWith(msgspec.Struct, rename="camel", omit_defaults=True):
    """A project, role, group or user as a share names it; what else was said of it is not kept."""

    id: str | int | None = None
    key: str | None = None
    name: str | None = None
    group_id: str | None = None
    account_id: str | None = None


class Share(msgspec.Struct, omit_defaults=True):
    type: ShareType
    group: SharedWith | None = None
    project: SharedWith | None = None
    role: SharedWith | None = None
    user: SharedWith | None = None


class FilterBody(msgspec.Struct, rename="camel"):
    name: str
    jql: str | None = None
    description: str | None = None
    share_permissions: list[Share] | None = None
    # Jira takes the words as well, and older clients send them.
    favourite: bool | Literal["true", "false"] | None = None


def create_filter(call: Call) -> Reply:
    asked = read_body(call, FilterBody)
    with writing(call, "BROWSE_PROJECTS") as desk:
        _check(asked, desk)
        filter_id = call.site.ids.take("jira.filter")
        desk.c.execute(
            "INSERT INTO jira_filters (id, name, owner, jql, description, shares) VALUES (?, ?, ?, ?, ?, ?)",
            (
                filter_id,
                asked.name,
                desk.scope.account_id,
                asked.jql or "",
                asked.description or "",
                _shares(call, desk, asked.share_permissions or []),
            ),
        )
        if asked.favourite in (True, "true") or call.query_flag("favourite"):
            _set_favourite(desk, filter_id, True)
        return Reply(body=_show(_find(desk, filter_id), desk))


def _check(asked: FilterBody, desk: Desk, own_id: int = 0) -> None:
    if not asked.name.strip():
        raise JiraError(400, errors={"filterName": "You must specify a name to save this filter as."})
    taken = desk.c.execute(
        "SELECT id FROM jira_filters WHERE owner = ? AND name = ? COLLATE NOCASE AND id <> ?",
        (desk.scope.account_id, asked.name, own_id),
    ).fetchone()
    if taken:
        raise JiraError(400, errors={"filterName": "Filter with same name already exists."})
    try:
        compiled = compile_query(parse(asked.jql or ""), desk.scope)
    except JqlSyntaxError as error:
        raise JiraError(400, errors={"jql": str(error)}) from error
    if compiled.errors or compiled.warnings:
        raise JiraError(400, errors={"jql": (*compiled.errors, *compiled.warnings)[0]})


def _shares(call: Call, desk: Desk, shares: list[Share]) -> str:
    shown = []
    for share in shares:
        _demand_there(call, desk, share)
        shown.append({"id": call.site.ids.take("jira.share")} | msgspec.to_builtins(share))
    return msgspec.json.encode(shown).decode()


def _demand_there(call: Call, desk: Desk, share: Share) -> None:
    """Refuse a share with somebody or something that the site does not have."""
    user, group, project = share.user, share.group, share.project
    groups = {name for each in call.site.users.groups for name in (each.name, each.group_id)}
    if user is not None and call.site.users.find(user.account_id or "") is None:
        raise JiraError(400, "Specified user does not exist or you do not have required permissions")
    if group is not None and not {group.name, group.group_id} & groups:
        raise JiraError(400, f"Group does not exist: {group.name or group.group_id}.")
    if project is not None and desk.scope.find_project(str(project.key or project.id or "")) is None:
        raise JiraError(400, "The project specified for the share does not exist or may not be seen.")


def _find(desk: Desk, filter_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = desk.c.execute(
        "SELECT * FROM jira_filters WHERE id = ? AND (owner = ? OR shares <> '[]')", (filter_id, desk.scope.account_id)
    ).fetchone()
    if row is None:
        raise JiraError(400, f"The selected filter is not available to you, perhaps it has been deleted: {filter_id}.")
    return row


def _show(row: sqlite3.Row, desk: Desk) -> Json:
    renderer = desk.renderer
    fans = [
        each[0] for each in desk.c.execute("SELECT account_id FROM jira_favourites WHERE filter_id = ?", (row["id"],))
    ]
    return {
        "self": renderer.url(f"filter/{row['id']}"),
        "id": str(row["id"]),
        "name": row["name"],
        "description": row["description"],
        "owner": renderer.account(row["owner"]),
        "jql": row["jql"],
        "viewUrl": f"{renderer.base_url}/issues/?filter={row['id']}",
        "searchUrl": renderer.url(f"search/jql?jql=filter%3D{row['id']}"),
        "favourite": desk.scope.account_id in fans,
        "favouritedCount": len(fans),
        "sharePermissions": msgspec.Raw(row["shares"].encode()),
        "editPermissions": [],
    }


def get_filter(call: Call) -> Reply:
    with reading(call) as desk:
        return Reply(body=_show(_find(desk, call.path_id("id")), desk))


def _own(call: Call, desk: Desk) -> sqlite3.Row:
    row = _find(desk, call.path_id("id"))
    if row["owner"] != desk.scope.account_id:
        raise JiraError(400, "You do not own this filter, and cannot change it.")
    return row


def update_filter(call: Call) -> Reply:
    """What the body leaves out stays as it is."""
    asked = read_body(call, FilterBody)
    with writing(call, "BROWSE_PROJECTS") as desk:
        known = _own(call, desk)
        _check(asked, desk, known["id"])
        shares = known["shares"] if asked.share_permissions is None else _shares(call, desk, asked.share_permissions)
        desk.c.execute(
            "UPDATE jira_filters SET name = ?, jql = ?, description = ?, shares = ? WHERE id = ?",
            (
                asked.name,
                known["jql"] if asked.jql is None else asked.jql,
                known["description"] if asked.description is None else asked.description,
                shares,
                known["id"],
            ),
        )
        if asked.favourite is not None:
            _set_favourite(desk, known["id"], asked.favourite in (True, "true"))
        return Reply(body=_show(_find(desk, known["id"]), desk))


def delete_filter(call: Call) -> Reply:
    with writing(call, "BROWSE_PROJECTS") as desk:
        desk.c.execute("DELETE FROM jira_filters WHERE id = ?", (_own(call, desk)["id"],))
    return Reply(204)


def _set_favourite(desk: Desk, filter_id: int, wanted: bool) -> None:
    sql = "INSERT OR IGNORE INTO jira_favourites (filter_id, account_id) VALUES (?, ?)"
    if not wanted:
        sql = "DELETE FROM jira_favourites WHERE filter_id = ? AND account_id = ?"
    desk.c.execute(sql, (filter_id, desk.scope.account_id))


def change_favourite(call: Call) -> Reply:
    with writing(call, "BROWSE_PROJECTS") as desk:
        known = _find(desk, call.path_id("id"))
        _set_favourite(desk, known["id"], call.request.method == "PUT")
        return Reply(body=_show(known, desk))


def _visible(desk: Desk) -> list[sqlite3.Row]:
    return desk.c.execute(
        "SELECT * FROM jira_filters WHERE owner = ? OR shares <> '[]' ORDER BY name, id", (desk.scope.account_id,)
    ).fetchall()


def search_filters(call: Call) -> Reply:
    """By a part of the name, the owner or ids; the details come only when `expand` asks for them."""
    wanted, expand = call.query("filterName").lower(), set(call.query_list("expand"))
    owner, ids = call.query("accountId"), set(call.query_list("id"))
    always = {"self", "id", "name"}
    with reading(call) as desk:
        shown = [
            _show(row, desk)
            for row in _visible(desk)
            if wanted in row["name"].lower() and owner in ("", row["owner"]) and (not ids or str(row["id"]) in ids)
        ]
    found = [{name: value for name, value in each.items() if name in always | expand} for each in shown]
    return Reply(body=page_of(found, call))


def list_own_filters(call: Call) -> Reply:
    with reading(call) as desk:
        with_favourites = call.query_flag("includeFavourites")
        shown = [_show(row, desk) for row in _visible(desk)]
        own = {str(row["id"]) for row in _visible(desk) if row["owner"] == desk.scope.account_id}
    return Reply(body=[each for each in shown if each["id"] in own or (with_favourites and each["favourite"])])


def list_favourite_filters(call: Call) -> Reply:
    with reading(call) as desk:
        return Reply(body=[each for each in (_show(row, desk) for row in _visible(desk)) if each["favourite"]])


ROUTES: Final = (
    Route("POST", "/rest/api/3/filter", create_filter),
    Route("GET", "/rest/api/3/filter/search", search_filters),
    Route("GET", "/rest/api/3/filter/my", list_own_filters),
    Route("GET", "/rest/api/3/filter/favourite", list_favourite_filters),
    Route("GET", "/rest/api/3/filter/{id}", get_filter),
    Route("PUT", "/rest/api/3/filter/{id}", update_filter),
    Route("DELETE", "/rest/api/3/filter/{id}", delete_filter),
    Route("PUT", "/rest/api/3/filter/{id}/favourite", change_favourite),
    Route("DELETE", "/rest/api/3/filter/{id}/favourite", change_favourite),
)
