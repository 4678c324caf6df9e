"""Killing a restore anywhere and running it again ends the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from snapshots.backup.read import open_archive
from snapshots.errors import DamageError, InvalidInput, JobCancelled, NotFound, StorageError
from snapshots.registry.engine import Registry, open_registry
from snapshots.registry.sites import SiteRow
from snapshots.restore import apply, records, report
from snapshots.restore.apply import apply_restore
from snapshots.restore.plan import load_plan, save_plan
from snapshots.restore.source import ArchiveSource

Dump = Callable[..., dict[str, list[tuple[Any, ...]]]]


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "PAGES_PER_GROUP", 2)


def without_moments(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """Two runs park the same records at different moments, and a killed one may use up an id that a database gives."""
    return {**rows, "parked_record": [row[1:-1] for row in rows["parked_record"]]}


def restore_undisturbed(made_up: Any, folder: Path, dump: Dump, add_row: Callable[[Registry], SiteRow]) -> Any:
    with open_registry(f"sqlite:///{folder / 'undisturbed.db'}") as registry:
        row = add_row(registry)
        made_up.apply(registry, row, made_up.plan(registry, row))
        return without_moments(dump(registry, logs=False))


class Killed(BaseException):
    """What happens to a process that is killed: nothing after it runs."""


def test_every_group_boundary(
    registry: Registry, any_site: SiteRow, made_up: Any, tmp_path: Path, dump: Dump, add_site_row: Any
) -> None:
    archive = made_up(pages_count=9, versions_each=3, missing=3)
    wanted = restore_undisturbed(archive, tmp_path, dump, add_site_row)
    plan = archive.plan(registry, any_site)
    asked = 0

    def kill() -> bool:
        nonlocal asked
        asked += 1
        raise Killed

    # Each run gets one group further than the one before it, and dies.
    for groups in range(5):
        steps = iter([False] * 1)
        with pytest.raises(Killed):
            archive.apply(
                registry, any_site, plan, should_stop=lambda steps=steps: next(steps, None) is None and kill()
            )
        if groups == 0:
            assert dump(registry, logs=False) != wanted
    last = archive.apply(registry, any_site, plan)
    assert asked == 5
    assert without_moments(dump(registry, logs=False)) == wanted
    assert last.restore.state == "done"
    assert last.groups == 5
    assert last.totals["version"] == {"created": 18, "parked": 9}
    assert len(dump(registry)["restore"]) == 1, "a resumed restore is the same restore"


def test_failure_inside_a_group_leaves_nothing_of_it(
    registry: Registry, any_site: SiteRow, made_up: Any, monkeypatch: pytest.MonkeyPatch, dump: Dump
) -> None:
    archive = made_up(pages_count=4, versions_each=2)
    plan = archive.plan(registry, any_site)
    before = dump(registry, logs=False)

    def fail(*_: Any, **__: Any) -> None:
        raise DamageError("The disk is on fire; put it out.")

    with monkeypatch.context() as patched:
        patched.setattr(apply, "write_parked", fail)
        with pytest.raises(DamageError):
            archive.apply(registry, any_site, plan)
    assert dump(registry, logs=False) == before
    assert report.list_restores(registry, any_site).restores[0].restore.state == "failed"
    assert archive.apply(registry, any_site, plan).totals["version"] == {"created": 8}


def test_stop_and_go_on(registry: Registry, any_site: SiteRow, made_up: Any) -> None:
    archive = made_up(pages_count=6, versions_each=1)
    plan = archive.plan(registry, any_site)
    answers = iter([False, True])
    with pytest.raises(JobCancelled, match="1 of 3 groups"):
        archive.apply(registry, any_site, plan, should_stop=lambda: next(answers))
    status = report.list_restores(registry, any_site)
    assert [(one.restore.state, one.groups) for one in status.restores] == [("cancelled", 1)]
    assert archive.apply(registry, any_site, plan).totals["version"] == {"created": 6}


CHILD = """
import sys
from pathlib import Path
from snapshots.backup.read import open_archive
from snapshots.registry import sites
from snapshots.registry.engine import open_registry
from snapshots.restore import records
from snapshots.restore.apply import apply_restore
from snapshots.restore.plan import load_plan
from snapshots.restore.source import ArchiveSource

url, archive, plan = sys.argv[1:]
records.PAGES_PER_GROUP = 2
with open_registry(url) as registry, open_archive(Path(archive)) as opened:
    with registry.read() as conn:
        row = sites.get_site(conn, "here")
    print("begun", flush=True)
    apply_restore(registry, row, ArchiveSource(opened), load_plan(Path(plan)))
