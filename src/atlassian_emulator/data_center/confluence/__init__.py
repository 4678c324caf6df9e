"""Confluence Data Center: /rest/api, /rest/experimental, /download."""

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.bodies import read_text
from atlassian_emulator.data_center.borrowing import borrow_confluence
from atlassian_emulator.data_center.confluence import (
    below,
    content,
    files,
    history,
    people,
    properties,
    search,
    spaces,
)
from atlassian_emulator.data_center.confluence.content import named_content
from atlassian_emulator.data_center.confluence.metadata import labels_of
from atlassian_emulator.data_center.confluence.shapes import slice_json
from atlassian_emulator.routing import Route

__all__ = ["ROUTES"]


def list_labels(call: Call) -> Reply:
    prefix = call.query("prefix")
    with call.site.database.read() as c:
        labels = labels_of(c, named_content(call, c)["id"])
    return slice_json(call, [label for label in labels if prefix in ("", label["prefix"])], 200)


def convert_body(call: Call) -> Reply:
    """POST /rest/api/contentbody/convert/{to}: nothing is rendered, a view is the body as it is stored."""
    body = call.json_object()
    value, given = body.get("value"), body.get("representation")
    if not isinstance(value, str) or given not in ("storage", "editor", "view", "export_view"):
        raise call.refusal(400, "The body to convert needs a value and a representation")
    if call.path["to"] not in ("view", "export_view", "styled_view", "editor", "storage"):
        raise call.refusal(400, f"Unsupported representation: {call.path['to']}")
    return Reply(body={"value": read_text(call, "storage", value).body, "representation": call.path["to"]})


_LABEL = "/content/{id}/label"
_VERSION = "/content/{id}/version"
_RESTRICTION = "/content/{id}/restriction"
_OPERATION = f"{_RESTRICTION}/byOperation/{{operationKey}}"

_BORROWED = (
    borrow_confluence("POST", _LABEL),
    borrow_confluence("DELETE", _LABEL),
    borrow_confluence("DELETE", _LABEL + "/{label}"),
    borrow_confluence("GET", "/content/{id}/history/{version}/macro/id/{macroId}"),
    borrow_confluence("GET", "/space/{spaceKey}/label"),
    borrow_confluence("POST", "/space/{spaceKey}/label"),
    borrow_confluence("DELETE", "/space/{spaceKey}"),
    borrow_confluence("GET", "/user/anonymous"),
    borrow_confluence("GET", "/longtask"),
    borrow_confluence("GET", "/longtask/{id}"),
    *(
        route
        for base in ("api", "experimental")
        for route in (
            borrow_confluence("POST", _VERSION, base=base),
            borrow_confluence("DELETE", _VERSION + "/{versionNumber}", base=base),
            borrow_confluence("GET", _RESTRICTION, base=base),
            borrow_confluence("PUT", _RESTRICTION, base=base),
            borrow_confluence("POST", _RESTRICTION, base=base),
            borrow_confluence("DELETE", _RESTRICTION, base=base),
            borrow_confluence("GET", _RESTRICTION + "/byOperation", base=base),
            borrow_confluence("GET", _OPERATION, base=base),
            *(borrow_confluence(method, _OPERATION + "/user", base=base) for method in ("GET", "PUT", "DELETE")),
            *(
                borrow_confluence(
                    method,
                    _OPERATION + "/group/{groupName}",
                    base=base,
                    cloud_below=_OPERATION + "/byGroupId/{groupId}",
                    names={"groupName": "groupId"},
                )
                for method in ("GET", "PUT", "DELETE")
            ),
        )
    ),
)

ROUTES: tuple[Route, ...] = (
    *content.ROUTES,
    *below.ROUTES,
    *files.ROUTES,
    *history.ROUTES,
    *properties.ROUTES,
    *search.ROUTES,
    *spaces.ROUTES,
    *people.ROUTES,
    *_BORROWED,
    Route("GET", "/rest/api/content/{id}/label", list_labels),
    Route("POST", "/rest/api/contentbody/convert/{to}", convert_body),
)
