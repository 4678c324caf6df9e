"""Uses of keys in the audit log, and wrong keys slowed down."""

from __future__ import annotations

import json
import threading
import time

import pytest

from snapshots.access import keys
from snapshots.access.actors import Actor
from snapshots.access.uses import UseLog, WrongKeys
from snapshots.errors import StorageError, TooManyTries
from snapshots.registry import api_keys, audit_events
from snapshots.registry.engine import Registry


def test_every_use_is_in_the_log_and_a_storm_is_one_row(
    registry: Registry, site_ids: tuple[int, int], ada: Actor
) -> None:
    with registry.write() as conn:
        row, _ = keys.make_key(conn, site_ids[0], ada, name="nightly")
    uses = UseLog(registry)
    uses.note_use(row, "192.0.2.1", "POST backups")
    uses.flush()

    def poll() -> None:
        for _ in range(250):
            uses.note_use(row, "192.0.2.1", "GET tasks")

    polling = [threading.Thread(target=poll) for _ in range(4)]
    for thread in polling:
        thread.start()
    for thread in polling:
        thread.join()
    uses.flush()
    uses.flush(everything=True)
    with registry.read() as conn:
        events = [event for event in audit_events.list_events(conn, site_ids[0]) if event.action == "key.used"]
        used = api_keys.get_key(conn, site_ids[0], row.id)
    assert [json.loads(event.details)["requests"] for event in events] == [{"GET tasks": 1000}, {"POST backups": 1}]
    assert {event.actor_name for event in events} == {"nightly"}
    assert used.last_used_address == "192.0.2.1"
    assert used.last_used_at is not None and abs(used.last_used_at - time.time_ns() // 1000) < 60_000_000


def test_refusals_are_noted_without_the_key(registry: Registry, site_ids: tuple[int, int]) -> None:
    uses = UseLog(registry)
    uses.note_refusal(site_ids[0], "192.0.2.9", "key-unknown")
    uses.note_refusal(None, "192.0.2.9", "key-missing")
    uses.flush(everything=True)
    with registry.read() as conn:
        events = audit_events.list_events(conn, None)
    assert {(event.site_id, event.action, event.outcome, event.address) for event in events} == {
        (site_ids[0], "key.refused", "refused", "192.0.2.9"),
        (None, "key.refused", "refused", "192.0.2.9"),
    }


def test_an_address_with_many_wrong_keys_is_told_to_wait_and_others_are_not() -> None:
    wrong = WrongKeys(free_tries=3, seconds=0.5)
    for _ in range(3):
        wrong.count("2001:db8::1")
    with pytest.raises(TooManyTries, match="Too many wrong API keys") as refused:
        wrong.count("2001:db8::ffff")
    assert refused.value.retry_after_seconds == 1
    wrong.count("2001:db8:0:1::1")
    wrong.count("192.0.2.1")
    wrong.count("no address")
    time.sleep(0.55)
    wrong.count("2001:db8::1")


def test_uses_that_could_not_be_noted_are_noted_later(
    registry: Registry, site_ids: tuple[int, int], ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with registry.write() as conn:
        row, _ = keys.make_key(conn, site_ids[0], ada, name="nightly")
    uses = UseLog(registry)
    uses.note_use(row, "192.0.2.1", "GET tasks")
    with monkeypatch.context() as broken:
        broken.setattr(registry, "write", lambda: (_ for _ in ()).throw(StorageError("The disk is full.")))
        with pytest.raises(StorageError):
            uses.flush()
    uses.note_use(row, "192.0.2.1", "GET tasks")
    uses.flush()
    with registry.read() as conn:
        events = [event for event in audit_events.list_events(conn, site_ids[0]) if event.action == "key.used"]
    assert [json.loads(event.details)["requests"] for event in events] == [{"GET tasks": 2}]
