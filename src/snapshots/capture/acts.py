"""What a take plans, has read and has done, as values that turn into JSON and back."""

from __future__ import annotations

import msgspec

from snapshots.capture.payload import Trigger
from snapshots.findings import Finding


class PlannedMacro(msgspec.Struct, frozen=True):
    """A macro about to be captured. `definition` is canonical; `capture_id` is made once, in the plan."""

    macro_id: str
    capture_id: str
    definition: str


class PlannedTake(msgspec.Struct, frozen=True):
    """What one take of one page will do. `page_version` is the page's version when it was planned."""

    space_id: str
    space_key: str
    space_name: str
    page_id: str
    page_title: str
    page_version: int
    properties: dict[str, str]
    captured_by: str
    captured_by_name: str
    trigger: Trigger
    macros: tuple[PlannedMacro, ...]
    findings: tuple[Finding, ...]


class ReadCapture(msgspec.Struct, frozen=True):
    """A payload that lies in the spool directory. `requests` is how many it took."""

    captured_at: int
    payload_sha256: str
    payload_bytes: int
    data_sha256: str
    row_counts: tuple[int, ...]
    issue_count: int
    requests: int
    findings: tuple[Finding, ...]


class TakeResult(msgspec.Struct, frozen=True):
    """One capture that is now a version. `issue_count` counts each issue once, `row_counts` each place it stands."""

    macro_id: str
    capture_id: str
    number: int
    page_version: int
    attachment_version: int
    payload_sha256: str
    payload_bytes: int
    data_sha256: str
    row_counts: tuple[int, ...]
    issue_count: int
    requests: int
    findings: tuple[Finding, ...]
