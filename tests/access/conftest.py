"""A registry with two sites, in each database."""

from __future__ import annotations

import pytest

from snapshots.access.actors import Actor
from snapshots.registry import sites
from snapshots.registry.engine import Registry

ADA = Actor("person", "712020:ada", "Ada Admin", "192.0.2.7")


@pytest.fixture
def ada() -> Actor:
    return ADA


@pytest.fixture
def site_ids(registry: Registry) -> tuple[int, int]:
    with registry.write() as conn:
        first, second = (
            sites.add_site(
                conn,
                name=name,
                deployment="cloud",
                confluence_url=f"https://{name}.example/wiki",
                jira_url=f"https://{name}.example",
                cloud_id=f"cloud-{name}",
                account="admin@acme.example",
                secret="env:TOKEN",
                created_at=1,
            ).id
            for name in ("acme", "globex")
        )
    return first, second
