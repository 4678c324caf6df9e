from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3
from atlassian import Confluence, Jira
from jira import JIRA

from atlassian_emulator.jira import put_issues
from atlassian_emulator.server import EmulatorServer

ADA = {"name": "ada", "key": "JIRAUSER10555", "displayName": "Ada Abel", "active": True}
TODO = {"name": "To Do", "statusCategory": {"key": "new"}}
DESCRIPTION = "h1. Title\r\n\r\n* one\r\n* [~ada] said *so*   \r\n"


def issue(number: int, **more: Any) -> dict[str, Any]:
    fields = {
        "issuetype": {"name": "Bug"},
        "project": {"key": "REQ", "name": "Requirements"},
        "status": TODO,
        "summary": f"Issue {number}",
        "created": "2026-05-16T07:56:13.000+0000",
        "reporter": ADA,
        **more,
    }
    return {"key": f"REQ-{number}", "fields": fields}


def demo_issues() -> list[dict[str, Any]]:
    said = {"author": ADA, "body": "See {{code}} and\n_this_", "created": "2026-05-17T07:56:13.000+0000"}
    first = issue(1, description=DESCRIPTION, assignee=ADA, comment={"comments": [said, {**said, "body": "Two"}]})
    return [first, *(issue(number) for number in range(2, 13))]


@dataclass
class Asker:
    """Asks as one user: Basic with name and password, or Bearer with a personal access token."""

    url: str
    name: str = "admin"
    password: str = "emulator"
    token: str = ""

    def ask(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        basic = base64.b64encode(f"{self.name}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Bearer {self.token}" if self.token else f"Basic {basic}"}
        headers |= options.pop("headers", {})
        with urllib3.PoolManager(retries=False) as pool:
            return pool.request(method, self.url + path, headers=headers, redirect=False, **options)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == 200, answer.data[:500]
        return answer.json()


@pytest.fixture
def server():
    with EmulatorServer("acme", deployment="data-center") as running:
        yield running


@pytest.fixture
def asker(server):
    return Asker(server.url)


@pytest.fixture
def confluence(server):
    """atlassian-python-api as its users make it for Confluence Data Center."""
    client = Confluence(url=server.url, username="admin", password="emulator", cloud=False)
    yield client
    client.close()


@pytest.fixture
def page(confluence):
    confluence.create_space("REL", "Releases")
    return confluence.create_page("REL", "A page", "<p>one</p>")


@pytest.fixture
def issues(server):
    put_issues(server.site, demo_issues())


@pytest.fixture
def jira(server, issues):
    """atlassian-python-api for Jira Data Center."""
    client = Jira(url=server.url, username="admin", password="emulator", cloud=False)
    yield client
    client.close()


@pytest.fixture
def pycontribs(server, issues):
    """The client called jira, signed in with a personal access token."""
    client = JIRA(server=server.url, token_auth="admin.emulator", max_retries=0)
    yield client
    client.close()
