"""Fixtures for pytest: an Atlassian site for each test. Opt in with one line in conftest.py:

    pytest_plugins = ["atlassian_emulator.pytest_plugin"]

`atlassian_site` is an empty site in memory, new for each test. `make_atlassian_site` makes more of them, with the
arguments of `EmulatorServer`: another name, a clock, a data directory. All are stopped when the test ends.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from atlassian_emulator.server import EmulatorServer

MakeSite = Callable[..., EmulatorServer]


@pytest.fixture
def make_atlassian_site() -> Iterator[MakeSite]:
    """Start a site: `make_atlassian_site("globex", limits=…)`. Without a name they are site-1, site-2, …."""
    with contextlib.ExitStack() as running:
        count = 0

        def make(site_name: str = "", **options: Any) -> EmulatorServer:
            nonlocal count
            count += 1
            return running.enter_context(EmulatorServer(site_name or f"site-{count}", **options))

        yield make


@pytest.fixture
def atlassian_site(make_atlassian_site: MakeSite) -> EmulatorServer:
    """One running site named "acme"; `url`, `requests()`, `set_weather(…)` and `site` are what a test needs of it."""
    return make_atlassian_site("acme")
