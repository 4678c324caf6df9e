"""A restore and its undo together change nothing; what was done in between is kept."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from snapshots.errors import InvalidInput, JobCancelled, NotFound
from snapshots.registry import restores, stickers, tables, versions
from snapshots.registry.engine import Registry
from snapshots.registry.sites import SiteRow
from snapshots.registry.versions import NewVersion
from snapshots.restore import records
from snapshots.restore.undo import UndoReport, choose_restore, plan_undo, undo_restore

M1 = "11111111-aaaa-4aaa-8aaa-000000000001"
Dump = Callable[..., dict[str, list[tuple[Any, ...]]]]


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "PAGES_PER_GROUP", 2)


def undo(registry: Registry, site: SiteRow, restore_id: int | None = None, **arguments: Any) -> UndoReport:
    """Plan, then do; the plan says what is done."""
    chosen = choose_restore(registry, site, restore_id)
    plan = plan_undo(registry, chosen)
    report = undo_restore(registry, chosen, **arguments)
    assert (report.totals, report.findings) == (plan.totals, plan.findings)
    return report


def test_undo_puts_everything_back(registry: Registry, any_site: SiteRow, made_up: Any, dump: Dump) -> None:
    archive = made_up(pages_count=9, versions_each=3, missing=3)
    before = dump(registry, logs=False)
    plan = archive.plan(registry, any_site)
    first = archive.apply(registry, any_site, plan)
    restored = dump(registry, logs=False)
    report = undo(registry, any_site)
    assert dump(registry, logs=False) == before
    assert report.restore.state == "undone"
    assert report.totals == {
        "space": {"removed": 1},
        "page": {"removed": 6},
        "macro": {"removed": 6},
        "version": {"removed": 18},
        "sticker": {"removed": 2},
        "sticker_assignment": {"removed": 2},
        "parked_record": {"removed": 3 + 3 + 9 + 1 + 1},
    }
    again = undo_restore(registry, report.restore)
    assert [finding.kind for finding in again.findings] == ["already-undone"]
    with pytest.raises(NotFound, match="left to undo"):
        choose_restore(registry, any_site, None)
    # The same plan may be carried out anew: the restore that was undone is past.
    assert archive.apply(registry, any_site, plan).totals == first.totals
    moment = -1
    assert [row[:moment] for row in dump(registry, logs=False)["version"]] == [
        row[:moment] for row in restored["version"]
    ]


@pytest.mark.parametrize("policy", ["skip", "overwrite", "newest", "merge"])
def test_undo_of_a_restore_over_what_was_there(
    registry: Registry, any_site: SiteRow, made_up: Any, dump: Dump, policy: str
) -> None:
    """Records that differ, numbers that move, stickers of another colour, and pages without a trace here."""
    archive = made_up(pages_count=7, versions_each=4)
    archive.apply(registry, any_site, archive.plan(registry, any_site))
    with registry.write() as conn:
        for statement in (
            "UPDATE version SET captured_by_name = '' WHERE id % 3 = 0",
            "UPDATE version SET row_counts = '[9]' WHERE id % 5 = 0",
            "UPDATE macro SET definition = '{}' WHERE id % 2 = 0",
            "UPDATE sticker SET colour = 'red', created_at = 1 WHERE id % 2 = 0",
            "UPDATE sticker_assignment SET assigned_by = '' WHERE id % 2 = 0",
            "DELETE FROM sticker_assignment WHERE id > 2",
            "DELETE FROM version WHERE id % 4 = 0 AND id NOT IN (SELECT version_id FROM sticker_assignment)",
            "UPDATE version SET capture_id = capture_id || '-of-here' WHERE id % 7 = 0",
            "DELETE FROM version WHERE macro_id = 6",
            "DELETE FROM macro WHERE id = 6",
            "DELETE FROM page WHERE id = 6",
        ):
            conn.execute(sa.text(statement))
    before = dump(registry, logs=False)
    archive.apply(registry, any_site, archive.plan(registry, any_site, conflict=policy))
    assert dump(registry, logs=False) != before
    report = undo(registry, any_site)
    assert report.findings == ()
    assert dump(registry, logs=False) == before


@pytest.mark.parametrize("seed", range(3))
def test_chain_of_restores_is_undone_step_by_step(
    registry: Registry, any_site: SiteRow, made_up: Any, dump: Dump, seed: int
) -> None:
    """Waves of pages arrive, each with a restore that takes up what is parked; undone in reverse, step by step."""
    chance = random.Random(seed)
    archive = made_up(pages_count=8, versions_each=3)
    everything = list(archive.site._pages)
    states = []
    for _ in range(4):
        archive.site._pages[:] = chance.sample(everything, chance.randrange(1, len(everything)))
        states.append(dump(registry, logs=False))
        plan = archive.plan(registry, any_site, conflict=chance.choice(["skip", "overwrite"]))
        archive.apply(registry, any_site, plan)
    with registry.read() as conn:
        ids = [row.id for row in restores.list_restores(conn, any_site.id)]
    for restore_id, state in zip(ids, reversed(states), strict=True):
        undo(registry, any_site, restore_id)
        assert dump(registry, logs=False) == state


def test_restores_of_the_same_pages_are_undone_newest_first(
    registry: Registry, any_site: SiteRow, made_up: Any, dump: Dump
) -> None:
    archive = made_up(pages_count=4, versions_each=2, missing=1)
    archive.apply(registry, any_site, archive.plan(registry, any_site))
    with registry.write() as conn:
        conn.exec_driver_sql("UPDATE version SET captured_by_name = 'Somebody' WHERE id = 1")
    archive.apply(registry, any_site, archive.plan(registry, any_site, conflict="overwrite"))
    with registry.read() as conn:
        second, first = restores.list_restores(conn, any_site.id)
    before = dump(registry)
    with pytest.raises(InvalidInput, match=rf"undo restore {second.id} first"):
        plan_undo(registry, first)
    with pytest.raises(InvalidInput, match=rf"undo restore {second.id} first"):
        undo_restore(registry, first)
    assert dump(registry) == before
    undo(registry, any_site, second.id)
    undo(registry, any_site, first.id)
    assert dump(registry, logs=False)["version"] == []


def test_a_restore_that_changed_nothing_is_in_nobodys_way(
    sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any
) -> None:
    archive = made_up(pages_count=3, versions_each=2)
    for policy in ("skip", "overwrite"):
        archive.apply(sqlite_registry, sqlite_site, archive.plan(sqlite_registry, sqlite_site, conflict=policy))
    with sqlite_registry.read() as conn:
        first = restores.list_restores(conn, sqlite_site.id)[-1]
    assert undo(sqlite_registry, sqlite_site, first.id).totals["version"] == {"removed": 6}


def take(registry: Registry, macro_id: int, name: str) -> int:
    with registry.write() as conn:
        new = NewVersion(
            macro_id=macro_id,
            capture_id=name,
            captured_at=2 * 10**15,
            captured_by="5b10",
            captured_by_name="Mia",
            trigger="person",
            page_version=9,
            attachment_version=9,
            payload_sha256="0" * 64,
            payload_bytes=1,
            data_sha256="0" * 64,
            row_counts="[1]",
        )
        return versions.add_version(conn, new).id


def test_what_was_done_since_is_kept(registry: Registry, any_site: SiteRow, made_up: Any, dump: Dump) -> None:
    """A snapshot of a restored macro, a sticker on a restored version, a restored sticker put on another one."""
    archive = made_up(pages_count=5, versions_each=2)
    archive.apply(registry, any_site, archive.plan(registry, any_site))
    taken = take(registry, 1, "taken since")
    with registry.write() as conn:
        of_page_2 = stickers.put_sticker(conn, 2, "mine", "red", created_by="5b10", created_at=9)
        stickers.assign_sticker(conn, of_page_2, version_ids(registry, 2)[0], assigned_by="5b10", assigned_at=9)
        stickers.assign_sticker(
            conn, sticker_id(registry, 4), version_ids(registry, 4)[1], assigned_by="5b10", assigned_at=9
        )
    report = undo(registry, any_site)
    left = dump(registry, logs=False)
    assert [row[0] for row in left["page"]] == [1, 2, 4]
    assert [(row[0], row[1]) for row in left["version"]] == sorted(
        [(taken, 1), (version_ids(registry, 2)[0], 2), (version_ids(registry, 4)[0], 4)]
    )
    assert len(left["sticker_assignment"]) == 2
    assert report.totals["version"] == {"removed": 8, "kept": 2}
    assert {finding.kind for finding in report.findings} == {"later-work-kept"}
    assert sorted(finding.record.split("'")[1] for finding in report.findings) == ["Page 1", "Page 2", "Page 4"]
    assert (
        "1 snapshot" in report.findings[[one.record.split("'")[1] for one in report.findings].index("Page 1")].evidence
    )


def version_ids(registry: Registry, macro_id: int) -> list[int]:
    with registry.read() as conn:
        return [row.id for row in reversed(versions.list_versions(conn, macro_id))]


def sticker_id(registry: Registry, page_id: int) -> int:
    with registry.read() as conn:
        return stickers.list_stickers(conn, page_id)[0].id


def test_a_sticker_that_was_taken_off_and_its_number_given_away(
    registry: Registry, any_site: SiteRow, made_up: Any, dump: Dump
) -> None:
    """SQLite gives a free id to the next row: that row is not the restore's."""
    archive = made_up(pages_count=4, versions_each=2)
    archive.apply(registry, any_site, archive.plan(registry, any_site))
    with registry.write() as conn:
        conn.exec_driver_sql("DELETE FROM sticker_assignment WHERE id = 2")
        # On PostgreSQL the sequence moves on; there the id is taken by force.
        row = {"id": 2, "sticker_id": 1, "version_id": version_ids(registry, 1)[1]}
        conn.execute(tables.sticker_assignment.insert(), {**row, "assigned_by": "5b10", "assigned_at": 9})
    report = undo(registry, any_site)
    left = dump(registry, logs=False)
    assert [row[:3] for row in left["sticker_assignment"]] == [tuple(row.values())]
    assert [row[0] for row in left["page"]] == [1]
    assert report.totals["sticker_assignment"] == {"removed": 1}
    assert "1 sticker put on a version" in report.findings[0].evidence


