"""A source whose Jira is exported, and a destination to which its projects and pages have moved."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import urllib3

from atlassian_emulator.copying import copy_project, copy_space
from atlassian_emulator.jira import put_issues
from atlassian_emulator.server import EmulatorServer
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.jira_catalogue import JiraCatalogue
from snapshots.atlassian.macro import add_macro, find_macros
from snapshots.atlassian.transport import Transport
from snapshots.capture.take import Take, take_snapshots
from snapshots.jiradata.already_here import find_macros_already_here
from snapshots.jiradata.apply import ImportReport, apply_import, undo_import
from snapshots.jiradata.captured import list_captured_macros, read_captured_issues
from snapshots.jiradata.decisions import read_given
from snapshots.jiradata.export import export_jira
from snapshots.jiradata.file import JiraDataFile, open_file
from snapshots.jiradata.plan import JiraPlan, PlanOptions
from snapshots.jiradata.planning import plan_import
from snapshots.progress import silent
from snapshots.registry import sites
from snapshots.registry.engine import Registry, open_registry
from snapshots.registry.sites import SiteRow

CREATED_AT = 1_790_000_000_000_000
BLOCKS = {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"}


def issue(key: str, summary: str = "", created: str = "2026-01-31T10:00:00.000+0000", **more: Any) -> dict[str, Any]:
    project, _, number = key.partition("-")
    custom = more.pop("custom", {})
    fields = {
        "issuetype": {"name": "Bug"},
        "project": {"key": project, "name": f"Project {project}"},
        "status": {"name": "To Do", "statusCategory": {"key": "new"}},
        "summary": summary or f"Issue {number} of {project}",
        "created": created,
        **more,
    }
    return {"key": key, "fields": fields, "custom": custom}


ISSUES = (
    issue("REQ-1", custom={"Severity": "High", "Effort": 3}, sprint={"name": "Sprint 1", "state": "ACTIVE"}),
    issue("REQ-2", "The pump stops", custom={"Severity": "Low", "Effort": 5}),
    issue("REQ-3", issuetype={"name": "Epic"}, priority={"name": "High"}),
    issue("REQ-7", issuelinks=[{"type": BLOCKS, "outwardIssue": {"key": "TST-1"}}]),
    issue("TST-1", created="2026-02-01T10:00:00.000+0000"),
    issue("TST-2", created="2026-02-02T10:00:00.000+0000"),
)


@dataclass
class World:
    """One emulated site with its clients and its entry in a registry."""

    server: EmulatorServer
    transport: Transport
    registry: Registry
    row: SiteRow
    folder: Path
    spaces: dict[str, str] = field(default_factory=dict)

    @property
    def confluence(self) -> ConfluenceClient:
        return ConfluenceClient(self.transport)

    @property
    def jira(self) -> JiraClient:
        return JiraClient(self.transport)

    @property
    def catalogue(self) -> JiraCatalogue:
        return JiraCatalogue(self.transport)

    def post(self, path: str, body: Any, method: str = "POST") -> Any:
        answer = self.transport.request(method, f"{self.server.url}{path}", doing=f"posting {path}", json=body)
        return json.loads(answer.body) if answer.body else None

    def add_space(self, key: str) -> None:
        self.spaces[key] = self.post("/wiki/api/v2/spaces", {"key": key, "name": f"Space {key}"})["id"]

    def add_page(self, space: str, title: str, **macros: Any) -> str:
        """A page with these macros, by id: levels, or the raw text of a definition."""
        body = "<p>Before&nbsp;it</p>"
        for macro_id, levels in macros.items():
            text = levels if isinstance(levels, str) else json.dumps({"levels": levels})
            body = add_macro(body, macro_id, text)
        return self.confluence.create_page(self.spaces[space], title, body).id

    def take(self, page_id: str) -> None:
        take = Take(self.registry, self.row, self.confluence, self.jira, self.folder / "spool")
        take_snapshots(take, page_id)

    def export(self, name: str = "acme.jira-data.ndjson", *definitions: str) -> JiraDataFile:
        macros = list_captured_macros(self.registry, self.row)
        issues = read_captured_issues(self.confluence, macros, silent)
        texts = [*(macro.definition for macro in macros), *definitions]
        path = self.folder / name
        export_jira(self.row, self.jira, self.catalogue, texts, issues, path, CREATED_AT)
        return open_file(path)

    def count(self, path: str) -> int:
        return sum(path in entry.path for entry in self.server.requests())

    def forget_requests(self) -> None:
        urllib3.request("DELETE", f"{self.server.url}/_emulator/requests")


@cache
def _empty_registry() -> bytes:
    """The file of an empty registry: making one takes longer than all that a test does with it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "registry.db"
        open_registry(f"sqlite:///{path}").close()
        return path.read_bytes()


