from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from atlassian_emulator.dataset import iter_issues
from atlassian_emulator.jira import Jira, put_issues
from atlassian_emulator.jira.jql.compile import compile_query
from atlassian_emulator.jira.jql.parser import parse
from atlassian_emulator.server import EmulatorServer, open_site

from ..conftest import Client

REAL_ISSUES = Path(__file__).parents[4] / "shared" / "data" / "jira-issues.jsonl.gz"
NOW = 1_790_000_000_000_000
"""2026-09-21T13:33:20Z: the clock of the sites of these tests stands still."""


@pytest.fixture(scope="session")
def made_up():
    """A hundred and fifty issues of the data set, as the file holds them."""
    return list(iter_issues(seed=3, count=150))


@pytest.fixture(scope="session")
def quiet_site(made_up):
    """A site with these issues that no test changes."""
    site = open_site("quiet", clock=lambda: NOW)
    put_issues(site, made_up)
    yield site
    site.close()


@pytest.fixture
def find(quiet_site):
    """Ask a query; the keys that match, in order. Refusals are an AssertionError."""
    return lambda jql, email="admin@example.com": find_keys(quiet_site, jql, email)


def find_keys(site, jql, email="admin@example.com"):
    with site.database.read() as c:
        compiled = compile_query(parse(jql), site.part(Jira).scope(c, site.users.find_by_email(email)))
        assert (compiled.errors, compiled.warnings) == ((), ())
        select = compiled.to_select("i.project_key || '-' || i.number")
        return [row[0] for row in c.execute(select.text, select.parameters)]


def refusals(site, jql, email="admin@example.com"):
    """What Jira says against a query."""
    with site.database.read() as c:
        compiled = compile_query(parse(jql), site.part(Jira).scope(c, site.users.find_by_email(email)))
        return [*compiled.errors, *compiled.warnings]


@pytest.fixture
def server(made_up):
    with EmulatorServer(site_name="acme") as running:
        put_issues(running.site, made_up)
        yield running


@pytest.fixture
def client(server):
    admin = Client(server.url)
    yield admin
    admin.close()


@pytest.fixture(scope="session")
def real_issues():
    if not REAL_ISSUES.exists():
        pytest.skip("the real issues are not at ../shared/data/jira-issues.jsonl.gz; they are not part of the project")
    with gzip.open(REAL_ISSUES, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