def test_what_was_written_over_and_changed_again_stays(
    sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any, dump: Dump
) -> None:
    archive = made_up(pages_count=3, versions_each=1)
    archive.apply(sqlite_registry, sqlite_site, archive.plan(sqlite_registry, sqlite_site))
    with sqlite_registry.write() as conn:
        conn.exec_driver_sql("UPDATE macro SET definition = '{}'")
    overwritten = archive.plan(sqlite_registry, sqlite_site, conflict="overwrite")
    archive.apply(sqlite_registry, sqlite_site, overwritten)
    take(sqlite_registry, 1, "taken since")
    with sqlite_registry.write() as conn:
        conn.exec_driver_sql("UPDATE macro SET definition = '[]' WHERE id = 2")
    wanted = [row[4] for row in dump(sqlite_registry)["macro"][:2]] + ["{}"]
    report = undo(sqlite_registry, sqlite_site)
    assert [row[4] for row in dump(sqlite_registry)["macro"]] == wanted
    assert report.totals == {"macro": {"put_back": 1, "kept": 2}}
    assert [finding.kind for finding in report.findings] == ["later-work-kept", "later-work-kept"]


def test_numbers_stay_where_an_old_one_is_in_use(
    sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any, dump: Dump
) -> None:
    """A capture of here made room for a restored version, which has a sticker of its own since."""
    archive = made_up(pages_count=2, versions_each=2)
    archive.apply(sqlite_registry, sqlite_site, archive.plan(sqlite_registry, sqlite_site))
    with sqlite_registry.write() as conn:
        conn.exec_driver_sql("DELETE FROM sticker_assignment")
        conn.exec_driver_sql("UPDATE version SET capture_id = 'here-' || macro_id WHERE number = 1")
        conn.exec_driver_sql("DELETE FROM version WHERE number = 2")
    before = dump(sqlite_registry)["version"]
    archive.apply(sqlite_registry, sqlite_site, archive.plan(sqlite_registry, sqlite_site))
    with sqlite_registry.write() as conn:
        restored = conn.exec_driver_sql("SELECT id FROM version WHERE macro_id = 1 AND number = 1").scalar_one()
        mine = stickers.put_sticker(conn, 1, "mine", "red", created_by="5b10", created_at=9)
        stickers.assign_sticker(conn, mine, restored, assigned_by="5b10", assigned_at=9)
    report = undo(sqlite_registry, sqlite_site)
    numbers = {(row[1], row[2]): row[3] for row in dump(sqlite_registry)["version"]}
    assert numbers == {(1, "capture-1-1"): 1, (1, "here-1"): 3, (2, "here-2"): 1}
    assert before[1] in dump(sqlite_registry)["version"], "the other page is as it was"
    assert "keep their new numbers" in report.findings[0].evidence


