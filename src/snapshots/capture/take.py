"""Taking snapshots of a page: all or nothing, in steps that may each be killed and run again.

    plan the take → read Jira → upload the payload → save the page → record the versions
                    (these two once for every macro)

What a step answers is plain JSON: a durable job keeps it and never runs that step again. Until the
page is saved nothing shows; from then on the captures are on the page and only the record is outstanding.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
import sqlalchemy as sa

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.macro import Pointer, attachment_name
from snapshots.capture import publishing
from snapshots.capture.acts import PlannedMacro, PlannedTake, ReadCapture, TakeResult
from snapshots.capture.definition import parse_definition
from snapshots.capture.payload import CaptureHeader, Trigger, write_payload
from snapshots.capture.planning import plan_take
from snapshots.capture.reading import read_jira
from snapshots.capture.spool import Spool
from snapshots.errors import (
    AdministratorError,
    JobCancelled,
    NotFound,
    PayloadTooLarge,
    SiteError,
    SiteUnavailable,
    SnapshotsError,
)
from snapshots.progress import Progress, silent
from snapshots.registry import macros, pages, spaces, versions
from snapshots.registry.engine import Registry
from snapshots.registry.sites import SiteRow

MAX_PAYLOAD_BYTES = 100_000_000
"""Confluence's usual limit on attachments; a site's own cannot be asked for."""

_SPOOL_DAYS = 7
"""How long a payload is kept whose page could not be asked whether it shows it."""

PLAN, READ, UPLOAD = "plan the take", "read Jira", "upload payload"
"""How the names of steps begin whose answers are needed to settle a take that was stopped."""

_LEAST_ROW_BYTES = len('[1,"1","A-1"],\n')

Json = Any
_Answer = TypeVar("_Answer")


class Step(Protocol):
    """Runs one step and answers its result; `jobs.JobContext.step` also records it."""

    def __call__(self, name: str, function: Callable[..., _Answer], *args: Any) -> _Answer: ...


def run_now(name: str, function: Callable[..., _Answer], *args: Any) -> _Answer:
    """A step that nobody records."""
    return function(*args)


def now_us() -> int:
    """This moment, µs UTC."""
    return time.time_ns() // 1_000


def take_snapshots(
    take: Take, page_id: str, macro_ids: Sequence[str] = (), trigger: Trigger = "person", step: Step = run_now
) -> list[TakeResult]:
    """Capture these macros of a page, or all of them, and show the captures in one new page version.

    All or nothing: on any failure no page version, no version in the history and no new attachment is left.
    Cancelled when the captures show already, they become versions all the same.
    """
    plan = step(PLAN, take.plan, page_id, list(macro_ids), trigger)
    places = range(len(plan["macros"]))
    reads: list[Json] = []
    uploads: list[int] = []
    try:
        for place in places:
            reads.append(step(f"{READ} {place + 1}", take.read, plan, place))
        for place in places:
            uploads.append(step(f"{UPLOAD} {place + 1}", take.upload, plan, place, reads[place]))
        page_version = step("save the page", take.save_page, plan, reads, uploads)
        recorded = step("record the versions", take.record, plan, reads, uploads, page_version)
    except SnapshotsError as failure:
        recorded = take.settle(plan, reads, uploads)
        if recorded is None or isinstance(failure, JobCancelled):
            raise
    return msgspec.convert(recorded, list[TakeResult])


def settle_stopped(take: Take, answers: Mapping[str, Json]) -> None:
    """What `take_snapshots` does after a failure, for a take that nobody will go on with.

    `answers` are those of the steps that were recorded, by name.
    """
    if PLAN in answers:
        reads, uploads = ([answers[name] for name in answers if name.startswith(word)] for word in (READ, UPLOAD))
        take.settle(answers[PLAN], reads, uploads)


class Take:
    """The steps of a take, with all they need; their arguments and answers are JSON (`acts` gives their shape).

    `spool_dir` keeps payloads between being read and being uploaded. `same_jira_urls` are addresses
    under which an administrator said that this Jira was known before. `count_requests` answers how
    many requests were sent so far.
    """

    def __init__(
        self,
        registry: Registry,
        site: SiteRow,
        confluence: ConfluenceClient,
        jira: JiraClient,
        spool_dir: Path,
        *,
        max_payload_bytes: int = MAX_PAYLOAD_BYTES,
        same_jira_urls: Collection[str] = (),
        clock: Callable[[], int] = now_us,
        count_requests: Callable[[], int] = lambda: 0,
        progress: Progress = silent,
    ) -> None:
        self._registry = registry
        self._site = site
        self._confluence = confluence
        self._jira = jira
        self._spool = Spool(spool_dir)
        self._max_payload_bytes = max_payload_bytes
        self._same_jira_urls = same_jira_urls
        self._clock = clock
        self._count_requests = count_requests
        self._progress = progress

    def plan(self, page_id: str, macro_ids: Sequence[str], trigger: Trigger) -> Json:
        """Step 1: check the page, the rights and the macros; no `macro_ids` means every macro of the page."""
        self._spool.remove_older(_SPOOL_DAYS)
        where = (self._registry, self._site, self._confluence, self._same_jira_urls, self._spool)
        planned = plan_take(*where, page_id, macro_ids, trigger)
        return msgspec.to_builtins(planned)

    def read(self, plan: Json, place: int) -> Json:
        """Step 2, for the macro at `place` in the plan: read Jira and leave the payload in the spool directory."""
        planned = msgspec.convert(plan, PlannedTake)
        macro = planned.macros[place]
        requests_before = self._count_requests()
        header = CaptureHeader(
            captured_at=self._clock(),
            captured_by=planned.captured_by,
            captured_by_name=planned.captured_by_name,
            id=macro.capture_id,
            jira_url=self._site.jira_url,
            macro_id=macro.macro_id,
            trigger=planned.trigger,
        )
        definition = parse_definition(macro.definition)
        reading = read_jira(self._jira, definition, planned.properties, self._progress)
        # Rows multiply where a level does not name the row above: too many are refused before they are written.
        self._refuse_too_large(planned, sum(reading.row_counts) * _LEAST_ROW_BYTES)
        payload = write_payload(header, definition, reading.columns, reading.iter_rows())
        self._refuse_too_large(planned, len(payload.data))
        self._spool.write(macro.capture_id, payload.data)
        capture = ReadCapture(
            captured_at=header.captured_at,
            payload_sha256=payload.payload_sha256,
            payload_bytes=len(payload.data),
            data_sha256=payload.data_sha256,
            row_counts=payload.row_counts,
            issue_count=reading.issue_count,
            requests=self._count_requests() - requests_before,
            findings=reading.findings,
        )
        return msgspec.to_builtins(capture)

    def upload(self, plan: Json, place: int, read: Json) -> int:
        """Step 3, for the macro at `place`: the payload becomes an attachment version, whose number is answered."""
        planned = msgspec.convert(plan, PlannedTake)
        macro, capture = planned.macros[place], msgspec.convert(read, ReadCapture)
        data = self._spool.read(macro.capture_id, capture.payload_sha256)
        return publishing.upload_once(
            self._confluence, planned.page_id, macro.macro_id, macro.capture_id, data, capture.payload_sha256
        )

    def save_page(self, plan: Json, reads: Sequence[Json], uploads: Sequence[int]) -> int:
        """Step 4: one new page version points every macro at its capture; its number is answered.

        `uploads` are the attachment versions, in the order of the plan's macros, as are `reads`.
        """
        planned = msgspec.convert(plan, PlannedTake)
        captures = msgspec.convert(reads, list[ReadCapture])
        self._try_to_record(planned, captures, uploads)
        pointers = {
            macro.macro_id: Pointer(macro.capture_id, attachment_version, capture.payload_sha256)
            for macro, attachment_version, capture in zip(planned.macros, uploads, captures, strict=True)
        }
        message = "Snapshot taken" if len(pointers) == 1 else f"{len(pointers)} snapshots taken"
        return publishing.save_pointers(self._confluence, planned.page_id, pointers, planned.page_version, message)

    def record(self, plan: Json, reads: Sequence[Json], uploads: Sequence[int], page_version: int) -> Json:
        """Step 5: the captures become versions, all in one transaction, and the spool is emptied."""
        planned = msgspec.convert(plan, PlannedTake)
        captures = msgspec.convert(reads, list[ReadCapture])
        with self._registry.write() as conn:
            results = self._write_versions(conn, planned, captures, uploads, page_version)
        self._empty_spool(planned)
        return msgspec.to_builtins(results)

    def _try_to_record(self, planned: PlannedTake, captures: Sequence[ReadCapture], uploads: Sequence[int]) -> None:
        """Before the page is changed, since a capture that cannot be recorded must not show."""
        with self._registry.write() as conn, conn.begin_nested() as trial:
            self._write_versions(conn, planned, captures, uploads, planned.page_version + 1)
            trial.rollback()

    def _write_versions(
        self,
        conn: sa.Connection,
        planned: PlannedTake,
        captures: Sequence[ReadCapture],
        uploads: Sequence[int],
        page_version: int,
    ) -> list[TakeResult]:
        results: list[TakeResult] = []
        space = spaces.put_space(conn, self._site.id, planned.space_key, planned.space_id, planned.space_name)
        page = pages.put_page(conn, space, planned.page_id, planned.page_title)
        for macro, capture, attachment_version in zip(planned.macros, captures, uploads, strict=True):
            name = attachment_name(macro.macro_id)
            macro_row = macros.put_macro(conn, page, macro.macro_id, name, macro.definition)
            version = versions.add_version(
                conn,
                versions.NewVersion(
                    macro_id=macro_row,
                    capture_id=macro.capture_id,
                    captured_at=capture.captured_at,
                    captured_by=planned.captured_by,
                    captured_by_name=planned.captured_by_name,
                    trigger=planned.trigger,
                    page_version=page_version,
                    attachment_version=attachment_version,
                    payload_sha256=capture.payload_sha256,
                    payload_bytes=capture.payload_bytes,
                    data_sha256=capture.data_sha256,
                    row_counts=msgspec.json.encode(capture.row_counts).decode(),
                    jira_url=self._site.jira_url,
                ),
            )
            results.append(_result(planned, macro, capture, version))
        return results

    def settle(self, plan: Json, reads: Sequence[Json], uploads: Sequence[int]) -> Json:
        """After a failure: captures that show are recorded, of others nothing is left; answers as `record`, or null.

        `reads` and `uploads` may lack what was not come to. Where the site does not answer, it is left as it is.
        """
        planned = msgspec.convert(plan, PlannedTake)
        captures = {macro.macro_id: macro.capture_id for macro in planned.macros}
        try:
            shown = publishing.find_version_showing(self._confluence, planned.page_id, captures, planned.page_version)
            if shown is not None:
                return self.record(plan, reads, uploads, shown)
            for macro_id, capture_id in captures.items():
                publishing.remove_upload(self._confluence, planned.page_id, macro_id, capture_id)
        except SiteUnavailable:
            if len(uploads) == len(planned.macros):
                # The page may show them: the next take of it looks, and knows them by their payloads (healing.py).
                return None
        except (SiteError, NotFound, AdministratorError):
            # The failure that led here is the one to tell; what remains is a file that no page version names.
            pass
        self._empty_spool(planned)
        return None

    def _refuse_too_large(self, planned: PlannedTake, payload_bytes: int) -> None:
        if payload_bytes > self._max_payload_bytes:
            raise PayloadTooLarge(
                f"The snapshot on the page '{planned.page_title}' would be {payload_bytes:,} bytes or more and the "
                f"limit is {self._max_payload_bytes:,}; narrow the JQL, show fewer columns, or raise the limit."
            )

    def _empty_spool(self, planned: PlannedTake) -> None:
        for macro in planned.macros:
            self._spool.remove(macro.capture_id)


def _result(
    planned: PlannedTake, macro: PlannedMacro, capture: ReadCapture, version: versions.VersionRow
) -> TakeResult:
    return TakeResult(
        macro_id=macro.macro_id,
        capture_id=macro.capture_id,
        number=version.number,
        page_version=version.page_version or 0,
        attachment_version=version.attachment_version,
        payload_sha256=version.payload_sha256,
        payload_bytes=version.payload_bytes,
        data_sha256=version.data_sha256,
        row_counts=capture.row_counts,
        issue_count=capture.issue_count,
        requests=capture.requests,
        findings=(*planned.findings, *capture.findings),
    )
