from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from atlassian_emulator.server import EmulatorServer


@dataclass
class Client:
    """A small HTTP client of one user; `stranger()` sends no credentials."""

    url: str
    email: str = "admin@example.com"
    token: str = "emulator"

    def __post_init__(self) -> None:
        self.pool = urllib3.PoolManager(retries=False)

    def as_user(self, email: str, token: str = "emulator") -> Client:
        return Client(self.url, email, token)

    def stranger(self) -> Client:
        return Client(self.url, "")

    def ask(
        self, method: str, path: str, *, json: Any = None, query: dict[str, Any] | None = None, **options: Any
    ) -> urllib3.BaseHTTPResponse:
        headers = dict(options.pop("headers", {}))
        if self.email:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{self.email}:{self.token}".encode()).decode()
        if json is not None:
            options["json"] = json
        if query:
            path += "?" + urlencode(query, doseq=True)
        return self.pool.request(method, self.url + path, headers=headers, redirect=False, **options)

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of a GET that must succeed."""
        return self._expect(200, "GET", path, query={name.replace("_", "-"): value for name, value in query.items()})

    def post(self, path: str, json: Any, status: int = 200) -> Any:
        return self._expect(status, "POST", path, json=json)

    def put(self, path: str, json: Any, status: int = 200) -> Any:
        return self._expect(status, "PUT", path, json=json)

    def _expect(self, status: int, method: str, path: str, **options: Any) -> Any:
        answer = self.ask(method, path, **options)
        assert answer.status == status, f"{method} {path}: {answer.status} {answer.data[:500]!r}"
        return answer.json() if answer.data else None

    def add_space(self, key: str = "REL", name: str = "Releases") -> Any:
        return self.post("/wiki/api/v2/spaces", {"key": key, "name": name}, 201)

    def add_page(self, space: Any, title: str, body: str = "<p>text</p>", **more: Any) -> Any:
        text = {"representation": "storage", "value": body}
        return self.post("/wiki/api/v2/pages", {"spaceId": space["id"], "title": title, "body": text, **more})

    def update_page(self, page_id: str, number: int, body: str, title: str = "A page", status: int = 200) -> Any:
        text = {"representation": "storage", "value": body}
        version = {"number": number, "message": f"change {number}"}
        wish = {"id": page_id, "status": "current", "title": title, "body": text, "version": version}
        return self.put(f"/wiki/api/v2/pages/{page_id}", wish, status)

    def attach(self, page_id: str, name: str, data: bytes, comment: str = "", method: str = "PUT") -> Any:
        """Return the v1 answer to an upload of one file, whatever its status."""
        fields = {"file": (name, data, "application/json"), "minorEdit": "true", "comment": comment}
        path = f"/wiki/rest/api/content/{page_id}/child/attachment"
        return self.ask(method, path, fields=fields, headers={"X-Atlassian-Token": "nocheck"})

    def follow(self, url: str) -> Any:
        """Return the answer to a GET of another address of this machine, without credentials."""
        return self.pool.request("GET", url, redirect=False)

    def close(self) -> None:
        self.pool.clear()


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with EmulatorServer(site_name="acme") as running:
        yield running


@pytest.fixture
def client(server: EmulatorServer) -> Iterator[Client]:
    admin = Client(server.url)
    yield admin
    admin.close()


@pytest.fixture(scope="module")
def shared_client() -> Iterator[Client]:
    """A site that the tests of a module share, because they only read it or do not care what is in it."""
    with EmulatorServer(site_name="acme") as running:
        admin = Client(running.url)
        yield admin
        admin.close()
