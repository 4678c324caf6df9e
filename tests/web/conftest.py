"""The real application on a real socket over an emulated site, called by HTTP and seen in a real Chromium.

`served` is a `snapshots serve` of a module's own, whose home holds the site acme with two spaces, three pages and their
captures; `visitor` calls it signed in; `page` is a tab of a signed-in browser that fails on whatever the browser
complains of. Screenshots go to `test-artefacts/`, or where SNAPSHOTS_TEST_ARTEFACTS says.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from atlassian_emulator import jira
from atlassian_emulator.server import EmulatorServer
from snapshots.access.sites import Addresses
from snapshots.acts import sites, taking
from snapshots.app import App
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.transport import Transport
from snapshots.cli import run
from snapshots.config import read_config

TOKEN, ADMIN = "emulator", "admin@example.com"
SPACES = {"REL": "Releases", "QMS": "Quality management"}
PAGES = {
    "Known defects": (
        "REL",
        [{"jql": "project = PUMP AND issuetype = Bug ORDER BY key", "columns": ["key", "summary"]}],
    ),
    "Scope": ("REL", [{"jql": "project = PUMP AND issuetype = Epic ORDER BY key", "columns": ["key", "status"]}]),
    "Trace": ("QMS", [{"jql": "project = PUMP AND issuetype = Story ORDER BY key", "columns": ["key", "summary"]}]),
}
ARTEFACTS = Path(os.environ.get("SNAPSHOTS_TEST_ARTEFACTS") or Path(__file__).parents[2] / "test-artefacts")
CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
_QUIET_BROWSER = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_START_SECONDS = 60.0


@dataclass(frozen=True)
class World:
    """The emulated site and a home that knows it; `home` is to be copied, not used."""

    emulator: EmulatorServer
    home: Path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    home = folder / "home"
    (folder / "token").write_text(TOKEN)
    with EmulatorServer("acme") as emulator, App(read_config({"SNAPSHOTS_HOME": str(home)})) as app:
        jira.load_demo(emulator.site)
        addresses = Addresses(f"{emulator.url}/wiki", emulator.url)
        sites.add_site(app, "acme", addresses, account=ADMIN, secret=f"file:{folder / 'token'}", replace=False)
        for page_id in _make_pages(emulator, folder, home):
            taking.take(app, "acme", page_id, [])
        yield World(emulator, home)


def _make_pages(emulator: EmulatorServer, folder: Path, home: Path) -> list[str]:
    """Pages with a macro each; their ids."""
    with Transport(Connection(f"{emulator.url}/wiki", emulator.url, ADMIN, TOKEN)) as transport:
        confluence = ConfluenceClient(transport)
        for key, name in SPACES.items():
            space = {"key": key, "name": name}
            transport.request("POST", f"{emulator.url}/wiki/api/v2/spaces", doing="making a space", json=space)
        ids = {space.key: space.id for space in confluence.iter_spaces()}
        pages = [confluence.create_page(ids[space], title, "<p>text</p>").id for title, (space, _) in PAGES.items()]
    before = os.environ.get("SNAPSHOTS_HOME")
    os.environ["SNAPSHOTS_HOME"] = str(home)
    try:
        for page_id, (_, levels) in zip(pages, PAGES.values(), strict=True):
            (folder / "definition.json").write_text(json.dumps({"levels": levels}))
            assert run(["macro", "put", page_id, "--definition", str(folder / "definition.json")]) == 0
    finally:
        os.environ.pop("SNAPSHOTS_HOME") if before is None else os.environ.update(SNAPSHOTS_HOME=before)
    return pages


@dataclass
class Served:
    """A `snapshots serve` in a process of its own."""

    home: Path
    options: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)
    port: int = 0
    url: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.home / "serve.log"

    def start(self) -> None:
        """On the port it had before, if it had one."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SNAPSHOTS_")}
        with self.log.open("wb") as written:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "snapshots", "serve", "--port", str(self.port), *self.options],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                env={**kept, **self.environ, "SNAPSHOTS_HOME": str(self.home), "COLUMNS": "300"},
            )
        deadline = time.monotonic() + _START_SECONDS
        while "Ctrl-C" not in self.said():
            assert self.process.poll() is None and time.monotonic() < deadline, self.said()
            time.sleep(0.05)
        found = re.search(r"listens on (\S+), port (\d+)", self.said())
        assert found, self.said()
        self.url, self.port = found[1], int(found[2])

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def link(self) -> str:
        """The newest link it printed, spent or not."""
        return re.findall(r"http\S+/sign-in/link\S+", self.said())[-1]

    def new_link(self) -> str:
        """A link nobody used yet, asked for as a person does."""
        used = self.link()
        with httpx.Client(base_url=self.url) as stranger:
            deadline = time.monotonic() + _START_SECONDS
            while self.link() == used:
                assert time.monotonic() < deadline
                Visitor(stranger).post("/sign-in/new-link", {})
                time.sleep(0.3)
        return self.link()

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(60)
        self.process = None
        return code


