"""What v1 still offers of a page's history: a macro as it was in a version, and restoring a version."""

from __future__ import annotations

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import demand_update
from atlassian_emulator.confluence.legacy import version_json
from atlassian_emulator.confluence.macros import scan_macros
from atlassian_emulator.confluence.pages import write_page
from atlassian_emulator.confluence.store import get_named_content, get_version
from atlassian_emulator.routing import Route


def get_macro(call: Call) -> Reply:
    """Return a macro by its id. Version 0 means the current one."""
    number = call.path_id("version")
    with call.site.database.read() as c:
        page = get_named_content(call, c, "page", "blogpost")
        body = get_version(call, c, page["id"], number or page["version"])["body"]
    macro_id = call.path["macroId"]
    macro = next((macro for macro in scan_macros(body).macros if macro.macro_id == macro_id), None)
    if macro is None:
        raise call.refusal(404, f"There is no macro with id {macro_id} in version {number} of content {page['id']}")
    parameters = {name: {"value": value} for name, value in macro.parameters.items()}
    self_link = f"{call.site.base_url}{call.request.path}"
    return Reply(body={"name": macro.name, "body": macro.body, "parameters": parameters, "_links": {"self": self_link}})


def restore_version(call: Call) -> Reply:
    """Write a new version that is like an old one."""
    body = call.json_object()
    wish = body.get("params")
    if body.get("operationKey") != "restore" or not isinstance(wish, dict):
        raise call.refusal(400, "operationKey must be restore, and params must be an object")
    number, message = wish.get("versionNumber"), wish.get("message", "")
    if type(number) is not int or not isinstance(message, str):
        raise call.refusal(400, "params.versionNumber must be a whole number and params.message a string")
    with call.site.database.transaction() as c:
        page = get_named_content(call, c, "page", "blogpost")
        demand_update(call, c, page)
        old = get_version(call, c, page["id"], number)
        title = old["title"] if wish.get("restoreTitle") is True else page["title"]
        new_number = write_page(call, c, page, title, message, scan_macros(old["body"]))
        version = get_version(call, c, page["id"], new_number)
        return Reply(body=version_json(call, version, version["message"]))


ROUTES = (
    Route("GET", "/wiki/rest/api/content/{id}/history/{version}/macro/id/{macroId}", get_macro),
    Route("POST", "/wiki/rest/api/content/{id}/version", restore_version),
)