def test_a_half_undone_restore_is_ended_first(registry: Registry, any_site: SiteRow, made_up: Any, dump: Dump) -> None:
    archive = made_up(pages_count=6, versions_each=1)
    before = dump(registry, logs=False)
    plan = archive.plan(registry, any_site)
    archive.apply(registry, any_site, plan)
    answers = iter([False, True])
    with pytest.raises(JobCancelled, match="1 of 3 groups"):
        undo_restore(registry, choose_restore(registry, any_site, None), should_stop=lambda: next(answers))
    assert len(dump(registry)["version"]) == 4
    with pytest.raises(InvalidInput, match="half undone"):
        archive.apply(registry, any_site, plan)
    assert plan_undo(registry, choose_restore(registry, any_site, None)).groups == 2
    report = undo_restore(registry, choose_restore(registry, any_site, None))
    assert dump(registry, logs=False) == before
    assert (report.groups, report.totals["version"]) == (3, {"removed": 6})


def test_a_restore_without_a_journal_is_not_undone(
    sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any, dump: Dump
) -> None:
    archive = made_up(pages_count=2, versions_each=1)
    archive.apply(sqlite_registry, sqlite_site, archive.plan(sqlite_registry, sqlite_site))
    with sqlite_registry.write() as conn:
        conn.exec_driver_sql("DELETE FROM restore_journal")
    before = dump(sqlite_registry)
    with pytest.raises(InvalidInput, match="kept no journal"):
        undo_restore(sqlite_registry, choose_restore(sqlite_registry, sqlite_site, None))
    assert dump(sqlite_registry) == before


CHILD = """
import sys
from snapshots.registry import sites
from snapshots.registry.engine import open_registry
from snapshots.restore.undo import choose_restore, undo_restore

with open_registry(sys.argv[1]) as registry:
    with registry.read() as conn:
        row = sites.get_site(conn, "here")
    restore = choose_restore(registry, row, None)
    print("begun", flush=True)
    undo_restore(registry, restore)
"""


def test_kill_9_at_any_moment(
    registry: Registry, registry_url: str, any_site: SiteRow, made_up: Any, dump: Dump
) -> None:
    archive = made_up(pages_count=30, versions_each=20, missing=5)
    before = dump(registry, logs=False)
    archive.apply(registry, any_site, archive.plan(registry, any_site))
    chance = random.Random(os.environ.get("PYTEST_CURRENT_TEST"))
    for _ in range(2):
        child = subprocess.Popen([sys.executable, "-c", CHILD, registry_url], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.1))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    with registry.read() as conn:
        (restore,) = restores.list_restores(conn, any_site.id)
    report = undo_restore(registry, restore)
    assert dump(registry, logs=False) == before
    assert report.totals["version"] == {"removed": 25 * 20}
