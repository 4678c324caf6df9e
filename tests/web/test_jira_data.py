"""Jira data through both doors of a real server: the REST API, and the tab as people use it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atlassian_emulator import jira
from atlassian_emulator.copying import copy_project, copy_space
from atlassian_emulator.server import EmulatorServer
from snapshots.access.sites import Addresses
from snapshots.acts import jira_data, sites, taking
from snapshots.app import App
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.macro import add_macro, find_macros
from snapshots.atlassian.transport import Transport
from snapshots.config import read_config

from .calling import Pipeline, new_key, pipeline
from .conftest import ADMIN, TOKEN, Served, World

CREATED = "2026-01-31T10:00:00.000+0000"
DEFINITIONS = {
    "Defects": [{"jql": "project = PUMP AND issuetype = Bug ORDER BY key", "title": "Bugs"}],
    "Lost": [{"jql": "project = NOWHERE AND status = Done"}],
    "Doubtful": [{"jql": "project = PUMP AND fixVersion = 'nothing'"}],
    "Broken": [{"jql": "project = = PUMP"}],
}


@pytest.fixture(scope="module")
def jira_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("file") / "acme.jira-data.ndjson"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, jira_file: Path) -> Iterator[World]:
    """The site globex, to which the pages and the project PUMP of acme have moved, there called GLX."""
    folder = tmp_path_factory.mktemp("moved")
    (folder / "token").write_text(TOKEN)
    secret = f"file:{folder / 'token'}"
    with EmulatorServer("acme") as acme, EmulatorServer("globex") as globex:
        jira.load_demo(acme.site)
        pages = _make_pages(acme)
        with App(read_config({"SNAPSHOTS_HOME": str(folder / "acme")})) as app:
            sites.add_site(
                app, "acme", Addresses(f"{acme.url}/wiki", acme.url), account=ADMIN, secret=secret, replace=False
            )
            taking.take(app, "acme", pages["Defects"], [])
            jira_data.export_jira_data(app, "acme", jira_file)
        own = {"project": {"key": "OWN", "name": "Own"}, "issuetype": {"name": "Bug"}, "status": {"name": "Done"}}
        jira.put_issues(globex.site, [{"key": "OWN-1", "fields": {**own, "summary": "Own", "created": CREATED}}])
        copy_project(acme.url, globex.url, "PUMP", rename_to="GLX")
        copy_space(acme.url, globex.url, "REL")
        home = folder / "home"
        with App(read_config({"SNAPSHOTS_HOME": str(home)})) as app:
            where = Addresses(f"{globex.url}/wiki", globex.url)
            sites.add_site(app, "globex", where, account=ADMIN, secret=secret, replace=False)
        yield World(globex, home)


def _make_pages(acme: EmulatorServer) -> dict[str, str]:
    with Transport(Connection(f"{acme.url}/wiki", acme.url, ADMIN, TOKEN)) as transport:
        space = {"key": "REL", "name": "Releases"}
        transport.request("POST", f"{acme.url}/wiki/api/v2/spaces", doing="making a space", json=space)
        confluence = ConfluenceClient(transport)
        found = next(iter(confluence.iter_spaces(["REL"])))
        return {
            title: confluence.create_page(
                found.id, title, add_macro("<p>text</p>", title.lower(), json.dumps({"levels": levels}))
            ).id
            for title, levels in DEFINITIONS.items()
        }


def jql_of(world: World, title: str) -> str:
    """What the macro on this page asks now."""
    url = world.emulator.url
    with Transport(Connection(f"{url}/wiki", url, ADMIN, TOKEN)) as transport:
        page = ConfluenceClient(transport).find_page("REL", title)
        assert page is not None
        definition = find_macros(page.body or "")[0].definition or ""
        return str(json.loads(definition)["levels"][0]["jql"])


@pytest.fixture(scope="module")
def key(served: Served) -> str:
    return new_key(served.home, "p", "globex", ("jira-data",))


@pytest.fixture
def call(served: Served, key: str) -> Iterator[Pipeline]:
    with pipeline(served.url, key, "globex") as calling:
        yield calling


def test_the_whole_way_by_rest(call: Pipeline, world: World, jira_file: Path) -> None:
    data = jira_file.read_bytes()
    kept = call("POST", "jira-data/files", 201, content=data).json()
    assert kept["source"]["name"] == "acme" and kept["counts"]["project"] >= 1
    assert call("GET", kept["links"]["self"], 200).json() == kept
    task = call.wait(call("POST", "jira-data/plans", 202, json={"file": kept["sha256"]}).json())
    assert task["state"] == "done", task
    plan = call("GET", task["links"]["plan"], 200).json()
    assert plan["outcomes"]["rewritten"] == 1 and plan["outcomes"]["left alone"] == 1
    macros = call("GET", f"{plan['links']['macros']}?outcome=rewritten", 200).json()
    assert macros["items"][0]["levels"][0]["after"] == "project = GLX AND issuetype = Bug ORDER BY key"
    undecided = call("GET", plan["links"]["undecided"], 200).json()
    assert undecided["items"][0]["source_key"] == "NOWHERE" and undecided["items"][0]["macros"] == 1

    given = [{"kind": "project", "source": "NOWHERE", "destination": "OWN"}]
    task = call.wait(call("POST", "jira-data/plans", 202, json={"file": kept["sha256"], "given": given}).json())
    digest = task["result"]["plan"]
    assert task["result"]["outcomes"]["rewritten"] == 2
    done = call.wait(call("POST", "jira-data/imports", 202, json={"plan": digest}).json())
    report = call("GET", done["links"]["import"], 200).json()
    assert (report["state"], report["pages"], report["made_by"]) == ("done", {"written": 2}, "p")
    assert jql_of(world, "Defects") == "project = GLX AND issuetype = Bug ORDER BY key"
    assert call("GET", "jira-data/imports", 200).json()["items"][0] == report
    undone = call.wait(call("POST", report["links"]["undo"], 202).json())
    assert undone["result"]["pages"] == {"undone": 2}
    assert jql_of(world, "Defects") == DEFINITIONS["Defects"][0]["jql"]

    exported = call.wait(call("POST", "jira-data/exports", 202).json())
    assert "path" not in exported["result"]
    file = call("GET", exported["links"]["file"], 200)
    assert file.headers["content-type"].startswith("application/x-ndjson")
    upload = call("GET", "/api/openapi.json", 200).json()["paths"]["/api/v1/sites/{site}/jira-data/files"]["post"]
    assert set(upload["requestBody"]["content"]) == {"application/x-ndjson", "application/octet-stream"}
    assert exported["result"]["created_at"].endswith("Z"), "times as everywhere in the API"
    assert json.loads(file.content.splitlines()[0])["source"]["name"] == "globex"


def test_bad_files_and_requests_by_rest(call: Pipeline, jira_file: Path, served: Served) -> None:
    data = jira_file.read_bytes()
    assert "was cut off" in call.problem("POST", "jira-data/files", 422, "damage-error", content=data[:-9])["detail"]
    changed = data.replace(b"PUMP", b"PUMQ", 1)
    call("POST", "jira-data/files", 422, content=changed)
    call("POST", "jira-data/files", 400, content=b"PK\x03\x04")
    call("POST", "jira-data/files", 400, content=b"")
    assert not list((served.home / "jira-data").glob(".*.part"))
    call("GET", f"jira-data/files/{'0' * 64}", 404)
    call("POST", "jira-data/plans", 404, json={"file": "0" * 64})
    call("POST", "jira-data/plans", 400, json={"file": "x"})
    call("POST", "jira-data/imports", 404, json={"plan": "0" * 64})
    call("POST", "jira-data/imports/9999/undo", 404)
    with pipeline(served.url, new_key(served.home, "b", "globex", ("backup",)), "globex") as other:
        other("POST", "jira-data/exports", 403)


# -- the tab -------------------------------------------------------------------------------------------------------


def test_export_and_download_in_the_browser(page: Any, shoot: Any, scheme: str, tmp_path: Path) -> None:
    page.goto("/sites/globex/jira-data")
    page.get_by_role("button", name="Export Jira data").click()
    page.get_by_text("The Jira-data file is ready", exact=True).wait_for()
    with page.expect_download() as coming:
        page.locator("#work").get_by_role("link", name="Download").click()
    coming.value.save_as(tmp_path / "file")
    first = (tmp_path / "file").read_bytes().splitlines()[0]
    assert json.loads(first)["format"] == "snapshots-jira-data"
    shoot(page, "jira-data-index")


def test_the_wizard_by_mouse(page: Any, shoot: Any, scheme: str, world: World, jira_file: Path, tmp_path: Path) -> None:
    page.goto("/sites/globex/jira-data")
    page.locator("#file").set_input_files(jira_file)
    page.get_by_role("button", name="Upload and match").click()
    page.get_by_role("heading", name="What importing would do").wait_for()
    assert page.locator("del", has_text="PUMP").first.is_visible()
    assert page.locator("ins", has_text="GLX").first.is_visible()
    shoot(page, "jira-data-plan")
    page.get_by_role("link", name="Doubtful (1)").click()
    page.locator("#macros h4", has_text="Defects").wait_for(state="detached")
    assert page.get_by_text("Jira says:").is_visible()
    page.get_by_role("link", name="Fields").click()
    page.locator("#matches-title", has_text="Fields").wait_for()

    page.get_by_label("What project NOWHERE is here").fill("OWN")
    page.get_by_role("button", name="Plan again with these decisions").click()
    page.get_by_text("2 pages would get a new version").wait_for()
    page.get_by_role("button", name="Apply…").click()
    shoot(page, "jira-data-confirm")
    plan = page.url
    page.goto("/sites/globex/jira-data")
    page.get_by_role("link", name="Jira data of acme").first.click()
    assert page.url == plan, "the way back to a plan is the list of plans"
    page.get_by_role("button", name="Apply…").click()
    page.get_by_role("button", name="Apply", exact=True).dblclick()
    page.get_by_role("heading", name=re.compile(r"^Import \d")).wait_for()
    page.goto(plan)
    page.get_by_role("link", name=re.compile(r"Read the report of import \d")).click()
    assert jql_of(world, "Lost") == "project = OWN AND status = Done"
    shoot(page, "jira-data-report")
    page.get_by_role("button", name="Undo…").click()
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_text("Have the old definitions again").wait_for()
    assert jql_of(world, "Lost") == "project = NOWHERE AND status = Done"


def test_decisions_by_csv_and_by_keyboard(page: Any, world: World, jira_file: Path, tmp_path: Path) -> None:
    page.goto("/sites/globex/jira-data")
    page.locator("#file").set_input_files(jira_file)
    page.locator("#file").focus()
    page.get_by_role("button", name="Upload and match").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What importing would do").wait_for()
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download as CSV").click()
    edited = tmp_path / "decided.csv"
    coming.value.save_as(edited)
    edited.write_text(edited.read_text().replace("project,,NOWHERE,,,", "project,,NOWHERE,,-,"))
    page.get_by_label("The edited CSV").set_input_files(edited)
    page.get_by_role("button", name="Plan again with the CSV").focus()
    page.keyboard.press("Enter")
    page.get_by_label("What project NOWHERE is here").wait_for(state="detached")
    page.get_by_role("button", name="Apply…").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert not page.locator("#confirm").is_visible()
    page.keyboard.press("Enter")
    press_until(page, "Apply")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=re.compile(r"^Import \d")).wait_for()
    assert jql_of(world, "Defects") == "project = GLX AND issuetype = Bug ORDER BY key"
    for kind in ("JSON", "CSV"):
        with page.expect_download() as coming:
            page.get_by_role("link", name=f"Download as {kind}").press("Enter")
        told = coming.value.path().read_text("utf-8-sig")
        assert json.loads(told)["pages"] == {"written": 1} if kind == "JSON" else "count,,,,written,1,," in told
    press_until(page, "Undo…")
    page.keyboard.press("Enter")
    press_until(page, "Undo")
    page.keyboard.press("Enter")
    page.get_by_text("Have the old definitions again").wait_for()
    assert jql_of(world, "Defects") == DEFINITIONS["Defects"][0]["jql"]


def press_until(page: Any, words: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == words:
            return
    raise AssertionError(f"{words} cannot be reached by keyboard")


def test_only_the_spaces_that_were_chosen_are_looked_at(page: Any, jira_file: Path) -> None:
    page.goto("/sites/globex/jira-data")
    page.locator("#file").set_input_files(jira_file)
    page.get_by_label("Only these spaces").fill("REL, REL")
    page.get_by_role("button", name="Upload and match").click()
    page.get_by_role("heading", name="What importing would do").wait_for()
    assert "Only spaces\nREL" in page.locator("dl.facts").first.inner_text()
    page.goto("/sites/globex/jira-data")
    page.locator("#file").set_input_files(jira_file)
    page.get_by_label("Only these spaces").fill("REL NONE")
    page.get_by_role("button", name="Upload and match").click()
    page.get_by_text("There is no space NONE here").first.wait_for()


def test_wrong_files_are_refused_in_place(page: Any, tmp_path: Path, jira_file: Path) -> None:
    wrong = tmp_path / "wrong.jira-data.ndjson"
    wrong.write_bytes(jira_file.read_bytes()[:-5])
    page.goto("/sites/globex/jira-data")
    page.locator("#file").set_input_files(wrong)
    page.get_by_role("button", name="Upload and match").click()
    page.get_by_text("The file is damaged", exact=True).wait_for()
    wrong.write_bytes(b"PK\x03\x04" + bytes(99))
    page.locator("#file").set_input_files(wrong)
    page.get_by_role("button", name="Upload and match").click()
    page.get_by_text("an archive is brought in under Restore / Import").wait_for()
    page.complaints.clear()  # the browser tells of the refusal itself
    assert page.url.endswith("/sites/globex/jira-data")


def test_without_scripts(visitor: Any, jira_file: Path) -> None:
    with jira_file.open("rb") as file:
        answer = visitor.http.post(
            "/sites/globex/jira-data/upload",
            data={"_csrf_token": visitor.csrf_token()},
            files={"file": ("acme.jira-data.ndjson", file)},
        )
    assert answer.status_code == 303 and "/jira-data/tasks/jira-plan-" in answer.headers["location"]
    assert "Matching with the Jira" in visitor.get(answer.headers["location"]).text
