"""`snapshots job`: look at durable jobs, stop them, go on with interrupted ones."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from snapshots.acts import jobs
from snapshots.app import App
from snapshots.cli.output import JsonOption, err, moment, out, print_json, print_table, progress_shown, shown
from snapshots.config import read_config
from snapshots.errors import InvalidInput
from snapshots.jobs import Job

JobArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of the job, as `job list` shows it.")]


def commands() -> typer.Typer:
    """The commands under `job`."""
    group = typer.Typer(name="job", help="Long work: what runs, what was interrupted.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("cancel")(cancel)
    group.command("resume")(resume)
    return group


def list_(
    limit: Annotated[int, typer.Option(metavar="NUMBER", min=1, help="At most so many, newest first.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List jobs, newest first."""
    with App(read_config(os.environ)) as app:
        listed = app.jobs.list_jobs(limit)
    if as_json:
        print_json([asdict(job) for job in listed])
        return
    print_table(
        ["id", "state", "started (UTC)", "of", "progress"],
        [[job.id, job.state, moment(job.created_at), job.exclusive or "", _progress(job)] for job in listed],
        empty="No job yet: `snapshots take`, `backup create` and `restore apply` make them.",
    )


def show(job_id: JobArgument, as_json: JsonOption = False) -> None:
    """Show one job: state, progress, steps, error or result."""
    with App(read_config(os.environ)) as app:
        job = app.jobs.get_job(job_id)
    if as_json:
        print_json(asdict(job))
        return
    lines = [
        ("job", job.id),
        ("kind", job.kind),
        ("state", job.state),
        ("started (UTC)", moment(job.created_at)),
        ("last change (UTC)", moment(job.updated_at)),
        ("progress", _progress(job)),
        ("steps done", ", ".join(job.steps)),
        ("error", job.error or ""),
    ]
    for name, value in lines:
        if value:
            out().print(f"{name:<18} {escape(shown(value))}")
    if job.state == "interrupted":
        err().print("The process that ran it is gone; `snapshots job resume` goes on after its last step.")


def cancel(job_id: JobArgument) -> None:
    """Ask a job to stop at its next step."""
    with App(read_config(os.environ)) as app:
        jobs.cancel(app, job_id)
    out().print(f"Job {escape(job_id)} is asked to stop; what it has finished is kept.")


def resume(
    job_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Only this job; without it, every interrupted one.")
    ] = None,
) -> None:
    """Go on with interrupted jobs.

    Those whose process is gone; each goes on after its last recorded step.
    """
    with App(read_config(os.environ)) as app:
        if job_id and app.jobs.get_job(job_id).state != "interrupted":
            raise InvalidInput(f"Job {job_id} is not interrupted: `snapshots job show {job_id}` says what it is.")
        with jobs.open_engine(app) as engine:
            taken = engine.resume_interrupted([job_id] if job_id else None)
            for each in taken:
                err().print(f"going on with {escape(each)}")
                with progress_shown() as progress:
                    engine.wait(each, progress)
                out().print(f"{escape(each)} is done")
    if not taken:
        err().print("No job is interrupted.")


def _progress(job: Job) -> str:
    if job.progress is None:
        return ""
    told = job.progress
    amount = f"{told.done:,}" if told.total is None else f"{told.done:,} of {told.total:,}"
    return f"{told.stage}: {amount} {told.unit}"
