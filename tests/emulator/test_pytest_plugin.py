"""The fixtures that come with the emulator, used as a stranger's project uses them: in a pytest run of its own."""

from __future__ import annotations

import subprocess
import sys

CONFTEST = 'pytest_plugins = ["atlassian_emulator.pytest_plugin"]\n'
TESTS = """
import urllib.request
from atlassian_emulator.weather import Disturbance

def ask(site, path):
    return urllib.request.urlopen(site.url + path).status

def test_a_site(atlassian_site):
    assert ask(atlassian_site, "/rest/api/3/serverInfo") == 200
    assert [entry.status for entry in atlassian_site.requests()] == [200]
    atlassian_site.set_weather(Disturbance(kind="unavailable"))

def test_the_next_site_is_new(atlassian_site):
    assert atlassian_site.requests() == []
    assert ask(atlassian_site, "/rest/api/3/serverInfo") == 200

def test_several_sites(make_atlassian_site, tmp_path):
    one, other = make_atlassian_site(), make_atlassian_site("globex", data_dir=tmp_path)
    assert (one.site.name, other.site.name) == ("site-1", "globex")
    assert one.url != other.url
    assert (tmp_path / "site.db").exists()
"""


def test_a_project_that_opts_in_has_the_fixtures(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_own.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=90)
    assert "3 passed" in done.stdout, done.stdout + done.stderr
