"""How fast the emulator is with a large site: starting, pages of issues, JQL and CQL through their indexes, lists.

    python benchmarks/emulator.py [--pages 100000] [--issues 200000] [--runs 15] [--data-dir DIR]

The site is made in DIR by `atlassian-emulator fill`, unless it is there already, and served by a process of its own;
times are those of one client over one kept-alive connection, to the last byte of the answer. Figures go to
benchmarks/emulator.md.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import urllib3

from atlassian_emulator.jira.jql.compile import compile_query
from atlassian_emulator.jira.jql.parser import parse
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.server import open_site

REPORT = Path(__file__).with_name("emulator.md")
AUTHORIZATION = "Basic " + base64.b64encode(b"admin@example.com:emulator").decode()
INDEXED = {
    "key": "key = PUMP-1200",
    "500 keys": f"key in ({', '.join(f'PUMP-{number}' for number in range(1, 501))})",
    "project": "project = PUMP",
    "parent": "parent = PUMP-1",
    "200 parents": f"parent in ({', '.join(f'PUMP-{number}' for number in range(1, 201))})",
    "link": "issue in linkedIssues(PUMP-1200)",
    "sprint": 'sprint = "PUMP sprint 3"',
    "label": "labels = audit-2026",
    "type and status": "project = PUMP AND issuetype = Bug AND status = Done",
    "updated": "updated >= -30d",
    "words": 'text ~ "alarm battery"',
}


class Served:
    """The emulator in a process of its own."""

    def __init__(self, data_dir: Path) -> None:
        command = [sys.executable, "-m", "atlassian_emulator", "--port", "0", "--data-dir", str(data_dir)]
        started = time.perf_counter()
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        while self._process.stdout.readline().strip() != "ready":
            pass
        self.start_seconds = time.perf_counter() - started
        self.url = first.split()[1]
        self._pool = urllib3.PoolManager()
        self.answer_bytes = 0

    def ask(self, method: str, path: str, body: object = None) -> dict:
        return json.loads(self.fetch(method, path, body))

    def fetch(self, method: str, path: str, body: object = None) -> bytes:
        headers = {"Authorization": AUTHORIZATION}
        answer = self._pool.request(method, self.url + path, json=body, headers=headers)
        assert answer.status == 200, (path, answer.status, answer.data[:300])
        self.answer_bytes = len(answer.data)
        return answer.data

    def stop(self) -> int:
        """Stop it and return the most memory it had, in MiB; 0 where the system does not tell."""
        status = Path(f"/proc/{self._process.pid}/status")
        told = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
        self._process.terminate()
        self._process.wait()
        return int(told[1]) // 1024 if told else 0


def measure(ask: Callable[[], object], runs: int) -> tuple[float, float]:
    """Return the median and the slowest of the runs in milliseconds; what comes first warms up."""
    ask()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        ask()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times), max(times)


def tables_scanned(data_dir: Path) -> dict[str, str]:
    """Return how SQLite finds the issues of each query: its own words for the first step."""
    site = open_site("acme", data_dir=data_dir)
    found = {}
    with site.database.read() as c:
        scope = site.part(Jira).scope(c, site.users.find_by_email("admin@example.com"))
        for name, jql in INDEXED.items():
            select = compile_query(parse(jql), scope).to_select()
            plan = [row[3] for row in c.execute(f"EXPLAIN QUERY PLAN {select.text}", select.parameters)]
            found[name] = next(step for step in plan if " i" in step or "jira_issues" in step)
    site.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--issues", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--data-dir", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data_dir = options.data_dir or Path(scratch) / "site"
        made = ""
        if not (data_dir / "site.db").exists():
            command = [sys.executable, "-m", "atlassian_emulator", "fill", "--data-dir", str(data_dir)]
            command += ["--pages", str(options.pages), "--issues", str(options.issues)]
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            made = f" It was made in {time.perf_counter() - started:.0f} s."
        report(data_dir, options, made)
    return 0


def report(data_dir: Path, options: argparse.Namespace, made: str) -> None:
    size_mib = (data_dir / "site.db").stat().st_size >> 20
    served = Served(data_dir)
    rows = measure_all(served, options.runs)
    memory_mib = served.stop()
    plans = tables_scanned(data_dir)
    lines = [
        "# A large emulated site",
        "",
        f"`python benchmarks/emulator.py --pages {options.pages} --issues {options.issues} --runs {options.runs}`,"
        f" Python {platform.python_version()}, {os.cpu_count()} cores, {time.strftime('%B %Y')}.",
        "",
        f"{options.pages:,} pages and {options.issues:,} issues in {size_mib:,} MiB.{made}"
        f" Started from its directory in **{served.start_seconds:.2f} s**, at most {memory_mib:,} MiB of memory.",
        "Milliseconds of one client over one connection, from the request to the last byte of the answer.",
        "",
        "| request | answer | median ms | slowest ms |",
        "|---|---|---|---|",
        *(f"| {name} | {answer} | {median:.1f} | {slowest:.1f} |" for name, answer, median, slowest in rows),
        "",
        "How SQLite finds the issues of each query (SEARCH goes through an index, SCAN reads them all):",
        "",
        "| query | first step |",
        "|---|---|",
        *(f"| {name} | `{plan}` |" for name, plan in plans.items()),
        "",
    ]
    REPORT.write_text("\n".join(lines), "utf-8")
    print("\n".join(lines))


def measure_all(served: Served, runs: int) -> list[tuple[str, str, float, float]]:
    rows = []

    def add(name: str, member: str, method: str, path: str, body: object = None) -> dict:
        answer = served.ask(method, path, body)
        count = len(answer[member]) if member else 1
        median, slowest = measure(lambda: served.fetch(method, path, body), runs)
        rows.append((name, f"{count:,} in {served.answer_bytes / 1024:,.0f} KiB", median, slowest))
        return answer

    search, full = "/rest/api/3/search/jql", {"fields": ["*all"], "maxResults": 100}
    found = add("100 full issues by JQL", "issues", "POST", search, {"jql": "project = PUMP", **full})
    ids = [issue["id"] for issue in found["issues"]]
    bulk = {"issueIdsOrKeys": ids, "fields": ["*all"]}
    add("100 full issues by id (bulkfetch)", "issues", "POST", "/rest/api/3/issue/bulkfetch", bulk)
    add("5,000 ids", "issues", "POST", search, {"jql": "project = PUMP", "maxResults": 5000})
    add("one issue", "", "GET", "/rest/api/3/issue/PUMP-1200")
    for name, jql in INDEXED.items():
        add(f"JQL by {name}", "issues", "POST", search, {"jql": jql})
    add("changelogs of 100 issues", "issueChangeLogs", "POST", "/rest/api/3/changelog/bulkfetch", bulk_ids(ids))
    pages = add("250 pages with bodies", "results", "GET", "/wiki/api/v2/pages?limit=250&body-format=storage")
    add("one page with its body", "", "GET", f"/wiki/api/v2/pages/{pages['results'][100]['id']}?body-format=storage")
    space = served.ask("GET", "/wiki/api/v2/spaces?keys=SPACE3")["results"][0]
    add("250 pages of a space", "results", "GET", f"/wiki/api/v2/spaces/{space['id']}/pages?limit=250")
    add("versions of a page", "results", "GET", f"/wiki/api/v2/pages/{pages['results'][4]['id']}/versions")
    for cql in (
        "macro = snapshots and space = SPACE3",
        'title = "SPACE3 page 77"',
        f"ancestor = {space['homepageId']}",
        "label = released",
        'type = page and lastmodified > now("-30d")',
    ):
        add(f"CQL {cql.split(' = ')[0]} (25)", "results", "GET", f"/wiki/rest/api/content/search?cql={quote(cql)}")
        add(f"CQL {cql.split(' = ')[0]}, with total", "results", "GET", f"/wiki/rest/api/search?cql={quote(cql)}")
    return rows


def bulk_ids(ids: list[str]) -> dict:
    return {"issueIdsOrKeys": ids}


if __name__ == "__main__":
    sys.exit(main())
