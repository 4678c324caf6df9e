"""Saved filters: a query with a name."""

from __future__ import annotations

import sqlite3
from typing import Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import page_of, read_body
from atlassian_emulator.jira.jql.compile import compile_query
from atlassian_emulator.jira.jql.parser import parse
from atlassian_emulator.jira.jql.syntax import JqlSyntaxError
from atlassian_emulator.jira.render import Json, Renderer
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.routing import Route

_COLUMNS: Final = "id, name, owner, jql, description"


class FilterBody(msgspec.Struct):
    name: str
    jql: str = ""
    description: str = ""


def create_filter(call: Call) -> Reply:
    asked = read_body(call, FilterBody)
    jira = call.site.part(Jira)
    if not asked.name.strip():
        raise JiraError(400, errors={"filterName": "You must specify a name to save this filter as."})
    with call.site.database.transaction() as c:
        try:
            compiled = compile_query(parse(asked.jql), jira.scope(c, call.user))
        except JqlSyntaxError as error:
            raise JiraError(400, errors={"jql": str(error)}) from error
        if compiled.errors or compiled.warnings:
            raise JiraError(400, errors={"jql": (*compiled.errors, *compiled.warnings)[0]})
        row = (call.site.ids.take("jira.filter"), asked.name, call.caller.account_id, asked.jql, asked.description)
        c.execute(f"INSERT INTO jira_filters ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)", row)
        return Reply(body=_show(_find(c, row[0]), jira.renderer(c)))


def _find(c: sqlite3.Connection, filter_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = c.execute(f"SELECT {_COLUMNS} FROM jira_filters WHERE id = ?", (filter_id,)).fetchone()
    if row is None:
        raise JiraError(400, f"The selected filter is not available to you, perhaps it has been deleted: {filter_id}.")
    return row


def _show(row: sqlite3.Row, renderer: Renderer) -> Json:
    return {
        "self": renderer.url(f"filter/{row['id']}"),
        "id": str(row["id"]),
        "name": row["name"],
        "description": row["description"],
        "owner": renderer.account(row["owner"]),
        "jql": row["jql"],
        "viewUrl": f"{renderer.base_url}/issues/?filter={row['id']}",
        "searchUrl": renderer.url(f"search/jql?jql=filter%3D{row['id']}"),
        "favourite": False,
        "favouritedCount": 0,
        "sharePermissions": [],
        "editPermissions": [],
    }


def get_filter(call: Call) -> Reply:
    with call.site.database.read() as c:
        return Reply(body=_show(_find(c, call.path_id("id")), call.site.part(Jira).renderer(c)))


def search_filters(call: Call) -> Reply:
    """By a part of the name; the details come only when `expand` asks for them."""
    wanted, expand = call.query("filterName").lower(), set(call.query_list("expand"))
    always = {"self", "id", "name"}
    with call.site.database.read() as c:
        renderer = call.site.part(Jira).renderer(c)
        rows = c.execute(f"SELECT {_COLUMNS} FROM jira_filters ORDER BY name, id").fetchall()
        shown = [_show(row, renderer) for row in rows if wanted in row["name"].lower()]
    found = [{name: value for name, value in each.items() if name in always | expand} for each in shown]
    return Reply(body=page_of(found, call))


ROUTES: Final = (
    Route("POST", "/rest/api/3/filter", create_filter),
    Route("GET", "/rest/api/3/filter/search", search_filters),
    Route("GET", "/rest/api/3/filter/{id}", get_filter),
)
