"""From the words a person uses to the macro they mean."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from snapshots.errors import DecisionNeeded, NotFound
from snapshots.registry import macros, pages, spaces
from snapshots.registry.macros import MacroRow
from snapshots.registry.pages import PageRow
from snapshots.registry.sites import SiteRow


@dataclass(frozen=True, slots=True)
class PlacedMacro:
    """A macro the registry knows, with the page and space it is on."""

    site: SiteRow
    space_key: str
    page: PageRow
    macro: MacroRow


def get_placed_macro(
    conn: sa.Connection, site: SiteRow, *, page_id: str | None, space_key: str, title: str, macro_id: str | None
) -> PlacedMacro:
    """The macro on a page given by its id or by space key and title; `macro_id` may be `None` where there is one.

    Raises `NotFound` when no capture of the page or macro is known here, `DecisionNeeded` where there are several.
    """
    page = (
        pages.find_page(conn, site.id, page_id)
        if page_id is not None
        else pages.find_page_titled(conn, site.id, space_key, title)
    )
    if page is None:
        named = f"page {page_id}" if page_id is not None else f"page {title!r} in space {space_key}"
        raise NotFound(
            f"The registry knows no version of {named} on site {site.name!r}: take a snapshot there, or, if the page "
            "came from another site, restore that site's archive first."
        )
    return PlacedMacro(
        site,
        spaces.get_space_key(conn, page.space_id),
        page,
        _choose(macros.list_macros(conn, page.id), page, macro_id),
    )


def _choose(found: list[MacroRow], page: PageRow, macro_id: str | None) -> MacroRow:
    known = ", ".join(macro.remote_id for macro in found) or "none"
    if macro_id is None:
        if len(found) == 1:
            return found[0]
        raise DecisionNeeded(
            f"Page {page.title!r} has {len(found)} macros with a history ({known}): say which one with --macro."
        )
    for macro in found:
        if macro.remote_id == macro_id:
            return macro
    raise NotFound(f"Page {page.title!r} has no macro {macro_id} with a history; those with one: {known}.")
