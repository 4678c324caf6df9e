"""`snapshots api`: switching it on and its keys, without a browser."""

from __future__ import annotations

from typing import Any

from snapshots.app import App
from snapshots.config import read_config
from snapshots.registry import audit_events


def test_a_key_is_printed_once_and_alone(snapshots: Any, site: Any, home: Any) -> None:
    assert "is on" in snapshots("api", "enable").out
    made = snapshots("api", "make-key", "nightly", "--scope", "backup", "--days", "30")
    key = made.out.strip()
    assert key.startswith("snapshots_backup_") and "shown this once" in made.err
    listed = snapshots("api", "keys", "--json").json()
    assert [(each["name"], each["scopes"], each["state"]) for each in listed] == [("nightly", ["backup"], "valid")]
    assert key not in snapshots("api", "keys").out
    number = str(listed[0]["id"])
    assert snapshots("api", "rotate-key", number, "--grace", "3600").out.strip() != key
    assert "604800" in snapshots("api", "rotate-key", number, "--grace", "5", code=3).err
    snapshots("api", "revoke-key", number)
    assert snapshots("api", "keys", "--json").json()[0]["state"] == "revoked"
    assert "no API key 99" in snapshots("api", "revoke-key", "99", code=3).err
    assert "is off" in snapshots("api", "disable").out
    with App(read_config({"SNAPSHOTS_HOME": str(home)})) as app, app.registry.read() as conn:
        events = audit_events.list_events(conn, None)
    assert {event.actor_kind for event in events} == {"cli"}
    assert key not in repr(events)
