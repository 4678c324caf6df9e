"""Keys of the API: their form, what is kept of them, and when they open."""

from __future__ import annotations

import json
import re
import time

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from snapshots.access import keys
from snapshots.access.actors import Actor
from snapshots.errors import InvalidInput, NotFound
from snapshots.registry import api_keys, audit_events, tables
from snapshots.registry.engine import Registry

HOUR = 3_600_000_000


def now() -> int:
    return time.time_ns() // 1000


def test_a_key_says_what_it_is_and_no_two_are_the_same() -> None:
    made = {keys.make_secret(["backup"]) for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"snapshots_backup_[0-9A-Za-z]{49}", key) for key in made)
    assert keys.make_secret(["backup", "restore"]).startswith("snapshots_api_")
    assert all(map(keys.is_well_formed, made))


@given(st.integers(0, 64), st.sampled_from("0aZ_-é\0 \n"))
def test_a_slip_of_the_hand_is_seen_by_the_checksum(place: int, other: str) -> None:
    key = keys.make_secret(["backup"])
    slip = key[:place] + other + key[place + 1 :]
    assert keys.is_well_formed(slip) == (slip == key)


def test_only_digests_are_kept(registry: Registry, site_ids: tuple[int, int], ada: Actor) -> None:
    with registry.write() as conn:
        row, first = keys.make_key(conn, site_ids[0], ada, name="nightly")
        _, second = keys.rotate_key(conn, site_ids[0], row.id, ada, grace_seconds=3600)
        everything = repr([conn.execute(sa.select(table)).all() for table in tables.metadata.sorted_tables])
    for secret in (first, second):
        assert secret not in everything
        assert secret[17:-6] not in everything
    assert keys.digest(second) in everything
    assert keys.digest(second) not in repr(row)


def test_a_key_opens_its_own_site_and_is_what_was_asked_for(
    registry: Registry, site_ids: tuple[int, int], ada: Actor
) -> None:
    with registry.write() as conn:
        made, secret = keys.make_key(conn, site_ids[0], ada, name=" nightly ")
        found = keys.recognise(conn, secret, now())
        assert (found.id, found.site_id, found.name) == (made.id, site_ids[0], "nightly")
        assert keys.scopes_of(found) == {"backup"}
        assert found.hint == f"snapshots_backup_…{secret[-4:]}"
        keys.require_scope(found, "backup")
        with pytest.raises(keys.ScopeMissing, match="'nightly' is not for restore"):
            keys.require_scope(found, "restore")
        with pytest.raises(NotFound, match="no API key"):
            api_keys.get_key(conn, site_ids[1], made.id)


@pytest.mark.parametrize("shown", [None, ""])
def test_no_key(registry: Registry, shown: str | None) -> None:
    with registry.read() as conn, pytest.raises(keys.KeyMissing, match="jira-snapshots-api-key"):
        keys.recognise(conn, shown, now())


def test_a_wrong_key_is_not_repeated_in_the_answer(registry: Registry) -> None:
    for shown in ("xyz", "snapshots_backup_", "\0\0", "ü" * 70, keys.make_secret(["backup"])):
        with registry.read() as conn, pytest.raises(keys.KeyUnknown) as refused:
            keys.recognise(conn, shown, now())
        assert shown not in str(refused.value)


def test_rotating_ends_the_old_key_at_once_or_after_its_grace(
    registry: Registry, site_ids: tuple[int, int], ada: Actor
) -> None:
    with registry.write() as conn:
        row, first = keys.make_key(conn, site_ids[0], ada, name="nightly")
        row, second = keys.rotate_key(conn, site_ids[0], row.id, ada, grace_seconds=3600)
        assert {keys.recognise(conn, key, now()).id for key in (first, second)} == {row.id}
        with pytest.raises(keys.KeyEnded, match="was rotated"):
            keys.recognise(conn, first, now() + HOUR)
        _, third = keys.rotate_key(conn, site_ids[0], row.id, ada)
        keys.recognise(conn, third, now())
        for old in (first, second):
            with pytest.raises((keys.KeyEnded, keys.KeyUnknown)):
                keys.recognise(conn, old, now())
        with pytest.raises(InvalidInput, match="604800"):
            keys.rotate_key(conn, site_ids[0], row.id, ada, grace_seconds=5)


def test_a_key_ends_when_it_expires_is_disabled_or_revoked(
    registry: Registry, site_ids: tuple[int, int], ada: Actor
) -> None:
    site_id = site_ids[0]
    with registry.write() as conn:
        row, secret = keys.make_key(conn, site_id, ada, name="nightly", expires_at=now() + HOUR)
        with pytest.raises(keys.KeyEnded, match="expired"):
            keys.recognise(conn, secret, now() + HOUR)
        keys.set_expiry(conn, site_id, row.id, ada, None)
        keys.recognise(conn, secret, now() + HOUR)
        keys.disable_key(conn, site_id, row.id, ada)
        with pytest.raises(keys.KeyEnded, match="disabled: an administrator can enable it again"):
            keys.recognise(conn, secret, now())
        keys.enable_key(conn, site_id, row.id, ada)
        keys.recognise(conn, secret, now())
        keys.revoke_key(conn, site_id, row.id, ada)
        keys.revoke_key(conn, site_id, row.id, ada)
        with pytest.raises(keys.KeyEnded, match="revoked"):
            keys.recognise(conn, secret, now())
        with pytest.raises(InvalidInput, match="cannot be undone"):
            keys.enable_key(conn, site_id, row.id, ada)
        actions = [event.action for event in audit_events.list_events(conn, site_id)]
    assert actions == ["key.revoked", "key.enabled", "key.disabled", "key.changed", "key.created"]


def test_what_cannot_be_a_key(registry: Registry, site_ids: tuple[int, int], ada: Actor) -> None:
    with registry.write() as conn:
        row, _ = keys.make_key(conn, site_ids[0], ada, name="nightly")
        for wrong in (
            {"name": ""},
            {"name": "a\nb"},
            {"name": "n" * 81},
            {"name": "nightly"},
            {"name": "x", "scopes": []},
            {"name": "x", "scopes": ["everything"]},
            {"name": "x", "expires_at": now() - 1},
        ):
            with pytest.raises(InvalidInput):
                keys.make_key(conn, site_ids[0], ada, **wrong)
        keys.revoke_key(conn, site_ids[0], row.id, ada)
        again, _ = keys.make_key(conn, site_ids[0], ada, name="nightly", scopes=["jira-data", "backup", "backup"])
        assert json.loads(again.scopes) == ["backup", "jira-data"]
        assert [key.id for key in api_keys.list_keys(conn, site_ids[0])] == [again.id, row.id]
        assert api_keys.list_keys(conn, site_ids[1]) == []
