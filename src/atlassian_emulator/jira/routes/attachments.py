"""Files of issues: upload by multipart form, download by redirect to a signed address."""

from __future__ import annotations

import hashlib
import hmac
import mimetypes
import sqlite3
from typing import Any, Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.editing import Editor
from atlassian_emulator.jira.mentions import show_attachment
from atlassian_emulator.jira.routes.desk import Desk, issue_of, reading, writing
from atlassian_emulator.jira.stored import StoredAttachment
from atlassian_emulator.jira.write import IssueRow, put_issue, read_issue
from atlassian_emulator.routing import Route
from atlassian_emulator.site import Site

_SIGNATURE_SECONDS: Final = 600
_MOST_FILES: Final = 60


def add_attachments(call: Call) -> Reply:
    """Every file of the form becomes an attachment, also when the issue has one of that name."""
    if call.request.headers.get("X-Atlassian-Token", "").lower() not in ("no-check", "nocheck"):
        raise JiraError(403, "XSRF check failed")
    try:
        files = call.request.files.getlist("file")
    except ValueError as error:
        raise JiraError(400, f"Could not read the form: {error}") from error
    if not files:
        raise JiraError(400, "The request holds no part named 'file'.")
    if len(files) > _MOST_FILES:
        raise JiraError(413, f"The maximum number of files for a request is {_MOST_FILES}.")
    contents = [(each.filename or "", each.mimetype or "", each.stream.read()) for each in files]
    limit = call.site.attachment_limit_bytes
    if any(len(data) > limit for _, _, data in contents):
        raise JiraError(413, f"The file is larger than the limit of {limit} bytes.")
    with writing(call, "CREATE_ATTACHMENTS") as desk:
        issue = read_issue(desk.c, issue_of(call, desk.scope))
        added = [_store(call, desk, issue, *each) for each in contents]
        _write(desk, issue, [_told(each, removed=False) for each in added])
        return Reply(body=[show_attachment(each, desk.renderer) for each in added])


def _store(call: Call, desk: Desk, issue: IssueRow, name: str, mime_type: str, data: bytes) -> StoredAttachment:
    attachment = StoredAttachment(
        id=call.site.ids.take("jira.attachment"),
        filename=name.replace("\\", "/").rpartition("/")[2] or "file",
        author=desk.scope.account_id,
        created=desk.scope.now,
        size=len(data),
        mime_type=mime_type or mimetypes.guess_type(name)[0] or "application/octet-stream",
    )
    issue.stored.attachments.append(attachment)
    desk.c.execute("INSERT INTO jira_files (id, issue_id, content) VALUES (?, ?, ?)", (attachment.id, issue.id, data))
    return attachment


def _write(desk: Desk, issue: IssueRow, items: list[dict[str, Any]]) -> None:
    issue.updated = max(desk.scope.now, issue.updated)
    put_issue(desk.c, issue)
    Editor(desk.jira, desk.scope).record(issue.id, items)


def _told(attachment: StoredAttachment, *, removed: bool) -> dict[str, Any]:
    told, nothing = (str(attachment.id), attachment.filename), (None, None)
    (was, was_text), (now, now_text) = (told, nothing) if removed else (nothing, told)
    item = {"field": "Attachment", "fieldtype": "jira", "fieldId": "attachment"}
    return item | {"from": was, "fromString": was_text, "to": now, "toString": now_text}


def get_settings(call: Call) -> Reply:
    return Reply(body={"enabled": True, "uploadLimit": call.site.attachment_limit_bytes})


def get_attachment(call: Call) -> Reply:
    with reading(call) as desk:
        _, attachment = _find(call, desk)
        # Here, and only here, Atlassian's id is a number.
        return Reply(body=show_attachment(attachment, desk.renderer) | {"id": attachment.id})


