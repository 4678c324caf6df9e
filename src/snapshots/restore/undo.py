"""Undoing a restore, chunk by chunk in reverse, from the journal each chunk kept.

What the restore made goes, what it wrote over comes back, to the byte. What was done since and stands on
restored records is never lost: a version with a sticker put on later stays, and so do its macro and page.
Each chunk is decided and undone in one transaction with its line in the log, so an undo that was killed
anywhere goes on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from snapshots.errors import InvalidInput, JobCancelled, NotFound
from snapshots.findings import Finding
from snapshots.progress import Progress, silent
from snapshots.registry import changes, parked, removal, restores
from snapshots.registry.removal import Going
from snapshots.registry.restores import ChunkRow, RestoreRow
from snapshots.registry.sites import SiteRow
from snapshots.restore.journal import ChangedPages, Journal, columns_to_put_back, read_journal, read_pages
from snapshots.restore.report import add_undone
from snapshots.restore.undo_deciding import REMOVAL_ORDER, ChunkUndo, decide_undo

if TYPE_CHECKING:
    from snapshots.registry.engine import Registry


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What undoing a restore would do now. `totals` counts by kind what is removed, put back and kept."""

    restore: RestoreRow
    groups: int
    """Groups that are left to be undone."""
    totals: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class UndoReport:
    """How an undo ended. `totals` counts over all groups, those of an interrupted run before too."""

    restore: RestoreRow
    groups: int
    totals: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]


def choose_restore(registry: Registry, site: SiteRow, restore_id: int | None) -> RestoreRow:
    """The restore meant, or without an id the newest that is not undone. Raises NotFound."""
    with registry.read() as conn:
        known = restores.list_restores(conn, site.id)
    if restore_id is not None:
        for row in known:
            if row.id == restore_id:
                return row
        raise NotFound(
            f"There is no restore {restore_id} to site {site.name!r}; `snapshots restore status` lists which there are."
        )
    for row in known:
        if row.state != "undone":
            return row
    raise NotFound(f"Nothing that was restored to site {site.name!r} is left to undo.")


def require_undoable(registry: Registry, restore: RestoreRow) -> None:
    """Raises InvalidInput where `plan_undo` would, without looking at what would be done."""
    with registry.read() as conn:
        _check(conn, restore)


def plan_undo(registry: Registry, restore: RestoreRow, progress: Progress = silent) -> UndoPlan:
    """What undoing the restore would do, with all that later work keeps; writes nothing.

    Raises InvalidInput where it cannot be undone: a later restore stands on it, or it kept no journal.
    """
    with registry.read() as conn:
        chunks = _check(conn, restore)
        going = Going()
        decisions: list[ChunkUndo] = []
        findings: list[Finding] = []
        for done, chunk in enumerate(chunks, start=1):
            decision = decide_undo(conn, _get_journal(conn, chunk), going)
            findings += decision.findings
            decisions.append(decision.without_rows())
            progress("looking at what would be undone", done, len(chunks), "groups")
    return UndoPlan(restore, len(chunks), add_undone(_write_counts(each) for each in decisions), tuple(findings))


def undo_restore(
    registry: Registry,
    restore: RestoreRow,
    progress: Progress = silent,
    should_stop: Callable[[], bool] = lambda: False,
) -> UndoReport:
    """Undo the restore, or what is left of it; one that is undone already is left alone.

    Raises InvalidInput as `plan_undo`, before anything is written. `should_stop` is asked between groups;
    then JobCancelled, and the undo is to be run again.
    """
    if restore.state == "undone":
        already = Finding(
            "already-undone", f"restore {restore.id}", "it is undone, and the figures are of that run", "nothing"
        )
        return _report(registry, restore.id, [already])
    findings: list[Finding] = []
    with registry.write() as conn:
        chunks = _check(conn, restore)
        restores.begin_undo(conn, restore.id)
    for done, chunk in enumerate(chunks):
        if should_stop():
            raise JobCancelled(f"The undo was stopped after {done} of {len(chunks)} groups; run it again.")
        with registry.write() as conn:
            journal = _get_journal(conn, chunk)
            decision = decide_undo(conn, journal, Going())
            _write(conn, restore, journal, decision)
            restores.note_chunk_undone(conn, chunk.id, _write_counts(decision), _now())
        findings += decision.findings
        progress("undoing", done + 1, len(chunks), "groups")
    with registry.write() as conn:
        restores.finish_undo(conn, restore.id, _now(), msgspec.json.encode(findings).decode())
    return _report(registry, restore.id, findings)


