"""The audit log: what is noted, and in which words it is shown.

An event stands in the same transaction as what it tells of wherever that is a change of the registry. Details
are plain JSON of names and numbers, never a secret.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from snapshots.access.actors import Actor
from snapshots.registry import audit_events

AuditOutcome = Literal["done", "refused", "failed"]

ACTIONS: Mapping[str, str] = {
    "backup.started": "Started a backup",
    "backup.finished": "A backup ended",
    "backup.downloaded": "Downloaded a backup",
    "backup.deleted": "Deleted a backup's file",
    "archive.uploaded": "Uploaded an archive",
    "archive.verified": "Checked every record of an archive",
    "archive.deleted": "Deleted an uploaded archive",
    "restore-plan.started": "Started making the plan of a restore",
    "restore-plan.finished": "Making the plan of a restore ended",
    "restore-plan.decided": "Decided about ambiguous pages of a plan",
    "restore.started": "Started a restore",
    "restore.finished": "A restore ended",
    "restore-undo.started": "Started undoing a restore",
    "restore-undo.finished": "Undoing a restore ended",
    "jira-data.uploaded": "Uploaded a Jira-data file",
    "jira-data.downloaded": "Downloaded a Jira-data file",
    "jira-export.started": "Started exporting Jira data",
    "jira-export.finished": "Exporting Jira data ended",
    "jira-plan.started": "Started planning an import of Jira data",
    "jira-plan.finished": "Planning an import of Jira data ended",
    "jira-import.started": "Started importing Jira data",
    "jira-import.finished": "Importing Jira data ended",
    "jira-undo.started": "Started undoing an import of Jira data",
    "jira-undo.finished": "Undoing an import of Jira data ended",
    "take.started": "Started taking snapshots",
    "take.finished": "Taking snapshots ended",
    "task.cancelled": "Asked a task to stop",
    "task.resumed": "Went on with a task",
    "key.created": "Made an API key",
    "key.rotated": "Rotated an API key",
    "key.changed": "Changed an API key",
    "key.disabled": "Disabled an API key",
    "key.enabled": "Enabled an API key",
    "key.revoked": "Revoked an API key",
    "key.used": "Used an API key",
    "key.refused": "Was refused by the API",
    "setting.changed": "Changed a setting",
    "person.signed-in": "Signed in",
    "person.refused": "Was not let in",
    "file.swept": "Removed what was kept long enough",
}
"""Every action with its words. One that is not named here cannot be noted, so that the page's filter knows all."""


def record(
    conn: sa.Connection,
    actor: Actor,
    action: str,
    *,
    site_id: int | None,
    subject: str = "",
    outcome: AuditOutcome = "done",
    at: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> int:
    """Note an event in the caller's transaction; answers its id."""
    if action not in ACTIONS:
        raise ValueError(f"access/audit.py names no action {action!r}")
    return audit_events.add_event(
        conn,
        site_id=site_id,
        at=time.time_ns() // 1000 if at is None else at,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        address=actor.address,
        action=action,
        subject=_storable(subject),
        outcome=outcome,
        details=msgspec.json.encode(dict(details or {})).decode(),
    )


def _storable(text: str) -> str:
    """`text` as any database holds it: an event about odd input must not be lost because the input is odd."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()[:1000]
