"""How fast issues are read out of Jira, beside the packages `jira` and `atlassian-python-api`.

    python benchmarks/capture.py [--issues 5000] [--epics 200] [--latency 0.1] [--runs 3]

An emulated Jira runs as a process of its own; every contender reads the same issues with the same
fields from it, once as one flat list and once as epics with their children beneath them, without and
with a delay before each answer. The requests are counted by the emulator. Figures go to
benchmarks/capture.md, also when they are bad. Needs the `bench` extra.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import urllib3

from snapshots.atlassian.connection import Connection
from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.transport import Transport
from snapshots.capture.definition import Definition, Level
from snapshots.capture.reading import read_jira

REPORT = Path(__file__).with_suffix(".md")
ACCOUNT, TOKEN = "admin@example.com", "emulator"
FIELDS = ["summary", "status", "issuetype", "assignee", "priority", "labels", "fixVersions", "created", "description"]
ALL, EPICS, CHILDREN = "project = BENCH ORDER BY key", "project = BENCH AND type = Epic ORDER BY key", "parent = {}"

Tree = dict[str, list[str]]
"""Keys of children by the key of their parent; a flat list stands beneath the empty key."""


# Input


def write_issues(path: Path, count: int, epics: int, seed: int = 7) -> None:
    """Issues with a description of some eighty words; the first `epics` are the parents of all others, in turn."""
    chance = random.Random(seed)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 9))) for _ in range(2000)]
    with path.open("w") as file:
        for number in range(1, count + 1):
            is_epic = number <= epics
            person = chance.randint(1, 40)
            fields: dict[str, Any] = {
                "project": {"key": "BENCH", "name": "Benchmark"},
                "issuetype": {"name": "Epic" if is_epic else "Story"},
                "status": {"name": chance.choice(["To Do", "In Progress", "Done"])},
                "priority": {"name": chance.choice(["High", "Medium", "Low"])},
                "assignee": {"name": f"person{person}", "key": f"P{person}", "displayName": f"Person {person}"},
                "labels": chance.choices(words[:50], k=2),
                "fixVersions": [{"name": f"{chance.randint(1, 9)}.0"}],
                "summary": " ".join(chance.choices(words, k=8)),
                "description": " ".join(chance.choices(words, k=80)),
                "created": f"2026-01-{chance.randint(1, 28):02d}T10:00:00.000+0000",
            }
            if not is_epic:
                fields["parent"] = {"key": f"BENCH-{(number - epics - 1) % epics + 1}"}
            file.write(json.dumps({"id": str(number), "key": f"BENCH-{number}", "fields": fields}) + "\n")


class EmulatedJira:
    """A Jira in a process of its own, which counts the requests and may answer late."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = urllib3.PoolManager()

    def set_latency(self, seconds: float) -> None:
        weather = [{"kind": "latency", "path": "/rest/api/*", "seconds": seconds}] if seconds else []
        self._http.request("PUT", f"{self.url}/_emulator/weather", json=weather)

    def clear_requests(self) -> None:
        self._http.request("DELETE", f"{self.url}/_emulator/requests")

    def count_requests(self) -> int:
        answer = self._http.request("GET", f"{self.url}/_emulator/requests?requests=false").json()
        return int(answer["total"])


