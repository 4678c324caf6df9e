"""Jira Cloud: REST v3 below /rest/api/3."""

from __future__ import annotations

from pathlib import Path

from atlassian_emulator.routing import Route
from atlassian_emulator.site import Site

ROUTES: tuple[Route, ...] = ()
SCHEMA = ""


def load_issues(site: Site, path: Path) -> int:
    """Load a .jsonl.gz file of issues into the site and return how many there were."""
    raise NotImplementedError(f"Jira of {site.name} cannot load {path} yet")
