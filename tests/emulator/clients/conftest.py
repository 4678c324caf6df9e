from __future__ import annotations

import pytest

from atlassian_emulator.dataset import iter_issues
from atlassian_emulator.jira import put_issues
from atlassian_emulator.server import EmulatorServer


@pytest.fixture
def server():
    with EmulatorServer("acme") as running:
        put_issues(running.site, iter_issues(seed=3, count=60))
        yield running


@pytest.fixture
def account():
    return {"username": "admin@example.com", "password": "emulator"}
