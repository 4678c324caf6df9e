"""Request bodies, held to what the documents say of them."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from atlassian_emulator.call import Call, JiraError

T = TypeVar("T")

REFUSED_BODY = "Invalid request payload. Refer to the REST API documentation and try again."


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """A body that may hold nothing but its fields; the names on the wire are the attributes' in camel case."""


def read_body(call: Call, kind: type[T]) -> T:
    """The request's body as `kind`; anything else is refused with Jira's one sentence for that."""
    try:
        return msgspec.json.decode(call.request.get_data(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise JiraError(400, REFUSED_BODY) from error


def page_of(values: list[Any], call: Call, *, largest: int = 100, default: int = 50) -> dict[str, Any]:
    """One page of `values` as Jira's PageBean, from the query parameters startAt and maxResults."""
    start = call.query_int("startAt", 0, 0, 2**31 - 1)
    size = min(call.query_int("maxResults", default, 0, 2**31 - 1), largest)
    shown: dict[str, Any] = {
        "self": f"{call.site.base_url}{call.request.full_path.rstrip('?')}",
        "maxResults": size,
        "startAt": start,
        "total": len(values),
        "isLast": start + size >= len(values),
        "values": values[start : start + size],
    }
    if not shown["isLast"]:
        shown["nextPage"] = f"{call.site.base_url}{call.request.path}?startAt={start + size}&maxResults={size}"
    return shown