"""


def test_kill_9_at_any_moment(
    registry: Registry,
    registry_url: str,
    any_site: SiteRow,
    made_up: Any,
    tmp_path: Path,
    dump: Dump,
    add_site_row: Any,
) -> None:
    archive = made_up(pages_count=60, versions_each=30, missing=5)
    wanted = restore_undisturbed(archive, tmp_path, dump, add_site_row)
    save_plan(archive.plan(registry, any_site), tmp_path / "plan.json")
    plan = load_plan(tmp_path / "plan.json")
    arguments = [sys.executable, "-c", CHILD, registry_url, str(archive.archive), str(tmp_path / "plan.json")]
    chance = random.Random(os.environ.get("PYTEST_CURRENT_TEST"))
    for _ in range(2):
        child = subprocess.Popen(arguments, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.25))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    archive.apply(registry, any_site, plan)
    assert without_moments(dump(registry, logs=False)) == wanted


def test_plan_is_pinned_to_archive_and_site(
    sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any, dump: Dump
) -> None:
    archive = made_up(pages_count=2, versions_each=1)
    plan = archive.plan(sqlite_registry, sqlite_site)
    before = dump(sqlite_registry)
    for changed in (
        msgspec.structs.replace(plan, source=msgspec.structs.replace(plan.source, sha256="0" * 64)),
        msgspec.structs.replace(plan, destination=msgspec.structs.replace(plan.destination, cloud_id="elsewhere")),
    ):
        with pytest.raises(InvalidInput, match="plan"):
            archive.apply(sqlite_registry, sqlite_site, changed)
    assert dump(sqlite_registry) == before


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_damaged_archive_is_refused_before_anything_is_written(
    sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any, dump: Dump, damage: str
) -> None:
    archive = made_up(pages_count=3, versions_each=2)
    plan = archive.plan(sqlite_registry, sqlite_site)
    whole = archive.archive.read_bytes()
    middle = len(whole) // 3
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    archive.archive.write_bytes(whole[: len(whole) // 2] if damage == "cut" else flipped)
    before = dump(sqlite_registry)
    with pytest.raises((DamageError, InvalidInput, NotFound)):
        archive.apply(sqlite_registry, sqlite_site, plan)
    assert dump(sqlite_registry) == before


def test_registry_that_changed_since_the_plan(
    sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any, dump: Dump
) -> None:
    archive = made_up(pages_count=3, versions_each=2)
    first, second = (
        archive.plan(sqlite_registry, sqlite_site),
        archive.plan(sqlite_registry, sqlite_site, conflict="overwrite"),
    )
    archive.apply(sqlite_registry, sqlite_site, first)
    before = dump(sqlite_registry, logs=False)
    assert second.totals["version"] == {"created": 6}
    assert archive.apply(sqlite_registry, sqlite_site, second).totals["version"] == {"already_there": 6}
    assert dump(sqlite_registry, logs=False) == before


def test_page_that_is_gone_since_the_plan(sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any) -> None:
    archive = made_up(pages_count=2, versions_each=2)
    plan = archive.plan(sqlite_registry, sqlite_site)
    archive.site._pages.pop()
    done = archive.apply(sqlite_registry, sqlite_site, plan, confluence=archive.site)
    assert done.totals["version"] == {"created": 2, "parked": 2}
    assert [finding.kind for finding in done.findings] == ["page-gone"]
    assert done.parked_reasons == {"its page 90000002 here is gone since the plan was made": 4}


@pytest.mark.parametrize(
    ("policy", "expected"), [("skip", "Someone else"), ("overwrite", "Mia"), ("newest", "Someone else"), ("merge", "")]
)
def test_conflicts(sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any, policy: str, expected: str) -> None:
    archive = made_up(pages_count=1, versions_each=1)
    archive.apply(sqlite_registry, sqlite_site, archive.plan(sqlite_registry, sqlite_site))
    with sqlite_registry.write() as conn:
        empty = "" if policy == "merge" else "Someone else"
        conn.exec_driver_sql(f"UPDATE version SET captured_by_name = '{empty}'")
    plan = archive.plan(sqlite_registry, sqlite_site, conflict=policy)
    assert plan.totals["version"] == {"different": 1}
    assert "captured_by_name" in plan.findings[0].evidence
    archive.apply(sqlite_registry, sqlite_site, plan)
    with sqlite_registry.read() as conn:
        name = conn.exec_driver_sql("SELECT captured_by_name FROM version").scalar_one()
    assert name == ("Mia" if policy == "merge" else expected)


def test_reference_to_nothing_is_damage(sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any) -> None:
    archive = made_up(pages_count=1, versions_each=1)
    plan = archive.plan(sqlite_registry, sqlite_site)

    class Broken:
        def __init__(self, source: Any) -> None:
            self._source, self.facts = source, source.facts

        def iter_batches(self, kind: str) -> Any:
            return iter(()) if kind == "macro" else self._source.iter_batches(kind)

    with open_archive(archive.archive) as opened, pytest.raises(DamageError, match="refers to macro 1"):
        apply_restore(sqlite_registry, sqlite_site, Broken(ArchiveSource(opened)), plan)


def test_a_plan_never_takes_the_name_of_a_device(
    registry: Registry, any_site: SiteRow, made_up: Any, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "device")
    with pytest.raises(StorageError, match="it is not a file"):
        save_plan(made_up(pages_count=1, versions_each=1).plan(registry, any_site), tmp_path / "device")
    assert (tmp_path / "device").is_fifo()
