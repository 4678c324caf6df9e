"""Two servers over one home: jobs of a site exclude each other, and either server tells of them all."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from snapshots.jobs.locks import FileLocks

from .calling import new_key, pipeline


@contextmanager
def held_back(home: Path) -> Iterator[None]:
    """While inside, a backup of acme begins and does not get on."""
    deadline = time.monotonic() + 30
    # The job before may still be on its way out.
    while (lock := FileLocks(home / "executors").try_lock("exclusive acme: registry")) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    try:
        yield
    finally:
        lock.release()


@pytest.mark.timeout(300)
def test_two_servers_see_and_stop_each_others_tasks(serve: Any, tmp_path: Path) -> None:
    first = serve()
    second = type(first)(first.home, environ={})
    second.start()
    try:
        key = new_key(first.home, "pipeline")
        with pipeline(first.url, key) as one, pipeline(second.url, key) as other:
            with held_back(first.home):
                task = one("POST", "backups", 202).json()
                refused = other.problem("POST", "backups", 409, "already-running")
                assert refused["task"] == task["id"]
                seen = other("GET", task["links"]["self"], 200).json()
                assert (seen["state"], seen["percentage"]) == ("running", None)
                cancelled = other("POST", task["links"]["cancel"], 200).json()
                assert cancelled["state"] == "cancelled"
            assert one("GET", task["links"]["self"], 200).json()["state"] == "cancelled"
            with held_back(first.home):
                task = one("POST", "backups", 202).json()
                first.process.send_signal(signal.SIGKILL)
                first.process.wait(30)
                first.process = None
                deadline = time.monotonic() + 60
                while (state := other("GET", task["links"]["self"], 200).json())["state"] == "running":
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
                if state["state"] == "interrupted":
                    other.http.post(state["links"]["resume"])
            ended = other.wait(task)
            assert (ended["id"], ended["state"]) == (task["id"], "done")
            assert other("GET", ended["links"]["file"], 200).headers["etag"] == f'"{ended["result"]["sha256"]}"'
    finally:
        if second.process is not None:
            second.stop()
