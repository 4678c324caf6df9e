"""A move in two waves: what has no page yet waits, and is taken up without the archive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from atlassian_emulator.copying import copy_space
from atlassian_emulator.server import EmulatorServer
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.transport import Transport

DEFINITION = {"levels": [{"jql": "project = PUMP AND issuetype = Bug ORDER BY key", "columns": ["key", "summary"]}]}


def test_the_second_wave_is_taken_up_by_retry(
    snapshots: Any, site: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = tmp_path / "bugs.json"
    definition.write_text(json.dumps(DEFINITION))
    with Transport(Connection(f"{site.url}/wiki", site.url, "admin@example.com", "emulator")) as transport:
        confluence = ConfluenceClient(transport)
        for key in ("WAVE1", "WAVE2"):
            space = {"key": key, "name": key}
            transport.request("POST", f"{site.url}/wiki/api/v2/spaces", doing="making a space", json=space)
            found = next(iter(confluence.iter_spaces([key])))
            page = confluence.create_page(found.id, "Defects", "<p>text</p>")
            snapshots("macro", "put", page.id, "--definition", str(definition))
            snapshots("take", page.id)
            snapshots("sticker", "add", page.id, "1", "Signed off")
    archive = str(tmp_path / "acme.zip")
    snapshots("backup", "create", "--space", "WAVE1", "--space", "WAVE2", "--output", archive)

    monkeypatch.setenv("SNAPSHOTS_HOME", str(tmp_path / "elsewhere"))
    with EmulatorServer("globex") as globex:
        where = ["--url", globex.url, "--jira-url", site.url, "--account", "admin@example.com"]
        snapshots("site", "add", "globex", *where, "--token-env", "ACME_TOKEN")
        assert snapshots("restore", "retry", "--yes", "--json").json() == []
        copy_space(site.url, globex.url, "WAVE1", rename_to="FIRST", current_version_only=False)
        renamed = tmp_path / "spaces.csv"
        renamed.write_text("source_space_key,destination_space_key\nWAVE1,FIRST\n")
        first = snapshots("restore", "apply", archive, "--space-map", str(renamed), "--yes", "--json", code=8).json()
        assert first["totals"]["version"] == {"created": 1, "parked": 1}
        assert snapshots("history", "FIRST:Defects", "--json").json()["versions"][0]["stickers"]
        snapshots("history", "WAVE2:Defects", code=3)
        assert sum(snapshots("restore", "status", "--json").json()["parked"].popitem()[1].values()) > 0

        copy_space(site.url, globex.url, "WAVE2", rename_to="", current_version_only=False)
        assert "--yes" in snapshots("restore", "retry", code=3).err
        second = snapshots("restore", "retry", "--yes", "--json").json()
        assert [report["totals"]["version"] for report in second] == [{"created": 1}]
        assert snapshots("history", "WAVE2:Defects", "--json").json()["versions"][0]["stickers"]
        assert snapshots("restore", "status", "--json").json()["parked"] == {}
        assert "Nothing is parked" in snapshots("restore", "retry", "--yes").err

        listed = snapshots("restore", "status", "--json").json()["restores"]
        assert [each["state"] for each in listed] == ["done", "done"]
        assert "undo restore" in snapshots("restore", "undo", str(listed[1]["id"]), "--yes", code=3).err
        assert "--yes" in snapshots("restore", "undo", code=3).err
        undone = snapshots("restore", "undo", "--yes", "--json").json()
        assert undone["totals"]["version"] == {"removed": 1}
        snapshots("history", "WAVE2:Defects", code=3)
        shown = snapshots("restore", "undo", "--yes").out
        assert "1 removed" in shown and "Undone" in shown
        assert [each["state"] for each in snapshots("restore", "status", "--json").json()["restores"]] == [
            "undone",
            "undone",
        ]
        assert "left to undo" in snapshots("restore", "undo", "--yes", code=3).err
