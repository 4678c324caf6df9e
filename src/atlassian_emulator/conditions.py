"""The control path of what holds for a whole site: its limits and how late its search index is."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.limits import LimitSettings
from atlassian_emulator.routing import Route

LONGEST_INDEX_DELAY_SECONDS = 86_400


class IndexDelay(msgspec.Struct, forbid_unknown_fields=True):
    """How long searches do not find what was made."""

    seconds: Annotated[float, msgspec.Meta(ge=0, le=LONGEST_INDEX_DELAY_SECONDS)]


def get_limits(call: Call) -> Reply:
    limits = call.site.limits
    return Reply(body={**msgspec.to_builtins(limits.settings), "points_spent": limits.points_spent})


def set_limits(call: Call) -> Reply:
    call.site.limits.set(_read(call, LimitSettings))
    return get_limits(call)


def clear_limits(call: Call) -> Reply:
    call.site.limits.set(LimitSettings())
    return Reply(204)


def get_index_delay(call: Call) -> Reply:
    return Reply(body={"seconds": call.site.index_delay_seconds})


def set_index_delay(call: Call) -> Reply:
    call.site.index_delay_seconds = _read(call, IndexDelay).seconds
    return get_index_delay(call)


def _read(call: Call, kind: Any) -> Any:
    try:
        return msgspec.json.decode(call.request.get_data(), type=kind)
    except (msgspec.DecodeError, ValueError) as error:
        raise call.refusal(400, str(error)) from error


ROUTES = (
    Route("GET", "/_emulator/limits", get_limits, open=True),
    Route("PUT", "/_emulator/limits", set_limits, open=True),
    Route("DELETE", "/_emulator/limits", clear_limits, open=True),
    Route("GET", "/_emulator/index-delay", get_index_delay, open=True),
    Route("PUT", "/_emulator/index-delay", set_index_delay, open=True),
)
