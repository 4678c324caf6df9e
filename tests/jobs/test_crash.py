"""What happens to jobs when processes are killed, in each database, with real processes and real kills."""

from __future__ import annotations

import collections
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from snapshots.errors import DamageError, InvalidInput
from snapshots.jobs import JobContext, JobEngine, JobKind, JobReader

# What does not depend on the database is tried with one; each process takes a second or two to begin.
with_sqlite_only = pytest.mark.parametrize("registry_url", ["sqlite"], indirect=True)


def test_a_killed_job_goes_on_behind_its_last_step(
    start_worker: Callable, open_engine: Callable[..., JobEngine], reader: JobReader, log: Path, wait_until: Callable
) -> None:
    worker = start_worker("run", "add-up", {"count": 40, "log": str(log), "seconds": 0.02})
    job_id = worker.read_line()
    runs_when_recorded: dict[str, int] = {}
    for steps_before_kill in (5, 17):
        wait_until(lambda least=steps_before_kill: len(log.read_text().splitlines()) >= least)
        time.sleep(random.uniform(0, 0.04))
        worker.kill()
        job = reader.get_job(job_id)
        assert job.state == "interrupted"
        runs = collections.Counter(log.read_text().split())
        runs_when_recorded |= {number: runs[number] for number in (step.removeprefix("add ") for step in job.steps)}
        if steps_before_kill == 5:
            worker = start_worker("resume")
            assert worker.read_line() == job_id

    engine = open_engine()
    assert engine.resume_interrupted() == [job_id]
    assert engine.wait(job_id) == {"total": sum(range(40))}

    runs = collections.Counter(log.read_text().split())
    assert runs_when_recorded, "there was nothing to see"
    assert {number: runs[number] for number in runs_when_recorded} == runs_when_recorded, "a recorded step ran again"
    assert set(runs) == {str(number) for number in range(40)}
    assert runs.total() <= 42, "only the step under way at a kill may run again"


def test_a_job_that_runs_elsewhere_is_seen_left_alone_and_cancelled(
    start_worker: Callable, engine: JobEngine, log: Path, wait_until: Callable
) -> None:
    args = {"count": 2000, "log": str(log), "seconds": 0.02, "site": "main"}
    worker = start_worker("run", "add-up", args)
    job_id = worker.read_line()
    wait_until(lambda: engine.jobs.get_job(job_id).progress is not None)
    job = engine.jobs.get_job(job_id)
    assert (job.state, job.kind, job.args, job.exclusive) == ("running", "add-up", args, "site main")
    assert job.progress and (job.progress.stage, job.progress.total, job.progress.unit) == ("adding", 2000, "numbers")

    assert engine.resume_interrupted() == []
    with pytest.raises(InvalidInput, match=f"job {job_id} there is running"):
        engine.start("add-up", {**args, "count": 1})
    assert engine.run("add-up", {**args, "count": 3, "site": "other"}) == {"total": 3}

    engine.cancel(job_id)
    assert worker.read_line() == "JobCancelled"
    assert worker.end() == "", "DBOS must not write to the terminal"
    assert engine.jobs.get_job(job_id).state == "cancelled"
    assert engine.run("add-up", {**args, "count": 3}) == {"total": 3}


@with_sqlite_only
def test_ctrl_c_asks_the_job_to_stop(
    start_worker: Callable, reader: JobReader, log: Path, wait_until: Callable
) -> None:
    worker = start_worker("foreground", "add-up", {"count": 2000, "log": str(log), "seconds": 0.02})
    wait_until(lambda: bool(log.read_text()))
    worker.send(signal.SIGINT)
    assert worker.read_line() == "JobCancelled"
    worker.end()
    (job,) = reader.list_jobs()
    assert job.state == "cancelled"


@with_sqlite_only
def test_a_failed_step_fails_the_same_way_after_a_crash(
    start_worker: Callable, engine: JobEngine, tmp_path: Path
) -> None:
    (tmp_path / "dies").touch()
    worker = start_worker("run", "damage", {"dies": str(tmp_path / "dies")})
    job_id = worker.read_line()
    worker.end()
    assert engine.jobs.get_job(job_id).steps == ("read",)
    assert engine.resume_interrupted([job_id]) == [job_id]
    with pytest.raises(DamageError, match=r"^Member 3 is not what it was\.$"):
        engine.wait(job_id)


@with_sqlite_only
def test_a_job_begun_by_an_older_release_is_taken_up(
    start_worker: Callable, open_engine: Callable[..., JobEngine], reader: JobReader, log: Path, wait_until: Callable
) -> None:
    worker = start_worker("run", "add-up", {"count": 10, "log": str(log), "seconds": 0.1})
    job_id = worker.read_line()
    wait_until(lambda: len(reader.get_job(job_id).steps) >= 2)
    worker.kill()

    def add_up_as_of_now(context: JobContext, args: dict) -> dict:
        totals = [context.step(f"add {number}", os.getpid) for number in range(args["count"])]
        return {"before": totals[1], "after": totals[-1]}

    engine = open_engine((JobKind("add-up", add_up_as_of_now),))
    engine.resume_interrupted()
    assert engine.wait(job_id) == {"before": 1, "after": os.getpid()}
