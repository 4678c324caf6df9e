"""A running service under load: an archive of 2 GiB through its routes, and administrators who poll.

    python benchmarks/service.py --gib 2 --markdown benchmarks/service.md

Starts `snapshots serve` on a home of its own, whose registry holds macros with definitions that do not pack well,
enough for an archive of the size asked for. Everything goes through the REST API over a socket of this machine.
Peak memory is what the kernel says of the server's process (VmHWM), set back before each line; the job of the
backup runs in that process too. Needs about four times the size on the disk, in a temporary folder.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import platform
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from snapshots.access.actors import Actor
from snapshots.access.keys import HEADER, SCOPES
from snapshots.acts import api
from snapshots.app import App
from snapshots.config import read_config
from snapshots.registry import bulk, sites

GIB = 1 << 30
DEFINITION_BYTES = 3072
"""Of random bytes in each macro's definition, which base64 makes a third longer and deflate that much shorter again."""

SITE = "acme"
ADMIN = Actor("person", "benchmark", "Benchmark")


@dataclass
class Line:
    """One line of the table."""

    name: str
    seconds: float
    amount: str = ""
    peak_mib: float = 0.0
    notes: list[str] = field(default_factory=list)


def fill(home: Path, archive_bytes: int) -> str:
    """A registry for an archive of about so many bytes; answers a key of its site."""
    records = archive_bytes // (DEFINITION_BYTES + 40)
    chosen = random.Random(1)
    with App(read_config({"SNAPSHOTS_HOME": str(home)})) as app:
        with app.registry.write() as conn:
            site_id = sites.add_site(
                conn,
                name=SITE,
                deployment="cloud",
                confluence_url="https://acme.example/wiki",
                jira_url="https://acme.example",
                cloud_id="cloud-acme",
                account="admin@acme.example",
                secret="env:NO_TOKEN",
                created_at=1,
            ).id
            bulk.insert_records(conn, "space", [(1, "REL", "1", "Releases", site_id)])
            bulk.insert_records(conn, "page", ((n, 1, str(n), f"Page {n}") for n in range(1, records + 1)))
            with bulk.indexes_made_afterwards(conn, ["macro"]):
                bulk.insert_records(
                    conn,
                    "macro",
                    (
                        (
                            n,
                            n,
                            f"m{n}",
                            f"snapshots-m{n}.json",
                            base64.b64encode(chosen.randbytes(DEFINITION_BYTES)).decode(),
                        )
                        for n in range(1, records + 1)
                    ),
                )
        api.switch_api(app, SITE, ADMIN, enabled=True)
        return api.make_key(app, SITE, ADMIN, name="benchmark", scopes=SCOPES)[1]


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, int]]:
    """The address and process of a server."""
    log = home / "serve.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "snapshots", "serve", "--port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            env={**os.environ, "SNAPSHOTS_HOME": str(home), "COLUMNS": "300"},
        )
    try:
        while not (found := re.search(r"listens on (http\S+?),", log.read_text())):
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield found[1], process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


