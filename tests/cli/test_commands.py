"""Commands as a person and as a pipeline use them."""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from atlassian_emulator.server import EmulatorServer
from snapshots import __version__
from snapshots.cli.output import progress_shown


def test_a_site_is_added_listed_checked_and_changed(snapshots: Any, site: EmulatorServer, home: Path) -> None:
    assert snapshots("site", "list", "--json").json()[0]["token"] == "env:ACME_TOKEN"
    assert all(check["ok"] for check in snapshots("site", "check", "--json").json())
    args = ["site", "add", "acme", "--url", site.url, "--account", "editor@example.com", "--token-env", "ACME_TOKEN"]
    assert "--replace" in snapshots(*args, code=3).err
    snapshots(*args, "--replace")
    assert snapshots("site", "list", "--json").json()[0]["account"] == "editor@example.com"


def test_an_administrator_says_that_the_jira_only_changed_its_address(snapshots: Any, site: EmulatorServer) -> None:
    assert snapshots("site", "list", "--json").json()[0]["same_jira_urls"] == []
    said = snapshots("site", "same-jira", "https://jira.acme.example/browse/X-1")
    assert "was known before as https://jira.acme.example" in said.out
    snapshots("site", "same-jira", "https://JIRA.acme.example", "--site", "acme")
    assert snapshots("site", "list", "--json").json()[0]["same_jira_urls"] == ["https://jira.acme.example"]
    assert "already" in snapshots("site", "same-jira", site.url, code=3).err
    assert "earlier addresses" in snapshots("site", "same-jira", "https://no.example", "--forget", code=3).err
    assert (
        snapshots("site", "same-jira", "https://jira.acme.example", "--forget", "--json").json()["same_jira_urls"] == []
    )
    checks = {check["check"]: check for check in snapshots("site", "check", "--json").json()}
    assert checks["Jira of earlier captures"] == {"check": "Jira of earlier captures", "ok": True, "detail": "this one"}


def test_one_site_has_one_name(snapshots: Any, site: EmulatorServer) -> None:
    login = ["--url", site.url, "--account", "editor@example.com", "--token-env", "ACME_TOKEN"]
    assert "'acme'" in snapshots("site", "add", "second", *login, code=3).err
    assert len(snapshots("site", "list", "--json").json()) == 1


def test_an_archive_is_not_replaced_unasked(snapshots: Any, site: EmulatorServer, tmp_path: Path) -> None:
    archive = tmp_path / "acme.zip"
    write = ["backup", "create", "--all-spaces", "--output", str(archive)]
    snapshots(*write)
    before = archive.read_bytes()
    assert "--overwrite" in snapshots(*write, code=3).err
    assert archive.read_bytes() == before
    snapshots(*write, "--overwrite")
    snapshots(*write[:-1], str(tmp_path / "mistyped" / "acme.zip"), code=3)
    assert not (tmp_path / "mistyped").exists()


