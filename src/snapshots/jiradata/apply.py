"""Carrying out the plan of an import of Jira data, and undoing it, a page at a time.

Each page is written first and then noted in the journal, in a transaction of its own. Killed anywhere and run again
it ends the same: pages in the journal are left alone, and a page that was written but not noted is found to have
the new definitions already.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.errors import InvalidInput, JobCancelled, SnapshotsError
from snapshots.findings import Finding
from snapshots.jiradata.mapping import Mapped
from snapshots.jiradata.page_writing import PageResult, Swap, write_definitions
from snapshots.jiradata.plan import JiraPlan
from snapshots.progress import Progress, silent
from snapshots.registry import jira_imports, jira_mappings
from snapshots.registry.jira_imports import ImportPageRow, ImportRow, NewImport
from snapshots.registry.jira_mappings import MappedThing, NewJiraMapping
from snapshots.registry.sites import SiteRow

if TYPE_CHECKING:
    from snapshots.registry.engine import Registry

THREADS = 4

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How an import stands: its row, how many pages of its journal are in each state, and what a person should know."""

    row: ImportRow
    pages: dict[str, int]
    findings: tuple[Finding, ...]
    notes: tuple[ImportPageRow, ...]
    """Pages of the journal about which there is something to say."""


def apply_import(
    registry: Registry,
    site: SiteRow,
    confluence: ConfluenceClient,
    plan: JiraPlan,
    made_by: str,
    progress: Progress = silent,
) -> ImportReport:
    """Carry out the plan, or what is left of it; one that was carried out whole writes nothing again.

    Raises InvalidInput when the plan is for another site, or while the import is being undone.
    """
    if plan.destination.cloud_id != site.cloud_id:
        raise InvalidInput(
            f"The plan is for the site {plan.destination.site_name}, not for {site.name}; make a plan for {site.name}."
        )
    digest = plan.digest
    row = _begin(registry, site, plan, digest, made_by)
    if row.state == "done":
        return report_import(registry, row)
    with registry.read() as conn:
        # What was skipped is looked at again: its reason may be gone.
        finished = {page.remote_id for page in jira_imports.list_pages(conn, row.id, ("written",))}
    waiting = [(page, macros) for page, macros in plan.iter_written() if page.page_id not in finished]
    message = f"Jira data imported from {plan.source.site_name}: definitions now ask {site.jira_url}"
    total, done = row.pages, row.pages - len(waiting)
    progress("rewriting pages", done, total, "pages")

    def write(task: tuple[str, Sequence[Swap], int]) -> PageResult:
        page_id, swaps, version = task
        return write_definitions(confluence, page_id, swaps, message, version)

    tasks = [
        (page.page_id, [Swap(macro.macro_id, macro.before, macro.after) for macro in macros], page.version)
        for page, macros in waiting
    ]
    try:
        for (page, _), (task, result) in zip(waiting, _in_parallel(write, tasks), strict=True):
            _note(registry, row.id, task[0], page.title, page.space_key, result)
            done += 1
            progress("rewriting pages", done, total, "pages")
    except SnapshotsError as error:
        _set_state(registry, row.id, "cancelled" if isinstance(error, JobCancelled) else "failed")
        raise
    with registry.write() as conn:
        # Together: compare and the guard follow the mapping, and must not before the pages do.
        jira_mappings.add_mapping(conn, _kept_mapping(site, plan, row), map(_kept_thing, _iter_mapped(plan)))
        jira_imports.set_state(conn, row.id, "done", _now())
        row = jira_imports.get_import(conn, site.id, row.id)
    return report_import(registry, row)


def undo_import(
    registry: Registry, site: SiteRow, confluence: ConfluenceClient, import_id: int, progress: Progress = silent
) -> ImportReport:
    """Put the old definitions back on every page that the import wrote, and forget its mapping.

    Only our own parameters are changed back, and only where they are still what the import wrote. Interrupted, it
    goes on when run again. Raises NotFound. That the import itself does not run meanwhile is up to its job.
    """
    with registry.read() as conn:
        row = jira_imports.get_import(conn, site.id, import_id)
        written = jira_imports.list_pages(conn, row.id, ("written",))
    if row.state == "undone":
        return report_import(registry, row)
    _set_state(registry, row.id, "undoing")
    message = f"Import of Jira data from {row.source_name} undone: definitions as they were before"
    tasks = [(page, [Swap(s.macro_id, s.after, s.before) for s in read_swaps(page)]) for page in written]
    progress("putting definitions back", 0, len(tasks), "pages")

    def write(task: tuple[ImportPageRow, Sequence[Swap]]) -> PageResult:
        return write_definitions(confluence, task[0].remote_id, task[1], message)

    for done, ((page, _), result) in enumerate(_in_parallel(write, tasks), start=1):
        state: Literal["undone", "kept"] = "undone" if result.state == "written" else "kept"
        _note_undone(registry, page, result, state)
        progress("putting definitions back", done, len(tasks), "pages")
    with registry.write() as conn:
        jira_mappings.remove_mapping(conn, site.id, row.mapping_id)
        jira_imports.set_state(conn, row.id, "undone", _now())
        row = jira_imports.get_import(conn, site.id, row.id)
    return report_import(registry, row)