class Meter:
    """Memory and processor time of the server."""

    def __init__(self, pid: int) -> None:
        self.proc = Path(f"/proc/{pid}")

    def set_back(self) -> None:
        (self.proc / "clear_refs").write_text("5")

    def peak_mib(self) -> float:
        found = re.search(r"VmHWM:\s+(\d+) kB", (self.proc / "status").read_text())
        assert found
        return int(found[1]) / 1024

    def cpu_seconds(self) -> float:
        fields = (self.proc / "stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(meter: Meter, name: str, work: Callable[[], int | None]) -> Line:
    """Time and peak of one thing; `work` answers how many bytes it moved."""
    meter.set_back()
    cpu, started = meter.cpu_seconds(), time.perf_counter()
    moved = work()
    seconds = time.perf_counter() - started
    line = Line(name, seconds, peak_mib=meter.peak_mib())
    if moved:
        line.amount = f"{moved / GIB:.2f} GiB, {moved / 1e6 / seconds:,.0f} MB/s"
    line.notes.append(f"processor {meter.cpu_seconds() - cpu:.1f} s")
    return line


def wait(http: httpx.Client, task: dict[str, Any]) -> dict[str, Any]:
    while task["state"] not in ("done", "failed", "cancelled"):
        time.sleep(0.2)
        task = http.get(task["links"]["self"]).json()
    assert task["state"] == "done", task
    return task


def large_files(http: httpx.Client, meter: Meter, folder: Path) -> Iterator[Line]:
    made: dict[str, Any] = {}

    def back_up() -> int:
        made.update(wait(http, http.post(f"/api/v1/sites/{SITE}/backups").json()))
        return int(made["result"]["bytes"])

    yield measure(meter, "Back up (job in the server)", back_up)
    path = folder / "downloaded.zip"

    def download() -> int:
        digest = hashlib.sha256()
        with http.stream("GET", made["links"]["file"]) as answer, path.open("wb") as file:
            for block in answer.iter_bytes(1 << 20):
                digest.update(block)
                file.write(block)
        assert digest.hexdigest() == made["result"]["sha256"]
        return path.stat().st_size

    yield measure(meter, "Download", download)
    http.delete(made["links"]["backup"]).raise_for_status()
    uploaded: dict[str, Any] = {}

    def upload() -> int:
        with path.open("rb") as file:
            blocks = iter(lambda: file.read(1 << 20), b"")
            length = {"content-length": str(path.stat().st_size)}
            answer = http.post(f"/api/v1/sites/{SITE}/archives", content=blocks, headers=length)
        assert answer.status_code == 201, answer.text
        uploaded.update(answer.json())
        return path.stat().st_size

    yield measure(meter, "Upload, digest checked, facts read", upload)
    yield measure(meter, "Check every record (job in the server)", lambda: wait(http, uploaded["task"]) and None)
    http.delete(uploaded["archive"]["links"]["self"]).raise_for_status()
    path.unlink()


def open_clients(url: str, key: str, number: int) -> list[httpx.Client]:
    """Made before the clock runs: each reads the certificates of the world, or here does not."""
    return [httpx.Client(base_url=url, headers={HEADER: key}, verify=False) for _ in range(number)]


def polling(url: str, key: str, meter: Meter, people: int, seconds: float) -> Line:
    """So many that each look at a task once a second."""
    with httpx.Client(base_url=url, headers={HEADER: key}) as http:
        task = http.get(f"/api/v1/sites/{SITE}/tasks").json()["items"][0]["links"]["self"]
    took: list[float] = []
    clients = open_clients(url, key, people)
    ends = time.monotonic() + seconds

    def poll(number: int) -> None:
        with clients[number] as http:
            time.sleep(number / people)
            while time.monotonic() < ends:
                started = time.perf_counter()
                assert http.get(task).status_code == 200
                took.append(time.perf_counter() - started)
                time.sleep(max(0.0, 1 - (time.perf_counter() - started)))

    meter.set_back()
    cpu = meter.cpu_seconds()
    with ThreadPoolExecutor(people) as pool:
        list(pool.map(poll, range(people)))
    used = (meter.cpu_seconds() - cpu) / seconds
    took.sort()
    line = Line(f"{people} administrators poll once a second", seconds, f"{len(took):,} answers", meter.peak_mib())
    line.notes += [
        f"median {statistics.median(took) * 1000:.0f} ms",
        f"99 of 100 under {took[int(len(took) * 0.99)] * 1000:.0f} ms",
        f"{used:.0%} of one processor",
    ]
    return line


def polled_hard(url: str, key: str, meter: Meter, callers: int, seconds: float) -> Line:
    """As many looks at a task as the server answers."""
    with httpx.Client(base_url=url, headers={HEADER: key}) as http:
        task = http.get(f"/api/v1/sites/{SITE}/tasks").json()["items"][0]["links"]["self"]
    clients = open_clients(url, key, callers)
    count, lock, ends = 0, threading.Lock(), time.monotonic() + seconds

    def poll(number: int) -> None:
        nonlocal count
        with clients[number] as http:
            while time.monotonic() < ends:
                assert http.get(task).status_code == 200
                with lock:
                    count += 1

    meter.set_back()
    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(poll, range(callers)))
    return Line(
        f"{callers} callers without a pause", seconds, f"{count:,} answers, {count / seconds:,.0f}/s", meter.peak_mib()
    )


def render(lines: list[Line], arguments: argparse.Namespace) -> str:
    rows = [
        f"| {each.name} | {each.seconds:.1f} | {each.amount} | {each.peak_mib:.0f} MiB | {', '.join(each.notes)} |"
        for each in lines
    ]
    head = f"""# The service under load

`python benchmarks/service.py --gib {arguments.gib:g}`: one run, on a machine with {os.cpu_count()} cores that other
work shared, {platform.system()}, Python {platform.python_version()}, SQLite. Sender, receiver and server are on the
same machine, so all of them share its processors. What each line does is said in `benchmarks/service.py`.

| | seconds | amount | peak memory of the server | |
|---|--:|---|--:|---|
"""
    return head + "\n".join(rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--gib", type=float, default=2.0)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--markdown", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="snapshots-service-") as folder:
        home = Path(folder) / "home"
        key = fill(home, int(arguments.gib * GIB))
        with serving(home) as (url, pid):
            meter = Meter(pid)
            lines = [Line("At rest, started", 0.0, peak_mib=meter.peak_mib())]
            with httpx.Client(base_url=url, headers={HEADER: key}, timeout=600) as http:
                for line in large_files(http, meter, Path(folder)):
                    print(line, flush=True)
                    lines.append(line)
            lines.append(polling(url, key, meter, arguments.people, arguments.seconds))
            lines.append(polled_hard(url, key, meter, arguments.people, arguments.seconds / 2))
    text = render(lines, arguments)
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text)


if __name__ == "__main__":
    main()
