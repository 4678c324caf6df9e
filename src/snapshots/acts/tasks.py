"""Tasks: jobs as doors show them, each belonging to a site."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

import msgspec

from snapshots import durable, durable_jira
from snapshots.access.actors import Actor
from snapshots.acts import jobs
from snapshots.acts.places import hide_places_of_job
from snapshots.app import App
from snapshots.errors import NotFound
from snapshots.jobs import Job, JobState, Json
from snapshots.registry import backups, restores, sites

COUNTED_STAGES: dict[str, str] = {
    durable.BACKUP: "writing records",
    durable.RESTORE: "restoring",
    durable_jira.JIRA_EXPORT: "reading issues",
    durable_jira.JIRA_IMPORT: "rewriting pages",
    durable_jira.JIRA_UNDO: "putting definitions back",
    durable.UNDO: "undoing",
    durable.VERIFY: "verifying records",
}
"""The stage of each kind of job that takes nearly all of its time, and so can be told as a percentage.

Of the others it is not known how much is before and after them: there a count is told, and no percentage.
"""

_LISTED = 500
"""How far back the list of tasks reaches: the job database keeps no index by site."""


class TaskCounts(msgspec.Struct, frozen=True):
    """How far the stage has come."""

    done: int
    total: int | None
    unit: str


class TaskError(msgspec.Struct, frozen=True):
    """Why the task failed: the code of docs/api.md, and the sentence."""

    code: str
    detail: str


class Task(msgspec.Struct, frozen=True):
    """A job as JSON. `percentage` is a whole number, 100 only when it is done; null while nobody can know it."""

    id: str
    kind: str
    site: str
    state: JobState
    percentage: int | None
    stage: str
    counts: TaskCounts | None
    message: str
    created_at: datetime
    updated_at: datetime
    restore: int | None
    """The restore that it carries out, or undoes, from the moment it has begun to."""
    result: Json
    error: TaskError | None
    links: dict[str, str]


def get_task(app: App, site: str, task_id: str, kinds: Collection[str] = ()) -> Task:
    """The task with this id. Raises NotFound, also when it is another site's, or of none of the `kinds` if given."""
    job = _get_job(app, site, task_id)
    if kinds and job.kind not in kinds:
        raise NotFound(f"There is no task {task_id!r} of this sort here: look at the other tabs.")
    return describe_task(app, job)


def list_tasks(
    app: App, site: str, *, kinds: Collection[str] = (), states: Collection[JobState] = (), limit: int = 50
) -> list[Task]:
    """The site's tasks, newest first, among the newest 500 of all sites."""
    found = [
        job
        for job in app.jobs.list_jobs(_LISTED, states)
        if job.args.get("site") == site and (not kinds or job.kind in kinds)
    ]
    return [describe_task(app, job) for job in found[:limit]]


def find_to_show(app: App, site: str, kinds: Collection[str]) -> Task | None:
    """What a tab opens with: the newest task that is not done yet; or one that failed, until another follows it."""
    found = list_tasks(app, site, kinds=kinds)
    unfinished = (task for task in found if task.state in ("waiting", "running", "interrupted"))
    failed = (task for task in found[:1] if task.state == "failed")
    return next(unfinished, None) or next(failed, None)


def cancel_task(app: App, site: str, task_id: str, actor: Actor) -> Task:
    """Ask a task to stop. Raises InvalidInput when it has ended, NotFound as `get_task`."""
    jobs.cancel(app, _get_job(app, site, task_id).id, actor)
    return get_task(app, site, task_id)


def resume_task(app: App, site: str, task_id: str, actor: Actor) -> Task:
    """Go on with an interrupted task. Raises InvalidInput when it is not, NotFound as `get_task`."""
    jobs.resume(app, _get_job(app, site, task_id).id, actor)
    return get_task(app, site, task_id)


def describe_task(app: App, job: Job) -> Task:
    """A job as a task."""
    told = job.progress
    return Task(
        id=job.id,
        kind=job.kind,
        site=str(job.args.get("site", "")),
        state=job.state,
        percentage=_percentage(job),
        stage=told.stage if told else "",
        counts=TaskCounts(told.done, told.total, told.unit) if told else None,
        message=hide_places_of_job(app, job, _message(job)),
        created_at=as_datetime(job.created_at),
        updated_at=as_datetime(job.updated_at),
        restore=_restore_of(app, job),
        result=_result(app, job),
        error=_error(app, job),
        links={},
    )


def as_datetime(microseconds: int) -> datetime:
    """A moment as JSON shows it: ISO 8601 in UTC."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)


def _get_job(app: App, site: str, task_id: str) -> Job:
    job = app.jobs.get_job(task_id, with_steps=False)
    if job.args.get("site") != site:
        # The same words as for one that is not there: whose tasks there are is nobody else's business.
        raise NotFound(f"There is no job {task_id}; list the jobs to see which there are.")
    return job


def _percentage(job: Job) -> int | None:
    if job.state == "done":
        return 100
    told = job.progress
    if told is None or not told.total or told.stage != COUNTED_STAGES.get(job.kind):
        return None
    # What comes after the last record, flushing it to the disk above all, is still to come.
    return min(99, told.done * 100 // told.total)


def _message(job: Job) -> str:
    told = job.progress
    if job.state == "waiting":
        return "Waiting to begin."
    if job.state == "running":
        if told is None:
            return "Begun."
        amount = f"{told.done:,}" if told.total is None else f"{told.done:,} of {told.total:,}"
        return f"{told.stage[:1].upper()}{told.stage[1:]}: {amount} {told.unit}."
    if job.state == "interrupted":
        return "The process that ran it is gone; the service goes on with it, or resume it."
    if job.state == "failed":
        return _sentence_of(job)
    return "Done." if job.state == "done" else "Cancelled."


def _restore_of(app: App, job: Job) -> int | None:
    if job.kind == durable.UNDO:
        return int(job.args["restore"])
    if job.kind != durable.RESTORE:
        return None
    if job.state == "done":
        return int(job.result["restore"])
    with app.registry.read() as conn:
        site = sites.find_site(conn, str(job.args["site"]))
        return restores.find_restore_of_job(conn, site.id, job.id) if site else None


def _result(app: App, job: Job) -> Json:
    if job.state != "done" or not isinstance(job.result, Mapping):
        return job.result if job.state == "done" else None
    if job.kind == durable_jira.JIRA_EXPORT:
        return {name: value for name, value in job.result.items() if name != "path"}
    if job.kind != durable.BACKUP:
        return job.result
    with app.registry.read() as conn:
        row = backups.find_backup_of_job(conn, job.id)
    # Where the file lies on the server's disk is for operators, not for whoever calls from elsewhere.
    shown = {name: value for name, value in job.result.items() if name != "path"}
    return shown | {"backup_id": row.id if row else None}


def _error(app: App, job: Job) -> TaskError | None:
    if job.state != "failed":
        return None
    return TaskError(job.error_code or "fault", hide_places_of_job(app, job, _sentence_of(job)))


def _sentence_of(job: Job) -> str:
    if job.error_code in (None, "fault"):
        # What a defect says may hold anything. It stands in the job's record, which operators can look at.
        return f"Snapshots met something it does not know; `snapshots job show {job.id}` tells more, please report it."
    return job.error or "It failed without saying why."
