"""The long acts as durable jobs: what each kind does, in steps, and what it needs for itself alone.

Arguments and results are plain JSON that stays in the database: names and paths, never a secret.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from snapshots import durable_jira, durable_plan
from snapshots.access import audit, settings
from snapshots.access.actors import Actor
from snapshots.access.audit import AuditOutcome
from snapshots.backup.selection import ResolvedSelection
from snapshots.backup.verify import verify_archive
from snapshots.backup.write import write_archive
from snapshots.capture.take import Take, take_snapshots
from snapshots.capture.take import settle_stopped as settle_stopped_take
from snapshots.durable_jira import JIRA_EXPORT, JIRA_IMPORT, JIRA_PLAN, JIRA_UNDO
from snapshots.errors import SnapshotsError
from snapshots.jobs import Job, JobContext, JobKind
from snapshots.progress import Progress, silent
from snapshots.registry import backups, sites, uploads
from snapshots.restore.apply import Occasion, apply_restore
from snapshots.restore.plan import load_kept_plan
from snapshots.restore.plan_store import load_stored_plan
from snapshots.restore.undo import choose_restore, undo_restore
from snapshots.whole_files import make_folder

if TYPE_CHECKING:
    from snapshots.app import App

TAKE, BACKUP, RESTORE, UNDO, VERIFY = "take", "backup", "restore", "restore-undo", "verify"
PLAN = "restore-plan"

Args = dict[str, Any]


def job_kinds(app: App) -> list[JobKind]:
    """Every kind of job, bound to this installation."""
    return [
        # Two takes of one page would each move the page on under the other's feet.
        JobKind(TAKE, _noted(app, TAKE, _take), lambda args: f"{args['site']}: page {args['page_id']}"),
        JobKind(BACKUP, _noted(app, BACKUP, _back_up), _whole_site),
        JobKind(RESTORE, _noted(app, RESTORE, _restore), _whole_site),
        JobKind(PLAN, _noted(app, PLAN, durable_plan.make)),
        JobKind(UNDO, _noted(app, UNDO, _undo), _whole_site),
        JobKind(JIRA_EXPORT, _noted(app, JIRA_EXPORT, durable_jira.export), _whole_file),
        JobKind(JIRA_PLAN, _noted(app, JIRA_PLAN, durable_jira.plan)),
        JobKind(JIRA_IMPORT, _noted(app, JIRA_IMPORT, durable_jira.carry_out), _definitions),
        JobKind(JIRA_UNDO, _noted(app, JIRA_UNDO, durable_jira.undo), _definitions),
        JobKind(VERIFY, lambda job, args: _verify(app, job, args), lambda args: f"archive {args['upload']}"),
    ]


def _whole_site(args: Mapping[str, Any]) -> str:
    return f"{args['site']}: registry"


def _definitions(args: Mapping[str, Any]) -> str:
    return f"{args['site']}: definitions"


def _whole_file(args: Mapping[str, Any]) -> str:
    return f"{args['site']}: {args['path']}"


def note_start(app: App, kind: str, args: Mapping[str, Any], job_id: str, *, refused: str = "") -> None:
    """Bring into the audit log that a job was begun, or was refused because `job_id` is in its way."""
    if f"{kind}.started" not in audit.ACTIONS:
        return
    details = {"job": job_id, "refused": refused} if refused else {"job": job_id}
    with app.registry.write() as conn:
        _record(conn, kind, "started", args, "refused" if refused else "done", details)


def _noted(app: App, kind: str, function: Callable[[App, JobContext, Args], Any]) -> Callable[[JobContext, Args], Any]:
    """The function of a job, with an event in the audit log when it ends."""

    def note(job: JobContext, args: Args, outcome: AuditOutcome, details: Mapping[str, Any]) -> None:
        with app.registry.write() as conn:
            _record(conn, kind, "finished", args, outcome, {"job": job.job_id, **details})

    def run(job: JobContext, args: Args) -> Any:
        try:
            result = function(app, job, args)
        except Exception as error:
            # The reason it failed matters more than that it could not be noted, which may have the same reason. What
            # a defect says may hold anything, so only its type is noted.
            said = str(error) if isinstance(error, SnapshotsError) else f"a fault of Snapshots ({type(error).__name__})"
            with suppress(SnapshotsError):
                note(job, args, "failed", {"error": said})
            raise
        # A step of its own at the end, so that jobs of releases that noted nothing find their steps as they were.
        job.step("note the end in the audit log", note, job, args, "done", _essence(result))
        return result

    return run


def _record(
    conn: sa.Connection,
    kind: str,
    what: str,
    args: Mapping[str, Any],
    outcome: AuditOutcome,
    details: Mapping[str, Any],
) -> None:
    site = sites.find_site(conn, args["site"])
    audit.record(
        conn,
        Actor.from_json(args.get("actor")),
        f"{kind}.{what}",
        site_id=site.id if site else None,
        subject=_subject(kind, args),
        outcome=outcome,
        details=details,
    )


def _subject(kind: str, args: Mapping[str, Any]) -> str:
    if kind == BACKUP:
        return "all spaces" if args["mode"] == "all" else f"spaces {', '.join(args['keys']) or 'none'}"
    if kind == UNDO:
        return f"restore {args['restore']}"
    if kind == TAKE:
        return f"page {args['page_id']}"
    if kind == JIRA_EXPORT:
        return Path(args["path"]).name
    if kind in (JIRA_PLAN, JIRA_IMPORT):
        return str(args.get("file_name", ""))
    if kind == JIRA_UNDO:
        return f"import {args['import']}"
    return str(args.get("name") or Path(args.get("archive") or "").name)


def _essence(result: Any) -> dict[str, Any]:
    """What of a job's result belongs into the audit log: digests and counts, no lists of records."""
    if not isinstance(result, dict):
        return {}
    return {name: result[name] for name in ("path", "bytes", "sha256", "counts", "totals") if name in result}


