"""How fast macros are planned, written and undone for another Jira, and a Jira-data file is exported and matched.

    python benchmarks/jiradata.py [--pages 5000] [--macros-each 2] [--issues 20000]

Two emulated sites run as processes of their own. The pages stand on the destination and ask the source's Jira; the
project moves there with another key. Requests are counted by the client, memory is the peak of this process. There is
no peer: nothing else rewrites these macros. Figures go to benchmarks/jiradata.md, also when they are bad.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from atlassian_emulator.copying import copy_project
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.jira_catalogue import JiraCatalogue
from snapshots.atlassian.macro import add_macro
from snapshots.atlassian.transport import Transport
from snapshots.jiradata.apply import apply_import, undo_import
from snapshots.jiradata.captured import CapturedIssues
from snapshots.jiradata.decisions import Given
from snapshots.jiradata.export import export_jira
from snapshots.jiradata.file import open_file
from snapshots.jiradata.plan import PlanOptions, load_plan, save_plan
from snapshots.jiradata.planning import plan_import
from snapshots.registry import sites
from snapshots.registry.engine import open_registry

REPORT = Path(__file__).with_suffix(".md")
ACCOUNT, TOKEN = "admin@example.com", "emulator"
PAGES_A_SPACE = 1_000


@contextmanager
def started(name: str, *options: str) -> Iterator[str]:
    """The address of an emulated site in a process of its own."""
    command = [sys.executable, "-m", "atlassian_emulator", "--port", "0", "--site-name", name, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = ""
        try:
            while "ready" not in said:
                said += process.stdout.readline()
            found = re.search(r"https?://[\w.:-]+", said)
            assert found
            yield found[0]
        finally:
            process.terminate()


@contextmanager
def calling(url: str) -> Iterator[Transport]:
    with Transport(Connection(f"{url}/wiki", url, ACCOUNT, TOKEN)) as transport:
        yield transport


def definition(number: int, project: str) -> str:
    """What macros ask, each something else."""
    levels = [
        {
            "jql": f'project = {project} AND issuetype in (Bug, Story) AND summary ~ "part {number}" ORDER BY key',
            "columns": ["key", "summary", "status", "assignee"],
        },
        {"jql": f'issue in linkedIssues($key) AND project = {project} AND created > "2020-01-{number % 28 + 1:02}"'},
    ]
    return json.dumps({"levels": levels})


def make_pages(url: str, pages: int, each: int, project: str) -> None:
    with calling(url) as transport, ThreadPoolExecutor(8) as pool:
        confluence = ConfluenceClient(transport)
        for start in range(0, pages, PAGES_A_SPACE):
            space = {"key": f"S{start}", "name": f"Space {start}"}
            answer = transport.request("POST", f"{url}/wiki/api/v2/spaces", doing="making a space", json=space)
            space_id = json.loads(answer.body)["id"]

            def make(number: int, space_id: str = space_id) -> None:
                body = "<p>" + "words " * 200 + "</p>"
                for place in range(each):
                    macro = number * each + place
                    body = add_macro(body, f"macro-{macro}", definition(macro, project))
                confluence.create_page(space_id, f"Page {number}", body)

            list(pool.map(make, range(start, min(start + PAGES_A_SPACE, pages))))


class Clock:
    """Times what is done, and counts the requests it takes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.rows: list[tuple[str, float, float, int, str]] = []

    @contextmanager
    def timed(self, what: str, amount: str) -> Iterator[None]:
        before, begun, worked = self._transport.requests_sent, time.perf_counter(), time.process_time()
        yield
        seconds, own_seconds = time.perf_counter() - begun, time.process_time() - worked
        requests = self._transport.requests_sent - before
        self.rows.append((what, seconds, own_seconds, requests, amount))
        print(f"{what}: {seconds:.1f} s, of these {own_seconds:.1f} s our own work; {requests:,} requests")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=5_000)
    parser.add_argument("--macros-each", type=int, default=2)
    parser.add_argument("--issues", type=int, default=20_000)
    parser.add_argument("--plan-only", action="store_true", help="leave out writing the pages and undoing it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, open_registry(f"sqlite:///{folder}/registry.db") as registry:
        data = Path(folder) / "issues.jsonl.gz"
        generate = [sys.executable, "-m", "atlassian_emulator.dataset", "--seed", "7", "--issues", str(asked.issues)]
        subprocess.run([*generate, "--output", str(data)], check=True, stdout=subprocess.DEVNULL)
        with started("acme", "--issues", str(data)) as source, started("globex") as there:
            with calling(source) as transport:
                projects = [project.key for project in JiraCatalogue(transport).list_projects()]
            print(f"made {asked.issues:,} issues in {', '.join(projects)}; they move")
            for place, project in enumerate(projects):
                copy_project(source, there, project, rename_to=f"GLX{place}")
            make_pages(there, asked.pages, asked.macros_each, projects[0])
            print(f"made {asked.pages:,} pages")
            rows = measure(source, there, projects, asked, Path(folder), registry)
    write_report(rows, asked)


def measure(source: str, there: str, projects: list[str], asked: argparse.Namespace, folder: Path, registry) -> list:
    rows = []
    for name, url in (("acme", source), ("globex", there)):
        with calling(url) as transport, registry.write() as conn:
            cloud_id = ConfluenceClient(transport).get_system_info().cloud_id
            places = {"confluence_url": f"{url}/wiki", "jira_url": url, "cloud_id": cloud_id}
            sites.add_site(conn, name=name, deployment="cloud", account=ACCOUNT, secret="env:T", created_at=1, **places)
    with registry.read() as conn:
        acme, globex = sites.get_site(conn, "acme"), sites.get_site(conn, "globex")
    file = folder / "acme.jira-data.ndjson"
    with calling(source) as transport:
        jira = JiraClient(transport)
        ids = jira.search_ids(f"project in ({', '.join(projects)})")
        issues = CapturedIssues(dict.fromkeys(ids, f"{projects[0]}-0"))
        clock = Clock(transport)
        with clock.timed("export", f"{len(ids):,} issues"):
            export_jira(acme, jira, JiraCatalogue(transport), [], issues, file, 1)
        rows += clock.rows
    with calling(there) as transport:
        confluence, jira, clock = ConfluenceClient(transport), JiraClient(transport), Clock(transport)
        macros = asked.pages * asked.macros_each
        with clock.timed("plan", f"{macros:,} macros on {asked.pages:,} pages, {len(ids):,} issues matched"):
            opened = open_file(file)
            catalogue = JiraCatalogue(transport)
            plan = plan_import(globex, confluence, jira, catalogue, opened, Given(), PlanOptions())
        assert plan.outcomes["rewritten"] == macros, plan.outcomes
        assert len(plan.issues) == len(ids), len(plan.issues)
        with clock.timed("save and open the plan", "the same"):
            save_plan(plan, folder / "plan.json")
            load_plan(folder / "plan.json")
        size = (folder / "plan.json").stat().st_size
        if asked.plan_only:
            return [*rows, *clock.rows]
        with clock.timed("apply", f"{asked.pages:,} pages"):
            report = apply_import(registry, globex, confluence, plan, "bench")
        assert report.pages == {"written": asked.pages}, report.pages
        with clock.timed("undo", f"{asked.pages:,} pages"):
            undone = undo_import(registry, globex, confluence, report.row.id)
        assert undone.pages == {"undone": asked.pages}, undone.pages
        rows += clock.rows
    print(f"file {file.stat().st_size:,} bytes, plan {size:,} bytes")
    rows.append(("file", 0.0, 0.0, 0, f"{file.stat().st_size:,} bytes"))
    rows.append(("plan as JSON", 0.0, 0.0, 0, f"{size:,} bytes"))
    return rows


def write_report(rows: list[tuple[str, float, float, int, str]], asked: argparse.Namespace) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    lines = [
        "# Importing Jira data",
        "",
        f"`python benchmarks/jiradata.py --pages {asked.pages} --macros-each {asked.macros_each} --issues "
        f"{asked.issues}`, Python {platform.python_version()}, 2 cores, November 2026.",
        "",
        "Two emulated sites on the same cores; the projects moved to other keys, every macro asks something else on "
        "two levels. Once, not the median of several runs. There is no peer to measure beside.",
        "",
        "| what | of | seconds | seconds of our own processor time | requests | requests for a page |",
        "|---|---|---|---|---|---|",
    ]
    for what, seconds, own_seconds, requests, amount in rows:
        for_page = f"{requests / asked.pages:.2f}" if what in ("plan", "apply", "undo") else ""
        times = f"{seconds:.1f} | {own_seconds:.1f}" if seconds else " | "
        lines.append(f"| {what} | {amount} | {times} | {requests or ''} | {for_page} |")
    lines += ["", f"Peak memory of the whole run: {peak} MiB.", ""]
    REPORT.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