def _find(call: Call, desk: Desk) -> tuple[IssueRow, StoredAttachment]:
    attachment_id = call.path["id"]
    row: sqlite3.Row | None = desk.c.execute(
        "SELECT issue_id, project_key, f.id FROM jira_files f JOIN jira_issues i ON i.id = issue_id"
        " WHERE CAST(f.id AS TEXT) = ?",
        (attachment_id,),
    ).fetchone()
    if row is not None and not desk.scope.hides(row["issue_id"], row["project_key"]):
        issue = read_issue(desk.c, row["issue_id"])
        for attachment in issue.stored.attachments:
            if attachment.id == row["id"]:
                return issue, attachment
    raise JiraError(404, f"The attachment with id '{attachment_id}' does not exist")


def delete_attachment(call: Call) -> Reply:
    with writing(call, "CREATE_ATTACHMENTS") as desk:
        issue, attachment = _find(call, desk)
        if attachment.author != desk.scope.account_id and not call.caller.administers:
            raise JiraError(403, f"You do not have permission to delete attachment with id: {attachment.id}")
        issue.stored.attachments.remove(attachment)
        desk.c.execute("DELETE FROM jira_files WHERE id = ?", (attachment.id,))
        _write(desk, issue, [_told(attachment, removed=True)])
    return Reply(204)


def get_content(call: Call) -> Reply:
    """303 to a signed address that is good for ten minutes; the bytes themselves with `redirect=false`."""
    with reading(call) as desk:
        _, attachment = _find(call, desk)
    if not call.query_flag("redirect", default=True):
        return _send(call, attachment)
    expires = call.site.clock() // 1_000_000 + _SIGNATURE_SECONDS
    signature = _sign(call.site, attachment.id, expires)
    address = f"{call.site.base_url}/_media/jira/{attachment.id}/binary?expires={expires}&signature={signature}"
    return Reply(303, headers={"Location": address})


def _sign(site: Site, attachment_id: int, expires: int) -> str:
    return hmac.new(site.cloud_id.encode(), f"jira {attachment_id} {expires}".encode(), hashlib.sha256).hexdigest()


def _send(call: Call, attachment: StoredAttachment) -> Reply:
    with call.site.database.read() as c:
        row = c.execute("SELECT content FROM jira_files WHERE id = ?", (attachment.id,)).fetchone()
    if row is None or row[0] is None:
        raise JiraError(404, f"The content of the attachment with id '{attachment.id}' is not there.")
    name = attachment.filename.encode("ascii", "replace").decode().replace('"', "'")
    headers = {"Content-Type": attachment.mime_type, "Content-Disposition": f'attachment; filename="{name}"'}
    return Reply(body=bytes(row[0]), headers=headers)


def send_file(call: Call) -> Reply:
    """What lies behind a signed address, as Atlassian's media service answers from another host."""
    expires = call.query_int("expires", 0, 0, 2**62)
    attachment_id = call.path_id("id")
    if not hmac.compare_digest(call.query("signature"), _sign(call.site, attachment_id, expires)):
        raise JiraError(403, "The signature does not fit.")
    if expires < call.site.clock() // 1_000_000:
        raise JiraError(403, "The address has expired.")
    with call.site.database.read() as c:
        row = c.execute(
            "SELECT fields FROM jira_files f JOIN jira_shown USING (issue_id) WHERE f.id = ?", (attachment_id,)
        ).fetchone()
    attachments = msgspec.json.decode(row[0], type=_Attachments).attachments if row else []
    for attachment in attachments:
        if attachment.id == attachment_id:
            return _send(call, attachment)
    raise JiraError(404, f"The attachment with id '{attachment_id}' does not exist")


class _Attachments(msgspec.Struct):
    """The one member of stored fields that a download needs."""

    attachments: list[StoredAttachment] = msgspec.field(default_factory=list)


ROUTES: Final = (
    Route("POST", "/rest/api/3/issue/{issueIdOrKey}/attachments", add_attachments),
    Route("GET", "/rest/api/3/attachment/meta", get_settings),
    Route("GET", "/rest/api/3/attachment/{id}", get_attachment),
    Route("DELETE", "/rest/api/3/attachment/{id}", delete_attachment),
    Route("GET", "/rest/api/3/attachment/content/{id}", get_content),
    Route("GET", "/rest/api/3/attachment/thumbnail/{id}", get_content),
    Route("GET", "/_media/jira/{id}/binary", send_file, open=True),
)