def test_a_token_on_standard_input_is_sealed_and_never_shown(
    snapshots: Any, server: EmulatorServer, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "typed"
    secret.write_text("emulator\n")
    with secret.open() as typed:
        monkeypatch.setattr("sys.stdin", typed)
        added = snapshots("site", "add", "acme", "--url", server.url, "--account", "admin@example.com", "--json")
    assert added.json()["token"] == "sealed"
    snapshots("site", "check")
    for file in home.rglob("*"):
        if file.is_file():
            assert b"emulator" not in file.read_bytes(), f"{file} shows the token"


def test_the_main_job_by_command(snapshots: Any, bugs_page: str, site: EmulatorServer, tmp_path: Path) -> None:
    first = snapshots("take", bugs_page, "--json").json()["versions"][0]
    assert first["number"] == 1
    assert first["row_counts"] == [36]
    assert "Version 2" in snapshots("take", bugs_page).out
    snapshots("sticker", "add", bugs_page, "1", "Signed off", "--colour", "green")
    versions = snapshots("history", bugs_page, "--json").json()["versions"]
    assert [(v["number"], v["same_data_as"], v["stickers"]) for v in versions] == [
        (2, 1, []),
        (1, None, [{"name": "Signed off", "colour": "green"}]),
    ]
    assert snapshots("compare", bugs_page, "1", "2", "--json").json()["rows"] == []
    page = tmp_path / "comparison.html"
    snapshots("compare", bugs_page, "1", "2", "--html", str(page))
    assert page.read_text().startswith("<!doctype html>")
    archive = tmp_path / "acme.zip"
    made = snapshots("backup", "create", "--all-spaces", "--output", str(archive), "--json").json()
    assert made["counts"]["version"] == 2
    assert snapshots("backup", "list", "--json").json()[0]["sha256"] == made["sha256"]
    assert snapshots("backup", "verify", str(archive), "--json").json()["sound"]
    plan = tmp_path / "plan.json"
    snapshots("restore", "plan", str(archive), "--output", str(plan))
    report = snapshots("restore", "apply", str(archive), "--plan", str(plan), "--yes", "--json").json()
    assert report["totals"]["version"] == {"already_there": 2}
    again = snapshots("restore", "apply", str(archive), "--plan", str(plan), "--yes", "--json").json()
    assert "already-carried-out" in {finding["kind"] for finding in again["findings"]}
    assert snapshots("restore", "status", "--json").json()["restores"][0]["state"] == "done"
    kinds = {job["kind"] for job in snapshots("job", "list", "--json").json()}
    assert kinds == {"take", "backup", "restore"}
    job = snapshots("job", "list", "--json").json()[0]
    assert snapshots("job", "show", job["id"], "--json").json()["state"] == "done"
    snapshots("sticker", "remove", bugs_page, "1", "Signed off")
    assert not any(v["stickers"] for v in snapshots("history", bugs_page, "--json").json()["versions"])


def test_the_history_tells_the_jira_where_there_were_two(snapshots: Any, bugs_page: str, home: Path) -> None:
    for _ in range(2):
        snapshots("take", bugs_page)
    assert "Jira" not in snapshots("history", bugs_page).out
    with closing(sqlite3.connect(home / "registry.sqlite")) as registry, registry:
        registry.execute("UPDATE version SET jira_url = 'https://old.example' WHERE number = 1")
    assert "https://old.example" in snapshots("history", bugs_page).out
    versions = snapshots("history", bugs_page, "--json").json()["versions"]
    assert [version["jira_url"] == "https://old.example" for version in versions] == [False, True]


def test_a_page_is_named_by_id_address_or_title(snapshots: Any, bugs_page: str, site: EmulatorServer) -> None:
    snapshots("take", bugs_page)
    by_id = snapshots("history", bugs_page, "--json").json()
    assert snapshots("history", f"{site.url}/wiki/spaces/REL/pages/{bugs_page}/Any+words", "--json").json() == by_id
    assert snapshots("history", f"REL:{by_id['page_title']}", "--json").json() == by_id


def test_in_a_pipe_lists_are_tab_separated(snapshots: Any, bugs_page: str) -> None:
    snapshots("take", bugs_page)
    lines = snapshots("history", bugs_page).out.splitlines()
    assert lines[0].split("\t")[0] == "version"
    assert lines[1].split("\t")[0] == "1"


def test_terminal_control_characters_in_a_title_are_not_passed_on(snapshots: Any, make_page: Any) -> None:
    assert "\x1b" not in snapshots("history", "REL:\x1b[31mred", code=3).err


BAD_PAGES = {
    "no page": (["take", "424242"], 3, "424242"),
    "not a page": (["take", "what?"], 3, "SPACE:Title"),
    "an address without a page": (["take", "https://acme.example/wiki/home"], 3, "No page id"),
    "unknown title": (["take", "REL:Nothing like it"], 3, "no page"),
    "never captured": (["history", "424242"], 3, "take a snapshot there"),
    "unknown site": (["take", "1", "--site", "initech"], 3, "initech"),
    "unknown job": (["job", "show", "backup-0"], 3, "There is no job"),
    "unknown space": (["backup", "create", "--space", "NOPE"], 3, "NOPE"),
    "no selection": (["backup", "create"], 3, "--all-spaces"),
    "two selections": (["backup", "create", "--all-spaces", "--space", "REL"], 3, "--all-spaces"),
    "no such command": (["bakcup"], 2, "bakcup"),
    "no such file": (["backup", "verify", "nowhere.zip"], 3, "nowhere.zip"),
    "bad setting of conflicts": (["restore", "plan", "x.zip", "--conflict", "guess"], 3, "merge"),
}


@pytest.mark.parametrize("case", BAD_PAGES)
def test_what_cannot_be_done_is_said_in_one_sentence(snapshots: Any, site: EmulatorServer, case: str) -> None:
    arguments, code, words = BAD_PAGES[case]
    said = snapshots(*arguments, code=code)
    assert words in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def test_a_page_without_a_macro_is_told_apart(snapshots: Any, make_page: Any) -> None:
    assert "macro" in snapshots("take", make_page("Plain"), code=3).err


def test_who_may_not_edit_may_not_take(
    snapshots: Any, bugs_page: str, site: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = ["--url", site.url, "--token-env", "ACME_TOKEN"]
    snapshots("site", "add", "acme", *login, "--account", "viewer@example.com", "--replace")
    assert "may not edit" in snapshots("take", bugs_page, code=4).err
    monkeypatch.setenv("ACME_TOKEN", "wrong-token-of-mine")
    refused = snapshots("take", bugs_page, "--site", "acme", code=4)
    assert "wrong-token-of-mine" not in refused.err
    monkeypatch.delenv("ACME_TOKEN")
    assert "ACME_TOKEN" in snapshots("take", bugs_page, "--site", "acme", code=4).err


def test_a_jql_that_jira_refuses_leaves_nothing(snapshots: Any, make_page: Any, tmp_path: Path) -> None:
    page_id = make_page("Refused")
    definition = tmp_path / "d.json"
    definition.write_text(json.dumps({"levels": [{"jql": "nosuchfield = 1"}]}))
    snapshots("macro", "put", page_id, "--definition", str(definition))
    assert "nosuchfield" in snapshots("take", page_id, code=5).err
    snapshots("history", page_id, code=3)
    assert snapshots("macro", "list", page_id, "--json").json()[0]["capture_id"] is None


def test_a_payload_over_the_limit_is_refused_before_the_upload(
    snapshots: Any, make_page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: EmulatorServer
) -> None:
    page_id = make_page("Large")
    definition = tmp_path / "d.json"
    # The same 600 issues beneath each of them: 360,000 rows.
    everything = "project in (PUMP, PUMPR, PUMPT)"
    definition.write_text(json.dumps({"levels": [{"jql": everything}, {"jql": everything}]}))
    snapshots("macro", "put", page_id, "--definition", str(definition))
    monkeypatch.setenv("SNAPSHOTS_MAX_PAYLOAD_MIB", "1")
    snapshots("take", page_id, code=5)
    assert not any("child/attachment" in entry.path for entry in site.requests() if page_id in entry.path)


def test_a_csv_of_two_columns_and_unknown_keys(snapshots: Any, bugs_page: str, tmp_path: Path) -> None:
    snapshots("take", bugs_page)
    file = tmp_path / "spaces.csv"
    file.write_text("key,name\nREL,Releases\n")
    assert "one column" in snapshots("backup", "create", "--spaces-csv", str(file), code=3).err
    file.write_text("\ufeffSpace key\nrel\n\nNOPE\nREL\n", encoding="utf-8")
    refused = snapshots("backup", "create", "--spaces-csv", str(file), code=3)
    assert "NOPE" in refused.err
    assert "line 4" in refused.err
    assert "--skip-unknown" in refused.err
    made = snapshots("backup", "create", "--spaces-csv", str(file), "--skip-unknown", "--json").json()
    assert made["selection"] == {"mode": "csv", "spaces": ["REL"]}
    assert {finding["kind"] for finding in made["findings"]} == {"unknown-space", "other-case"}
    assert "folder" in snapshots("backup", "create", "--all-spaces", "-o", str(tmp_path), code=3).err


def test_a_damaged_a_foreign_and_a_newer_archive(snapshots: Any, bugs_page: str, tmp_path: Path) -> None:
    snapshots("take", bugs_page)
    archive = tmp_path / "acme.zip"
    snapshots("backup", "create", "--all-spaces", "--output", str(archive))
    data = archive.read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(data[: len(data) // 2])
    altered = tmp_path / "altered.zip"
    altered.write_bytes(data[:200] + bytes([data[200] ^ 1]) + data[201:])
    for damaged in (cut, altered):
        assert damaged.name in snapshots("backup", "verify", str(damaged), code=6).err
        snapshots("restore", "plan", str(damaged), code=6)
    text = tmp_path / "text.zip"
    text.write_text("not a zip")
    snapshots("backup", "verify", str(text), code=3)
    newer = tmp_path / "newer.zip"
    with zipfile.ZipFile(newer, "w") as written:
        manifest = {"format": "snapshots-archive", "format_version": 99, "producer": "snapshots 9.0"}
        written.writestr("manifest.json", json.dumps(manifest))
    assert "newer" in snapshots("backup", "verify", str(newer), code=3).err
    assert "newer" in snapshots("restore", "plan", str(newer), code=3).err


def test_apply_asks_before_it_writes(snapshots: Any, bugs_page: str, tmp_path: Path) -> None:
    snapshots("take", bugs_page)
    archive = tmp_path / "acme.zip"
    snapshots("backup", "create", "--all-spaces", "--output", str(archive))
    assert "--yes" in snapshots("restore", "apply", str(archive), code=3).err
    assert snapshots("restore", "status", "--json").json()["restores"] == []


def test_an_unusable_registry_is_explained_without_its_password(
    snapshots: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNAPSHOTS_REGISTRY_URL", "postgresql://snap:pass-of-mine@127.0.0.1:1/none")
    said = snapshots("site", "list", code=7)
    assert "pass-of-mine" not in said.err
    monkeypatch.setenv("SNAPSHOTS_REGISTRY_URL", "oracle://x")
    snapshots("site", "list", code=4)
    monkeypatch.setenv("SNAPSHOTS_THREADS", "many")
    assert "SNAPSHOTS_THREADS" in snapshots("site", "list", code=4).err


def test_who_stops_reading_is_no_fault(site: EmulatorServer) -> None:
    read, written = os.pipe()
    os.close(read)
    ended = subprocess.run(
        [sys.executable, "-m", "snapshots", "site", "list"], stdout=written, stderr=subprocess.PIPE, check=False
    )
    os.close(written)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(site: EmulatorServer, closed: str) -> None:
    command = f"{shlex.quote(sys.executable)} -m snapshots site list {closed}"
    assert subprocess.run(["sh", "-c", command], capture_output=True, check=False).returncode == 0


def test_characters_that_a_stream_lacks_are_written_out(snapshots: Any, make_page: Any, tmp_path: Path) -> None:
    page = make_page("Mängel")
    (tmp_path / "epics.json").write_text('{"levels":[{"jql":"project = PUMP AND issuetype = Epic"}]}')
    snapshots("macro", "put", page, "--definition", str(tmp_path / "epics.json"))
    snapshots("take", page)
    snapshots("take", page)
    ended = subprocess.run(
        [sys.executable, "-m", "snapshots", "compare", page, "1", "2"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (ended.returncode, b"M\\xe4ngel" in ended.stdout) == (0, True), ended.stdout + ended.stderr


def test_an_interruption_says_what_can_go_on(snapshots: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("snapshots.cli.site.sites.list_sites", interrupt)
    assert "snapshots job list" in snapshots("site", "list", code=130).err


def test_the_version_is_told(snapshots: Any, home: Path) -> None:
    assert snapshots("--version").out == f"snapshots {__version__}\n"


def test_a_file_that_is_not_there_is_the_persons_to_correct(snapshots: Any, bugs_page: str, tmp_path: Path) -> None:
    nothing = str(tmp_path / "nothing")
    snapshots("take", bugs_page)
    archive = str(tmp_path / "all.zip")
    snapshots("backup", "create", "--all-spaces", "-o", archive)
    for command in (
        ["macro", "put", bugs_page, "--definition", nothing],
        ["backup", "create", "--spaces-csv", nothing],
        ["backup", "verify", nothing],
        ["restore", "plan", nothing],
        ["restore", "plan", archive, "--mapping", nothing],
        ["restore", "apply", archive, "--plan", nothing],
    ):
        assert f"There is no file {nothing}" in snapshots(*command, code=3).err


def test_a_stage_of_progress_is_told_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_shown() as progress:
        for done in (1, 2, 3, 3):
            progress("reading", done, 3, "records")
    assert capsys.readouterr().err.splitlines() == ["reading: 1 of 3 records", "reading: 3 of 3 records"]
