"""Jira data on the command line, as an administrator uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from atlassian_emulator.server import EmulatorServer


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
