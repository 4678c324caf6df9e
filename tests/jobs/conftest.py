from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from snapshots.jobs import JobEngine, JobKind, JobReader

WORKER = Path(__file__).with_name("worker.py")


@pytest.fixture(scope="session")
def kinds() -> tuple[JobKind, ...]:
    spec = importlib.util.spec_from_file_location("jobs_worker", WORKER)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return tuple(module.KINDS)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where each run of a step leaves a line."""
    path = tmp_path / "steps.log"
    path.touch()
    return path


@pytest.fixture
def open_engine(registry_url: str, data_dir: Path, kinds: tuple[JobKind, ...]) -> Iterator[Callable[..., JobEngine]]:
    """Opens one engine after another, as one process after another would."""
    opened: list[JobEngine] = []

    def open_next(more_kinds: tuple[JobKind, ...] = ()) -> JobEngine:
        for engine in opened:
            engine.close()
        named = {kind.name: kind for kind in (*kinds, *more_kinds)}
        opened[:] = [JobEngine(registry_url, named.values(), data_dir)]
        return opened[0]

    yield open_next
    for engine in opened:
        engine.close()


@pytest.fixture
def engine(open_engine: Callable[..., JobEngine]) -> JobEngine:
    return open_engine()


@pytest.fixture
def reader(registry_url: str, data_dir: Path) -> Iterator[JobReader]:
    opened = JobReader(registry_url, data_dir)
    yield opened
    opened.close()


class Worker:
    """Another process that runs jobs."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def read_line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def send(self, signal: int) -> None:
        self._process.send_signal(signal)

    def end(self) -> str:
        """Wait for it, and answer what it wrote to standard error."""
        _, errors = self._process.communicate(timeout=60)
        return errors

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def start_worker(registry_url: str, data_dir: Path) -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def start(command: str, kind: str = "", args: dict[str, Any] | None = None) -> Worker:
        more = [kind, json.dumps(args)] if kind else []
        workers.append(Worker(registry_url, str(data_dir), command, *more))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass within a minute"
        time.sleep(0.02)


@pytest.fixture(name="wait_until")
def wait_until_fixture() -> Callable[[Callable[[], bool]], None]:
    return wait_until
