"""Settings of a site, and the audit log that says who changed them."""

from __future__ import annotations

import json

import pytest

from snapshots.access import audit
from snapshots.access.actors import SERVICE, Actor, this_user
from snapshots.access.settings import SiteSettings, change_settings, get_settings
from snapshots.errors import InvalidInput
from snapshots.registry import audit_events
from snapshots.registry import settings as kept
from snapshots.registry.audit_events import EventFilter
from snapshots.registry.engine import Registry


def test_defaults_hold_until_somebody_changes_them(registry: Registry, site_ids: tuple[int, int], ada: Actor) -> None:
    with registry.write() as conn:
        assert get_settings(conn, site_ids[0]) == SiteSettings()
        assert change_settings(conn, site_ids[0], ada, api_enabled=True, keep_uploads_days=7).api_enabled
        change_settings(conn, site_ids[0], ada, api_enabled=True)
        assert get_settings(conn, site_ids[0]) == SiteSettings(api_enabled=True)
        assert get_settings(conn, site_ids[1]) == SiteSettings()
        (event,) = audit_events.list_events(conn, site_ids[0])
        assert (event.action, event.subject, event.actor_name) == ("setting.changed", "api_enabled", "Ada Admin")
        assert json.loads(event.details) == {"before": False, "after": True}


@pytest.mark.parametrize("wrong", [{"keep_uploads_days": 0}, {"api_enabled": "yes"}, {"keep_backups_days": 9999}])
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    registry: Registry, site_ids: tuple[int, int], ada: Actor, wrong: dict[str, object]
) -> None:
    with registry.write() as conn:
        with pytest.raises(InvalidInput, match="cannot be kept"):
            change_settings(conn, site_ids[0], ada, **wrong)
        assert kept.list_settings(conn, site_ids[0]) == {}


def test_settings_of_a_newer_release_or_of_nobody_do_no_harm(registry: Registry, site_ids: tuple[int, int]) -> None:
    with registry.write() as conn:
        kept.put_setting(conn, site_ids[0], "api_enabled", "true", 1)
        kept.put_setting(conn, site_ids[0], "keep_uploads_days", '"a week"', 1)
        kept.put_setting(conn, site_ids[0], "colour_of_the_moon", "{}", 1)
        assert get_settings(conn, site_ids[0]) == SiteSettings(api_enabled=True)


def test_the_audit_log_is_filtered_and_paged(registry: Registry, site_ids: tuple[int, int], ada: Actor) -> None:
    acme, globex = site_ids
    with registry.write() as conn:
        for number in range(5):
            audit.record(conn, ada, "backup.started", site_id=acme, subject=f"spaces {number}", at=number)
        audit.record(conn, SERVICE, "backup.finished", site_id=acme, outcome="failed", details={"error": "100% full"})
        audit.record(conn, ada, "backup.started", site_id=globex, subject="half a \ud800 and \0")
        with pytest.raises(ValueError, match="names no action"):
            audit.record(conn, ada, "backup.burnt", site_id=acme)

        def found(**wanted: object) -> int:
            return audit_events.count_events(conn, acme, EventFilter(**wanted))  # type: ignore[arg-type]

        assert found() == 6
        assert found(action="backup.started") == 5
        assert found(action="backup.") == 6
        assert found(actor="Ada Admin") == found(actor="712020:ada") == 5
        assert found(outcome="failed") == found(words="100% FULL") == 1
        assert found(words="100%f") == 0
        assert found(since=1, until=3) == 2
        newest = audit_events.list_events(conn, acme, limit=2)
        older = audit_events.list_events(conn, acme, limit=9, before_id=newest[-1].id)
        assert [event.subject for event in older] == ["spaces 3", "spaces 2", "spaces 1", "spaces 0"]
        assert len(audit_events.list_events(conn, None)) == 7
        assert audit_events.list_actions(conn, acme) == ["backup.finished", "backup.started"]


def test_somebody_at_the_command_line_is_the_user_of_the_operating_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "grace")
    assert this_user() == Actor("cli", "grace", "grace")
    assert Actor.from_json(this_user().to_json()) == this_user()
    assert Actor.from_json(None) == SERVICE
