from __future__ import annotations

import gzip
import signal
import subprocess
import sys

import pytest
import urllib3

from atlassian_emulator.__main__ import main


def start(*options):
    """Start a site in a process of its own and return it with the lines it said until it was ready."""
    command = [sys.executable, "-m", "atlassian_emulator", "--port", "0", *map(str, options)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said = []
    for line in process.stdout:
        said.append(line.strip())
        if said[-1] == "ready":
            break
    return process, said


def stop(process, number):
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    return process.returncode, errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_site_says_where_it_is_and_stops_when_told(number, tmp_path):
    process, said = start("--site-name", "globex", "--token", "secret", "--data-dir", tmp_path / "site")
    assert said[0].startswith("globex: http://127.0.0.1:")
    assert "admin@example.com, editor@example.com, viewer@example.com" in said[1]
    assert "secret" not in "".join(said)
    url = said[0].split()[1]
    status = urllib3.request("GET", f"{url}/_emulator/status", headers={"Connection": "close"}).json()
    assert status["site"] == "globex"
    assert stop(process, number) == (0, "")
    assert (tmp_path / "site" / "site.db").exists()


def test_what_was_written_is_there_after_a_restart(client, tmp_path):
    for attempt in (1, 2):
        process, said = start("--data-dir", tmp_path)
        site = type(client)(said[0].split()[1])
        if attempt == 1:
            page = site.add_page(site.add_space(), "A page", "<p>kept</p>")
        kept = site.get(f"/wiki/api/v2/pages/{page['id']}", body_format="storage")
        site.close()
        assert stop(process, signal.SIGTERM) == (0, "")
    assert kept["body"]["storage"]["value"] == "<p>kept</p>"


def test_a_taken_port_is_one_sentence(server, capsys):
    assert main(["--port", str(server.port)]) == 1
    error = capsys.readouterr().err
    assert error == (
        f"The site cannot be started on 127.0.0.1:{server.port}: Address already in use."
        " Choose another --port or --data-dir.\n"
    )


def test_a_directory_that_holds_something_else_is_one_sentence(tmp_path, capsys):
    (tmp_path / "site.db").write_bytes(b"not a database, but long enough to be looked at as one" * 40)
    assert main(["--port", "0", "--data-dir", str(tmp_path)]) == 1
    assert "file is not a database" in capsys.readouterr().err


@pytest.mark.parametrize("weather", ["{", '[{"kind": "hail"}]', "7"])
def test_weather_that_cannot_be_read_is_one_sentence(weather, capsys):
    assert main(["--port", "0", "--weather", weather]) == 1
    assert capsys.readouterr().err.startswith("--weather cannot be read: ")


def test_issues_that_are_not_there_are_one_sentence(tmp_path, capsys):
    assert main(["--port", "0", "--issues", str(tmp_path / "none.jsonl.gz")]) == 1
    assert capsys.readouterr().err.startswith("The issues cannot be loaded: ")


CUT_ISSUES = (b"no zip", gzip.compress(b"{}" * 999)[:20], gzip.compress(b"[]"))


@pytest.mark.parametrize("content", CUT_ISSUES, ids=["no zip", "cut", "a list"])
def test_issues_that_cannot_be_read_are_one_sentence(content, tmp_path, capsys):
    (tmp_path / "issues.jsonl.gz").write_bytes(content)
    assert main(["--port", "0", "--issues", str(tmp_path / "issues.jsonl.gz")]) == 1
    assert capsys.readouterr().err.startswith("The issues cannot be loaded: ")
