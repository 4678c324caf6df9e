"""Payloads of versions, from a site over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from atlassian_emulator.server import EmulatorServer
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.macro import format_attachment_comment
from snapshots.atlassian.transport import Transport
from snapshots.capture.definition import Definition, Level
from snapshots.capture.payload import CaptureHeader, Column, Payload, Row, write_payload
from snapshots.errors import DamageError, NotFound
from snapshots.history.loading import load_payload
from snapshots.registry.macros import MacroRow
from snapshots.registry.pages import PageRow
from snapshots.registry.versions import VersionRow

MACRO = MacroRow(1, 1, "m-1", "snapshots-m-1.json", "{}")


@pytest.fixture
def client() -> Iterator[ConfluenceClient]:
    with EmulatorServer(site_name="acme") as server:
        connection = Connection(f"{server.url}/wiki", server.url, "admin@example.com", "emulator")
        with Transport(connection) as transport:
            spaces = f"{server.url}/wiki/api/v2/spaces"
            transport.request("POST", spaces, doing="making a space", json={"key": "PAY", "name": "Payments"})
            yield ConfluenceClient(transport)


@pytest.fixture
def page(client: ConfluenceClient) -> PageRow:
    (space,) = client.iter_spaces(["PAY"])
    return PageRow(1, 1, client.create_page(space.id, "Release 24.3", "<p>…</p>").id, "Release 24.3")


def take(number: int) -> Payload:
    header = CaptureHeader(number, "a", "Ada Abel", f"c-{number}", "https://acme.atlassian.net", "m-1", "person")
    columns = ((Column("summary", "Summary", "string"),),)
    return write_payload(header, Definition((Level("project = PAY"),)), columns, [Row(1, "1", "PAY-1", (str(number),))])


def upload(client: ConfluenceClient, page: PageRow, number: int, data: bytes | None = None) -> None:
    payload = take(number)
    comment = format_attachment_comment(f"00000000-0000-4000-8000-{number:012d}", payload.payload_sha256)
    client.put_attachment(page.remote_id, MACRO.attachment_name, data or payload.data, comment)


def version(number: int, *, attachment_version: int | None = None) -> VersionRow:
    payload = take(number)
    return VersionRow(
        id=number,
        macro_id=1,
        capture_id=f"c-{number}",
        number=number,
        captured_at=number,
        captured_by="a",
        captured_by_name="Ada Abel",
        trigger="person",
        page_version=None,
        attachment_version=attachment_version or number,
        payload_sha256=payload.payload_sha256,
        payload_bytes=len(payload.data),
        data_sha256=payload.data_sha256,
        row_counts="[1]",
    )


def test_every_version_is_read_from_its_attachment_version(client: ConfluenceClient, page: PageRow) -> None:
    for number in (1, 2, 3):
        upload(client, page, number)
    assert load_payload(client, page, MACRO, version(2)) == take(2).data
    assert load_payload(client, page, MACRO, version(3)) == take(3).data


def test_renumbered_attachment_versions_are_found_by_digest(client: ConfluenceClient, page: PageRow) -> None:
    for number in (1, 2, 3):
        upload(client, page, number)
    assert load_payload(client, page, MACRO, version(3, attachment_version=1)) == take(3).data
    assert load_payload(client, page, MACRO, version(2, attachment_version=40)) == take(2).data


def test_other_bytes_of_this_capture_are_damage(client: ConfluenceClient, page: PageRow) -> None:
    upload(client, page, 1, take(1).data.replace(b'PAY-1"', b'PAY-2"'))
    with pytest.raises(DamageError, match=r"Version 1 of macro m-1 on page 'Release 24\.3' is not what was captured"):
        load_payload(client, page, MACRO, version(1))


def test_bytes_that_are_no_payload_are_damage(client: ConfluenceClient, page: PageRow) -> None:
    upload(client, page, 1, b"half a pay")
    with pytest.raises(DamageError):
        load_payload(client, page, MACRO, version(1))


def test_a_payload_that_only_made_room_for_another_is_gone_not_damaged(client: ConfluenceClient, page: PageRow) -> None:
    # Tools built on REST carry the current version of an attachment only.
    upload(client, page, 3)
    with pytest.raises(NotFound, match=r"Version 1 of macro m-1 on page 'Release 24\.3' is in the registry, but"):
        load_payload(client, page, MACRO, version(1))


def test_a_page_without_the_attachment(client: ConfluenceClient, page: PageRow) -> None:
    with pytest.raises(NotFound, match="its payload is gone from the page"):
        load_payload(client, page, MACRO, version(1))


def test_a_page_that_is_gone(client: ConfluenceClient, page: PageRow) -> None:
    with pytest.raises(NotFound, match=r"Page 'Release 24\.3' .* is gone from the site"):
        load_payload(client, replace(page, remote_id="999999999"), MACRO, version(1))
