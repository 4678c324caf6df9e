"""Long acts that answer at once, the tasks one sees of them, and what the audit log says."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator

import msgspec
import pytest

from snapshots import durable
from snapshots.access.actors import Actor
from snapshots.acts import audit, jobs, tasks
from snapshots.acts import backups as acts
from snapshots.acts.places import hide_places
from snapshots.app import App
from snapshots.backup.selection import ResolvedSelection, resolve_selection, select_picked
from snapshots.config import Config
from snapshots.errors import AlreadyRunning, DecisionNeeded, InvalidInput, NotFound, StorageError
from snapshots.jobs import FINAL_STATES
from snapshots.registry import audit_events, backups
from snapshots.registry.audit_events import AuditEventRow

ALL = ResolvedSelection("all", ())


@pytest.fixture
def held(app: App) -> Iterator[App]:
    """The installation as a service holds it: with an engine."""
    with jobs.open_engine(app):
        yield app


def ended(app: App, task_id: str) -> tasks.Task:
    while (task := tasks.get_task(app, "acme", task_id)).state not in FINAL_STATES:
        time.sleep(0.02)
    return task


def events(app: App) -> list[AuditEventRow]:
    with app.registry.read() as conn:
        return audit_events.list_events(conn, None)[::-1]


def test_a_backup_answers_at_once_and_its_task_tells_all(held: App, ada: Actor) -> None:
    task_id = acts.start_backup(held, "acme", ResolvedSelection("picked", ("REL",)), ada)
    task = ended(held, task_id)
    assert (task.kind, task.site, task.state, task.percentage, task.message) == ("backup", "acme", "done", 100, "Done.")
    assert task.counts == tasks.TaskCounts(4, 4, "records")
    assert task.error is None
    with held.registry.read() as conn:
        (row,) = backups.list_backups(conn, 1)
    assert (row.job_id, row.made_by_kind, row.made_by_name) == (task_id, "person", "Ada Admin")
    assert task.result["backup_id"] == row.id
    assert task.result["sha256"] == row.archive_sha256
    assert "path" not in task.result, "where files lie on the server is nobody's business"
    shown = json.loads(msgspec.json.encode(task))
    assert shown["created_at"].endswith("Z")
    assert [(each.action, each.subject, each.outcome, each.actor_name) for each in events(held)] == [
        ("backup.started", "spaces REL", "done", "Ada Admin"),
        ("backup.finished", "spaces REL", "done", "Ada Admin"),
    ]


def test_a_second_backup_is_refused_and_the_first_is_named(
    held: App, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, leave = threading.Event(), threading.Event()
    write = durable.write_archive

    def slowly(*args: object) -> object:
        entered.set()
        leave.wait(30)
        return write(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(durable, "write_archive", slowly)
    first = acts.start_backup(held, "acme", ALL, ada)
    assert entered.wait(30)
    with pytest.raises(AlreadyRunning, match=first) as refused:
        acts.start_backup(held, "acme", ALL, ada)
    assert refused.value.job_id == first
    assert tasks.get_task(held, "acme", first).percentage is None
    other = acts.start_backup(held, "globex", ALL, ada)
    leave.set()
    ended(held, first)
    assert [task.id for task in tasks.list_tasks(held, "globex")] == [other]
    assert [task.id for task in tasks.list_tasks(held, "acme", kinds=["backup"])] == [first]
    assert tasks.list_tasks(held, "acme", kinds=["restore"]) == []
    assert [(each.action, each.outcome) for each in events(held)][:2] == [
        ("backup.started", "done"),
        ("backup.started", "refused"),
    ]


def test_a_task_of_another_site_is_not_there(held: App, ada: Actor) -> None:
    task_id = acts.start_backup(held, "acme", ALL, ada)
    ended(held, task_id)
    calls: list[Callable[[str], object]] = [
        lambda site: tasks.get_task(held, site, task_id),
        lambda site: tasks.cancel_task(held, site, task_id, ada),
        lambda site: tasks.resume_task(held, site, task_id, ada),
    ]
    for call in calls:
        with pytest.raises(NotFound, match="There is no job"):
            call("globex")
    with pytest.raises(InvalidInput, match="already done"):
        tasks.cancel_task(held, "acme", task_id, ada)
    with pytest.raises(InvalidInput, match="not interrupted but done"):
        tasks.resume_task(held, "acme", task_id, ada)


def test_why_a_task_failed_is_told_and_noted(held: App, ada: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: object) -> object:
        raise StorageError("The archive cannot be written: the disk is full; free space.")

    monkeypatch.setattr(durable, "write_archive", fails)
    task = ended(held, acts.start_backup(held, "acme", ALL, ada))
    assert task.state == "failed"
    assert task.error == tasks.TaskError("storage-error", task.message)
    assert "the disk is full" in task.message
    last = events(held)[-1]
    assert (last.action, last.outcome) == ("backup.finished", "failed")
    assert "the disk is full" in json.loads(last.details)["error"]


def test_a_fault_of_ours_is_noted_without_its_words(held: App, ada: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: object) -> object:
        raise LookupError("words that nobody chose")

    monkeypatch.setattr(durable, "write_archive", fails)
    task = ended(held, acts.start_backup(held, "acme", ALL, ada))
    assert task.error is not None and task.error.code == "fault"
    assert "nobody chose" not in task.message + task.error.detail
    last = events(held)[-1]
    assert (last.action, last.outcome) == ("backup.finished", "failed")
    assert "LookupError" in last.details and "nobody chose" not in last.details


def test_where_files_lie_on_the_server_is_told_to_nobody_elsewhere(held: App, ada: Actor) -> None:
    held.config.make_home()
    held.config.archives_dir.write_text("a file where the folder should be")
    task = ended(held, acts.start_backup(held, "acme", ALL, ada))
    assert task.error is not None and task.error.code == "storage-error"
    shown = msgspec.json.encode([task, audit.list_events(held, "acme", limit=10)]).decode()
    assert "archives" in shown
    assert str(held.config.home) not in shown


def test_a_cancelled_task(held: App, ada: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    entered = threading.Event()

    def for_ever(
        _registry: object, _site: object, _selection: object, _path: object, progress: durable.Progress
    ) -> None:
        for done in range(10_000):
            progress("writing records", done, 10_000, "records")
            entered.set()
            time.sleep(0.01)

    monkeypatch.setattr(durable, "write_archive", for_ever)
    task_id = acts.start_backup(held, "acme", ALL, ada)
    assert entered.wait(30)
    assert tasks.cancel_task(held, "acme", task_id, ada).state == "cancelled"
    assert "task.cancelled" in [each.action for each in events(held)]


def test_nothing_starts_while_unknown_spaces_are_not_confirmed(held: App, ada: Actor) -> None:
    undecided = resolve_selection(select_picked(["REL", "NOPE"]), ["REL"])
    with pytest.raises(DecisionNeeded, match="NOPE"):
        acts.start_backup(held, "acme", undecided, ada)
    assert tasks.list_tasks(held, "acme") == []


def test_two_backups_in_one_second_are_two_files(held: App, ada: Actor) -> None:
    paths = set()
    for _ in range(2):
        ended(held, acts.start_backup(held, "acme", ALL, ada))
    with held.registry.read() as conn:
        paths = {row.path for row in backups.list_backups(conn, 1)}
    assert len(paths) == 2


def test_a_command_leaves_events_of_its_user(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "grace")
    acts.create_backup(app, "acme", ALL, None)
    assert app.engine is None
    assert [(each.action, each.actor_kind, each.actor_name) for each in events(app)] == [
        ("backup.started", "cli", "grace"),
        ("backup.finished", "cli", "grace"),
    ]


def test_sentences_leave_the_address_of_a_database_out(config: Config) -> None:
    url = "postgresql://snap:secret@db.internal:5433/registry"
    app = App(dataclasses.replace(config, registry_url=url, jobs_url=url))
    for said in (
        "The registry postgresql://snap:***@db.internal:5433/registry cannot be used: it does not answer.",
        'The jobs cannot be read (connection to server at "db.internal" (10.1.2.3), port 5433 failed: timeout).',
        f"The folder {config.home}/plans cannot be made.",
    ):
        shown = hide_places(app, said)
        assert not any(word in shown for word in ("internal", "10.1.2.3", "5433", str(config.home)))
    assert hide_places(app, "http://localhost:80/wiki is silent.") == "http://localhost:80/wiki is silent."


def test_a_job_that_waits_without_a_server_begins_in_the_next(app: App, ada: Actor, config: Config) -> None:
    with jobs.open_engine(app):
        task_id = acts.start_backup(app, "acme", ALL, ada)
        assert ended(app, task_id).state == "done"
    # As it stands when its server was killed after it had taken the job up, and before the job began.
    with contextlib.closing(sqlite3.connect(config.home / "jobs.sqlite")) as db, db:
        again = "status = 'ENQUEUED', queue_name = '_dbos_internal_queue', output = NULL, executor_id = NULL"
        db.execute(f"UPDATE workflow_status SET {again}")
    assert tasks.get_task(app, "acme", task_id).state == "waiting"
    with jobs.open_engine(app):
        jobs.take_up_interrupted(app)
        assert ended(app, task_id).state == "done"
