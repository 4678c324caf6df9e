"""A registry with something in it, and an archive of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snapshots.backup.selection import resolve_selection, select_all
from snapshots.backup.write import WrittenArchive, write_archive
from snapshots.registry import bulk, sites
from snapshots.registry.engine import Registry, open_registry
from snapshots.registry.sites import SiteRow

CREATED_AT = 1_790_000_000_000_000
KEYS = ["ACME", "BETA", "EMPTY"]


def fill_registry(registry: Registry, *, versions: int = 4) -> SiteRow:
    """Three spaces, one of them empty; every page has one macro with `versions` versions and a sticker."""
    with registry.write() as conn:
        site = sites.add_site(
            conn,
            name="acme",
            deployment="cloud",
            confluence_url="https://acme.example/wiki",
            jira_url="https://acme.example",
            cloud_id="11111111-2222-3333-4444-555555555555",
            account="admin@acme.example",
            secret="sealed:dG9rZW4gb2YgdGhlIHNpdGU=",
            created_at=1,
        )
        bulk.insert_records(
            conn, "space", [(n, key, f"s{n}", f"Space {key}", site.id) for n, key in enumerate(KEYS, 1)]
        )
        pages = range(1, 7)
        bulk.insert_records(conn, "page", [(n, 1 + n % 2, f"10{n}", f'Release "{n}" – größer\u2028') for n in pages])
        bulk.insert_records(
            conn, "macro", [(n, n, f"macro-{n}", f"snapshots-macro-{n}.json", '{"a":"\\\\"}') for n in pages]
        )
        numbered = [(macro, number) for number in range(1, versions + 1) for macro in pages]
        bulk.insert_records(
            conn, "version", [version_row(index, macro, number) for index, (macro, number) in enumerate(numbered, 1)]
        )
        bulk.insert_records(conn, "sticker", [(n, n, "Approved", "green", "712020:ada", 5) for n in pages])
        # The first version of each macro has the macro's own id.
        bulk.insert_records(conn, "sticker_assignment", [(n, n, n, "712020:ada", 6) for n in pages])
        moved = ("https://acme.example", "", "https://globex.example", "", '["PUMP"]', "Ada", 7, site.id)
        bulk.insert_records(conn, "jira_mapping", [(1, "0c6f1e0e-0000-4000-8000-000000000001", *moved)])
        bulk.insert_records(
            conn,
            "mapped_thing",
            [
                (n, 1, "issue", f"1{n}", f"PUMP-{n}", "", f"5{n}", f"INF-{n}", "", "number", "certain", "[]")
                for n in pages
            ],
        )
    return site


def version_row(row_id: int, macro_id: int, number: int) -> tuple[object, ...]:
    """A version as `insert_records` takes it."""
    digest = f"{row_id:064x}"
    moment = 1_700_000_000_000_000 + row_id
    shown_by = number if number % 2 else None
    who = ("712020:ada", "Ada Lovelace", "person")
    read = ("[3,4]", "https://acme.example" if number % 2 else None)
    return (row_id, macro_id, f"capture-{row_id}", number, moment, *who, shown_by, number, digest, 100, digest, *read)


@pytest.fixture
def fill() -> Callable[..., SiteRow]:
    """Fills an empty registry; `versions` says how many each macro has."""
    return fill_registry


@pytest.fixture
def source(tmp_path: Path) -> Iterator[tuple[Registry, SiteRow]]:
    """A filled registry over SQLite, for tests in which the database does not matter."""
    with open_registry(f"sqlite:///{tmp_path / 'source.db'}") as opened:
        yield opened, fill_registry(opened)


@pytest.fixture
def written(source: tuple[Registry, SiteRow], tmp_path: Path) -> WrittenArchive:
    """An archive of everything in `source`."""
    registry, site = source
    path = tmp_path / "backup.zip"
    return write_archive(registry, site, resolve_selection(select_all(), []), path, created_at=CREATED_AT)
