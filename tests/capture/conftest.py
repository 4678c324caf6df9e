"""A site to capture from: the emulator behind a real socket, with issues of three projects."""

from __future__ import annotations

import itertools
import json
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import urllib3

from atlassian_emulator.jira import load_issues
from atlassian_emulator.server import EmulatorServer
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.macro import add_macro
from snapshots.atlassian.model import Page
from snapshots.atlassian.transport import Transport
from snapshots.capture.definition import parse_definition
from snapshots.capture.reading import Reading, read_jira
from snapshots.capture.take import Take
from snapshots.registry import sites
from snapshots.registry.engine import Registry, open_registry

TESTS = ("Tests", "is tested by", "tests")
BLOCKS = ("Blocks", "is blocked by", "blocks")

DONE = {"name": "Done", "statusCategory": {"key": "done"}}
TO_DO = {"name": "To Do", "statusCategory": {"key": "new"}}


def make_issue(
    key: str,
    type_name: str = "Story",
    *,
    parent: str | None = None,
    links: Iterable[tuple[tuple[str, str, str], str]] = (),
    custom: Mapping[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """An issue for the emulator; `links` are link types with the key of the issue at their outward end."""
    project = key.rpartition("-")[0]
    relations: dict[str, Any] = {
        "issuelinks": [
            {"type": {"name": name, "inward": inward, "outward": outward}, "outwardIssue": {"key": target}}
            for (name, inward, outward), target in links
        ]
    }
    if parent:
        relations["parent"] = {"key": parent}
    defaults = {
        "project": {"key": project, "name": project.title()},
        "issuetype": {"name": type_name, "subtask": type_name == "Sub-task"},
        "status": TO_DO,
        "summary": f"Summary of {key}",
        "created": "2026-01-31T10:00:00.000+0000",
    }
    return {"id": "1", "key": key, "fields": defaults | relations | fields, "custom": dict(custom or {})}


SMALL_JIRA = (
    make_issue("ACME-1", "Epic", custom={"Team": "Red", "Story Points": 3}, fixVersions=[{"name": "1.0"}]),
    make_issue("ACME-2", "Epic", custom={"Team": "Blue"}, fixVersions=[{"name": "1.0"}, {"name": "2.0"}]),
    make_issue("ACME-3", "Epic"),
    make_issue("ACME-10", parent="ACME-1", status=DONE, priority={"name": "Low"}, links=[(TESTS, "TEST-1")]),
    make_issue("ACME-11", parent="ACME-1", priority={"name": "High"}, links=[(BLOCKS, "ACME-12")]),
    make_issue("ACME-12", parent="ACME-2", custom={"Team": "Red"}),
    make_issue("ACME-20", "Sub-task", parent="ACME-10"),
    make_issue("ACME-21", "Sub-task", parent="ACME-12", status=DONE),
    make_issue("TEST-1", "Test", versions=[{"name": "1.0"}], links=[(TESTS, "ACME-1"), (TESTS, "ACME-2")]),
    make_issue("TEST-2", "Test", status=DONE, links=[(TESTS, "ACME-1"), (BLOCKS, "ACME-2")]),
    make_issue("BUG-1", "Bug", custom={"Team": "Red"}, affected=[], labels=["notable"]),
    make_issue("BUG-2", "Bug", custom={"Team": "Blue"}),
    make_issue("BUG-3", "Bug", custom={"Team": "Red"}, status=DONE),
)


@dataclass
class Bench:
    """A running site and the clients that a capture is made with."""

    server: EmulatorServer
    transport: Transport
    confluence: ConfluenceClient
    jira: JiraClient
    space_id: str

    def read(self, *levels: dict[str, Any], properties: Mapping[str, str] | None = None) -> Reading:
        """Read Jira for a definition of these levels."""
        return read_jira(self.jira, parse_definition(_json(levels)), properties or {})

    def add_page(self, *definitions: tuple[dict[str, Any], ...], title: str = "Release 3") -> tuple[Page, list[str]]:
        """A page with one macro for each definition, and the ids of the macros."""
        body = "<p>Before&nbsp;it</p>"
        macro_ids = [str(uuid.uuid4()) for _ in definitions]
        for macro_id, levels in zip(macro_ids, definitions, strict=True):
            body = add_macro(body, macro_id, _json(levels))
        return self.confluence.create_page(self.space_id, title, body), macro_ids

    def read_tree(self, *levels: dict[str, Any]) -> list[str]:
        """The rows of a definition as keys, indented by level."""
        return ["  " * (row.level - 1) + row.key for row in self.read(*levels).iter_rows()]

    @contextmanager
    def as_account(self, account: str) -> Iterator[Bench]:
        """The same site, called by somebody else."""
        with connect(self.server, self.space_id, account) as other:
            yield other

    def read_weather(self) -> Any:
        """The disturbances that are still to come."""
        return urllib3.request("GET", f"{self.server.url}/_emulator/weather").json()

    def count(self, path: str) -> int:
        """How many requests to this path were made."""
        return sum(path in entry.path for entry in self.server.requests())


def _json(levels: Iterable[dict[str, Any]]) -> str:
    return json.dumps({"levels": list(levels)})


@contextmanager
def start_bench(issues: Iterable[dict[str, Any]], **options: Any) -> Iterator[Bench]:
    with EmulatorServer(site_name="acme") as server, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "issues.jsonl"
        path.write_text("".join(f"{json.dumps(issue)}\n" for issue in issues))
        load_issues(server.site, path)
        with connect(server, "", "admin@example.com", **options) as bench:
            answer = bench.transport.request(
                "POST",
                f"{server.url}/wiki/api/v2/spaces",
                doing="making a space",
                json={"key": "REL", "name": "Releases"},
            )
            yield replace(bench, space_id=str(json.loads(answer.body)["id"]))


class Hurry:
    """A clock whose waiting takes no time: sleeping only puts it forward."""

    def __init__(self) -> None:
        self._slept_seconds = 0.0

    def sleep(self, seconds: float) -> None:
        self._slept_seconds += seconds

    def clock(self) -> float:
        return time.monotonic() + self._slept_seconds


@contextmanager
def connect(server: EmulatorServer, space_id: str, account: str, **options: Any) -> Iterator[Bench]:
    connection = Connection(f"{server.url}/wiki", server.url, account, "emulator")
    hurry = Hurry()
    transport = Transport(connection, clock=hurry.clock, sleep=hurry.sleep, **options)
    try:
        yield Bench(server, transport, ConfluenceClient(transport), JiraClient(transport), space_id)
    finally:
        transport.close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A site of its own with a few issues, whose retries do not wait."""
    with start_bench(SMALL_JIRA) as started:
        yield started


@pytest.fixture(scope="session")
def _session_bench() -> Iterator[Bench]:
    with start_bench(SMALL_JIRA) as started:
        yield started


@pytest.fixture
def quiet_bench(_session_bench: Bench) -> Iterator[Bench]:
    """The same issues, for tests that change nothing on the site: they share one, with a log of their own each."""
    urllib3.request("DELETE", f"{_session_bench.server.url}/_emulator/requests")
    yield _session_bench
    _session_bench.server.set_weather()


PARENTS = 1_100
CHILDREN_EACH = 3


@pytest.fixture(scope="session")
def large_bench() -> Iterator[Bench]:
    """1,100 stories in BIG, each with three sub-tasks in SUB and a bug in BUG: linked, and with the same label."""
    issues = []
    for number in range(1, PARENTS + 1):
        story = f"BIG-{number}"
        issues.append(make_issue(story, links=[(BLOCKS, f"BUG-{number}")], labels=[f"team-{number}"]))
        for place in range(CHILDREN_EACH):
            issues.append(make_issue(f"SUB-{number * CHILDREN_EACH + place}", "Sub-task", parent=story))
        issues.append(make_issue(f"BUG-{number}", "Bug", labels=[f"team-{number}"], links=[(TESTS, story)]))
    with start_bench(issues) as started:
        yield started


@pytest.fixture
def own_registry(tmp_path: Path) -> Iterator[Registry]:
    with open_registry(f"sqlite:///{tmp_path / 'registry.db'}") as opened:
        yield opened


MakeTake = Callable[..., Take]


@pytest.fixture
def make_take(bench: Bench, own_registry: Registry, tmp_path: Path) -> MakeTake:
    """Makes a `Take` for the site of `bench`; options as for `Take`."""
    moments = itertools.count(1_763_923_631_000_000)
    with own_registry.write() as conn:
        site = sites.add_site(
            conn,
            name="main",
            deployment="cloud",
            confluence_url=f"{bench.server.url}/wiki",
            jira_url=bench.server.url,
            cloud_id="cloud",
            account="admin@example.com",
            secret="env:NONE",
            created_at=1,
        )

    def make(used: Bench = bench, **options: Any) -> Take:
        settings: dict[str, Any] = {
            "clock": lambda: next(moments),
            "site": site,
            "count_requests": lambda: used.transport.requests_sent,
        } | options
        return Take(own_registry, settings.pop("site"), used.confluence, used.jira, tmp_path / "spool", **settings)

    return make
