"""Addresses of the API."""

from __future__ import annotations

from urllib.parse import quote

ROOT = "/api/v1/sites"


def api_path(site: str, *parts: str | int) -> str:
    """The path of something of a site: `api_path("acme", "tasks", "backup-1")`."""
    return "/".join((ROOT, quote(site, safe=""), *(quote(str(part), safe="") for part in parts)))
