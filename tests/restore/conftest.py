"""Two emulated sites, a page with real captures on the first, and all that a restore on the second needs."""

from __future__ import annotations

import base64
import hashlib
import itertools
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
import urllib3

from atlassian_emulator.copying import copy_space
from atlassian_emulator.server import EmulatorServer
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.macro import (
    Pointer,
    add_macro,
    attachment_name,
    format_attachment_comment,
    set_pointer,
)
from snapshots.atlassian.model import Attachment, AttachmentVersion, Page, PageVersion, Space
from snapshots.atlassian.transport import Transport
from snapshots.backup.read import open_archive
from snapshots.backup.selection import resolve_selection, select_all
from snapshots.backup.write import write_archive
from snapshots.registry import bulk, jira_mappings, macros, pages, sites, spaces, stickers, tables, versions
from snapshots.registry.engine import Registry, open_registry
from snapshots.registry.jira_mappings import MappedThing, NewJiraMapping
from snapshots.registry.records import TRAVELS
from snapshots.registry.sites import SiteRow
from snapshots.registry.versions import NewVersion, VersionRow
from snapshots.restore.apply import apply_restore
from snapshots.restore.plan import Plan, RestoreOptions
from snapshots.restore.planning import plan_restore
from snapshots.restore.report import RestoreReport
from snapshots.restore.source import ArchiveSource, ParkedSource

DEFINITION = '{"levels":[{"jql":"project = ACME"}]}'


@dataclass
class Site:
    """An emulated site with its entry in a registry."""

    server: EmulatorServer
    confluence: ConfluenceClient
    registry: Registry
    row: SiteRow
    spaces: dict[str, str] = field(default_factory=dict)
    captures: int = 0

    def add_space(self, key: str, name: str = "") -> None:
        self.spaces[key] = self._post("spaces", {"key": key, "name": name or f"Space {key}"})["id"]

    def add_page(self, space_key: str, title: str, *macro_ids: str) -> Page:
        body = "<p>Release&nbsp;record</p>"
        for macro_id in macro_ids:
            body = add_macro(body, macro_id, DEFINITION)
        return self.confluence.create_page(self.spaces[space_key], title, body)

    def take(self, page: Page, macro_id: str) -> VersionRow:
        """What taking a snapshot leaves behind: a payload, a page version, a version in the registry."""
        self.captures += 1
        capture_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.row.cloud_id} {self.captures}"))
        data = f"payload {capture_id}".encode()
        sha256 = hashlib.sha256(data).hexdigest()
        name = attachment_name(macro_id)
        attachment = self.confluence.put_attachment(page.id, name, data, format_attachment_comment(capture_id, sha256))
        present = self.confluence.get_page(page.id)
        body = set_pointer(present.body or "", macro_id, Pointer(capture_id, attachment.version_number, sha256))
        saved = self.confluence.update_page(present, body, "snapshot")
        with self.registry.write() as conn:
            keys = {space.id: space for space in self.confluence.iter_spaces()}
            space = keys[present.space_id]
            space_id = spaces.put_space(conn, self.row.id, space.key, space.id, space.name)
            page_id = pages.put_page(conn, space_id, page.id, present.title)
            macro = macros.put_macro(conn, page_id, macro_id, name, DEFINITION)
            new = NewVersion(
                macro_id=macro,
                capture_id=capture_id,
                captured_at=1_700_000_000_000_000 + self.captures,
                captured_by="5b10",
                captured_by_name="Mia Krystof",
                trigger="person",
                page_version=saved.version.number,
                attachment_version=attachment.version_number,
                payload_sha256=sha256,
                payload_bytes=len(data),
                data_sha256=sha256,
                row_counts="[3]",
            )
            return versions.add_version(conn, new)

    def stick(self, page: Page, version: VersionRow, name: str) -> None:
        with self.registry.write() as conn:
            row = pages.find_page(conn, self.row.id, page.id)
            assert row is not None
            sticker = stickers.put_sticker(conn, row.id, name, "green", created_by="5b10", created_at=7)
            stickers.assign_sticker(conn, sticker, version.id, assigned_by="5b10", assigned_at=8)

    def history(self, title: str) -> list[tuple[Any, ...]]:
        """Number, capture, page version, attachment version and stickers of all versions below a page title."""
        with self.registry.read() as conn:
            found = []
            for space in spaces.list_spaces(conn, self.row.id):
                for page in pages.list_pages(conn, space.id):
                    for macro in macros.list_macros(conn, page.id) if page.title == title else ():
                        found += reversed(versions.list_versions(conn, macro.id))
        return [
            (row.number, row.capture_id, row.page_version, row.attachment_version, [one.name for one in row.stickers])
            for row in found
        ]

    def back_up(self, path: Path) -> Path:
        write_archive(self.registry, self.row, resolve_selection(select_all(), []), path)
        return path

    def _post(self, path: str, json: Any) -> Any:
        token = base64.b64encode(b"admin@example.com:emulator").decode()
        answer = urllib3.request(
            "POST", f"{self.server.url}/wiki/api/v2/{path}", json=json, headers={"Authorization": f"Basic {token}"}
        )
        assert answer.status in (200, 201), answer.data
        return answer.json()


