"""What a person can have done here, each act once, for every door.

Long acts run as durable jobs; the others answer at once.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

from snapshots import durable
from snapshots.app import App
from snapshots.backup.read import open_archive
from snapshots.backup.selection import (
    ResolvedSelection,
    Selection,
    confirm_unknown,
    resolve_selection,
    without_empty_spaces,
)
from snapshots.backup.write import require_decided
from snapshots.capture.payload import open_payload
from snapshots.errors import PermissionDenied
from snapshots.history.compare import Comparison, compare_payloads
from snapshots.history.loading import load_payload
from snapshots.history.lookup import PlacedMacro, get_placed_macro
from snapshots.history.subject import Subject
from snapshots.history.versions import get_history_entry
from snapshots.progress import Progress, silent
from snapshots.registry import spaces
from snapshots.restore.plan import Plan, RestoreOptions, save_plan
from snapshots.restore.planning import plan_restore as plan_with
from snapshots.restore.report import RestoreStatus, list_restores
from snapshots.restore.source import ArchiveSource


def find_macro(
    app: App, site: str | None, page_id: str | None, space_key: str, title: str, macro_id: str | None
) -> PlacedMacro:
    """The macro with a history that these words mean; see `history.lookup`."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        return get_placed_macro(conn, row, page_id=page_id, space_key=space_key, title=title, macro_id=macro_id)


def get_editor(app: App, placed: PlacedMacro) -> str:
    """The account id of who calls the site. Raises `PermissionDenied` when it may not edit the page."""
    with app.open_site(placed.site.name) as site:
        if not site.confluence.may_update(placed.page.remote_id):
            raise PermissionDenied(
                f"The account {site.row.account} may not edit the page {placed.page.title!r}, so it may not put "
                "stickers there: ask for the right to edit, or use another account."
            )
        return site.confluence.get_current_user().account_id


def compare(app: App, placed: PlacedMacro, old: int, new: int) -> tuple[Subject, Comparison]:
    """Two versions of a macro, read from the page and checked against the registry."""
    with app.registry.read() as conn:
        entries = [get_history_entry(conn, placed.macro.id, number) for number in (old, new)]
    with app.open_site(placed.site.name) as site:
        payloads = [
            open_payload(load_payload(site.confluence, placed.page, placed.macro, entry.version)) for entry in entries
        ]
    subject = Subject(
        placed.site.name, placed.space_key, placed.page.title, placed.macro.remote_id, entries[0], entries[1]
    )
    return subject, compare_payloads(payloads[0], payloads[1])


def take(app: App, site: str, page_id: str, macro_ids: list[str], progress: Progress = silent) -> list[dict[str, Any]]:
    """Take snapshots of a page; see `capture.take`. No `macro_ids` means every macro of the page."""
    args = {"site": site, "page_id": page_id, "macro_ids": macro_ids, "trigger": "person"}
    return cast(list[dict[str, Any]], app.engine.run(durable.TAKE, args, progress))


def resolve_spaces(app: App, site: str | None, selection: Selection, *, skip_unknown: bool) -> ResolvedSelection:
    """The spaces a selection means here. Raises `DecisionNeeded` for unknown keys unless they may be skipped."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        keys = [space.key for space in spaces.list_spaces(conn, row.id)]
    resolved = resolve_selection(selection, keys)
    if resolved.unknown:
        with app.open_site(row.name) as opened:
            # A space without snapshots is not unknown. The site is asked only when there is one in doubt.
            there = [space.key for space in opened.confluence.iter_spaces()]
        resolved = without_empty_spaces(resolve_selection(selection, sorted({*keys, *there})), keys)
    if skip_unknown:
        return confirm_unknown(resolved)
    require_decided(resolved)
    return resolved


def create_backup(
    app: App, site: str | None, selection: ResolvedSelection, path: Path | None, progress: Progress = silent
) -> dict[str, Any]:
    """Write an archive and note it; answers its path, bytes, sha256 and counts."""
    row = app.get_site(site)
    args = {
        "site": row.name,
        "mode": selection.mode,
        "keys": list(selection.keys),
        "path": str(path or app.config.archives_dir / durable.archive_name(row.name, time.time_ns() // 1000)),
    }
    return cast(dict[str, Any], app.engine.run(durable.BACKUP, args, progress))


def plan_restore(
    app: App, site: str | None, archive: Path, options: RestoreOptions, progress: Progress = silent
) -> Plan:
    """What restoring the archive here would do; writes nothing."""
    with app.open_site(site) as opened, open_archive(archive) as opened_archive:
        source = ArchiveSource(opened_archive)
        return plan_with(app.registry, opened.confluence, opened.row, source, options, progress)


def apply_restore(app: App, site: str | None, archive: Path, plan: Plan, progress: Progress = silent) -> dict[str, Any]:
    """Carry a plan out; answers totals by kind of record, what is parked, by reason, and findings."""
    row = app.get_site(site)
    # The plan is kept beside the job, so that a job taken over by another process carries out the same plan.
    app.config.plans_dir.mkdir(parents=True, exist_ok=True)
    kept = app.config.plans_dir / f"{plan.digest}.json"
    save_plan(plan, kept)
    args = {"site": row.name, "archive": str(archive.absolute()), "plan": str(kept)}
    return cast(dict[str, Any], app.engine.run(durable.RESTORE, args, progress))


def restore_status(app: App, site: str | None) -> RestoreStatus:
    """The restores of a site, newest first, and what is parked for it."""
    return list_restores(app.registry, app.get_site(site))
