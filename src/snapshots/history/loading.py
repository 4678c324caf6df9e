"""The payload of a version, from the page that holds it, checked against the registry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.macro import parse_attachment_comment
from snapshots.atlassian.model import Attachment
from snapshots.capture.payload import open_payload
from snapshots.errors import DamageError, InvalidInput, NotFound
from snapshots.registry.macros import MacroRow
from snapshots.registry.pages import PageRow
from snapshots.registry.versions import VersionRow


def load_payload(client: ConfluenceClient, page: PageRow, macro: MacroRow, version: VersionRow) -> bytes:
    """The bytes that were captured, exactly: their digest is the one in the registry.

    A move to another site may renumber attachment versions; then the payload is found by the digest in
    their comments. Raises `NotFound` when the page no longer holds this payload, `DamageError` when
    it holds one of this capture with other bytes; `SiteError` and others as the client does.
    """
    damaged = False
    for attachment in _iter_attachments(client, page, macro):
        for number in _iter_candidates(client, attachment, version):
            data = _find_bytes(client, page, attachment, number)
            if data is None:
                continue
            if hashlib.sha256(data).hexdigest() == version.payload_sha256:
                return data
            damaged = damaged or not _is_of_another_capture(data, version)
    where = f"Version {version.number} of macro {macro.remote_id} on page {page.title!r}"
    if damaged:
        raise DamageError(
            f"{where} is not what was captured: the payload in {macro.attachment_name} has another digest than the "
            f"registry ({version.payload_sha256[:12]}…); put the page's attachment back from a backup of Confluence."
        )
    raise NotFound(
        f"{where} is in the registry, but its payload is gone from the page: no version of {macro.attachment_name} "
        f"holds it any more; put the page's attachment back from a backup of Confluence, with its versions."
    )


def _iter_attachments(client: ConfluenceClient, page: PageRow, macro: MacroRow) -> Iterator[Attachment]:
    try:
        yield from client.iter_attachments(page.remote_id, macro.attachment_name)
    except NotFound:
        raise NotFound(
            f"Page {page.title!r} (id {page.remote_id}) is gone from the site or cannot be seen with this account, "
            f"and with it the payloads of macro {macro.remote_id}; bring the page back or use another account."
        ) from None


def _iter_candidates(client: ConfluenceClient, attachment: Attachment, version: VersionRow) -> Iterator[int]:
    """Attachment versions that may hold the payload: the recorded one, then those that say they do."""
    yield version.attachment_version
    for upload in client.iter_attachment_versions(attachment.id):
        label = parse_attachment_comment(upload.comment)
        says_so = label is not None and label.payload_sha256 == version.payload_sha256
        if says_so and upload.number != version.attachment_version:
            yield upload.number


def _find_bytes(client: ConfluenceClient, page: PageRow, attachment: Attachment, number: int) -> bytes | None:
    if number > attachment.version_number:
        return None
    try:
        return client.download_attachment(page.remote_id, attachment.id, number)
    except NotFound:
        return None


def _is_of_another_capture(data: bytes, version: VersionRow) -> bool:
    """Whether the bytes are a sound payload that has come to stand where this one was."""
    try:
        return open_payload(data).header.id != version.capture_id
    except (DamageError, InvalidInput):
        return False
