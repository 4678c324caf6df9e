"""Records in bulk: one meaning and the same bytes in every database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

import msgspec
import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snapshots.errors import InvalidInput
from snapshots.registry import bulk, schema, sites, spaces, tables
from snapshots.registry.engine import Registry, open_registry
from snapshots.registry.records import STAYS, TRAVELS, MacroRecord, PageRecord, VersionRecord

NASTY = 'quote " backslash \\ slash / tab \t line \n return \r bell \x07 back \b feed \f unit \x1f delete \x7f'
NASTIER = "line separator \u2028 paragraph \u2029 emoji 🎈 bom \ufeff last \U0010ffff \\N \\. None null"

storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
numbers = st.integers(min_value=-(2**63), max_value=2**63 - 1)


def add_site(registry: Registry, name: str = "source") -> int:
    with registry.write() as conn:
        return sites.add_site(
            conn,
            name=name,
            deployment="cloud",
            confluence_url="https://acme.example/wiki",
            jira_url="https://acme.example",
            cloud_id=f"cloud-{name}",
            account="admin@acme.example",
            secret="env:TOKEN",
            created_at=1,
        ).id


def read_lines(registry: Registry, kind: str, site_id: int, space_ids: list[int] | None = None) -> list[bytes]:
    with registry.read() as conn:
        return b"".join(bulk.iter_record_blocks(conn, kind, site_id, space_ids)).splitlines(keepends=True)


def version(number: int, macro_id: int = 1, *, name: str = "Ada", page_version: int | None = 2) -> VersionRecord:
    return VersionRecord(
        id=number,
        macro_id=macro_id,
        capture_id=f"capture-{macro_id}-{number}",
        number=number,
        captured_at=1_700_000_000_000_000 + number,
        captured_by="712020:ada",
        captured_by_name=name,
        trigger="person",
        page_version=page_version,
        attachment_version=number,
        payload_sha256="ab" * 32,
        payload_bytes=10,
        data_sha256="cd" * 32,
        row_counts="[3,4]",
        jira_url=None if number % 2 else "https://acme.example",
    )


def insert(registry: Registry, site_id: int, *, space: int = 1, versions: list[VersionRecord] | None = None) -> None:
    with registry.write() as conn:
        bulk.insert_records(conn, "space", [(space, f"S{space}", str(space), "Space", site_id)])
        bulk.insert_records(conn, "page", [(space, space, f"10{space}", NASTY)])
        bulk.insert_records(conn, "macro", [(space, space, f"macro-{space}", "snapshots.json", NASTIER)])
        bulk.insert_records(conn, "version", [msgspec.structs.astuple(v) for v in versions or []])


def test_lines_are_the_bytes_msgspec_writes(registry: Registry) -> None:
    site_id = add_site(registry)
    records = [version(n, name=[NASTY, NASTIER, ""][n % 3], page_version=None if n % 2 else n) for n in range(1, 8)]
    insert(registry, site_id, versions=records)
    assert read_lines(registry, "version", site_id) == [msgspec.json.encode(r) + b"\n" for r in records]
    assert read_lines(registry, "page", site_id) == [msgspec.json.encode(PageRecord(1, 1, "101", NASTY)) + b"\n"]


@pytest.fixture(scope="module")
def lasting_registries(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: str
) -> Iterator[list[tuple[Registry, int]]]:
    """A registry over each database that outlives one example of a property."""
    folder = tmp_path_factory.mktemp("lasting")
    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute("DROP DATABASE IF EXISTS snapshots_lasting WITH (FORCE)")
        conn.execute("CREATE DATABASE snapshots_lasting TEMPLATE template0 ENCODING 'UTF8'")
    postgres_url = str(sa.make_url(postgres_server).set(database="snapshots_lasting").render_as_string(False))
    with open_registry(f"sqlite:///{folder}/registry.db") as first, open_registry(postgres_url) as second:
        yield [(each, add_site(each)) for each in (first, second)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    titles=st.lists(storable, min_size=1, max_size=8), name=storable, moment=numbers, page_version=st.none() | numbers
)
def test_every_database_gives_the_bytes_msgspec_gives(
    lasting_registries: list[tuple[Registry, int]], titles: list[str], name: str, moment: int, page_version: int | None
) -> None:
    macro = MacroRecord(1, 1, "m", name, name)
    one = msgspec.structs.replace(version(1, name=name, page_version=page_version), captured_at=moment)
    expected = {
        "page": [PageRecord(n, 1, str(n), title) for n, title in enumerate(titles, 1)],
        "macro": [macro],
        "version": [one],
    }
    for registry, site_id in lasting_registries:
        with registry.write() as conn:
            for table in (tables.version, tables.macro, tables.page, tables.space):
                conn.execute(table.delete())
            bulk.insert_records(conn, "space", [(1, "ACME", "1", name, site_id)])
            for kind, records in expected.items():
                bulk.insert_records(conn, kind, map(msgspec.structs.astuple, records))
        for kind, records in expected.items():
            assert read_lines(registry, kind, site_id) == [msgspec.json.encode(record) + b"\n" for record in records]


@pytest.mark.parametrize("text", ["NUL \0 inside", "half \ud83c of an emoji"])
def test_text_that_not_every_database_holds_is_refused_by_all(registry: Registry, text: str) -> None:
    site_id = add_site(registry)
    with pytest.raises(InvalidInput, match="cannot be stored"), registry.write() as conn:
        bulk.insert_records(conn, "space", [(1, "FINE", "1", "Fine", site_id), (2, "ACME", "2", text, site_id)])
    with pytest.raises(InvalidInput, match="cannot be stored"), registry.write() as conn:
        spaces.put_space(conn, site_id, "ACME", "1", text)
    with registry.read() as conn:
        assert spaces.list_spaces(conn, site_id) == []


def test_blocks_are_full_but_the_last(registry: Registry) -> None:
    site_id = add_site(registry)
    insert(registry, site_id, versions=[version(n) for n in range(1, 2 * bulk.BLOCK_RECORDS + 2)])
    with registry.read() as conn:
        blocks = list(bulk.iter_record_blocks(conn, "version", site_id, None))
    assert [block.count(b"\n") for block in blocks] == [bulk.BLOCK_RECORDS, bulk.BLOCK_RECORDS, 1]
    assert [json.loads(line)[0] for block in blocks for line in block.splitlines()] == list(
        range(1, 2 * bulk.BLOCK_RECORDS + 2)
    )


@pytest.mark.parametrize("space_ids", [None, [1], [2], [1, 2], []])
def test_only_the_chosen_spaces_of_the_site(registry: Registry, space_ids: list[int] | None) -> None:
    site_id, other = add_site(registry), add_site(registry, "other")
    insert(registry, site_id, space=1, versions=[version(1, 1), version(3, 1)])
    insert(registry, site_id, space=2, versions=[version(2, 2)])
    insert(registry, other, space=3, versions=[version(4, 3)])
    chosen = {1, 2} if space_ids is None else set(space_ids)
    expected = {
        "space": sorted(chosen),
        "macro": sorted(chosen),
        "version": sorted(n for n, of in [(1, 1), (3, 1), (2, 2)] if of in chosen),
    }
    for kind, ids in expected.items():
        assert [json.loads(line)[0] for line in read_lines(registry, kind, site_id, space_ids)] == ids
        with registry.read() as conn:
            assert bulk.count_records(conn, kind, site_id, space_ids) == len(ids)


def test_ids_given_by_hand_do_not_meet_those_of_the_database(registry: Registry) -> None:
    site_id = add_site(registry)
    with registry.write() as conn:
        assert bulk.next_id(conn, "space") == 1
        assert bulk.insert_records(conn, "space", [(7, "SEVEN", "7", "", site_id)]) == 1
        assert bulk.next_id(conn, "space") == 8
        assert spaces.put_space(conn, site_id, "EIGHT", "8", "") == 8
        assert bulk.insert_records(conn, "space", []) == 0


def test_rows_of_many_macros_at_once(registry: Registry) -> None:
    site_id = add_site(registry)
    for n in (1, 2, 3):
        insert(registry, site_id, space=n, versions=[version(n * 10, n), version(n * 10 + 1, n)])
    with registry.read() as conn:
        found = bulk.iter_rows_of(conn, "version", "macro_id", [1, 3, 99], ("macro_id", "capture_id"))
        assert sorted(found) == [(m, f"capture-{m}-{n}") for m, n in [(1, 10), (1, 11), (3, 30), (3, 31)]]


def test_every_table_is_declared_once_with_its_columns_and_references() -> None:
    assert {kind.table.name for kind in TRAVELS} | set(STAYS) == set(tables.metadata.tables)
    assert not {kind.table.name for kind in TRAVELS} & set(STAYS)
    seen: set[str] = set()
    for kind in TRAVELS:
        left_out = {"site_id"} if kind.of_site else set()
        assert set(kind.columns) == {column.name for column in kind.table.c} - left_out
        declared = dict(kind.references)
        keys = {
            column.name: next(iter(column.foreign_keys)).column.table.name
            for column in kind.table.c
            if column.foreign_keys
        }
        assert declared == {column: target for column, target in keys.items() if column not in left_out}
        assert set(declared.values()) <= seen
        seen.add(kind.name)


def test_every_column_has_a_note() -> None:
    assert [str(c) for table in tables.metadata.tables.values() for c in table.c if not c.comment] == []


def test_indexes_and_keys_made_afterwards_are_the_same_ones(registry: Registry) -> None:
    site_id = add_site(registry)
    kinds = [kind.name for kind in TRAVELS]
    with registry.write() as conn, bulk.indexes_made_afterwards(conn, kinds):
        bulk.insert_records(conn, "space", [(1, "ACME", "1", "Acme", site_id)])
        bulk.insert_records(conn, "page", [(1, 1, "10", "Release")])
    with registry.read() as conn:
        context = MigrationContext.configure(
            conn, opts={"target_metadata": tables.metadata, "version_table": schema.VERSION_TABLE}
        )
        assert compare_metadata(context, tables.metadata) == []
    assert len(read_lines(registry, "page", site_id)) == 1


@pytest.mark.parametrize("row", [(2, 1, "10", "The same page again"), (2, 99, "11", "In a space that is not there")])
def test_rows_that_break_a_rule_are_refused_afterwards(registry: Registry, row: tuple[object, ...]) -> None:
    site_id = add_site(registry)
    with (
        pytest.raises((sa.exc.IntegrityError, sqlite3.IntegrityError)),
        registry.write() as conn,
        bulk.indexes_made_afterwards(conn, ["page"]),
    ):
        bulk.insert_records(conn, "space", [(1, "ACME", "1", "Acme", site_id)])
        bulk.insert_records(conn, "page", [(1, 1, "10", "Release"), row])
    assert read_lines(registry, "space", site_id) == []
    with registry.read() as conn:
        assert "ix_page_remote_id" in {index["name"] for index in sa.inspect(conn).get_indexes("page")}
