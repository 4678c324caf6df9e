"""The engine that runs durable jobs: for as long as a command needs it, or for a service's lifetime."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from snapshots import durable
from snapshots.access import audit
from snapshots.access.actors import Actor, this_user
from snapshots.app import App
from snapshots.errors import AlreadyRunning, InvalidInput
from snapshots.jobs import Job, JobEngine
from snapshots.progress import Progress, silent
from snapshots.registry import sites


@contextmanager
def open_engine(app: App) -> Iterator[JobEngine]:
    """An engine that knows every kind of job; what still runs when it is left is interrupted.

    While it is open, `start` and `run` use it.
    """
    engine = JobEngine(app.config.jobs_url, durable.job_kinds(app), app.config.make_home())
    app.engine = engine
    try:
        yield engine
    finally:
        app.engine = None
        engine.close()


def start(app: App, kind: str, args: dict[str, Any]) -> str:
    """Begin a job in the engine that is open and answer its id at once. `args` name its site and its actor.

    Raises `AlreadyRunning` while another job has what this one needs for itself.
    """
    if app.engine is None:
        raise RuntimeError("No engine is open to start a job in.")
    try:
        job_id = app.engine.start(kind, args)
    except AlreadyRunning as refused:
        durable.note_start(app, kind, args, refused.job_id, refused=str(refused))
        raise
    durable.note_start(app, kind, args, job_id)
    return job_id


def run(app: App, kind: str, args: dict[str, Any], progress: Progress = silent) -> Any:
    """Run one job here and wait for its result."""
    with nullcontext(app.engine) if app.engine is not None else open_engine(app) as engine:
        return engine.attend(start(app, kind, args), progress)


def cancel(app: App, job_id: str, actor: Actor | None = None) -> None:
    """Ask a job to stop; of one whose process is gone, tidy up what only that process would have."""
    job = app.jobs.get_job(job_id)
    if app.engine is not None:
        app.engine.cancel(job_id)
    else:
        app.jobs.cancel_job(job_id)
    if job.state == "interrupted":
        durable.settle_stopped(app, job, app.jobs.get_step_results(job_id))
    _note(app, job, actor, "task.cancelled")


def resume(app: App, job_id: str, actor: Actor | None = None) -> None:
    """Go on with a job whose process is gone, in the engine that is open. Raises InvalidInput for any other job."""
    job = app.jobs.get_job(job_id)
    if job.state != "interrupted":
        raise InvalidInput(f"Job {job_id} is not interrupted but {job.state}, so there is nothing to go on with.")
    if app.engine is None:
        raise RuntimeError("No engine is open to go on with a job in.")
    app.engine.resume_interrupted([job_id])
    _note(app, job, actor, "task.resumed")


def take_up_interrupted(app: App) -> list[str]:
    """Go on with every job whose process is gone: what a service does when it starts, and now and then."""
    # One that waits was taken up by a process that was killed before it began: it begins where an engine is launched.
    if app.engine is None or not any(job.state in ("interrupted", "waiting") for job in app.jobs.list_unfinished()):
        return []
    return app.engine.resume_interrupted()


def _note(app: App, job: Job, actor: Actor | None, action: str) -> None:
    with app.registry.write() as conn:
        site = sites.find_site(conn, str(job.args.get("site", "")))
        audit.record(
            conn,
            actor or this_user(),
            action,
            site_id=site.id if site else None,
            subject=job.id,
            details={"kind": job.kind},
        )
