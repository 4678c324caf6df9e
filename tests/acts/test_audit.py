"""Every act that changes something leaves an event with who did it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from pathlib import Path

import pytest

from snapshots import acts
from snapshots.access.actors import Actor
from snapshots.access.audit import ACTIONS
from snapshots.acts import api, jobs, restores, sites
from snapshots.app import App
from snapshots.errors import SnapshotsError
from snapshots.registry import audit_events

EVENTS = {
    "api.switch_api": "setting.changed",
    "api.change_keeping": "setting.changed",
    "api.make_key": "key.created",
    "api.rotate_key": "key.rotated",
    "api.extend_key": "key.changed",
    "api.disable_key": "key.disabled",
    "api.enable_key": "key.enabled",
    "api.revoke_key": "key.revoked",
    "archives.finish_upload": "archive.uploaded",
    "archives.start_verify": "archive.verified",
    "archives.delete_archive": "archive.deleted",
    "backups.create_backup": "backup.started",
    "backups.start_backup": "backup.started",
    "backups.note_download": "backup.downloaded",
    "backups.delete_backup": "backup.deleted",
    "jira_data.export_jira_data": "jira-export.started",
    "jira_data.start_export": "jira-export.started",
    "jira_data.note_download": "jira-data.downloaded",
    "jira_data.start_plan": "jira-plan.started",
    "jira_data.apply_jira_data": "jira-import.started",
    "jira_data.start_import": "jira-import.started",
    "jira_data.undo_jira_data": "jira-undo.started",
    "jira_data.start_undo": "jira-undo.started",
    "jira_files.finish_file": "jira-data.uploaded",
    "jira_files.keep_file": "jira-data.uploaded",
    "jobs.cancel": "task.cancelled",
    "jobs.resume": "task.resumed",
    "restore_plans.start_plan_restore": "restore-plan.started",
    "restore_plans.start_plan_parked": "restore-plan.started",
    "restore_plans.start_plan_again": "restore-plan.started",
    "restore_plans.decide": "restore-plan.decided",
    "restore_plans.start_apply_restore": "restore.started",
    "restores.apply_restore": "restore.started",
    "restores.start_restore": "restore.started",
    "restores.undo_restore": "restore-undo.started",
    "restores.start_undo": "restore-undo.started",
    "signing_in.note": "person.signed-in",
    "sites.say_same_jira": "setting.changed",
    "sites.take_back_same_jira": "setting.changed",
    "taking.take": "take.started",
    "tasks.cancel_task": "task.cancelled",
    "tasks.resume_task": "task.resumed",
}
"""Every act that somebody is the actor of, and the event it leaves first."""

NO_ACTOR = {
    "housekeeping.sweep": "the service itself",
    "jobs.start": "the actor is among the job's arguments",
    "jobs.run": "the actor is among the job's arguments",
    "sites.add_site": "leaves no event yet (docs/service.md)",
}


def _acts() -> dict[str, Callable[..., object]]:
    found = {}
    for module in pkgutil.iter_modules(acts.__path__):
        loaded = importlib.import_module(f"snapshots.acts.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            if function.__module__ == loaded.__name__ and not name.startswith("_"):
                found[f"{module.name}.{name}"] = function
    return found


def test_every_act_with_an_actor_says_which_event_it_leaves() -> None:
    with_actor = {name for name, function in _acts().items() if "actor" in inspect.signature(function).parameters}
    assert with_actor == set(EVENTS), "an act is new or gone: let it leave an event, and name it here"
    assert set(EVENTS.values()) <= set(ACTIONS)


def test_every_act_that_writes_or_starts_something_has_an_actor() -> None:
    writing = ("registry.write()", "jobs.start(", "jobs.run(", ".engine.start(")
    changing = {name for name, act in _acts().items() if any(word in inspect.getsource(act) for word in writing)}
    assert changing - set(EVENTS) <= set(NO_ACTOR)


def test_the_documentation_names_every_event() -> None:
    told = (Path(__file__).parents[2] / "docs" / "service.md").read_text("utf-8")
    assert [action for action in ACTIONS if f"`{action}`" not in told] == []


def test_settings_and_keys_for_real(app: App, ada: Actor) -> None:
    key, _ = api.make_key(app, "acme", ada, name="pipeline")
    done: list[tuple[str, Callable[[], object]]] = [
        ("api.switch_api", lambda: api.switch_api(app, "acme", ada, enabled=True)),
        ("api.change_keeping", lambda: api.change_keeping(app, "acme", ada, uploads_days=3, backups_days=None)),
        ("api.make_key", lambda: api.make_key(app, "acme", ada, name="another")),
        ("api.rotate_key", lambda: api.rotate_key(app, "acme", key.row.id, ada)),
        ("api.extend_key", lambda: api.extend_key(app, "acme", key.row.id, ada, 30)),
        ("api.disable_key", lambda: api.disable_key(app, "acme", key.row.id, ada)),
        ("api.enable_key", lambda: api.enable_key(app, "acme", key.row.id, ada)),
        ("api.revoke_key", lambda: api.revoke_key(app, "acme", key.row.id, ada)),
        ("sites.say_same_jira", lambda: sites.say_same_jira(app, "acme", "https://old.example", ada)),
        ("sites.take_back_same_jira", lambda: sites.take_back_same_jira(app, "acme", "https://old.example", ada)),
    ]
    for name, act in done:
        before = _newest(app)
        act()
        after = _newest(app)
        assert after.id > before.id, name
        assert (after.action, after.actor_id, after.address) == (EVENTS[name], ada.id, ada.address)


def test_what_is_refused_leaves_no_event(app: App, ada: Actor) -> None:
    with jobs.open_engine(app), pytest.raises(SnapshotsError):
        restores.start_undo(app, "acme", 99, ada)
    with app.registry.read() as conn:
        assert audit_events.list_events(conn, app.get_site("acme").id, limit=5) == []


def _newest(app: App) -> audit_events.AuditEventRow:
    with app.registry.read() as conn:
        return audit_events.list_events(conn, app.get_site("acme").id, limit=1)[0]
