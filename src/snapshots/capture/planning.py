"""What a take of a page will do, decided before Jira is read: which macros, with whose rights, from which Jira."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.macro import Macro, find_macros, read_page_properties
from snapshots.atlassian.model import Page, Space
from snapshots.capture import publishing
from snapshots.capture.acts import PlannedMacro, PlannedTake
from snapshots.capture.definition import parse_definition, print_definition
from snapshots.capture.payload import Trigger, open_payload
from snapshots.errors import DamageError, DecisionNeeded, InvalidInput, NotFound, PermissionDenied
from snapshots.findings import Finding
from snapshots.registry import spaces
from snapshots.registry.engine import Registry
from snapshots.registry.sites import SiteRow


def plan_take(
    registry: Registry,
    site: SiteRow,
    confluence: ConfluenceClient,
    same_jira_urls: Collection[str],
    page_id: str,
    macro_ids: Sequence[str],
    trigger: Trigger,
) -> PlannedTake:
    """Check the page, the rights and the macros; no `macro_ids` means every macro of the page.

    Raises `NotFound` for a page or macro that is not there, `PermissionDenied` where the account may
    not edit, `InvalidInput` or `DecisionNeeded` for what the person must put right on the page.
    """
    page = confluence.get_page(page_id)
    if not confluence.may_update(page_id):
        raise PermissionDenied(
            f"The account {site.account} may not edit the page '{page.title}', so it may not take "
            "snapshots there; give it the right to edit, or take them with another account."
        )
    chosen, findings = _choose_macros(page, macro_ids)
    known_urls = frozenset(map(_plain_url, (site.jira_url, *same_jira_urls)))
    for macro in chosen:
        _refuse_other_jira(confluence, site, page, macro, known_urls)
    person = confluence.get_current_user()
    space = _get_space(registry, site, confluence, page)
    return PlannedTake(
        space_id=space.id,
        space_key=space.key,
        space_name=space.name,
        page_id=page.id,
        page_title=page.title,
        page_version=page.version.number,
        properties=read_page_properties(page.body or ""),
        captured_by=person.account_id,
        captured_by_name=person.display_name,
        trigger=trigger,
        macros=tuple(_plan_macro(macro) for macro in chosen),
        findings=tuple(findings),
    )


def _choose_macros(page: Page, macro_ids: Sequence[str]) -> tuple[list[Macro], list[Finding]]:
    """The macros asked for, or all that were set up; one that was not is skipped, and a finding says so."""
    found = find_macros(page.body or "")
    on_page = [macro.remote_id for macro in found]
    for macro_id in macro_ids:
        if macro_id not in on_page:
            there = ", ".join(on_page) or "none"
            raise NotFound(f"The page '{page.title}' has no Snapshots macro {macro_id}; its macros are: {there}.")
    chosen = [macro for macro in found if not macro_ids or macro.remote_id in macro_ids]
    if not chosen:
        raise InvalidInput(
            f"The page '{page.title}' has no Snapshots macro; put one on it first, as `snapshots macro put` does."
        )
    for macro in chosen:
        if on_page.count(macro.remote_id) > 1:
            raise DecisionNeeded(
                f"The page '{page.title}' holds the macro {macro.remote_id} more than once, as a copy; "
                "remove all but one and insert new macros in their place."
            )
    ready = [macro for macro in chosen if macro.definition]
    if not ready or (macro_ids and len(ready) < len(chosen)):
        raise InvalidInput(f"A Snapshots macro on the page '{page.title}' was never set up; say what it shows first.")
    return ready, [
        Finding(
            kind="macro-not-set-up",
            record=f"macro {macro.remote_id} on page '{page.title}'",
            evidence="it has no definition, so nothing was taken for it",
            action="Edit the macro and say what it shows, or remove it.",
        )
        for macro in chosen
        if not macro.definition
    ]


def _refuse_other_jira(
    confluence: ConfluenceClient, site: SiteRow, page: Page, macro: Macro, known_urls: frozenset[str]
) -> None:
    """Rows of two Jiras in one history would compare as if every issue had been replaced."""
    if macro.pointer is None:
        return
    attachment = publishing.find_attachment(confluence, page.id, macro.remote_id)
    if attachment is None:
        return
    try:
        data = confluence.download_attachment(page.id, attachment.id, macro.pointer.attachment_version)
        captured_from = open_payload(data).header.jira_url
    except (DamageError, NotFound):
        # A lost or damaged payload cannot say where it came from; a new capture is the way to heal it.
        return
    if _plain_url(captured_from) not in known_urls:
        raise InvalidInput(
            f"Earlier snapshots of macro {macro.remote_id} on the page '{page.title}' came from {captured_from}, "
            f"and this site reads {site.jira_url}; an administrator must say that it is the same Jira "
            "whose URL changed, or a new macro must be used."
        )


def _get_space(registry: Registry, site: SiteRow, confluence: ConfluenceClient, page: Page) -> Space:
    with registry.read() as conn:
        for row in spaces.list_spaces(conn, site.id):
            if row.remote_id == page.space_id:
                return Space(row.remote_id, row.key, row.name, "")
    for space in confluence.iter_spaces():
        if space.id == page.space_id:
            return space
    raise NotFound(f"The account {site.account} does not see the space of the page '{page.title}'; give it the right.")


def _plan_macro(macro: Macro) -> PlannedMacro:
    definition = print_definition(parse_definition(macro.definition or ""))
    return PlannedMacro(macro.remote_id, str(uuid.uuid4()), definition)


def _plain_url(url: str) -> str:
    return url.rstrip("/").lower()