def report_import(registry: Registry, row: ImportRow) -> ImportReport:
    """What the log and the journal say of an import."""
    with registry.read() as conn:
        noted = jira_imports.list_noted_pages(conn, row.id)
        counts = jira_imports.count_pages(conn, row.id)
    findings = msgspec.json.decode(row.findings, type=list[Finding])
    return ImportReport(row, counts, tuple(findings), tuple(noted))


def read_swaps(page: ImportPageRow) -> list[Swap]:
    """The definitions that a row of the journal holds."""
    return msgspec.json.decode(page.macros, type=list[Swap])


def _begin(registry: Registry, site: SiteRow, plan: JiraPlan, digest: str, made_by: str) -> ImportRow:
    with registry.write() as conn:
        found = jira_imports.find_import_of_plan(conn, site.id, digest)
        if found is not None:
            if found.state == "undoing":
                raise InvalidInput(
                    f"Import {found.id} of this plan is being undone; finish that with `jira-data undo` first."
                )
            if found.state != "done":
                jira_imports.set_state(conn, found.id, "running")
            return found
        new = NewImport(
            site_id=site.id,
            plan_sha256=digest,
            file_sha256=plan.source.sha256,
            source_cloud_id=plan.source.cloud_id,
            source_name=plan.source.site_name,
            source_jira_url=plan.source.jira_url,
            mapping_id=plan.mapping_id,
            pages=sum(1 for _ in plan.iter_written()),
            started_at=_now(),
            made_by=made_by,
            findings=msgspec.json.encode(plan.findings).decode(),
        )
        return jira_imports.get_import(conn, site.id, jira_imports.start_import(conn, new))


def _note(registry: Registry, import_id: int, page_id: str, title: str, space_key: str, result: PageResult) -> None:
    with registry.write() as conn:
        jira_imports.put_page(
            conn,
            import_id,
            remote_id=page_id,
            title=title,
            space_key=space_key,
            state=result.state,
            version_before=result.version_before,
            version_after=result.version_after,
            macros=msgspec.json.encode(result.swaps).decode(),
            reason=result.reason,
            written_at=_now(),
        )


def _note_undone(registry: Registry, page: ImportPageRow, result: PageResult, state: Literal["undone", "kept"]) -> None:
    with registry.write() as conn:
        jira_imports.put_page(
            conn,
            page.jira_import_id,
            remote_id=page.remote_id,
            title=page.title,
            space_key=page.space_key,
            state=state,
            version_before=page.version_before,
            version_after=result.version_after or page.version_after,
            macros=page.macros,
            reason=result.reason,
            written_at=_now(),
        )


def _set_state(registry: Registry, import_id: int, state: jira_imports.ImportState) -> None:
    with registry.write() as conn:
        jira_imports.set_state(conn, import_id, state, _now())


def _iter_mapped(plan: JiraPlan) -> Iterator[Mapped]:
    """Everything that was mapped, as it is kept with the site."""
    yield from (pair.mapped for pair in plan.things)
    yield from (pair.mapped for pair in plan.issues)


def _kept_mapping(site: SiteRow, plan: JiraPlan, row: ImportRow) -> NewJiraMapping:
    return NewJiraMapping(
        site_id=site.id,
        mapping_id=row.mapping_id,
        source_url=plan.source.jira_url,
        source_jira_id=plan.source.cloud_id,
        destination_url=plan.destination.jira_url,
        destination_jira_id=plan.destination.cloud_id,
        numbers_kept=tuple(plan.numbers_kept),
        made_by=row.made_by,
        made_at=_now(),
    )


def _kept_thing(mapped: Mapped) -> MappedThing:
    return MappedThing(mapped.kind, *mapped.source, *mapped.destination, mapped.rule, mapped.certainty, mapped.words)


def _in_parallel(function: Callable[[_Task], _Result], tasks: Iterable[_Task]) -> Iterator[tuple[_Task, _Result]]:
    """Each task with its result in their order, a few ahead of the reader; nothing more is begun once it is closed."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="write-page")
    waiting: deque[tuple[_Task, Future[_Result]]] = deque()
    try:
        for task in tasks:
            waiting.append((task, pool.submit(function, task)))
            if len(waiting) >= 2 * THREADS:
                first, result = waiting.popleft()
                yield first, result.result()
        while waiting:
            first, result = waiting.popleft()
            yield first, result.result()
    finally:
        # Pages that are being written are finished and not noted; the next run finds them written.
        pool.shutdown(wait=True, cancel_futures=True)


def _now() -> int:
    return time.time_ns() // 1000