def _report(registry: Registry, restore_id: int, findings: Sequence[Finding]) -> UndoReport:
    with registry.read() as conn:
        row = restores.get_restore(conn, restore_id)
        chunks = [chunk for chunk in restores.list_chunks(conn, restore_id) if chunk.undone_counts]
    totals = add_undone(chunk.undone_counts for chunk in chunks)
    return UndoReport(row, len(chunks), totals, tuple(findings))


def _write_counts(decision: ChunkUndo) -> str:
    return msgspec.json.encode(decision.counts).decode()


def _check(conn: sa.Connection, restore: RestoreRow) -> list[ChunkRow]:
    """The chunks that are left to undo, the last one first. Raises InvalidInput where they must not be undone."""
    chunks = [chunk for chunk in restores.list_chunks(conn, restore.id) if chunk.undone_at is None]
    mine = [read_pages(each.pages) for each in restores.list_journal_pages(conn, [restore.id])]
    if len(mine) != len(chunks):
        raise InvalidInput(
            f"Restore {restore.id} was carried out by a release that kept no journal, so it cannot be undone; "
            "restore an archive made before it."
        )
    later = [
        row for row in restores.list_restores(conn, restore.site_id) if row.id > restore.id and row.state != "undone"
    ]
    by_id = {row.id: row for row in later}
    for each in restores.list_journal_pages(conn, list(by_id)):
        other = by_id[each.restore_id]
        if _overlap(mine, read_pages(each.pages), same_source=other.source_cloud_id == restore.source_cloud_id):
            name = Path(other.archive_path).name or "what was parked"
            raise InvalidInput(
                f"Restore {other.id} ({name}) came later and changed the same pages as restore {restore.id}; "
                f"undo restore {other.id} first."
            )
    return chunks[::-1]


def _overlap(mine: Sequence[ChangedPages], later: ChangedPages, *, same_source: bool) -> bool:
    """Whether a later chunk did something to a page that one of ours did something to."""
    here, source = set(later.here), set(later.source) if same_source else set()
    for pages in mine:
        first, last = pages.created or (0, -1)
        if not here.isdisjoint(pages.here) or any(first <= page <= last for page in here):
            return True
        if not source.isdisjoint(pages.source):
            return True
    return False


def _get_journal(conn: sa.Connection, chunk: ChunkRow) -> Journal:
    data = restores.find_journal(conn, chunk.id)
    if data is None:
        raise InvalidInput(f"{chunk.name} is being undone by another process; wait for it, then look again.")
    return read_journal(data)


def _write(conn: sa.Connection, restore: RestoreRow, journal: Journal, decision: ChunkUndo) -> None:
    """Carry out the decision about one chunk; what refers to others goes before them."""
    for kind in REMOVAL_ORDER:
        if kind == "macro":
            changes.move_versions(conn, decision.numbers)
        if kind in journal.created:
            removal.delete_between(conn, kind, journal.created[kind], decision.kept.get(kind, ()))
    for updated in decision.put_back:
        changes.update_record(conn, updated.kind, updated.id, columns_to_put_back(updated))
    for kind in {kind for kind, _ in journal.parked}:
        keys = (key for of_kind, key in journal.parked if of_kind == kind)
        parked.delete_parked_keys(conn, restore.site_id, restore.source_cloud_id, kind, keys)
    parked.put_back(conn, journal.was_parked)


def _now() -> int:
    return time.time_ns() // 1000
