from __future__ import annotations

import pytest

from atlassian_emulator.server import EmulatorServer


@pytest.fixture
def other():
    with EmulatorServer("globex") as running:
        yield running


@pytest.fixture
def there(client, other):
    return type(client)(other.url)
