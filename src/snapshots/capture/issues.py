"""The issues of one capture, each read once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.model import Field
from snapshots.capture.payload import Value
from snapshots.capture.values import display_value
from snapshots.errors import SiteUnavailable
from snapshots.progress import Progress

_NAMED_IN_A_SENTENCE = 5


class CapturedIssues:
    """What Jira said of each issue, with the union of the fields that all levels need.

    docs/decisions/0004-vanished-issues.md: an issue that a search found and Jira then does not
    give stops the capture, because evidence must not miss a row.
    """

    def __init__(self, jira: JiraClient, field_ids: Sequence[str], progress: Progress) -> None:
        self._jira = jira
        self._field_ids = field_ids
        self._progress = progress
        self._issues: dict[int, tuple[str, dict[str, msgspec.Raw]]] = {}

    def __len__(self) -> int:
        return len(self._issues)

    def read(self, issue_ids: Iterable[int], level_number: int) -> None:
        """Read those that were not read yet; `SiteUnavailable` when Jira does not give all of them."""
        wanted = [issue_id for issue_id in dict.fromkeys(issue_ids) if issue_id not in self._issues]
        missing = self._fetch(wanted)
        if missing and (missing := self._fetch(missing)):
            named = ", ".join(map(str, missing[:_NAMED_IN_A_SENTENCE]))
            more = ", …" if len(missing) > _NAMED_IN_A_SENTENCE else ""
            raise SiteUnavailable(
                f"Jira found {len(missing)} issues for level {level_number} and then did not give them "
                f"(ids {named}{more}): they were deleted or hidden meanwhile; take the snapshot again."
            )

    def key(self, issue_id: int) -> str:
        """The issue's key; the issue must have been read."""
        return self._issues[issue_id][0]

    def raw(self, issue_id: int, field_id: str) -> Any:
        """The field's JSON value as Jira gave it, `None` where it has none."""
        raw = self._issues[issue_id][1].get(field_id)
        return None if raw is None else decode_raw(raw)

    def shown(self, issue_id: int, field: Field) -> Value:
        """The field's value in display form."""
        return display_value(self.raw(issue_id, field.id), field)

    def _fetch(self, issue_ids: list[int]) -> list[int]:
        """Read these, and answer those that Jira left out."""
        if not issue_ids:
            return []
        for issue_id, issue in self._jira.fetch_issues(issue_ids, self._field_ids, self._progress).items():
            self._issues[issue_id] = (issue.key, issue.fields)
        return [issue_id for issue_id in issue_ids if issue_id not in self._issues]


def decode_raw(raw: msgspec.Raw) -> Any:
    """A value as Jira gave it."""
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        # Some programs cut an emoji in half when they write to Jira. Half of one is no character, so it
        # becomes the mark for that (U+FFFD); the rest of the value is evidence all the same.
        whole = json.dumps(json.loads(bytes(raw)), ensure_ascii=False)
        return json.loads(whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