@dataclass
class Move:
    """Everything between the two sites."""

    source: Site
    destination: Site
    folder: Path

    def carry(self, key: str, **options: Any) -> dict[str, str]:
        """Move a space's content as Atlassian's tools do; answers old page ids with new ones."""
        report = copy_space(self.source.server.url, self.destination.server.url, key, **options)
        self.destination.spaces[report["space"]["key"]] = report["space"]["id"]
        return dict(report["ids"]["page"])

    def archive(self) -> Path:
        return self.source.back_up(self.folder / "archive.zip")

    def plan(self, archive: Path | None = None, **options: Any) -> Plan:
        site = self.destination
        with open_archive(archive or self.archive()) as opened:
            return plan_restore(
                site.registry, site.confluence, site.row, ArchiveSource(opened), RestoreOptions(**options)
            )

    def apply(self, plan: Plan, **arguments: Any) -> RestoreReport:
        with open_archive(Path(plan.source.path)) as opened:
            return apply_restore(
                self.destination.registry, self.destination.row, ArchiveSource(opened), plan, **arguments
            )

    def restore(self, archive: Path | None = None, **options: Any) -> tuple[Plan, RestoreReport]:
        plan = self.plan(archive, **options)
        return plan, self.apply(plan)

    def parked_source(self) -> ParkedSource:
        site = self.destination
        return ParkedSource(site.registry, site.row.id, self.source.row.cloud_id)


def open_client(server: EmulatorServer) -> ConfluenceClient:
    return ConfluenceClient(Transport(Connection(f"{server.url}/wiki", server.url, "admin@example.com", "emulator")))


def add_site(registry: Registry, server: EmulatorServer, name: str) -> SiteRow:
    with registry.write() as conn:
        return sites.add_site(
            conn,
            name=name,
            deployment="cloud",
            confluence_url=f"{server.url}/wiki",
            jira_url=server.url,
            cloud_id=open_client(server).get_system_info().cloud_id,
            account="admin@example.com",
            secret="env:TOKEN",
            created_at=1,
        )


@contextmanager
def open_move(registry: Registry, folder: Path) -> Iterator[Move]:
    """Site `old` with a registry of its own, site `new` with the registry under test."""
    with (
        EmulatorServer(site_name="old") as old,
        EmulatorServer(site_name="new") as new,
        open_registry(f"sqlite:///{folder / 'old.db'}") as old_registry,
    ):
        source = Site(old, open_client(old), old_registry, add_site(old_registry, old, "old"))
        destination = Site(new, open_client(new), registry, add_site(registry, new, "new"))
        yield Move(source, destination, folder)


