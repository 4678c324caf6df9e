"""Putting captures on a page so that it happens once, however often it is tried.

Every function looks at the page before it writes: an earlier try may have ended after the site did
what was asked and before its answer arrived.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.macro import (
    Pointer,
    attachment_name,
    find_macros,
    format_attachment_comment,
    parse_attachment_comment,
    set_pointer,
)
from snapshots.atlassian.model import Attachment, Page
from snapshots.errors import NotFound, SiteUnavailable, StaleVersion

SAVE_ATTEMPTS = 5
"""How often a page is saved that others keep changing."""

_UPLOADS_LOOKED_AT = 25
"""An upload of our own is among the newest, unless that many other captures were taken since."""


def upload_once(
    confluence: ConfluenceClient, page_id: str, macro_id: str, capture_id: str, data: bytes, payload_sha256: str
) -> int:
    """The attachment version that holds this capture's payload, uploaded now unless it is there already."""
    found = find_attachment(confluence, page_id, macro_id)
    if found is not None and (version := _find_upload(confluence, found, capture_id)) is not None:
        return version
    comment = format_attachment_comment(capture_id, payload_sha256)
    try:
        return confluence.put_attachment(page_id, attachment_name(macro_id), data, comment).version_number
    except SiteUnavailable:
        # The answer is lost, not necessarily the upload.
        found = find_attachment(confluence, page_id, macro_id)
        version = _find_upload(confluence, found, capture_id) if found else None
        if version is None:
            raise
        return version


def find_attachment(confluence: ConfluenceClient, page_id: str, macro_id: str) -> Attachment | None:
    """The attachment of this macro's payloads."""
    return next(iter(confluence.iter_attachments(page_id, attachment_name(macro_id))), None)


def remove_upload(confluence: ConfluenceClient, page_id: str, macro_id: str, capture_id: str) -> None:
    """Remove the macro's attachment when this capture is all it ever held.

    A version that came on top of others stays: Confluence removes only whole attachments, and no
    page version points at it.
    """
    found = find_attachment(confluence, page_id, macro_id)
    if found is not None and found.version_number == 1 and _find_upload(confluence, found, capture_id) == 1:
        confluence.delete_attachment(found.id)


def save_pointers(
    confluence: ConfluenceClient, page_id: str, pointers: Mapping[str, Pointer], planned_version: int, message: str
) -> int:
    """Point each macro, by its id, at its capture, in one new page version; answers that version's number.

    `planned_version` is the page version that the take began with. Others may save the page meanwhile:
    then the pointers are put into their body, up to `SAVE_ATTEMPTS` times.
    """
    captures = {macro_id: pointer.capture_id for macro_id, pointer in pointers.items()}
    for attempt in range(1, SAVE_ATTEMPTS + 1):
        page = confluence.get_page(page_id)
        shown_since = _find_version_showing(confluence, page, captures, planned_version)
        if shown_since is not None:
            return shown_since
        try:
            return confluence.update_page(page, _point(page, pointers), message).version.number
        except StaleVersion:
            if attempt == SAVE_ATTEMPTS:
                raise
        except SiteUnavailable:
            shown_since = find_version_showing(confluence, page_id, captures, planned_version)
            if shown_since is None:
                raise
            return shown_since
    raise AssertionError("the last attempt answers or raises")


def find_version_showing(
    confluence: ConfluenceClient, page_id: str, captures: Mapping[str, str], planned_version: int
) -> int | None:
    """The first page version after the planned one that shows all these captures (macro id to capture id)."""
    return _find_version_showing(confluence, confluence.get_page(page_id), captures, planned_version)


def _find_upload(confluence: ConfluenceClient, attachment: Attachment, capture_id: str) -> int | None:
    for version in islice(confluence.iter_attachment_versions(attachment.id), _UPLOADS_LOOKED_AT):
        label = parse_attachment_comment(version.comment)
        if label is not None and label.capture_id == capture_id:
            return version.number
    return None


def _find_version_showing(
    confluence: ConfluenceClient, page: Page, captures: Mapping[str, str], planned_version: int
) -> int | None:
    if page.version.number <= planned_version:
        return None
    first = None
    for version in confluence.iter_page_versions(page.id):
        if version.number <= planned_version:
            break
        if version.body is not None and captures.items() <= _captures_shown(version.body).items():
            first = version.number
    return first


def _captures_shown(body: str) -> dict[str, str]:
    return {macro.remote_id: macro.pointer.capture_id for macro in find_macros(body) if macro.pointer is not None}


def _point(page: Page, pointers: Mapping[str, Pointer]) -> str:
    body = page.body or ""
    present = {macro.remote_id for macro in find_macros(body)}
    for macro_id, pointer in pointers.items():
        if macro_id not in present:
            raise NotFound(
                f"The macro {macro_id} was taken off the page '{page.title}' while its snapshot was taken; "
                "put it back and take the snapshot again."
            )
        body = set_pointer(body, macro_id, pointer)
    return body
