"""A home of its own, a site to call, and a way to run commands as a person does."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from atlassian_emulator import jira
from atlassian_emulator.server import EmulatorServer
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.transport import Transport
from snapshots.cli import run

TOKEN = "emulator"


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs commands in this process and keeps what they say."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: str, code: int = 0) -> Said:
        self._capture.readouterr()
        ended = run(list(arguments))
        said = Said(ended, *self._capture.readouterr())
        assert ended == code, f"snapshots {' '.join(arguments)} ended with {ended}: {said.err or said.out}"
        return said


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("SNAPSHOTS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SNAPSHOTS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ACME_TOKEN", TOKEN)
    return tmp_path / "home"


@pytest.fixture
def snapshots(home: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    """One site with issues for all tests of a module; each makes pages of its own."""
    with EmulatorServer("acme") as running:
        jira.load_demo(running.site)
        transport = Transport(Connection(f"{running.url}/wiki", running.url, "admin@example.com", TOKEN))
        with transport:
            for key, name in (("REL", "Releases"), ("OWN", "Of one test alone")):
                space = {"key": key, "name": name}
                transport.request("POST", f"{running.url}/wiki/api/v2/spaces", doing="making a space", json=space)
        yield running


@pytest.fixture
def site(snapshots: Shell, server: EmulatorServer) -> EmulatorServer:
    """The site, added as `acme`."""
    server.set_weather()
    snapshots("site", "add", "acme", "--url", server.url, "--account", "admin@example.com", "--token-env", "ACME_TOKEN")
    return server


@pytest.fixture
def make_page(site: EmulatorServer, request: pytest.FixtureRequest) -> Any:
    """Makes pages and answers their ids. Space REL is shared with the other tests of the module."""

    def make(title: str, body: str = "<p>text</p>", space_key: str = "REL") -> str:
        with Transport(Connection(f"{site.url}/wiki", site.url, "admin@example.com", TOKEN)) as transport:
            confluence = ConfluenceClient(transport)
            space = next(iter(confluence.iter_spaces([space_key])))
            return confluence.create_page(space.id, f"{title} of {request.node.name}", body).id

    return make


@pytest.fixture
def bugs_page(make_page: Any, snapshots: Shell, tmp_path: Path) -> str:
    """A page whose macro shows the bugs of the made-up issues, not captured yet."""
    page_id: str = make_page("Defects")
    definition = tmp_path / "bugs.json"
    levels = [{"jql": "project = PUMP AND issuetype = Bug ORDER BY key", "columns": ["key", "summary", "status"]}]
    definition.write_text(json.dumps({"levels": levels}))
    snapshots("macro", "put", page_id, "--definition", str(definition))
    return page_id
