"""Whatever is asked of Confluence, the answer is one of its own and never a fault of the emulator."""

from __future__ import annotations

import random
from urllib.parse import quote

import pytest

from atlassian_emulator import confluence

VALUES = ["0", "-1", "x", "9" * 25, "\x00", "é", "1e3", "att", "att9", "٣", "a/b", "", "true", "[]", "\udcff"]
QUERY = [
    "limit",
    "cursor",
    "sort",
    "body-format",
    "status",
    "version",
    "id",
    "ids",
    "keys",
    "space-id",
    "title",
    "start",
]
QUERY += ["purge", "draft", "depth", "cql", "expand", "accountId", "name", "key", "prefix", "expires", "signature"]
BODIES = [b"", b"{", b"[]", b"{}", b"null", b"\xff\xfe", b'"text"', b"7", b'{"id": {}}', b'{"results": [1]}', b"[1]"]


@pytest.fixture(scope="module")
def page_and_client(shared_client):
    return shared_client.add_page(shared_client.add_space(), "A page"), shared_client


@pytest.mark.parametrize("route", confluence.ROUTES, ids=lambda route: route.name)
def test_odd_requests_are_answered_by_the_product(page_and_client, route):
    page, client = page_and_client
    dice = random.Random(route.name)
    ids = [*VALUES, page["id"], page["spaceId"], "REL"]
    parts = route.template.split("{")
    for _ in range(12):
        named = (part.partition("}")[2] for part in parts[1:])
        path = parts[0] + "".join(quote(dice.choice(ids), errors="surrogateescape") + rest for rest in named)
        query = [f"{name}={quote(dice.choice(ids), errors='surrogateescape')}" for name in dice.sample(QUERY, 3)]
        headers = {
            "X-Atlassian-Token": "nocheck",
            "Content-Type": dice.choice(["application/json", "multipart/form-data"]),
        }
        body = dice.choice(BODIES) if route.method != "GET" else None
        answer = client.ask(route.method, f"{path}?{'&'.join(query)}", body=body, headers=headers)
        assert answer.status < 500, (path, query, body, answer.data)
