"""Which issues were ever captured: read from the payloads on the pages, each distinct one once.

Requests, for M macros with V captures that differ: M to find the attachments and about 2 V to download. Two captures
that said the same (their `data_sha256`) are read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.capture.payload import decode_row, open_payload
from snapshots.errors import DamageError, InvalidInput, NotFound
from snapshots.findings import Finding
from snapshots.progress import Progress
from snapshots.registry import versions
from snapshots.registry.sites import SiteRow

if TYPE_CHECKING:
    from snapshots.registry.engine import Registry

_AT_ONCE = 3
"""A payload may have a hundred megabytes, so few are in memory at the same time."""


@dataclass(frozen=True, slots=True)
class CapturedMacro:
    """A macro of the registry, and the attachment versions of its distinct captures."""

    page_id: str
    page_title: str
    macro_id: str
    attachment_name: str
    definition: str
    attachment_versions: tuple[int, ...]


@dataclass(slots=True)
class CapturedIssues:
    """Issue id to the key it had when it was last captured; some 150 bytes of memory for each."""

    keys: dict[int, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def list_captured_macros(registry: Registry, site: SiteRow) -> list[CapturedMacro]:
    """Every macro of the site that was captured, with the captures that differ, newest first."""
    found: list[CapturedMacro] = []
    with registry.read() as conn:
        captures = versions.list_captures(conn, site.id)
    for (page_id, title, macro_id, name, definition), of_macro in groupby(captures, key=lambda capture: capture[:5]):
        distinct: dict[str, int] = {}
        for *_, data_sha256, attachment_version in of_macro:
            distinct.setdefault(data_sha256, attachment_version)
        found.append(CapturedMacro(page_id, title, macro_id, name, definition, tuple(distinct.values())))
    return found


def read_captured_issues(
    confluence: ConfluenceClient, captured: Iterable[CapturedMacro], progress: Progress
) -> CapturedIssues:
    """The issues of all captures of these macros. A payload that cannot be read is a finding; the others count."""
    issues = CapturedIssues()
    listed = list(captured)
    total = sum(len(macro.attachment_versions) for macro in listed)
    done = 0
    progress("reading captures", done, total, "captures")
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="read-payload")
    try:
        for macro, answers in _in_turn(pool, confluence, listed):
            for rows in answers:
                done += 1
                if isinstance(rows, str):
                    issues.findings.append(_unread(macro, rows))
                else:
                    # Newest first: what an issue was called last is what it is called.
                    for issue_id, key in rows:
                        issues.keys.setdefault(issue_id, key)
                progress("reading captures", done, total, "captures")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return issues


def _in_turn(
    pool: ThreadPoolExecutor, confluence: ConfluenceClient, captured: list[CapturedMacro]
) -> Iterator[tuple[CapturedMacro, list[list[tuple[int, str]] | str]]]:
    """Each macro with what its captures hold, a few macros ahead of the reader."""
    waiting = []
    for macro in captured:
        waiting.append((macro, pool.submit(_read_macro, confluence, macro)))
        if len(waiting) > _AT_ONCE:
            first, answer = waiting.pop(0)
            yield first, answer.result()
    for first, answer in waiting:
        yield first, answer.result()


def _read_macro(confluence: ConfluenceClient, macro: CapturedMacro) -> list[list[tuple[int, str]] | str]:
    """For each capture, its issues, or in words why they could not be read."""
    try:
        attachment = next(iter(confluence.iter_attachments(macro.page_id, macro.attachment_name)), None)
    except NotFound:
        return ["its page is gone, or the account may not see it"] * len(macro.attachment_versions)
    if attachment is None:
        return [f"the page has no file {macro.attachment_name}"] * len(macro.attachment_versions)
    return [_read_rows(confluence, macro.page_id, attachment.id, number) for number in macro.attachment_versions]


def _read_rows(
    confluence: ConfluenceClient, page_id: str, attachment_id: str, number: int
) -> list[tuple[int, str]] | str:
    try:
        payload = open_payload(confluence.download_attachment(page_id, attachment_id, number))
        rows = (decode_row(line) for line in payload.row_lines)
        return [(int(issue_id), key) for issue_id, key in dict.fromkeys((row.issue_id, row.key) for row in rows)]
    except NotFound:
        return f"version {number} of its file is gone"
    except (DamageError, InvalidInput, ValueError) as error:
        return str(error)


def _unread(macro: CapturedMacro, reason: str) -> Finding:
    return Finding(
        "unreadable-capture",
        f"macro {macro.macro_id} on page '{macro.page_title}'",
        reason,
        "Issues that only this capture holds are not in the file; put its attachment back and export again.",
    )