@pytest.fixture
def move(sqlite_url: str, tmp_path: Path) -> Iterator[Move]:
    """A move to a site whose registry is in SQLite, which is the faster one to make."""
    with open_registry(sqlite_url) as registry, open_move(registry, tmp_path) as opened:
        yield opened


@pytest.fixture
def move_anywhere(registry: Registry, tmp_path: Path) -> Iterator[Move]:
    """A move to a site whose registry is in each database."""
    with open_move(registry, tmp_path) as opened:
        yield opened


@dataclass
class MadeUp:
    """An archive of pages with captures, and a site that has them all under other ids, without any HTTP."""

    archive: Path
    site: MadeUpConfluence

    def plan(self, registry: Registry, row: SiteRow, **options: Any) -> Plan:
        with open_archive(self.archive) as opened:
            return plan_restore(
                registry, cast(ConfluenceClient, self.site), row, ArchiveSource(opened), RestoreOptions(**options)
            )

    def apply(self, registry: Registry, row: SiteRow, plan: Plan, **arguments: Any) -> RestoreReport:
        with open_archive(self.archive) as opened:
            return apply_restore(registry, row, ArchiveSource(opened), plan, **arguments)


class MadeUpConfluence:
    """Answers what a survey asks, from the records of a registry."""

    def __init__(self, pages_here: list[Page], payloads: dict[str, list[tuple[str, list[str]]]]) -> None:
        self._pages = pages_here
        self._payloads = payloads
        self.requests_sent = 0

    def iter_spaces(self) -> Iterator[Space]:
        yield Space("1", "ACME", "Acme", "global")

    def iter_pages(self, _space_id: str) -> Iterator[Page]:
        yield from self._pages

    def iter_attachments(self, page_id: str) -> Iterator[Attachment]:
        for name, comments in self._payloads[page_id]:
            yield Attachment(f"{page_id} {name}", page_id, name, len(comments), 10, comments[-1])

    def iter_attachment_versions(self, attachment_id: str) -> Iterator[AttachmentVersion]:
        page_id, name = attachment_id.split(" ")
        comments = dict(self._payloads[page_id])[name]
        for number, comment in enumerate(comments, start=1):
            yield AttachmentVersion(number, 1, "5b10", comment)

    def iter_page_versions(self, page_id: str) -> Iterator[PageVersion]:
        yield PageVersion(1, 1, "5b10", body="")

    def classify_content(self, ids: list[str]) -> dict[str, str | None]:
        known = {page.id for page in self._pages}
        return {page_id: "page" if page_id in known else None for page_id in ids}


def make_up(
    folder: Path, *, pages_count: int, versions_each: int, missing: int = 0, mapped: tuple[int, ...] = ()
) -> MadeUp:
    """Pages with one macro each, every third with a sticker; the last `missing` pages have not come.

    `mapped` says of how many issues each import of Jira data was.
    """
    with open_registry(f"sqlite:///{folder / 'made-up.db'}") as registry:
        with registry.write() as conn:
            row = sites.add_site(
                conn,
                name="made up",
                deployment="cloud",
                confluence_url="https://made-up.example/wiki",
                jira_url="https://made-up.example",
                cloud_id="made-up-cloud",
                account="a@example.com",
                secret="env:TOKEN",
                created_at=1,
            )
            numbers = range(1, pages_count + 1)
            bulk.insert_records(conn, "space", [(1, "ACME", "1", "Acme", row.id)])
            bulk.insert_records(conn, "page", ((n, 1, f"{n}", f"Page {n}") for n in numbers))
            bulk.insert_records(
                conn, "macro", ((n, n, f"macro-{n}", attachment_name(f"macro-{n}"), DEFINITION) for n in numbers)
            )
            bulk.insert_records(conn, "version", iter_versions(pages_count, versions_each))
            stickered = range(1, pages_count + 1, 3)
            bulk.insert_records(conn, "sticker", ((n, n, "signed off", "green", "5b10", n) for n in stickered))
            bulk.insert_records(conn, "sticker_assignment", ((n, n, n, "5b10", n) for n in stickered))
            for number, count in enumerate(mapped):
                keep_mapping(conn, row.id, number, count)
        archive = folder / "made-up.zip"
        write_archive(registry, row, resolve_selection(select_all(), []), archive)
    here = list(numbers)[: pages_count - missing]
    found = [
        Page(
            f"9{n:07}",
            "1",
            f"Page {n}",
            "current",
            PageVersion(1, 1, "5b10"),
            body=add_macro("", f"macro-{n}", DEFINITION),
        )
        for n in here
    ]
    payloads = {
        f"9{n:07}": [
            (
                attachment_name(f"macro-{n}"),
                [
                    format_attachment_comment(capture(n, number), digest(n, number))
                    for number in range(1, versions_each + 1)
                ],
            )
        ]
        for n in here
    }
    return MadeUp(archive, MadeUpConfluence(found, payloads))


