"""The history of content: its summary, and its versions, which lie below /rest/experimental up to release 9."""

from __future__ import annotations

from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.data_center.confluence.content import named_content
from atlassian_emulator.data_center.confluence.metadata import expansion_of
from atlassian_emulator.data_center.confluence.shapes import (
    content_json,
    history_json,
    slice_json,
    version_json,
    version_row,
)
from atlassian_emulator.routing import Route


def get_history(call: Call) -> Reply:
    with call.site.database.read() as c:
        row = named_content(call, c)
        shown = history_json(call, c, row, expansion_of(call, "previousVersion,nextVersion,lastUpdated"))
    links = {**shown["_links"], "base": call.site.base_url, "context": ""}
    return Reply(body={**shown, "_links": links})


def list_versions(call: Call) -> Reply:
    """The newest first."""
    with call.site.database.read() as c:
        row = named_content(call, c)
        versions = [found for number in range(row["version"], 0, -1) if (found := version_row(c, row, number))]
        return slice_json(call, [_show(call, c, row, version) for version in versions], 200)


def _show(call: Call, c: Any, row: Any, version: Any) -> dict[str, Any]:
    shown = version_json(call, version, version["message"])
    expand = expansion_of(call)
    if "content" in expand:
        shown["content"] = content_json(call, c, row, expand.below("content"), number=version["number"])
    return shown


def get_version(call: Call) -> Reply:
    number = call.path_id("versionNumber")
    with call.site.database.read() as c:
        row = named_content(call, c)
        version = version_row(c, row, number)
        if version is None:
            raise call.refusal(404, f"Cannot find version {number} of content with id {row['id']}")
        return Reply(body=_show(call, c, row, version))


ROUTES = (
    Route("GET", "/rest/api/content/{id}/history", get_history),
    *(
        Route("GET", f"/rest/{base}/content/{{id}}/version{below}", answer)
        for base in ("api", "experimental")
        for below, answer in (("", list_versions), ("/{versionNumber}", get_version))
    ),
)
