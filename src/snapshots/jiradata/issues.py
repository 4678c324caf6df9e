"""What is read of an issue in order to know it again: key, type, summary and when it was made. Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec

from snapshots.atlassian.model import Issue
from snapshots.capture.issues import decode_raw
from snapshots.jiradata.records import IssueRecord

ISSUE_FIELDS = ("summary", "issuetype", "created")

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def describe_issue(issue: Issue) -> IssueRecord:
    """The issue as a file has it; it must have been read with `ISSUE_FIELDS`."""
    kind, summary, created = (_value(issue.fields.get(name)) for name in ("issuetype", "summary", "created"))
    return IssueRecord(
        str(issue.id),
        issue.key,
        kind.get("name", "") if isinstance(kind, dict) else "",
        summary if isinstance(summary, str) else "",
        _moment(created),
    )


def _value(raw: msgspec.Raw | None) -> object:
    return None if raw is None else decode_raw(raw)


def _moment(text: object) -> int:
    """µs UTC; 0 where Jira says no moment."""
    if not isinstance(text, str):
        return 0
    try:
        since = datetime.fromisoformat(text) - _EPOCH
    except (ValueError, TypeError):
        return 0
    return max((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds, 0)