@contextmanager
def run_emulator(issues: Path) -> Iterator[EmulatedJira]:
    command = [sys.executable, "-m", "atlassian_emulator", "--port", "0", "--issues", str(issues)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = iter(process.stdout.readline, "ready\n")
            first = next(lines)
            for _ in lines:
                pass
            yield EmulatedJira(first.split()[1])
        finally:
            process.terminate()


# Contenders: each reads one flat list, and epics with their children


@dataclass(frozen=True)
class Contender:
    name: str
    read_flat: Callable[[str], Tree]
    read_levels: Callable[[str], Tree]


def snapshots() -> Contender:
    def read(url: str, *levels: str) -> Tree:
        transport = Transport(Connection(f"{url}/wiki", url, ACCOUNT, TOKEN))
        definition = Definition(tuple(Level(jql, ("key", *FIELDS)) for jql in levels))
        try:
            rows = read_jira(JiraClient(transport), definition, {}).iter_rows()
        finally:
            transport.close()
        tree: Tree = {}
        parent = ""
        for row in rows:
            if row.level == 1:
                parent = row.key if len(levels) > 1 else ""
            if row.level == len(levels):
                tree.setdefault(parent, []).append(row.key)
        return tree

    return Contender(
        f"snapshots {version('snapshots')}",
        lambda url: read(url, ALL),
        lambda url: read(url, EPICS, CHILDREN.format("$key")),
    )


def jira_package() -> Contender:
    from jira import JIRA

    def search(url: str) -> Callable[[str], list[str]]:
        client = JIRA(url, basic_auth=(ACCOUNT, TOKEN), options={"rest_api_version": "3"})
        return lambda jql: [
            issue.key for issue in client.enhanced_search_issues(jql, maxResults=0, fields=",".join(FIELDS))
        ]

    return Contender(f"jira {version('jira')}", *_query_by_query(search))


def atlassian_package() -> Contender:
    from atlassian import Jira

    def search(url: str) -> Callable[[str], list[str]]:
        client = Jira(url, username=ACCOUNT, password=TOKEN, cloud=True)

        def find(jql: str) -> list[str]:
            keys: list[str] = []
            token = None
            while True:
                # A hundred is the most that a search gives with fields; its own default is fifty.
                page = client.enhanced_jql(jql, fields=FIELDS, nextPageToken=token, limit=100)
                keys.extend(issue["key"] for issue in page["issues"])
                token = page.get("nextPageToken")
                if not token:
                    return keys

        return find

    return Contender(f"atlassian-python-api {version('atlassian-python-api')}", *_query_by_query(search))


def _query_by_query(
    search: Callable[[str], Callable[[str], list[str]]],
) -> tuple[Callable[[str], Tree], Callable[[str], Tree]]:
    """What one does with a client that knows nothing of levels: a query for the epics, then one for each."""

    def read_flat(url: str) -> Tree:
        return {"": search(url)(ALL)}

    def read_levels(url: str) -> Tree:
        find = search(url)
        return {epic: find(CHILDREN.format(epic)) for epic in find(EPICS)}

    return read_flat, read_levels


# Measuring


@dataclass(frozen=True)
class Figure:
    contender: str
    shape: str
    latency_seconds: float
    seconds: float
    requests: int


def measure(
    site: EmulatedJira, contender: Contender, latency_seconds: float, runs: int
) -> Iterator[tuple[Figure, Tree]]:
    for shape, read in (("flat list", contender.read_flat), ("two levels", contender.read_levels)):
        times = []
        found: Tree = {}
        for _ in range(runs):
            site.set_latency(latency_seconds)
            site.clear_requests()
            start = time.perf_counter()
            found = read(site.url)
            times.append(time.perf_counter() - start)
        requests = site.count_requests()
        yield Figure(contender.name, shape, latency_seconds, statistics.median(times), requests), found


def measure_all(options: argparse.Namespace) -> list[Figure]:
    figures: list[Figure] = []
    expected: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        issues = Path(folder) / "issues.jsonl"
        write_issues(issues, options.issues, options.epics)
        with run_emulator(issues) as site:
            for latency_seconds, runs in ((0.0, options.runs), (options.latency, 1)):
                for make in (snapshots, jira_package, atlassian_package):
                    for figure, found in measure(site, make(), latency_seconds, runs):
                        # The same issues beneath the same parents, or the times compare nothing.
                        seen = {parent: sorted(keys) for parent, keys in found.items()}
                        assert expected.setdefault(figure.shape, seen) == seen, figure
                        print(f"{figure.contender:32} {figure.shape:10} {figure.seconds:8.2f} s", flush=True)
                        figures.append(figure)
    return figures


def render(figures: list[Figure], options: argparse.Namespace) -> str:
    lines = [
        "# Reading issues out of Jira",
        "",
        f"`python benchmarks/capture.py --issues {options.issues} --epics {options.epics} "
        f"--latency {options.latency} --runs {options.runs}`, "
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {time.strftime('%B %Y')}.",
        "",
        f"{options.issues:,} issues with {len(FIELDS)} fields from one emulated Jira; *two levels* are "
        f"{options.epics} epics with the other issues beneath them. The emulator runs on the same cores and sets the "
        f"pace where there is no delay: there the median of {options.runs} runs, with a delay one run. Every "
        "contender found the same issues beneath the same parents.",
        "",
        "| contender | shape | delay of each answer | seconds | issues/s | requests |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {figure.contender} | {figure.shape} | {figure.latency_seconds * 1000:.0f} ms | {figure.seconds:.2f} "
        f"| {options.issues / figure.seconds:,.0f} | {figure.requests} |"
        for figure in figures
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--issues", type=int, default=5_000)
    parser.add_argument("--epics", type=int, default=200)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds before each answer, in the second half")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    report = render(measure_all(options), options)
    REPORT.write_text(report)
    print(f"\n{report}\nwritten to {REPORT}")


if __name__ == "__main__":
    main()
