"""Everything that other people name is called like a script, and shown on every page: it stays text."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from atlassian_emulator import jira
from atlassian_emulator.server import EmulatorServer
from snapshots.access.actors import Actor
from snapshots.access.sites import Addresses
from snapshots.acts import api, sites, taking
from snapshots.app import App
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.transport import Transport
from snapshots.cli import run
from snapshots.config import read_config

from .conftest import ADMIN, TOKEN, Served, Visitor

EVIL = "<img src=x onerror=pwned=1>\"'`"
SITE = f"evil {EVIL} {{{{7*7}}}}"
AREA = f"/sites/{quote(SITE, safe='')}"
MALLORY = Actor("person", EVIL, EVIL, EVIL)


@dataclass
class Hostile:
    served: Served
    http: Visitor
    cookies: dict[str, str]

    def wait(self, path: str) -> str:
        """Follow a task until it has led to its result; the path of that."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            answer = self.http.get(path)
            if answer.status_code == 303:
                return str(answer.headers["location"])
            assert answer.status_code == 200, answer.text[-500:]
            time.sleep(0.2)
        raise AssertionError(f"{path} did not end: {self.http.get(path).text}")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    folder = tmp_path_factory.mktemp("hostile")
    home = folder / "home"
    (folder / "token").write_text(TOKEN)
    with EmulatorServer("evil") as emulator:
        jira.load_demo(emulator.site)
        with App(read_config({"SNAPSHOTS_HOME": str(home)})) as app:
            addresses = Addresses(f"{emulator.url}/wiki", emulator.url)
            sites.add_site(app, SITE, addresses, account=ADMIN, secret=f"file:{folder / 'token'}", replace=False)
            page_id = make_page(emulator, folder, home)
            taking.take(app, SITE, page_id, [])
            api.make_key(app, SITE, MALLORY, name=EVIL, scopes=("backup",))
        served = Served(home)
        served.start()
        with httpx.Client(base_url=served.url, timeout=30) as http:
            http.get(served.link())
            yield Hostile(served, Visitor(http), dict(http.cookies))
        served.stop()


def make_page(emulator: EmulatorServer, folder: Path, home: Path) -> str:
    with Transport(Connection(f"{emulator.url}/wiki", emulator.url, ADMIN, TOKEN)) as transport:
        space = {"key": "EVIL", "name": EVIL}
        transport.request("POST", f"{emulator.url}/wiki/api/v2/spaces", doing="making a space", json=space)
        confluence = ConfluenceClient(transport)
        (found,) = confluence.iter_spaces()
        page_id = confluence.create_page(found.id, f"page {EVIL}", "<p>text</p>").id
    levels = [{"title": EVIL, "jql": f"project = PUMP AND summary !~ '{EVIL[:4]}' ORDER BY key", "columns": ["key"]}]
    (folder / "definition.json").write_text(json.dumps({"levels": levels}))
    os.environ["SNAPSHOTS_HOME"] = str(home)
    try:
        assert run(["macro", "put", page_id, "--definition", str(folder / "definition.json")]) == 0
    finally:
        del os.environ["SNAPSHOTS_HOME"]
    return page_id


def upload(hostile: Hostile, archive: bytes) -> str:
    """Bring an archive here as the browser does; the path of its page."""
    headers = {"x-csrftoken": hostile.http.csrf_token()}
    sent = hostile.http.http.put(f"{AREA}/restore/upload?name={quote(EVIL)}.zip", content=archive, headers=headers)
    assert sent.status_code == 201, sent.text
    return str(sent.headers["location"])


@pytest.fixture(scope="module")
def pages(hostile: Hostile) -> list[str]:
    """Every sort of page, with something on it."""
    http = hostile.http
    assert http.post(f"{AREA}/backup/start", {"mode": "all"}).status_code == 303
    deadline = time.monotonic() + 60
    while (archive := http.get(f"{AREA}/backup/1/file")).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    archive_page = upload(hostile, archive.content)
    options = {"conflict": (None, "overwrite"), "_csrf_token": (None, http.csrf_token())}
    planned = http.http.post(f"{archive_page}/plan", files=options)
    assert planned.status_code == 303, planned.text[-600:]
    plan = hostile.wait(planned.headers["location"])
    report = hostile.wait(http.post(f"{plan}/apply", {}).headers["location"])
    return [
        "/",
        "/sign-in",
        f"{AREA}/backup",
        f"{AREA}/backup/1/delete",
        f"{AREA}/restore",
        archive_page,
        plan,
        f"{plan}?text={quote(EVIL)}",
        report,
        f"{report}/undo",
        f"{AREA}/jira-data",
        f"{AREA}/api",
        f"{AREA}/audit",
        f"{AREA}/audit?words={quote(EVIL)}&person={quote(EVIL)}",
        f"/sites/{quote(EVIL, safe='')}/backup",
        f"/{quote(EVIL, safe='')}",
        f"{AREA}/restore/plans/{quote(EVIL, safe='')}",
        f"{AREA}/backup?before={quote(EVIL)}",
    ]


def test_names_like_scripts_stay_text_on_every_page(hostile: Hostile, pages: list[str], chromium: Any) -> None:
    context = chromium.new_context(base_url=hostile.served.url)
    context.set_default_timeout(15_000)
    context.add_cookies(
        [{"name": name, "value": value, "url": hostile.served.url} for name, value in hostile.cookies.items()]
    )
    tab = context.new_page()
    refused: list[str] = []
    tab.on("console", lambda said: refused.append(said.text) if "Refused to" in said.text else None)
    tab.on("dialog", lambda dialog: refused.append(dialog.message))
    shown = templated = 0
    for path in pages:
        tab.goto(path)
        assert tab.evaluate("window.pwned") is None, path
        assert tab.locator("[onerror], main img, main script").count() == 0, path
        shown += EVIL in tab.locator("body").inner_text()
        templated += "{{7*7}}" in tab.title() + tab.locator("body").inner_text()
        assert not refused, path
    context.close()
    assert shown >= 8
    assert templated >= 8


def test_no_header_is_steered_by_a_name(hostile: Hostile, pages: list[str]) -> None:
    for path in (f"{AREA}/backup/1/file", f"{AREA}/audit/export.json", f"{pages[8]}/report.csv"):
        answer = hostile.http.get(path)
        assert answer.status_code == 200, path
        said = answer.headers["content-disposition"]
        assert said.startswith('attachment; filename="')
        assert "<" not in said
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not answer.headers["content-type"].startswith("text/html")


def test_a_report_runs_no_formula(hostile: Hostile, pages: list[str]) -> None:
    for line in hostile.http.get(f"{pages[8]}/report.csv").text.splitlines():
        assert not any(cell.lstrip('"').startswith(("=", "+", "@")) for cell in line.split(",")), line
