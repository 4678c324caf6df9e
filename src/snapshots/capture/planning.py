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
from snapshots.capture.healing import record_lost_capture
from snapshots.capture.jiras import KnownJiras
from snapshots.capture.payload import Trigger, read_header
from snapshots.capture.spool import Spool
from snapshots.errors import DamageError, DecisionNeeded, InvalidInput, NotFound, PermissionDenied
from snapshots.findings import Finding
from snapshots.registry import jira_mappings, macros, pages, spaces, versions
from snapshots.registry.engine import Registry
from snapshots.registry.sites import SiteRow
from snapshots.registry.versions import VersionRow

_HEADER_BYTES = 16_384
"""What a payload says of itself before its definition is far shorter."""


def plan_take(
    registry: Registry,
    site: SiteRow,
    confluence: ConfluenceClient,
    same_jira_urls: Collection[str],
    spool: Spool,
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
    with registry.read() as conn:
        jiras = KnownJiras(site.jira_url, same_jira_urls, jira_mappings.list_mappings(conn, site.id))
    space = _get_space(registry, site, confluence, page)
    for macro in chosen:
        version = _find_version(registry, site, page, macro)
        captured_from = version.jira_url if version else None
        _refuse_other_jira(site, page, macro, jiras, captured_from or _read_jira_url(confluence, page, macro))
        if version is None and (
            recovered := record_lost_capture(registry, site, confluence, spool, space, page, macro)
        ):
            findings.append(recovered)
    person = confluence.get_current_user()
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


def _find_version(registry: Registry, site: SiteRow, page: Page, macro: Macro) -> VersionRow | None:
    """The version that the page shows, if the registry has it."""
    if macro.pointer is None:
        return None
    with registry.read() as conn:
        page_row = pages.find_page(conn, site.id, page.id)
        macro_row = macros.find_macro(conn, page_row.id, macro.remote_id) if page_row else None
        return versions.find_version_of_capture(conn, macro_row.id, macro.pointer.capture_id) if macro_row else None


def _read_jira_url(confluence: ConfluenceClient, page: Page, macro: Macro) -> str | None:
    """The address of the Jira that the capture which the page shows was read from, by its payload."""
    if macro.pointer is None:
        return None
    attachment = publishing.find_attachment(confluence, page.id, macro.remote_id)
    if attachment is None:
        return None
    try:
        beginning = confluence.download_attachment(
            page.id, attachment.id, macro.pointer.attachment_version, enough_bytes=_HEADER_BYTES
        )
        return read_header(beginning).jira_url
    except (DamageError, NotFound):
        # A lost or damaged payload cannot say where it came from; a new capture is the way to heal it.
        return None


def _refuse_other_jira(site: SiteRow, page: Page, macro: Macro, jiras: KnownJiras, captured_from: str | None) -> None:
    """Rows of two Jiras in one history would compare as if every issue had been replaced."""
    if captured_from is not None and not jiras.leads(captured_from, site.jira_url):
        raise InvalidInput(
            f"Earlier snapshots of macro {macro.remote_id} on the page '{page.title}' came from {captured_from}, "
            f"and the site {site.name!r} reads {site.jira_url}. If the projects moved there, import the Jira data "
            "(`snapshots jira-data plan`); if it is the same Jira under a new address, an administrator says so in the "
            f"tab Import Jira data or with `snapshots site same-jira {captured_from}`; else use a new macro."
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
