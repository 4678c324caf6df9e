"""Macros that ask the destination's Jira already, and so must not be rewritten: a word may mean another thing here."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from snapshots.jiradata.apply import read_swaps
from snapshots.registry import jira_imports, versions
from snapshots.registry.sites import SiteRow

if TYPE_CHECKING:
    from snapshots.registry.engine import Registry

MacroPlace: TypeAlias = tuple[str, str]
"""Page id and macro id."""


def find_macros_already_here(registry: Registry, site: SiteRow) -> frozenset[MacroPlace]:
    """Those that an import rewrote and nobody undid, and those whose newest capture came from this site's Jira."""
    here: set[MacroPlace] = set()
    url = _plain(site.jira_url)
    with registry.read() as conn:
        for imported in jira_imports.list_imports(conn, site.id):
            for page in jira_imports.list_pages(conn, imported.id, ("written",)):
                here.update((page.remote_id, swap.macro_id) for swap in read_swaps(page))
        for page_id, macro_id, newest_url in versions.list_newest_jira_urls(conn, site.id):
            if newest_url and _plain(newest_url) == url:
                here.add((page_id, macro_id))
    return frozenset(here)


def _plain(url: str) -> str:
    return url.rstrip("/").lower()
