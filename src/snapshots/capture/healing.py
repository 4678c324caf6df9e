"""A capture that shows on its page and is in no history, since the site fell silent just when the page was saved.

Its payload was kept in the spool directory, which is how it is known to be ours: a page that came from another
site shows captures that are not in the registry either, and they wait for that site's archive.
"""

from __future__ import annotations

import msgspec

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.macro import Macro, Pointer, attachment_name
from snapshots.atlassian.model import Page, Space
from snapshots.capture import publishing
from snapshots.capture.definition import print_definition
from snapshots.capture.payload import measure_payload, open_payload
from snapshots.capture.spool import Spool
from snapshots.findings import Finding
from snapshots.registry import macros, pages, spaces, versions
from snapshots.registry.engine import Registry
from snapshots.registry.sites import SiteRow


def record_lost_capture(
    registry: Registry,
    site: SiteRow,
    confluence: ConfluenceClient,
    spool: Spool,
    space: Space,
    page: Page,
    macro: Macro,
) -> Finding | None:
    """Bring the capture that the macro shows into its history, if it was taken here; answers what was done."""
    pointer = macro.pointer
    data = spool.find(pointer.capture_id, pointer.payload_sha256) if pointer else None
    if pointer is None or data is None:
        return None
    page_version = publishing.find_version_showing(confluence, page.id, {macro.remote_id: pointer.capture_id}, 0)
    with registry.write() as conn:
        page_id = pages.put_page(
            conn, spaces.put_space(conn, site.id, space.key, space.id, space.name), page.id, page.title
        )
        definition = print_definition(open_payload(data).definition)
        macro_id = macros.put_macro(conn, page_id, macro.remote_id, attachment_name(macro.remote_id), definition)
        version = versions.add_version(conn, _make_version(macro_id, pointer, data, page_version))
    spool.remove(pointer.capture_id)
    return Finding(
        "capture-recovered",
        f"macro {macro.remote_id} on page '{page.title}'",
        "its last capture showed on the page and was in no history, since the site had fallen silent",
        f"Nothing: it is version {version.number} now.",
    )


def _make_version(macro_id: int, pointer: Pointer, data: bytes, page_version: int | None) -> versions.NewVersion:
    header, payload = open_payload(data).header, measure_payload(data)
    return versions.NewVersion(
        macro_id=macro_id,
        capture_id=header.id,
        captured_at=header.captured_at,
        captured_by=header.captured_by,
        captured_by_name=header.captured_by_name,
        trigger=header.trigger,
        page_version=page_version,
        attachment_version=pointer.attachment_version,
        payload_sha256=payload.payload_sha256,
        payload_bytes=len(data),
        data_sha256=payload.data_sha256,
        row_counts=msgspec.json.encode(payload.row_counts).decode(),
        jira_url=header.jira_url,
    )
