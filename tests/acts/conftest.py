"""An installation with a filled registry and nobody behind its sites: what needs no site is tried without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from snapshots.access.actors import Actor
from snapshots.app import App
from snapshots.config import Config, read_config
from snapshots.registry import bulk, sites


@pytest.fixture
def ada() -> Actor:
    return Actor("person", "712020:ada", "Ada Admin", "192.0.2.7")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return read_config({"SNAPSHOTS_HOME": str(tmp_path / "home")})


@pytest.fixture
def app(config: Config) -> Iterator[App]:
    """Sites acme, with two spaces, and globex, with none."""
    with App(config) as opened:
        fill(opened)
        yield opened


def fill(app: App) -> None:
    with app.registry.write() as conn:
        for name in ("acme", "globex"):
            site = sites.add_site(
                conn,
                name=name,
                deployment="cloud",
                confluence_url=f"https://{name}.example/wiki",
                jira_url=f"https://{name}.example",
                cloud_id=f"cloud-{name}",
                account="admin@acme.example",
                secret="env:TOKEN",
                created_at=1,
            )
            if name == "acme":
                bulk.insert_records(
                    conn, "space", [(1, "REL", "s1", "Releases", site.id), (2, "QMS", "s2", "", site.id)]
                )
                bulk.insert_records(conn, "page", [(n, 1 + n % 2, f"10{n}", f"Release {n}") for n in range(1, 7)])
