"""Dealing records out into groups, and reading parked ones with an archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from snapshots.backup.read import open_archive
from snapshots.backup.selection import resolve_selection, select_all
from snapshots.backup.verify import verify_archive
from snapshots.backup.write import write_archive
from snapshots.errors import DamageError
from snapshots.progress import silent
from snapshots.registry import parked, sites
from snapshots.registry.engine import Registry, open_registry
from snapshots.registry.parked import NewParked
from snapshots.registry.sites import SiteRow
from snapshots.restore import records
from snapshots.restore.counterparts import read_subjects
from snapshots.restore.deciding import NUMBER_TAKEN
from snapshots.restore.keys import read_key, write_key
from snapshots.restore.records import GroupedRecords, PageRecords, assign_groups
from snapshots.restore.source import ArchiveSource, ParkedSource, join_parked

KEYS = [("ACME", str(number)) for number in range(1, 8)]


def deal_out(archive: Any) -> list[list[PageRecords]]:
    with open_archive(archive.archive) as opened, GroupedRecords(assign_groups(KEYS, 21)) as grouped:
        grouped.read(ArchiveSource(opened), silent)
        return list(grouped.iter_groups())


def test_files_and_memory_give_the_same_groups(made_up: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "PAGES_PER_GROUP", 2)
    archive = made_up(pages_count=7, versions_each=3)
    in_memory = deal_out(archive)
    monkeypatch.setattr(records, "_BUFFERED_RECORDS", 5)
    assert deal_out(archive) == in_memory
    assert [page.key for group in in_memory for page in group] == KEYS
    assert [len(group) for group in in_memory] == [2, 2, 2, 1]
    assert all(len(page.macros[f"macro-{page.key[1]}"].versions) == 3 for group in in_memory for page in group)


def test_groups_are_whole_pages_of_about_equal_size() -> None:
    groups = assign_groups([("ACME", f"{number:05}") for number in range(5000)], 1_000_000)
    sizes = [list(groups.values()).count(group) for group in range(max(groups.values()) + 1)]
    assert len(sizes) == 50
    assert set(sizes) == {100}
    assert assign_groups([], 0) == {}


def test_keys_survive_any_name() -> None:
    for name in ('a","b', "[]", "a/b", "", "ü"):
        assert read_key(write_key("ACME", "1", name)) == ("ACME", "1", name)


def park(registry: Registry, site: SiteRow, kind: str, key: tuple[str, ...], record: dict[str, Any]) -> None:
    with registry.write() as conn:
        text = msgspec.json.encode(record).decode()
        new = NewParked(site.id, "made-up-cloud", kind, write_key(*key), text, "waits", 5)
        parked.put_parked(conn, [new])


def version_record(capture_id: str, number: int) -> dict[str, Any]:
    rest = {"captured_by": "5b10", "captured_by_name": "Mia", "trigger": "person", "row_counts": "[1]"}
    digests = {"payload_sha256": "0" * 64, "payload_bytes": 10, "data_sha256": "0" * 64}
    places = {"page_version": 1, "attachment_version": 1, "captured_at": 3}
    return {"id": 1, "macro_id": 1, "capture_id": capture_id, "number": number, **rest, **digests, **places}


def park_page_with_version(registry: Registry, site: SiteRow, capture_id: str, number: int) -> None:
    """As another archive would have left it: its ids are those of the archive at hand, for other records."""
    park(registry, site, "page", ("ACME", "1"), {"id": 2, "space_id": 1, "remote_id": "1", "title": "Page 1"})
    macro = {"id": 2, "page_id": 2, "remote_id": "macro-1", "attachment_name": "x.json", "definition": "{}"}
    park(registry, site, "macro", ("ACME", "1", "macro-1"), macro)
    park(registry, site, "version", ("ACME", "1", "macro-1", capture_id), version_record(capture_id, number))


def test_parked_records_join_those_of_an_archive_by_key_and_not_by_id(
    registry: Registry, any_site: SiteRow, made_up: Any
) -> None:
    archive = made_up(pages_count=2, versions_each=2)
    park_page_with_version(registry, any_site, "older", 7)
    with open_archive(archive.archive) as opened:
        joined = join_parked(ArchiveSource(opened), registry, any_site.id)
        assert joined.facts.counts["version"] == 5
        with GroupedRecords(assign_groups(KEYS[:2], 5)) as grouped:
            grouped.read(joined, silent)
            ((first, second),) = grouped.iter_groups()
    assert list(first.macros["macro-1"].versions) == ["capture-1-1", "capture-1-2", "older"]
    assert list(second.macros["macro-2"].versions) == ["capture-2-1", "capture-2-2"]


def test_parked_version_whose_number_the_archive_uses_goes_on_waiting(
    registry: Registry, any_site: SiteRow, made_up: Any, dump: Any
) -> None:
    archive = made_up(pages_count=1, versions_each=2)
    park_page_with_version(registry, any_site, "older", 2)
    plan = archive.plan(registry, any_site)
    assert plan.parked_reasons == {NUMBER_TAKEN: 1}
    archive.apply(registry, any_site, plan)
    rows = dump(registry)
    assert [row[2] for row in rows["version"]] == ["capture-1-1", "capture-1-2"]
    assert [read_key(row[4])[-1] for row in rows["parked_record"] if row[3] == "version"] == ["older"]
    assert {row[3] for row in rows["parked_record"]} == {"page", "macro", "version"}, "with all that it refers to"


def test_leaving_parked_records_alone(registry: Registry, any_site: SiteRow, made_up: Any, dump: Any) -> None:
    archive = made_up(pages_count=1, versions_each=2)
    park_page_with_version(registry, any_site, "older", 9)
    plan = archive.plan(registry, any_site, include_parked=False)
    assert plan.totals["version"] == {"created": 2}
    archive.apply(registry, any_site, plan)
    assert {row[3] for row in dump(registry)["parked_record"]} == {"page", "macro", "version"}
    source = ParkedSource(registry, any_site.id, "made-up-cloud")
    ((version,),) = [batch for batch in source.iter_batches("version") if batch]
    assert version.capture_id == "older"  # type: ignore[union-attr]


def test_a_page_id_that_no_site_gives_is_damage(made_up: Any, tmp_path: Path) -> None:
    """It would become part of an address that is called."""
    made_up(pages_count=2, versions_each=1)
    hostile = tmp_path / "hostile.zip"
    with open_registry(f"sqlite:///{tmp_path / 'made-up.db'}") as registry:
        with registry.write() as conn:
            conn.exec_driver_sql("UPDATE page SET remote_id = '../x' WHERE id = 2")
            (site,) = sites.list_sites(conn)
        write_archive(registry, site, resolve_selection(select_all(), []), hostile)
    with open_archive(hostile) as opened, pytest.raises(DamageError, match="not a page"):
        read_subjects(ArchiveSource(opened))
    assert [finding.kind for finding in verify_archive(hostile).findings][:1] == ["member-damaged"]