def settle_stopped(app: App, job: Job, answers: Mapping[str, Any]) -> None:
    """Tidy up after a job that was cancelled when nobody ran it; `answers` are those of its steps, by name.

    Only a take leaves anything: a backup's file and the groups of a restore or its undo are whole or not there.
    """
    if job.kind == TAKE and answers:
        with _open_take(app, job.args["site"]) as take:
            settle_stopped_take(take, answers)


def _take(app: App, job: JobContext, args: Args) -> Any:
    with _open_take(app, args["site"], job.progress) as take:
        taken = take_snapshots(take, args["page_id"], args["macro_ids"], args["trigger"], job.step)
    return msgspec.to_builtins(taken)


@contextmanager
def _open_take(app: App, site_name: str, progress: Progress = silent) -> Iterator[Take]:
    with app.open_site(site_name) as site:
        with app.registry.read() as conn:
            same_jira_urls = settings.get_settings(conn, site.row.id).same_jira_urls
        yield Take(
            app.registry,
            site.row,
            site.confluence,
            site.jira,
            app.config.spool_dir,
            max_payload_bytes=app.config.max_payload_bytes,
            same_jira_urls=same_jira_urls,
            count_requests=lambda: site.transport.requests_sent,
            progress=progress,
        )


def _back_up(app: App, job: JobContext, args: Args) -> Any:
    row = app.get_site(args["site"])
    path = Path(args["path"])
    selection = ResolvedSelection(args["mode"], tuple(args["keys"]))

    def write() -> Any:
        # One step: an archive is of one moment of the registry, so a job that died here starts the file anew.
        make_folder(path.parent)
        written = write_archive(app.registry, row, selection, path, job.progress)
        return {
            "path": str(path),
            "bytes": written.bytes,
            "sha256": written.sha256,
            "created_at": written.manifest.created_at,
            "selection": msgspec.to_builtins(written.manifest.selection),
            "counts": written.manifest.counts,
        }

    def note(written: Any) -> None:
        with app.registry.write() as conn:
            if backups.find_backup_of_job(conn, job.job_id) is not None:
                return
            actor = Actor.from_json(args.get("actor"))
            backups.add_backup(
                conn,
                site_id=row.id,
                created_at=written["created_at"],
                created_by=row.account,
                path=written["path"],
                archive_bytes=written["bytes"],
                archive_sha256=written["sha256"],
                selection=msgspec.json.encode(written["selection"]).decode(),
                counts=msgspec.json.encode(written["counts"]).decode(),
                job_id=job.job_id,
                made_by_kind=actor.kind,
                made_by_id=actor.id,
                made_by_name=actor.name,
            )

    written = job.step("write the archive", write)
    job.step("note it in the registry", note, written)
    return written


