"""What a person does with the history of a macro."""

from __future__ import annotations

from dataclasses import replace

from snapshots.access.settings import get_settings
from snapshots.app import App
from snapshots.capture.definition import parse_definition, print_definition
from snapshots.capture.jiras import KnownJiras, plain_url
from snapshots.capture.payload import OpenPayload, open_payload
from snapshots.errors import InvalidInput, PermissionDenied
from snapshots.history.compare import Comparison, compare_payloads
from snapshots.history.crossing import Crossing
from snapshots.history.following import follow
from snapshots.history.loading import load_payload
from snapshots.history.lookup import PlacedMacro, get_placed_macro
from snapshots.history.subject import Subject
from snapshots.history.versions import get_history_entry
from snapshots.jiradata.apply import read_swaps
from snapshots.registry import jira_imports, jira_mappings
from snapshots.registry.sites import SiteRow


def find_macro(
    app: App, site: str | None, page_id: str | None, space_key: str, title: str, macro_id: str | None
) -> PlacedMacro:
    """The macro with a history that these words mean; see `history.lookup`."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        return get_placed_macro(conn, row, page_id=page_id, space_key=space_key, title=title, macro_id=macro_id)


def get_editor(app: App, placed: PlacedMacro) -> str:
    """The account id of who calls the site. Raises `PermissionDenied` when it may not edit the page."""
    with app.open_site(placed.site.name) as site:
        if not site.confluence.may_update(placed.page.remote_id):
            raise PermissionDenied(
                f"The account {site.row.account} may not edit the page {placed.page.title!r}, so it may not put "
                "stickers there: ask for the right to edit, or use another account."
            )
        return site.confluence.get_current_user().account_id


def compare(app: App, placed: PlacedMacro, old: int, new: int) -> tuple[Subject, Comparison]:
    """Two versions of a macro, read from the page and checked against the registry."""
    with app.registry.read() as conn:
        entries = [get_history_entry(conn, placed.macro.id, number) for number in (old, new)]
    with app.open_site(placed.site.name) as site:
        payloads = [
            open_payload(load_payload(site.confluence, placed.page, placed.macro, entry.version)) for entry in entries
        ]
    crossing, same_jira = _read_crossing(app, placed.site, payloads[0], payloads[1])
    subject = Subject(
        placed.site.name, placed.space_key, placed.page.title, placed.macro.remote_id, entries[0], entries[1]
    )
    comparison = compare_payloads(payloads[0], payloads[1], crossing, same_jira=same_jira)
    if crossing is not None and comparison.definition_changed:
        comparison = replace(comparison, definition_followed=_is_rewritten(app, placed, comparison, crossing))
    return subject, comparison


def _is_rewritten(app: App, placed: PlacedMacro, comparison: Comparison, crossing: Crossing) -> bool:
    """Whether the imports between both versions account for all that differs in the definition."""
    old, new = comparison.old.definition, comparison.new.definition
    earlier, later = (old, new) if crossing.old.names is not None else (new, old)
    expected = print_definition(earlier)
    with app.registry.read() as conn:
        for mapping in crossing.mappings:
            page = jira_imports.find_page(conn, placed.site.id, mapping.mapping_id, placed.page.remote_id)
            for swap in read_swaps(page) if page else ():
                if swap.macro_id == placed.macro.remote_id and _is_definition(swap.before, expected):
                    expected = print_definition(parse_definition(swap.after))
    return expected == print_definition(later)


def _is_definition(text: str, canonical: str) -> bool:
    try:
        return print_definition(parse_definition(text)) == canonical
    except InvalidInput:
        return False


def _read_crossing(app: App, site: SiteRow, old: OpenPayload, new: OpenPayload) -> tuple[Crossing | None, bool]:
    """How names of both lead to one another, where they are of two Jiras; and whether they are of one."""
    old_url, new_url = old.header.jira_url, new.header.jira_url
    if plain_url(old_url) == plain_url(new_url):
        return None, True
    with app.registry.read() as conn:
        same_urls = get_settings(conn, site.id).same_jira_urls
        jiras = KnownJiras(site.jira_url, same_urls, jira_mappings.list_mappings(conn, site.id))
        if jiras.is_same(old_url, new_url):
            return None, True
        route = jiras.find_route(old_url, new_url)
        return (follow(conn, route, old, new) if route else None), False
