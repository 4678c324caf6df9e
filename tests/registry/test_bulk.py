"""Records in bulk: one meaning and the same bytes in every database."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from snapshots.registry import bulk, sites
from snapshots.registry.engine import Registry
from snapshots.registry.records import PageRecord, VersionRecord

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