def keep_mapping(conn: sa.Connection, site_id: int, number: int, count: int) -> None:
    new = NewJiraMapping(
        site_id=site_id,
        mapping_id=f"mapping-{number}",
        source_url="https://old.example",
        destination_url="https://made-up.example",
        numbers_kept=("PUMP",),
        made_by="Mia",
        made_at=10**15 + number,
    )
    issues = (MappedThing("issue", f"{n}", f"PUMP-{n}", "", f"5{n}", f"INF-{n}", "") for n in range(1, count + 1))
    jira_mappings.add_mapping(conn, new, issues)


def iter_versions(pages_count: int, versions_each: int) -> Iterator[tuple[Any, ...]]:
    """In the order they were taken: all pages mixed, as in a real registry."""
    ids = itertools.count(1)
    for number in range(1, versions_each + 1):
        for n in range(1, pages_count + 1):
            sha256 = digest(n, number)
            by_whom = ("5b10", "Mia", "person")
            measures = (sha256, 10, sha256, "[3]", "https://source.example" if number % 2 else None)
            yield next(ids), n, capture(n, number), number, 10**15 + number, *by_whom, number, number, *measures


def capture(page_number: int, number: int) -> str:
    return f"capture-{page_number}-{number}"


def digest(page_number: int, number: int) -> str:
    return f"{page_number:032x}{number:032x}"


@pytest.fixture
def made_up(tmp_path: Path) -> Callable[..., MadeUp]:
    return partial(make_up, tmp_path)


@pytest.fixture
def any_site(registry: Registry) -> SiteRow:
    """A site in the registry under test that nobody calls."""
    return add_row(registry)


@pytest.fixture
def sqlite_registry(sqlite_url: str) -> Iterator[Registry]:
    """For what cannot depend on the database."""
    with open_registry(sqlite_url) as opened:
        yield opened


@pytest.fixture
def sqlite_site(sqlite_registry: Registry) -> SiteRow:
    return add_row(sqlite_registry)


def add_row(registry: Registry) -> SiteRow:
    with registry.write() as conn:
        return sites.add_site(
            conn,
            name="here",
            deployment="cloud",
            confluence_url="https://here.example/wiki",
            jira_url="https://here.example",
            cloud_id="here-cloud",
            account="a@example.com",
            secret="env:TOKEN",
            created_at=1,
        )


TRAVELLING = (*(kind.table.name for kind in TRAVELS), "parked_record")
LOGS = ("restore", "restore_chunk")


def read_rows(registry: Registry, *, logs: bool = True) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the registry, byte for byte."""
    names = (*TRAVELLING, *LOGS) if logs else TRAVELLING
    with registry.read() as conn:
        return {
            name: [tuple(row) for row in conn.execute(sa.select(table).order_by(table.c.id))]
            for name in names
            for table in (tables.metadata.tables[name],)
        }


@pytest.fixture
def dump() -> Callable[..., dict[str, list[tuple[Any, ...]]]]:
    return read_rows


@pytest.fixture
def add_site_row() -> Callable[[Registry], SiteRow]:
    return add_row
