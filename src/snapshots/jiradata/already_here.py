"""Macros that ask the destination's Jira already, and so must not be rewritten: a word may mean another thing here."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from snapshots.access.settings import get_settings
from snapshots.capture.jiras import plain_url
from snapshots.jiradata.apply import read_swaps
from snapshots.registry import jira_imports, versions
from snapshots.registry.sites import SiteRow

if TYPE_CHECKING:
    from snapshots.registry.engine import Registry

MacroPlace: TypeAlias = tuple[str, str]
"""Page id and macro id."""


def find_macros_already_here(registry: Registry, site: SiteRow) -> frozenset[MacroPlace]:
    """Those that an import rewrote and nobody undid, and those whose newest capture came from this site's Jira.

    A macro whose import was undone after that capture asks the source's Jira again.
    """
    here: set[MacroPlace] = set()
    undone: dict[MacroPlace, int] = {}
    with registry.read() as conn:
        for imported in jira_imports.list_imports(conn, site.id):
            for page in jira_imports.list_pages(conn, imported.id, ("written", "undone")):
                places = [(page.remote_id, swap.macro_id) for swap in read_swaps(page)]
                if page.state == "written":
                    here.update(places)
                else:
                    undone.update((place, max(page.written_at, undone.get(place, 0))) for place in places)
        same_urls = get_settings(conn, site.id).same_jira_urls
        own = set(map(plain_url, (site.jira_url, *same_urls)))
        for page_id, macro_id, newest_url, captured_at in versions.list_newest_jira_urls(conn, site.id):
            is_own = newest_url is not None and plain_url(newest_url) in own
            if is_own and captured_at > undone.get((page_id, macro_id), 0):
                here.add((page_id, macro_id))
    return frozenset(here)