@dataclass(frozen=True)
class Visitor:
    """Calls the service as a browser without scripts does."""

    http: httpx.Client

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def post(self, path: str, fields: dict[str, Any], **options: Any) -> httpx.Response:
        """Send a form, with the token that a page of the service holds."""
        return self.http.post(path, data={**fields, "_csrf_token": self.csrf_token()}, **options)

    def csrf_token(self) -> str:
        found = re.search(r'"x-csrftoken": "(\w+)"', self.http.get("/sign-in").text)
        assert found
        return found[1]


@pytest.fixture(scope="module")
def serve(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """Starts a server over a copy of the world's home; options are those of the command line."""
    started: list[Served] = []

    def start(*options: str, **environ: str) -> Served:
        home = tmp_path_factory.mktemp("home") / "home"
        shutil.copytree(world.home, home)
        started.append(Served(home, options, environ))
        started[-1].start()
        return started[-1]

    yield start
    for served in started:
        if served.process is not None:
            served.stop()


@pytest.fixture(scope="module")
def served(serve: Callable[..., Served]) -> Served:
    return serve()


@pytest.fixture(scope="module")
def _session(served: Served) -> dict[str, str]:
    """The cookies of somebody who came in by the printed link."""
    with httpx.Client() as http:
        assert http.get(served.link()).status_code == 302
        return dict(http.cookies)


@pytest.fixture
def visitor(served: Served, _session: dict[str, str]) -> Iterator[Visitor]:
    with httpx.Client(base_url=served.url, cookies=_session, timeout=30) as http:
        yield Visitor(http)


@pytest.fixture
def stranger(served: Served) -> Iterator[Visitor]:
    with httpx.Client(base_url=served.url, timeout=30) as http:
        yield Visitor(http)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A real browser, one for each module: while it is open, Playwright's event loop counts as running in this thread,
    and the job engine, which other modules' tests use in this process, refuses to work inside one."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: install Debian's package chromium, and run this again")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET_BROWSER))
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """Ask for it to be run in both colour schemes."""
    return str(request.param)


@pytest.fixture
def page(request: pytest.FixtureRequest, chromium: Any, served: Served, _session: dict[str, str]) -> Iterator[Any]:
    """A tab of a signed-in browser. Afterwards nothing may have been complained of, nor asked of another host."""
    scheme = request.getfixturevalue("scheme") if "scheme" in request.fixturenames else "light"
    context = chromium.new_context(
        base_url=served.url, color_scheme=scheme, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": name, "value": value, "url": served.url} for name, value in _session.items()])
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda sent: _refuse_elsewhere(sent.url, served.url, complaints))
    opened.complaints = complaints
    yield opened
    context.close()
    assert not complaints


def _refuse_elsewhere(url: str, own: str, complaints: list[str]) -> None:
    if not url.startswith((own, "data:", "blob:")):
        complaints.append(f"asked another host: {url}")


@pytest.fixture
def shoot(request: pytest.FixtureRequest) -> Callable[[Any, str], None]:
    """Keeps a picture of a tab and has axe look at it: nothing serious may be found.

    In both colour schemes, or in the one a test asked to be run in.
    """

    def keep(tab: Any, name: str) -> None:
        if "scheme" in request.fixturenames:
            return _look_at(tab, f"{name}-{request.getfixturevalue('scheme')}")
        for scheme in ("dark", "light"):
            tab.emulate_media(color_scheme=scheme)
            _look_at(tab, f"{name}-{scheme}")
        return None

    return keep


def _look_at(tab: Any, name: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)
    serious = [
        f"{each['id']}: {node['html'][:200]} — {node['failureSummary']}"
        for each in Axe().run(tab).response["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    assert not serious, name
