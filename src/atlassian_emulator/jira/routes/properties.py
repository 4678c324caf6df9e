"""Entity properties: JSON values that apps keep at an issue."""

from __future__ import annotations

from typing import Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.routes.desk import issue_of, reading, writing
from atlassian_emulator.routing import Route

LONGEST_KEY: Final = 255
LARGEST_VALUE_BYTES: Final = 32_768


def list_property_keys(call: Call) -> Reply:
    with reading(call) as desk:
        issue_id, renderer = issue_of(call, desk.scope), desk.renderer
        rows = desk.c.execute("SELECT key FROM jira_properties WHERE issue_id = ? ORDER BY key", (issue_id,))
        keys = [{"key": row[0], "self": renderer.url(f"issue/{issue_id}/properties/{row[0]}")} for row in rows]
    return Reply(body={"keys": keys})


def get_property(call: Call) -> Reply:
    key = call.path["propertyKey"]
    with reading(call) as desk:
        row = desk.c.execute(
            "SELECT value FROM jira_properties WHERE issue_id = ? AND key = ?", (issue_of(call, desk.scope), key)
        ).fetchone()
    if row is None:
        raise JiraError(404, f"The property '{key}' does not exist.")
    return Reply(body={"key": key, "value": msgspec.Raw(row[0].encode())})


def put_property(call: Call) -> Reply:
    key, data = call.path["propertyKey"], call.request.get_data()
    if len(key) > LONGEST_KEY:
        raise JiraError(400, f"The property key cannot be longer than {LONGEST_KEY} characters.")
    if len(data) > LARGEST_VALUE_BYTES:
        raise JiraError(400, f"The property value cannot be longer than {LARGEST_VALUE_BYTES} bytes.")
    value = msgspec.json.encode(call.json()).decode()
    with writing(call, "EDIT_ISSUES") as desk:
        issue_id = issue_of(call, desk.scope)
        known = desk.c.execute("SELECT 1 FROM jira_properties WHERE issue_id = ? AND key = ?", (issue_id, key))
        status = 200 if known.fetchone() else 201
        desk.c.execute(
            "INSERT INTO jira_properties (issue_id, key, value) VALUES (?, ?, ?)"
            " ON CONFLICT (issue_id, key) DO UPDATE SET value = excluded.value",
            (issue_id, key, value),
        )
        address = desk.renderer.url(f"issue/{issue_id}/properties/{key}")
    return Reply(status, {"self": address})


def delete_property(call: Call) -> Reply:
    key = call.path["propertyKey"]
    with writing(call, "EDIT_ISSUES") as desk:
        removed = desk.c.execute(
            "DELETE FROM jira_properties WHERE issue_id = ? AND key = ?", (issue_of(call, desk.scope), key)
        ).rowcount
        if not removed:
            raise JiraError(404, f"The property '{key}' does not exist.")
    return Reply(204)


_OF_ISSUE: Final = "/rest/api/3/issue/{issueIdOrKey}/properties"

ROUTES: Final = (
    Route("GET", _OF_ISSUE, list_property_keys),
    Route("GET", _OF_ISSUE + "/{propertyKey}", get_property),
    Route("PUT", _OF_ISSUE + "/{propertyKey}", put_property),
    Route("DELETE", _OF_ISSUE + "/{propertyKey}", delete_property),
)
