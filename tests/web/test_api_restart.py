"""A server that is killed in the middle of a backup, and started again: the task goes on and nobody calls twice."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from snapshots.backup.verify import verify_archive
from snapshots.registry import bulk

from .calling import ENDED, Pipeline, new_key, opened, pipeline

VERSIONS = 120_000


def fill(home: Path) -> None:
    """So many versions that a backup takes long enough to be killed in."""
    with opened(home) as app, app.registry.write() as conn:
        macro = conn.exec_driver_sql("SELECT min(id) FROM macro").scalar_one()
        first, digest = bulk.next_id(conn, "version"), "0" * 64
        who = ("712020:ada", "Ada Lovelace", "person")
        facts = (digest, 100, digest, "[1]", None)
        rows = (
            (first + n, macro, f"capture-{n}", 1000 + n, 1_700_000_000_000_000 + n, *who, n, n, *facts)
            for n in range(VERSIONS)
        )
        bulk.insert_records(conn, "version", rows)


def parts(home: Path) -> list[Path]:
    return list((home / "archives").glob(".*.part"))


def kill_while_it_writes(served: Any, call: Pipeline) -> dict[str, Any] | None:
    """The task of a backup whose server was killed in the middle; None when it was too late."""
    task: dict[str, Any] = call("POST", "backups", 202).json()
    deadline = time.monotonic() + 30
    while not parts(served.home):
        if call("GET", task["links"]["self"], 200).json()["state"] in ENDED:
            return None
        assert time.monotonic() < deadline
    served.process.send_signal(signal.SIGKILL)
    served.process.wait(30)
    served.process = None
    return task if parts(served.home) else None


@pytest.mark.timeout(300)
def test_a_backup_goes_on_after_its_server_was_killed(serve: Any) -> None:
    served = serve()
    fill(served.home)
    key = new_key(served.home, "pipeline")
    for _ in range(5):
        with pipeline(served.url, key) as call:
            task = kill_while_it_writes(served, call)
        if served.process is None:
            served.start()
        if task is not None:
            break
    assert task is not None
    with pipeline(served.url, key) as call:
        ended = call.wait(task, 120)
        assert (ended["id"], ended["state"], ended["percentage"]) == (task["id"], "done", 100)
        assert ended["counts"]["done"] == ended["counts"]["total"] > VERSIONS
        found = [item for item in call("GET", "backups", 200).json()["items"] if item["task"] == task["id"]]
        assert len(found) == 1
        view = found[0]
        path = served.home / "archives" / view["file_name"]
        assert verify_archive(path).findings == ()
        assert path.stat().st_size == view["bytes"]
        assert parts(served.home) == [], "what the killed one left is swept"
        # The way is free again.
        assert call.back_up(spaces=["QMS"])["state"] == "done"
