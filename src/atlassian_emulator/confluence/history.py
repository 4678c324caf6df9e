"""What v1 still offers of a page's history: a macro as it was in a version, restoring and deleting a version."""

from __future__ import annotations

from atlassian_emulator.call import Call, ProductError, Reply
from atlassian_emulator.confluence.access import demand_update
from atlassian_emulator.confluence.legacy import version_json
from atlassian_emulator.confluence.macros import Macro, scan_macros
from atlassian_emulator.confluence.pages import write_page
from atlassian_emulator.confluence.store import COMMENTS, get_named_content, get_version
from atlassian_emulator.routing import Route


def get_macro(call: Call) -> Reply:
    """Return a macro by its id."""
    macro = find_macro(call)
    parameters = {name: {"value": value} for name, value in macro.parameters.items()}
    self_link = f"{call.site.base_url}{call.request.path}"
    return Reply(body={"name": macro.name, "body": macro.body, "parameters": parameters, "_links": {"self": self_link}})


def find_macro(call: Call) -> Macro:
    """Return the macro that a v1 path names, or refuse with 404. Version 0 means the current one."""
    number = call.path_id("version")
    with call.site.database.read() as c:
        page = get_named_content(call, c, "page", "blogpost", *COMMENTS)
        body = get_version(call, c, page["id"], number or page["version"])["body"]
    macro_id = call.path["macroId"]
    macro = next((macro for macro in scan_macros(body).macros if macro.macro_id == macro_id), None)
    if macro is None:
        raise call.refusal(404, f"There is no macro with id {macro_id} in version {number} of content {page['id']}")
    return macro


def delete_version(call: Call) -> Reply:
    """Forget an old version; the later ones move down by one, as on the real site."""
    number = call.path_id("versionNumber")
    with call.site.database.transaction() as c:
        try:
            page = get_named_content(call, c, "page", "blogpost", *COMMENTS)
            get_version(call, c, page["id"], number)
        except ProductError as error:
            # Here the documents give 400 to content that is not there.
            raise call.refusal(400, error.body["message"]) from error
        demand_update(call, c, page)
        if number == page["version"]:
            raise call.refusal(400, "The current version of content cannot be deleted")
        c.execute("DELETE FROM content_versions WHERE content_id = ? AND number = ?", (page["id"], number))
        for later in range(number + 1, page["version"] + 1):
            c.execute(
                "UPDATE content_versions SET number = ? WHERE content_id = ? AND number = ?",
                (later - 1, page["id"], later),
            )
        c.execute("UPDATE content SET version = version - 1 WHERE id = ?", (page["id"],))
    return Reply(204)


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
    Route("DELETE", "/wiki/rest/api/content/{id}/version/{versionNumber}", delete_version),
)
