"""Jira data: exporting it at the source; matching, rewriting and undoing at the destination."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from snapshots import durable_jira
from snapshots.access import audit
from snapshots.access.actors import Actor, this_user
from snapshots.acts import jobs, tasks
from snapshots.app import App
from snapshots.durable import archive_name
from snapshots.durable_jira import JIRA_EXPORT, JIRA_IMPORT, JIRA_PLAN, JIRA_UNDO
from snapshots.errors import InvalidInput, NotFound
from snapshots.jiradata.apply import ImportReport, report_import
from snapshots.jiradata.decisions import read_given, state_pairs
from snapshots.jiradata.file import SUFFIX
from snapshots.jiradata.plan import JiraPlan, PlanOptions
from snapshots.jobs import JobState
from snapshots.progress import Progress, silent
from snapshots.registry import jira_imports
from snapshots.registry.jira_imports import ImportRow

_DONE: tuple[JobState, ...] = ("done",)


def export_jira_data(
    app: App, site: str | None, path: Path | None, progress: Progress = silent, actor: Actor | None = None
) -> dict[str, Any]:
    """Write the Jira-data file of a site; answers its path, bytes, sha256, counts and findings."""
    return cast(dict[str, Any], jobs.run(app, JIRA_EXPORT, _export_args(app, site, path, actor), progress))


def start_export(app: App, site: str, actor: Actor) -> str:
    """Begin an export into the service's own folder; answers the id of its job at once."""
    return jobs.start(app, JIRA_EXPORT, _export_args(app, site, None, actor))


def get_export(app: App, site: str, task_id: str) -> Mapping[str, Any]:
    """What the job of an export wrote, with the path of the file. Raises NotFound, also when the file is gone."""
    job = app.jobs.get_job(task_id)
    is_ours = job.kind == JIRA_EXPORT and job.args.get("site") == app.get_site(site).name and job.state == "done"
    if not is_ours or not Path(job.result["path"]).is_file():
        raise NotFound("This Jira-data file is not here (any more): export it again.")
    return cast(Mapping[str, Any], job.result)


def list_exports(app: App, site: str, limit: int) -> list[tasks.Task]:
    """The newest exports of the site whose files are still there."""
    found = tasks.list_tasks(app, site, kinds={JIRA_EXPORT}, states=_DONE, limit=limit)
    return [task for task in found if Path(app.jobs.get_job(task.id).result["path"]).is_file()]


def list_plans(app: App, site: str, limit: int) -> list[tasks.Task]:
    """The newest plans of the site that are still kept, each once."""
    found = tasks.list_tasks(app, site, kinds={JIRA_PLAN}, states=_DONE)
    newest = {task.result["plan"]: task for task in reversed(found)}
    kept = [task for task in newest.values() if durable_jira.kept_plan_path(app, task.result["plan"]).is_file()]
    return kept[::-1][:limit]


def find_import(app: App, site: str, digest: str) -> ImportRow | None:
    """The import that carries this plan out, or has."""
    with app.registry.read() as conn:
        return jira_imports.find_import_of_plan(conn, app.get_site(site).id, digest)


def note_download(app: App, site: str, result: Mapping[str, Any], actor: Actor) -> None:
    """Bring into the audit log that a file was downloaded."""
    with app.registry.write() as conn:
        row = app.get_site(site)
        name, details = Path(result["path"]).name, {"sha256": result["sha256"]}
        audit.record(conn, actor, "jira-data.downloaded", site_id=row.id, subject=name, details=details)


def _export_args(app: App, site: str | None, path: Path | None, actor: Actor | None) -> dict[str, Any]:
    row = app.get_site(site)
    now = time.time_ns() // 1000
    chosen = path or app.config.archives_dir / archive_name(row.name, now).replace(".zip", SUFFIX)
    actor = actor or this_user()
    return {"site": row.name, "path": str(chosen), "created_at": now, "actor": actor.to_json()}


def plan_jira_data(
    app: App,
    site: str | None,
    file: Path,
    mappings: Sequence[Path],
    options: PlanOptions,
    progress: Progress = silent,
) -> JiraPlan:
    """What importing the file here would do; writes nothing. `mappings` are CSV files of ours or Atlassian's."""
    given = read_given((path.name, path) for path in mappings)
    given.answers.update(state_pairs(options.given))
    return durable_jira.make_plan(app, site, file, given, options, progress)


def start_plan(
    app: App,
    site: str,
    file: Path,
    file_name: str,
    mappings: Sequence[tuple[str, Path]],
    options: PlanOptions,
    actor: Actor,
) -> str:
    """Begin making a plan; answers the id of its job at once. The result says the plan's digest."""
    args = {
        "site": app.get_site(site).name,
        "file": str(file),
        "file_name": file_name,
        "mappings": [[name, str(path)] for name, path in mappings],
        "options": msgspec.to_builtins(options),
        "actor": actor.to_json(),
    }
    return jobs.start(app, JIRA_PLAN, args)


def apply_jira_data(
    app: App, site: str | None, plan: JiraPlan, progress: Progress = silent, actor: Actor | None = None
) -> dict[str, Any]:
    """Carry a plan out; answers the report as JSON."""
    return cast(dict[str, Any], jobs.run(app, JIRA_IMPORT, _import_args(app, site, plan, actor), progress))


def start_import(app: App, site: str, plan: JiraPlan, actor: Actor) -> str:
    """Begin carrying a plan out; answers the id of its job at once."""
    return jobs.start(app, JIRA_IMPORT, _import_args(app, site, plan, actor))


def undo_jira_data(
    app: App, site: str | None, import_id: int, progress: Progress = silent, actor: Actor | None = None
) -> dict[str, Any]:
    """Put the definitions of an import back; answers the report as JSON."""
    return cast(dict[str, Any], jobs.run(app, JIRA_UNDO, _undo_args(app, site, import_id, actor), progress))


def start_undo(app: App, site: str, import_id: int, actor: Actor) -> str:
    """Begin putting definitions back; answers the id of the job at once."""
    return jobs.start(app, JIRA_UNDO, _undo_args(app, site, import_id, actor))


def list_imports(app: App, site: str | None) -> list[ImportReport]:
    """The imports of a site, newest first."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        rows = jira_imports.list_imports(conn, row.id)
    return [report_import(app.registry, each) for each in rows]


def get_import(app: App, site: str | None, import_id: int) -> ImportReport:
    """One import of the site. Raises NotFound."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        found = jira_imports.get_import(conn, row.id, import_id)
    return report_import(app.registry, found)


def find_import_of_file(app: App, site: str, sha256: str) -> ImportReport | None:
    """The newest import of this Jira-data file that stands."""
    stands = ("running", "done")
    return next(
        (each for each in list_imports(app, site) if each.row.file_sha256 == sha256 and each.row.state in stands), None
    )


def _import_args(app: App, site: str | None, plan: JiraPlan, actor: Actor | None) -> dict[str, Any]:
    row = app.get_site(site)
    if plan.destination.cloud_id != row.cloud_id:
        raise InvalidInput(
            f"The plan is for the site {plan.destination.site_name}, not for {row.name}; make a plan for {row.name}."
        )
    kept = durable_jira.save_kept_plan(app, plan)
    name = Path(plan.source.path).name
    return {"site": row.name, "plan": str(kept), "file_name": name, "actor": (actor or this_user()).to_json()}


def _undo_args(app: App, site: str | None, import_id: int, actor: Actor | None) -> dict[str, Any]:
    report = get_import(app, site, import_id)
    return {"site": app.get_site(site).name, "import": report.row.id, "actor": (actor or this_user()).to_json()}