@contextmanager
def start_world(name: str, folder: Path) -> Iterator[World]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "registry.db").write_bytes(_empty_registry())
    with EmulatorServer(name) as server, open_registry(f"sqlite:///{folder / 'registry.db'}") as registry:
        connection = Connection(f"{server.url}/wiki", server.url, "admin@example.com", "emulator")
        with Transport(connection) as transport, registry.write() as conn:
            row = sites.add_site(
                conn,
                name=name,
                deployment="cloud",
                confluence_url=f"{server.url}/wiki",
                jira_url=server.url,
                cloud_id=ConfluenceClient(transport).get_system_info().cloud_id,
                account="admin@example.com",
                secret="env:TOKEN",
                created_at=1,
            )
        with Transport(connection) as transport:
            yield World(server, transport, registry, row, folder)


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[World]:
    """The source: two projects, a page with two macros that were captured."""
    with start_world("acme", tmp_path / "acme") as world:
        put_issues(world.server.site, ISSUES)
        world.add_space("REL")
        yield world


@pytest.fixture
def globex(tmp_path: Path) -> Iterator[World]:
    """The destination, empty."""
    with start_world("globex", tmp_path / "globex") as world:
        yield world


def move(source: World, destination: World, *projects: str, space: str = "", **options: Any) -> None:
    """Move projects (`OLD` or `OLD=NEW`), and a space, as Atlassian's migration does."""
    for project in projects:
        old, _, new = project.partition("=")
        copy_project(source.server.url, destination.server.url, old, rename_to=new, **options)
    if space:
        copy_space(source.server.url, destination.server.url, space)


@dataclass
class Moved:
    """A source and the destination to which its space REL and its project REQ, there called GLX, have moved."""

    acme: World
    globex: World
    file: JiraDataFile
    page_ids: dict[str, str]
    """By title, pages of the destination."""

    def plan(self, *given: tuple[str, Path | bytes], known: tuple[str, ...] = (), **options: Any) -> JiraPlan:
        here = find_macros_already_here(self.globex.registry, self.globex.row)
        there = self.globex
        return plan_import(
            there.row,
            there.confluence,
            there.jira,
            there.catalogue,
            self.file,
            read_given(given),
            PlanOptions(**options),
            known,
            here,
        )

    def apply(self, plan: JiraPlan, **options: Any) -> ImportReport:
        there = self.globex
        return apply_import(there.registry, there.row, there.confluence, plan, "Ada", **options)

    def undo(self, report: ImportReport) -> ImportReport:
        there = self.globex
        return undo_import(there.registry, there.row, there.confluence, report.row.id)

    def definition(self, title: str, macro_id: str = "m1") -> Any:
        """What stands on the page there, decoded where it is JSON."""
        return json.loads(self.text(title, macro_id) or "null")

    def text(self, title: str, macro_id: str = "m1") -> str | None:
        page = self.globex.confluence.get_page(self.page_ids[title])
        return next(m.definition for m in find_macros(page.body or "") if m.remote_id == macro_id)

    def body(self, title: str) -> str:
        return self.globex.confluence.get_page(self.page_ids[title]).body or ""

    def version(self, title: str) -> int:
        return self.globex.confluence.get_page(self.page_ids[title]).version.number


@pytest.fixture
def make_moved(acme: World, globex: World) -> Any:
    """Moves what is on `acme` now; `pages` are titles with their macros, captured where their ids begin with `c`."""

    def make(pages: dict[str, dict[str, Any]], *projects: str, **options: Any) -> Moved:
        for title, macros in pages.items():
            page_id = acme.add_page("REL", title, **macros)
            if captured := [macro for macro in macros if macro.startswith("c")]:
                take = Take(acme.registry, acme.row, acme.confluence, acme.jira, acme.folder / "spool")
                take_snapshots(take, page_id, captured)
        texts = [
            levels if isinstance(levels, str) else json.dumps({"levels": levels})
            for macros in pages.values()
            for levels in macros.values()
        ]
        file = acme.export("acme.jira-data.ndjson", *texts)
        put_issues(globex.server.site, [issue("OWN-1"), issue("OWN-2", custom={"Other": 1})])
        move(acme, globex, *(projects or ("REQ=GLX", "TST")), space="REL", **options)
        space = next(iter(globex.confluence.iter_spaces(["REL"])))
        page_ids = {page.title: page.id for page in globex.confluence.iter_pages(space.id)}
        return Moved(acme, globex, file, page_ids)

    return make
