"""Searching with CQL in Data Center: users by name, parts by start and limit."""

from __future__ import annotations

import re
from typing import Any, Final

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.store import find_content
from atlassian_emulator.data_center.borrowing import ask_cloud, cloud_route
from atlassian_emulator.data_center.confluence.content import most_results
from atlassian_emulator.data_center.confluence.metadata import expansion_of
from atlassian_emulator.data_center.confluence.shapes import content_json, list_json, part_of
from atlassian_emulator.data_center.dressing import dress_confluence, plain
from atlassian_emulator.directory import Directory
from atlassian_emulator.routing import Route

_PERSON: Final = re.compile(
    r"(\b(?:creator|contributor|mention|watcher|favourite|user)\s*(?:!?=|(?:not\s+)?in)\s*)(\([^)]*\)|\"[^\"]*\"|[\w.@-]+)",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r'"[^"]*"|[\w.@-]+(?!\w*\()')


def _with_accounts(call: Call, cql: str) -> str:
    """Return the query with account ids for the names and keys of people."""
    directory = call.site.part(Directory)

    def account(match: re.Match[str]) -> str:
        user = directory.find(match[0].strip('"'))
        return f'"{user.account_id}"' if user else match[0]

    return _PERSON.sub(lambda match: match[1] + _WORD.sub(account, match[2]), cql)


def _ask(call: Call, template: str, limit: int, start: int) -> Any:
    query = {"cql": _with_accounts(call, call.query("cql")), "expand": "", "limit": str(limit), "start": str(start)}
    return ask_cloud(call, cloud_route("GET", f"/wiki{template}"), query=query).body


def search_content(call: Call) -> Reply:
    """GET /rest/api/content/search."""
    expand = expansion_of(call)
    start, limit = part_of(call, 25, most_results(expand))
    found = plain(_ask(call, "/rest/api/content/search", limit, start))
    with call.site.database.read() as c:
        results = [_shown(call, c, each["id"], "") for each in found["results"]]
    return list_json(call, results, start, limit, more="next" in found["_links"])


def _shown(call: Call, c: Any, content_id: str, prefix: str) -> dict[str, Any]:
    row = find_content(call, c, int(content_id.removeprefix("att")))
    assert row is not None, "it was found a moment ago"
    expand = expansion_of(call)
    return content_json(call, c, row, expand.below(prefix) if prefix else expand)


def search(call: Call) -> Reply:
    """GET /rest/api/search."""
    start, limit = part_of(call, 25, 500)
    found = dress_confluence(call.site, plain(_ask(call, "/rest/api/search", limit, start)))
    with call.site.database.read() as c:
        for result in found["results"]:
            if "content" in result:
                result["content"] = _shown(call, c, result["content"]["id"], "content")
                links = result["content"]["_links"]
                result["url"] = links["webui"]
    shown: dict[str, Any] = {**list_json(call, found["results"], start, limit, more="next" in found["_links"]).body}
    return Reply(
        body={
            **shown,
            "totalSize": found["totalSize"],
            "cqlQuery": call.query("cql"),
            "searchDuration": found["searchDuration"],
        }
    )


ROUTES = (
    Route("GET", "/rest/api/content/search", search_content),
    Route("GET", "/rest/api/search", search),
)
