"""What one process sees of its jobs, in each database."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from snapshots.errors import ConfigurationError, InvalidInput, JobCancelled, NotFound, SiteRefused, StorageError
from snapshots.jobs import JobContext, JobEngine, JobKind, JobProgress, JobReader, UnexpectedJobError
from snapshots.jobs.failure import restore_error
from snapshots.jql import parse_jql

# What does not depend on the database is tried with one.
with_sqlite_only = pytest.mark.parametrize("registry_url", ["sqlite"], indirect=True)


def test_a_job_answers_its_result_and_tells_its_progress(engine: JobEngine, log: Path) -> None:
    told: list[tuple[object, ...]] = []
    args = {"count": 4, "log": str(log), "seconds": 0}
    assert engine.run("add-up", args, lambda *progress: told.append(progress)) == {"total": 6}
    assert told[-1] == ("adding", 4, 4, "numbers")
    (job,) = engine.jobs.list_jobs()
    assert (job.kind, job.state, job.args, job.result, job.error) == ("add-up", "done", args, {"total": 6}, None)
    assert job.progress == JobProgress("adding", 4, 4, "numbers")
    assert engine.jobs.get_job(job.id).steps == ("add 0", "add 1", "add 2", "add 3")
    assert 0 < job.created_at <= job.updated_at


def test_errors_keep_their_class_and_sentence_also_for_a_later_process(open_engine: Callable[..., JobEngine]) -> None:
    engine = open_engine()
    with pytest.raises(SiteRefused, match=r"^The site answers no\.$"):
        engine.run("refuse", {})
    (job,) = engine.jobs.list_jobs()
    assert (job.state, job.error) == ("failed", "The site answers no.")
    with pytest.raises(SiteRefused) as refused:
        open_engine().wait(job.id)
    assert refused.value.status == 418


@with_sqlite_only
def test_a_defect_is_not_taken_for_an_error_of_somebody(engine: JobEngine) -> None:
    with pytest.raises(UnexpectedJobError, match="KeyError: 'nothing'"):
        engine.run("stumble", {})


def test_an_error_derived_in_another_room_comes_back_as_its_ground_class() -> None:
    from dbos import PortableWorkflowError

    with pytest.raises(InvalidInput) as wrong:
        parse_jql("a =")
    restored = restore_error(PortableWorkflowError(str(wrong.value), type(wrong.value).__name__))
    assert type(restored) is InvalidInput
    assert str(restored) == str(wrong.value)


def test_closing_interrupts_and_the_next_process_goes_on(
    open_engine: Callable[..., JobEngine], reader: JobReader, log: Path, wait_until: Callable
) -> None:
    engine = open_engine()
    args = {"count": 60, "log": str(log), "seconds": 0.02, "site": "main"}
    job_id = engine.start("add-up", args)
    wait_until(lambda: bool(log.read_text()))
    engine.close()
    assert [job.id for job in reader.list_jobs(states=["interrupted"])] == [job_id]
    assert reader.list_jobs(states=["running"]) == []

    engine = open_engine()
    with pytest.raises(InvalidInput, match=f"job {job_id} there is interrupted; resume or cancel it"):
        engine.start("add-up", args)
    assert engine.wait(job_id) == {"total": sum(range(60))}, "whoever waits takes it over"
    assert sorted(map(int, log.read_text().split())) == list(range(60))


@with_sqlite_only
def test_an_interrupted_job_can_be_cancelled_by_somebody_who_runs_none(
    open_engine: Callable[..., JobEngine], reader: JobReader, log: Path, wait_until: Callable
) -> None:
    engine = open_engine()
    job_id = engine.start("add-up", {"count": 600, "log": str(log), "seconds": 0.02})
    wait_until(lambda: bool(log.read_text()))
    engine.close()
    reader.cancel_job(job_id)
    assert open_engine().resume_interrupted() == []
    with pytest.raises(JobCancelled, match=job_id):
        reader.get_result(job_id)
    with pytest.raises(InvalidInput, match="already cancelled"):
        reader.cancel_job(job_id)


@with_sqlite_only
def test_a_job_goes_on_only_where_its_kind_is_known(
    open_engine: Callable[..., JobEngine], registry_url: str, data_dir: Path, log: Path, wait_until: Callable
) -> None:
    engine = open_engine((JobKind("other", lambda context, args: wait_until(lambda: _stopped(context))),))
    job_id = engine.start("other", {})
    engine.close()
    engine = open_engine()
    assert engine.resume_interrupted() == []
    assert engine.jobs.get_job(job_id).state == "interrupted"


def _stopped(context: JobContext) -> bool:
    context.raise_if_cancelled()
    return False


@with_sqlite_only
def test_steps_are_taken_in_the_jobs_own_thread_and_give_json(open_engine: Callable[..., JobEngine]) -> None:
    def take_step_elsewhere(context: JobContext, args: dict) -> dict:
        problems: list[str] = []

        def elsewhere() -> None:
            try:
                context.step("elsewhere", dict)
            except RuntimeError as error:
                problems.append(str(error))

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        return {"problems": problems, "step": context.step("pair", lambda: (1, {"a": (2,)}))}

    engine = open_engine((JobKind("elsewhere", take_step_elsewhere), JobKind("set", lambda context, args: {1})))
    assert engine.run("elsewhere", {}) == {
        "problems": ["Step 'elsewhere' was taken outside the job's own thread."],
        "step": [1, {"a": [2]}],
    }
    with pytest.raises(UnexpectedJobError, match="not JSON serializable"):
        engine.run("set", {})
    with pytest.raises(TypeError, match="not JSON serializable"):
        engine.start("add-up", {"when": object()})


def test_what_is_not_there_is_named(engine: JobEngine) -> None:
    assert engine.jobs.list_jobs() == []
    with pytest.raises(NotFound, match="no job backup-1"):
        engine.jobs.get_job("backup-1")
    with pytest.raises(InvalidInput, match="no jobs of kind backup, only add-up"):
        engine.start("backup", {})


@pytest.mark.parametrize("registry_url", ["postgresql"], indirect=True)
def test_a_lock_that_the_server_forgot_is_taken_again(
    engine: JobEngine, registry_url: str, log: Path, wait_until: Callable
) -> None:
    held = "SELECT pid FROM pg_locks JOIN pg_database ON database = pg_database.oid"
    held += " WHERE locktype = 'advisory' AND datname = current_database()"
    job_id = engine.start("add-up", {"count": 2000, "log": str(log), "seconds": 0.02})
    with psycopg.connect(registry_url, autocommit=True) as connection:
        lost = set(connection.execute(held))
        for session in lost:
            connection.execute("SELECT pg_terminate_backend(%s)", session)
        wait_until(lambda: bool(set(connection.execute(held)) - lost))
    assert engine.resume_interrupted() == []
    assert engine.jobs.get_job(job_id).state == "running"
    engine.cancel(job_id)


def test_looking_creates_nothing(tmp_path: Path) -> None:
    reader = JobReader(f"sqlite:///{tmp_path / 'none.db'}", tmp_path)
    assert reader.list_jobs() == []
    reader.close()
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_used_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"mysql://me:\*\*\*@there"):
        JobReader("mysql://me:secret@there/jobs", tmp_path)
    with (
        JobEngine("postgresql://me:secret@127.0.0.1:1/jobs", [JobKind("any", lambda *_: None)], tmp_path) as engine,
        pytest.raises(StorageError, match="cannot be opened") as failed,
    ):
        engine.start("any", {})
    assert "secret" not in str(failed.value)


def test_after_a_database_that_cannot_be_used_another_can(tmp_path: Path) -> None:
    kind = JobKind("seven", lambda *_: 7)
    (tmp_path / "text").write_text("This is no database. " * 100)
    with (
        JobEngine(f"sqlite:///{tmp_path / 'text'}", [kind], tmp_path) as engine,
        pytest.raises(StorageError, match="not a database"),
    ):
        engine.run("seven", {})
    with JobEngine(f"sqlite:///{tmp_path / 'jobs.db'}", [kind], tmp_path) as engine:
        assert engine.run("seven", {}) == 7


@with_sqlite_only
def test_one_engine_per_process(engine: JobEngine, tmp_path: Path, kinds: tuple[JobKind, ...]) -> None:
    engine.resume_interrupted()
    with (
        JobEngine(f"sqlite:///{tmp_path / 'second.db'}", kinds, tmp_path) as second,
        pytest.raises(RuntimeError, match="Another job engine"),
    ):
        second.resume_interrupted()


@with_sqlite_only
def test_a_job_can_tidy_up_when_its_next_step_meets_the_record(
    open_engine: Callable[..., JobEngine], reader: JobReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The pulse would tell the job first; here the record does, as happens in the half second between two beats.
    monkeypatch.setattr("snapshots.jobs.engine._PULSE_SECONDS", 30)
    seen: list[str] = []

    def run(context: JobContext, args: dict[str, object]) -> None:
        try:
            context.step("one", lambda: reader.cancel_job(context.job_id))
            context.step("two", lambda: seen.append("the step"))
        except JobCancelled:
            seen.append("tidied")
            ended.set()
            raise

    ended = threading.Event()
    engine = open_engine((JobKind("tidy", run),))
    job_id = engine.start("tidy", {})
    assert ended.wait(60)
    assert seen == ["tidied"]
    assert reader.get_job(job_id).state == "cancelled"


# One that holds for every later write, so that it also meets what the engine tries again.
FULL = "BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"


@with_sqlite_only
def test_a_job_that_cannot_be_recorded_is_not_begun(engine: JobEngine, registry_url: str, log: Path) -> None:
    engine.run("add-up", {"count": 1, "log": str(log), "seconds": 0})
    _execute(registry_url, f"CREATE TRIGGER full_disk BEFORE INSERT ON workflow_status {FULL}")
    with pytest.raises(StorageError, match=r"cannot be written \(database or disk is full\)"):
        engine.run("add-up", {"count": 1, "log": str(log), "seconds": 0})
    _execute(registry_url, "DROP TRIGGER full_disk")
    assert engine.run("add-up", {"count": 1, "log": str(log), "seconds": 0}) == {"total": 0}


@with_sqlite_only
def test_a_job_whose_end_cannot_be_recorded_is_not_waited_for(
    open_engine: Callable[..., JobEngine], registry_url: str, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snapshots.jobs.engine._RECORD_SECONDS", 0.2)
    engine = open_engine()
    engine.run("add-up", {"count": 1, "log": str(log), "seconds": 0})
    _execute(registry_url, f"CREATE TRIGGER full_disk BEFORE UPDATE OF status ON workflow_status {FULL}")
    job_id = engine.start("add-up", {"count": 3, "log": str(log), "seconds": 0})
    with pytest.raises(StorageError, match=f"how job {job_id} ended is not known"):
        engine.wait(job_id)
    _execute(registry_url, "DROP TRIGGER full_disk")
    engine = open_engine()
    assert engine.resume_interrupted() == [job_id]
    assert engine.wait(job_id) == {"total": 3}


def _execute(url: str, statement: str) -> None:
    connected = sqlite3.connect(url.removeprefix("sqlite:///"))
    connected.execute(statement)
    connected.close()
