"""Calling the API as a pipeline does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from snapshots.access.actors import Actor
from snapshots.access.keys import HEADER
from snapshots.acts import api
from snapshots.app import App
from snapshots.config import read_config

ADA = Actor("person", "712020:ada", "Ada Admin")
ENDED = ("done", "failed", "cancelled")


@contextmanager
def opened(home: Path) -> Iterator[App]:
    """The installation of a server, as a command beside it opens it."""
    with App(read_config({"SNAPSHOTS_HOME": str(home)})) as app:
        yield app


def new_key(
    home: Path, name: str, site: str = "acme", scopes: tuple[str, ...] = ("backup", "restore", "jira-data")
) -> str:
    with opened(home) as app:
        api.switch_api(app, site, ADA, enabled=True)
        return api.make_key(app, site, ADA, name=name, scopes=scopes)[1]


@dataclass(frozen=True)
class Pipeline:
    """Calls one site of one server with one key."""

    http: httpx.Client
    site: str = "acme"

    def __call__(self, method: str, path: str, status: int, **options: Any) -> httpx.Response:
        """`path` is below the site, or whole as a link gives it."""
        answer = self.http.request(method, self.path(path), **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:600]}"
        if status >= 400 and method != "HEAD":
            assert answer.headers["content-type"] == "application/problem+json"
            problem = answer.json()
            assert problem["status"] == status and problem["code"] and problem["title"]
            assert problem["detail"].endswith("."), problem
            assert problem["type"] == f"urn:snapshots:problem:{problem['code']}"
        return answer

    def path(self, path: str) -> str:
        return path if path.startswith("/api/") else f"/api/v1/sites/{self.site}/{path}"

    def problem(self, method: str, path: str, status: int, code: str, **options: Any) -> dict[str, Any]:
        problem: dict[str, Any] = self(method, path, status, **options).json()
        assert problem["code"] == code, problem
        return problem

    def wait(self, task: dict[str, Any], seconds: float = 60) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while task["state"] not in ENDED:
            assert time.monotonic() < deadline, task
            time.sleep(0.1)
            task = self("GET", task["links"]["self"], 200).json()
        return task

    def back_up(self, **body: Any) -> dict[str, Any]:
        """A whole backup; its task."""
        return self.wait(self("POST", "backups", 202, **({"json": body} if body else {})).json())


@contextmanager
def pipeline(url: str, key: str | None, site: str = "acme") -> Iterator[Pipeline]:
    headers = {HEADER: key} if key else {}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as http:
        yield Pipeline(http, site)
