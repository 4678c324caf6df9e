"""Jira data on the command line, as an administrator uses it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from atlassian_emulator.copying import copy_project, copy_space
from atlassian_emulator.jira import load_demo
from atlassian_emulator.server import EmulatorServer
from atlassian_emulator.weather import Disturbance
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.macro import add_macro
from snapshots.atlassian.transport import Transport


def test_exports_a_jira_data_file(snapshots: Any, site: EmulatorServer, bugs_page: str, tmp_path: Path) -> None:
    snapshots("take", bugs_page)
    path = tmp_path / "acme.jira-data.ndjson"
    said = snapshots("jira-data", "export", "--output", str(path))
    assert "issue types" in said.out and "statuses" in said.out and "SHA-256" in said.out
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert lines[0]["source"]["jira_url"] == site.url
    assert lines[-1]["counts"]["issue"] == sum(line.get("kind") == "issue" for line in lines) > 0
    assert "is there already" in snapshots("jira-data", "export", "--output", str(path), code=3).err
    again = snapshots("jira-data", "export", "--output", str(path), "--overwrite", "--json").json()
    assert again["counts"] == lines[-1]["counts"]
    kept = snapshots("jira-data", "export", "--json").json()
    assert kept["path"].endswith(".jira-data.ndjson") and Path(kept["path"]).is_file()


def test_the_whole_way_between_two_sites(
    snapshots: Any, site: EmulatorServer, make_page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = tmp_path / "d.json"
    for title, jql in (("Bugs", "project = PUMP AND issuetype = Bug"), ("Lost", "project = NOWHERE")):
        page_id = make_page(title, space_key="OWN")
        definition.write_text(json.dumps({"levels": [{"jql": jql}]}))
        snapshots("macro", "put", page_id, "--definition", str(definition))
        if title == "Bugs":
            snapshots("take", page_id)
    path = str(tmp_path / "acme.jira-data.ndjson")
    snapshots("jira-data", "export", "--output", path)

    monkeypatch.setenv("SNAPSHOTS_HOME", str(tmp_path / "elsewhere"))
    with EmulatorServer("globex") as globex:
        copy_project(site.url, globex.url, "PUMP", rename_to="GLX")
        copy_space(site.url, globex.url, "OWN")
        where = ["--url", globex.url, "--account", "admin@example.com", "--token-env", "ACME_TOKEN"]
        snapshots("site", "add", "globex", *where)
        assert "No Jira data was imported" in snapshots("jira-data", "status").err

        todo, kept = tmp_path / "todo.csv", tmp_path / "plan.json"
        said = snapshots("jira-data", "plan", path, "--undecided", str(todo), "--output", str(kept), code=8)
        assert "- project = PUMP AND issuetype = Bug" in said.out and "+ project = GLX AND issuetype = Bug" in said.out
        assert "nobody decided what became of project NOWHERE" in said.err
        lines = todo.read_text().splitlines()
        assert lines[1].startswith("project,,NOWHERE,,,missing,")
        todo.write_text("\n".join([lines[0], lines[1].replace("NOWHERE,,,", "NOWHERE,,-,")]) + "\n")
        decided = snapshots("jira-data", "plan", path, "--decisions", str(todo), "--json").json()
        assert decided["outcomes"] == {"rewritten": 1, "unchanged": 1, "here already": 0}

        assert "--yes" in snapshots("jira-data", "apply", "--plan", str(kept), code=3).err
        assert "Give either" in snapshots("jira-data", "apply", path, "--plan", str(kept), code=3).err
        report = snapshots("jira-data", "apply", "--plan", str(kept), "--yes", "--json", code=8).json()
        assert (report["state"], report["pages"]) == ("done", {"written": 1})
        assert "1 page: 1 written" in snapshots("jira-data", "status").out
        number = str(snapshots("jira-data", "status", "--json").json()[0]["import"])
        assert snapshots("jira-data", "undo", number, "--yes", "--json").json()["pages"] == {"undone": 1}
        assert "undone" in snapshots("jira-data", "status").out
        snapshots("jira-data", "undo", "99", "--yes", code=3)

        damaged = tmp_path / "damaged.ndjson"
        damaged.write_bytes(Path(path).read_bytes()[:-20])
        snapshots("jira-data", "plan", str(damaged), code=6)
        snapshots("jira-data", "plan", str(todo), code=3)
        snapshots("jira-data", "plan", path, "--mapping", str(definition), code=3)


def test_killed_while_it_writes_it_goes_on_and_ends_the_same(
    snapshots: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = 12
    with EmulatorServer("acme") as acme, EmulatorServer("globex") as globex:
        load_demo(acme.site)
        with Transport(Connection(f"{acme.url}/wiki", acme.url, "admin@example.com", "emulator")) as transport:
            space = {"key": "REL", "name": "Releases"}
            transport.request("POST", f"{acme.url}/wiki/api/v2/spaces", doing="making a space", json=space)
            confluence = ConfluenceClient(transport)
            found = next(iter(confluence.iter_spaces(["REL"])))
            for number in range(pages):
                jql = f'project = PUMP AND summary ~ "part {number}"'
                body = add_macro("", f"m{number}", json.dumps({"levels": [{"jql": jql}]}))
                confluence.create_page(found.id, f"Page {number}", body)
        where = ["--account", "admin@example.com", "--token-env", "ACME_TOKEN"]
        snapshots("site", "add", "acme", "--url", acme.url, *where)
        path, plan = str(tmp_path / "acme.jira-data.ndjson"), str(tmp_path / "plan.json")
        snapshots("jira-data", "export", "--output", path)
        copy_project(acme.url, globex.url, "PUMP", rename_to="GLX")
        copy_space(acme.url, globex.url, "REL")
        monkeypatch.setenv("SNAPSHOTS_HOME", str(tmp_path / "elsewhere"))
        snapshots("site", "add", "globex", "--url", globex.url, *where)
        snapshots("jira-data", "plan", path, "--output", plan)

        globex.set_weather(Disturbance(kind="latency", seconds=0.3, method="PUT", path="/wiki/api/v2/pages/*"))
        command = [sys.executable, "-m", "snapshots", "jira-data", "apply", "--plan", plan, "--yes"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 60
            while sum(entry.method == "PUT" for entry in globex.requests()) < 5 and time.monotonic() < deadline:
                time.sleep(0.02)
            process.kill()
        globex.set_weather()
        assert "interrupted" in snapshots("job", "list").out
        assert "resume or cancel it" in snapshots("jira-data", "apply", "--plan", plan, "--yes", code=3).err
        snapshots("job", "resume")
        status = snapshots("jira-data", "status", "--json").json()
        assert [(each["state"], each["pages"]) for each in status] == [("done", {"written": pages})]
        with Transport(Connection(f"{globex.url}/wiki", globex.url, "admin@example.com", "emulator")) as transport:
            confluence = ConfluenceClient(transport)
            found = next(iter(confluence.iter_spaces(["REL"])))
            moved = [page for page in confluence.iter_pages(found.id) if page.title.startswith("Page")]
        assert {page.version.number for page in moved} == {2}
        assert all("project = GLX" in (page.body or "") for page in moved)
