"""What issues say of each other and of what happened to them: briefs, comments, worklogs, attachments."""

from __future__ import annotations

import sqlite3

import msgspec

from atlassian_emulator.jira.render import Json, Renderer
from atlassian_emulator.jira.stored import StoredAttachment
from atlassian_emulator.jira.timetracking import spell_duration
from atlassian_emulator.moments import iso_offset


def brief_issue(row: sqlite3.Row, renderer: Renderer) -> Json:
    """An issue as another one mentions it."""
    catalogue = renderer.catalogue
    fields: Json = {
        "summary": row["summary"],
        "status": renderer.raw(catalogue.statuses.by_id[row["status_id"]], renderer.status),
        "issuetype": renderer.raw(catalogue.types.by_id[row["type_id"]], renderer.issue_type),
    }
    if row["priority_id"]:
        fields["priority"] = renderer.raw(catalogue.priorities.by_id[row["priority_id"]], renderer.priority)
    return {
        "id": str(row["id"]),
        "key": f"{row['project_key']}-{row['number']}",
        "self": renderer.url(f"issue/{row['id']}"),
        "fields": fields,
    }


def show_comment(row: sqlite3.Row, renderer: Renderer) -> Json:
    return {
        "self": renderer.url(f"issue/{row['issue_id']}/comment/{row['id']}"),
        "id": str(row["id"]),
        "author": renderer.account(row["author"]),
        "body": msgspec.Raw(row["body"].encode()),
        "updateAuthor": renderer.account(row["update_author"]),
        "created": iso_offset(row["created"]),
        "updated": iso_offset(row["updated"]),
        "jsdPublic": True,
    }


def show_worklog(row: sqlite3.Row, renderer: Renderer) -> Json:
    shown: Json = {
        "self": renderer.url(f"issue/{row['issue_id']}/worklog/{row['id']}"),
        "id": str(row["id"]),
        "issueId": str(row["issue_id"]),
        "author": renderer.account(row["author"]),
        "updateAuthor": renderer.account(row["update_author"]),
        "created": iso_offset(row["created"]),
        "updated": iso_offset(row["updated"]),
        "started": iso_offset(row["started"]),
        "timeSpent": spell_duration(row["seconds"]),
        "timeSpentSeconds": row["seconds"],
    }
    return shown if row["comment"] == "null" else shown | {"comment": msgspec.Raw(row["comment"].encode())}


def show_attachment(attachment: StoredAttachment, renderer: Renderer) -> Json:
    shown: Json = {
        "self": renderer.url(f"attachment/{attachment.id}"),
        "id": str(attachment.id),
        "filename": attachment.filename,
        "author": renderer.account(attachment.author),
        "created": iso_offset(attachment.created),
        "size": attachment.size,
        "mimeType": attachment.mime_type,
        "content": renderer.url(f"attachment/content/{attachment.id}"),
    }
    if attachment.mime_type.startswith("image/"):
        shown["thumbnail"] = renderer.url(f"attachment/thumbnail/{attachment.id}")
    return shown
