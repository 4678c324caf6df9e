"""The same demands on locks beside each database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from snapshots.jobs.database import SystemDatabase
from snapshots.jobs.locks import FileLocks, Locks, is_held, wait_for


@pytest.fixture
def locks(registry_url: str, data_dir: Path) -> Locks:
    return SystemDatabase(registry_url, data_dir).locks


def test_a_lock_is_held_once_until_it_is_released(locks: Locks) -> None:
    lock = locks.try_lock("site main")
    assert lock is not None
    assert locks.try_lock("site main") is None
    assert is_held(locks, "site main")
    assert not is_held(locks, "site other")
    lock.release()
    assert not is_held(locks, "site main")


def test_any_name_is_a_name(locks: Locks, data_dir: Path) -> None:
    names = ["../../etc/x", "a/b", "a b", "ä", "a%2Fb"]
    held = [locks.try_lock(name) for name in names]
    assert None not in held
    assert {path.parent for path in data_dir.rglob("*.lock")} <= {data_dir / "executors"}
    for lock in held:
        assert lock is not None
        lock.release()
    assert list(data_dir.rglob("*.lock")) == []


def test_what_killed_processes_left_is_swept_and_nothing_else(locks: Locks, data_dir: Path) -> None:
    held = locks.try_lock("held")
    assert held is not None
    (data_dir / "executors").mkdir(parents=True, exist_ok=True)
    (data_dir / "executors" / "executor%20gone.lock").touch()
    locks.sweep()
    assert is_held(locks, "held")
    assert not list(data_dir.rglob("*gone.lock")) or not isinstance(locks, FileLocks)
    held.release()


def test_waiting_ends_with_the_lock_or_by_giving_up(locks: Locks) -> None:
    lock = locks.try_lock("start")
    assert lock is not None
    pauses: list[float] = []

    def pause_and_release(seconds: float) -> None:
        pauses.append(seconds)
        lock.release()

    with wait_for(locks, "start", pause_and_release):
        assert len(pauses) == 1
        assert is_held(locks, "start")

        def give_up(seconds: float) -> None:
            raise TimeoutError

        with pytest.raises(TimeoutError), wait_for(locks, "start", give_up):
            pytest.fail("it was held twice")
    assert not is_held(locks, "start")


HOLD_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from snapshots.jobs.database import SystemDatabase
lock = SystemDatabase(sys.argv[1], Path(sys.argv[2])).locks.try_lock("executor 1")
print(lock is not None, flush=True)
time.sleep(60)
"""


def test_a_lock_ends_with_its_process(locks: Locks, registry_url: str, data_dir: Path, wait_until: Callable) -> None:
    command = [sys.executable, "-c", HOLD_UNTIL_KILLED, registry_url, str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "True\n"
        assert is_held(locks, "executor 1")
        holder.kill()
    wait_until(lambda: not is_held(locks, "executor 1"))