def archive_name(site_name: str, moment: int) -> str:
    """File name of an archive that nobody named: the site, and the moment (µs UTC) to the millisecond."""
    plain = "".join(character if character.isalnum() or character in "-_" else "-" for character in site_name)
    second, fraction = divmod(moment, 1_000_000)
    return f"snapshots-{plain}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime(second))}.{fraction // 1000:03}Z.zip"


def _restore(app: App, job: JobContext, args: Args) -> Any:
    row = app.get_site(args["site"])

    def carry_out() -> Any:
        # One step: the restore keeps its own log of chunks in the registry, each in the chunk's transaction,
        # which is exact where a step's record could only be at least once.
        path = Path(args["plan"])
        plan = load_stored_plan(path) if path.suffix == ".plan" else load_kept_plan(path)
        with (
            app.open_site(row.name) as site,
            durable_plan.open_source(app, row, plan.source.cloud_id, args["archive"]) as source,
        ):
            jira_file = args.get("jira_file")
            occasion = Occasion(
                archive_name=args.get("name") or Path(args["archive"]).name or None,
                jira_file=msgspec.json.encode(jira_file).decode() if jira_file else None,
                job_id=job.job_id,
            )
            report = apply_restore(
                app.registry, row, source, plan, job.progress, confluence=site.confluence, occasion=occasion
            )
        return {
            "restore": report.restore.id,
            "totals": report.totals,
            "parked_reasons": report.parked_reasons,
            "findings": msgspec.to_builtins(report.findings),
        }

    return job.step("carry out the plan", carry_out)


def _undo(app: App, job: JobContext, args: Args) -> Any:
    def carry_out() -> Any:
        # One step, as for a restore: each group is undone in one transaction with its line in the log.
        row = choose_restore(app.registry, app.get_site(args["site"]), args["restore"])
        report = undo_restore(app.registry, row, job.progress)
        return {
            "restore": report.restore.id,
            "totals": report.totals,
            "findings": msgspec.to_builtins(report.findings),
        }

    return job.step("undo it", carry_out)


def _verify(app: App, job: JobContext, args: Args) -> Any:
    """Check every record of an uploaded archive, and note what was found beside it."""

    def check() -> Any:
        report = verify_archive(Path(args["archive"]), job.progress)
        return {"records": report.records_by_kind, "findings": msgspec.to_builtins(report.findings)}

    def note(checked: Any) -> None:
        now = time.time_ns() // 1000
        with app.registry.write() as conn:
            uploads.note_verified(
                conn,
                args["upload"],
                None if checked["findings"] else now,
                msgspec.json.encode(checked["findings"]).decode(),
            )
            audit.record(
                conn,
                Actor.from_json(args.get("actor")),
                "archive.verified",
                site_id=sites.get_site(conn, args["site"]).id,
                subject=args["name"],
                outcome="failed" if checked["findings"] else "done",
                details={"archive": args["upload"], "findings": len(checked["findings"])},
            )

    checked = job.step("check every record", check)
    job.step("note what was found", note, checked)
    return checked
