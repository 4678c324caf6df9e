"""Restoring, and undoing it: the plan at once, carrying it out as a durable job."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from snapshots import durable
from snapshots.access.actors import Actor, this_user
from snapshots.acts import jobs
from snapshots.app import App
from snapshots.backup.read import open_archive
from snapshots.progress import Progress, silent
from snapshots.registry import parked
from snapshots.restore import planning, undo
from snapshots.restore.plan import Plan, RestoreOptions, save_plan
from snapshots.restore.report import RestoreReport, RestoreStatus, list_restores, report_restore
from snapshots.restore.source import ArchiveSource, ParkedSource
from snapshots.restore.undo import UndoPlan
from snapshots.whole_files import make_folder


def plan_restore(
    app: App, site: str | None, archive: Path, options: RestoreOptions, progress: Progress = silent
) -> Plan:
    """What restoring the archive here would do; writes nothing."""
    with app.open_site(site) as opened, open_archive(archive) as opened_archive:
        source = ArchiveSource(opened_archive)
        return planning.plan_restore(app.registry, opened.confluence, opened.row, source, options, progress)


def plan_parked(app: App, site: str | None, options: RestoreOptions, progress: Progress = silent) -> list[Plan]:
    """What taking up parked records would do, a plan for each site they came from; writes nothing."""
    with app.open_site(site) as opened:
        with app.registry.read() as conn:
            cloud_ids = parked.list_parked_sources(conn, opened.row.id)
        sources = [ParkedSource(app.registry, opened.row.id, cloud_id) for cloud_id in cloud_ids]
        return [
            planning.plan_restore(app.registry, opened.confluence, opened.row, source, options, progress)
            for source in sources
        ]


def apply_restore(
    app: App,
    site: str | None,
    archive: Path | None,
    plan: Plan,
    progress: Progress = silent,
    actor: Actor | None = None,
) -> dict[str, Any]:
    """Carry a plan out, without an archive one of parked records.

    Answers totals by kind of record, what is parked, by reason, and findings.
    """
    return cast(dict[str, Any], jobs.run(app, durable.RESTORE, _args(app, site, archive, plan, actor), progress))


def start_restore(app: App, site: str | None, archive: Path | None, plan: Plan, actor: Actor) -> str:
    """Begin carrying a plan out; answers the id of its job at once. Raises `AlreadyRunning`."""
    return jobs.start(app, durable.RESTORE, _args(app, site, archive, plan, actor))


def _args(app: App, site: str | None, archive: Path | None, plan: Plan, actor: Actor | None) -> dict[str, Any]:
    row = app.get_site(site)
    # The plan is kept beside the job, so that a job taken over by another process carries out the same plan.
    kept = make_folder(app.config.plans_dir) / f"{plan.digest}.json"
    save_plan(plan, kept)
    return {
        "site": row.name,
        "archive": str(archive.absolute()) if archive else "",
        "plan": str(kept),
        "actor": (actor or this_user()).to_json(),
    }


def restore_status(app: App, site: str | None) -> RestoreStatus:
    """The restores of a site, newest first, and what is parked for it."""
    return list_restores(app.registry, app.get_site(site))


def get_restore(app: App, site: str | None, restore_id: int) -> RestoreReport:
    """The report of one restore. Raises NotFound."""
    return report_restore(app.registry, undo.choose_restore(app.registry, app.get_site(site), restore_id))


def plan_undo(app: App, site: str | None, restore_id: int | None, progress: Progress = silent) -> UndoPlan:
    """What undoing a restore (without an id the newest) would do now; writes nothing."""
    row = undo.choose_restore(app.registry, app.get_site(site), restore_id)
    return undo.plan_undo(app.registry, row, progress)


def undo_restore(
    app: App, site: str | None, restore_id: int, progress: Progress = silent, actor: Actor | None = None
) -> dict[str, Any]:
    """Undo a restore; answers totals by kind of record, and findings."""
    return cast(dict[str, Any], jobs.run(app, durable.UNDO, _undo_args(app, site, restore_id, actor), progress))


def start_undo(app: App, site: str | None, restore_id: int, actor: Actor) -> str:
    """Begin undoing a restore; answers the id of its job at once. Raises `AlreadyRunning`, or as `plan_undo`."""
    undo.require_undoable(app.registry, undo.choose_restore(app.registry, app.get_site(site), restore_id))
    return jobs.start(app, durable.UNDO, _undo_args(app, site, restore_id, actor))


def _undo_args(app: App, site: str | None, restore_id: int, actor: Actor | None) -> dict[str, Any]:
    return {"site": app.get_site(site).name, "restore": restore_id, "actor": (actor or this_user()).to_json()}
