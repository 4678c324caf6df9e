"""The engine that runs durable jobs, for as long as an act needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from snapshots import durable
from snapshots.app import App
from snapshots.jobs import JobEngine
from snapshots.progress import Progress, silent


@contextmanager
def open_engine(app: App) -> Iterator[JobEngine]:
    """An engine that knows every kind of job; what still runs when it is left is interrupted."""
    engine = JobEngine(app.config.jobs_url, durable.job_kinds(app), app.config.make_home())
    try:
        yield engine
    finally:
        engine.close()


def cancel(app: App, job_id: str) -> None:
    """Ask a job to stop; of one whose process is gone, tidy up what only that process would have."""
    job = app.jobs.get_job(job_id)
    app.jobs.cancel_job(job_id)
    if job.state == "interrupted":
        durable.settle_stopped(app, job, app.jobs.get_step_results(job_id))


def run(app: App, kind: str, args: dict[str, Any], progress: Progress = silent) -> Any:
    """Run one job here and wait for its result."""
    with open_engine(app) as engine:
        return engine.run(kind, args, progress)
