"""Files put on pages: as in Cloud, but for the answer, and PUT to the list, which Data Center does not know."""

from __future__ import annotations

from typing import Final

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.store import find_content
from atlassian_emulator.data_center.borrowing import ask_cloud, cloud_route
from atlassian_emulator.data_center.confluence.metadata import Expansion
from atlassian_emulator.data_center.confluence.shapes import content_json, with_context
from atlassian_emulator.routing import Route

_LIST: Final = "/rest/api/content/{id}/child/attachment"
_EXPAND: Final = Expansion(("version", "container"))


def add_files(call: Call) -> Reply:
    """POST: refused with 400 when a file of the name is there."""
    reply = ask_cloud(call, cloud_route("POST", f"/wiki{_LIST}"))
    results = [_shown(call, each["id"]) for each in reply.body["results"]]
    links = {"base": call.site.base_url, "context": "", "self": call.site.base_url + call.request.path}
    return Reply(body={"results": results, "size": len(results), "_links": links})


def change_file(call: Call) -> Reply:
    """PUT …/{attachmentId}: name, comment, media type, page; POST …/{attachmentId}/data: the next version."""
    below = "/{attachmentId}/data" if call.request.path.rstrip("/").endswith("/data") else "/{attachmentId}"
    reply = ask_cloud(call, cloud_route(call.request.method, f"/wiki{_LIST}{below}"))
    return Reply(body=with_context(call, _shown(call, reply.body["id"])))


def _shown(call: Call, attachment_id: str) -> dict[str, object]:
    with call.site.database.read() as c:
        row = find_content(call, c, int(attachment_id.removeprefix("att")))
        assert row is not None, "it was written a moment ago"
        return content_json(call, c, row, _EXPAND)


ROUTES = (
    Route("POST", _LIST, add_files),
    Route("PUT", _LIST + "/{attachmentId}", change_file),
    Route("POST", _LIST + "/{attachmentId}/data", change_file),
)
