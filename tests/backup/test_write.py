"""What is written: the chosen spaces, at one moment, whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from snapshots.backup import manifest as manifests
from snapshots.backup import write as writing
from snapshots.backup.manifest import Manifest
from snapshots.backup.read import open_archive
from snapshots.backup.selection import (
    ResolvedSelection,
    confirm_unknown,
    read_spaces_csv,
    resolve_selection,
    select_picked,
)
from snapshots.backup.verify import verify_archive
from snapshots.backup.write import WrittenArchive, write_archive
from snapshots.errors import DecisionNeeded, JobCancelled, NotFound, StorageError
from snapshots.registry import bulk, sites, spaces
from snapshots.registry.engine import Registry, open_registry
from snapshots.registry.records import TRAVELS
from snapshots.registry.sites import SiteRow

Source = tuple[Registry, SiteRow]
Fill = Callable[..., SiteRow]

EVERYTHING = ResolvedSelection("all", ())
CREATED_AT = 1_790_000_000_000_000


def read_all(path: Path) -> dict[str, list[object]]:
    with open_archive(path) as archive:
        return {kind.name: [r for batch in archive.iter_batches(kind.name) for r in batch] for kind in TRAVELS}


def count(manifest: Manifest) -> list[int]:
    return list(manifest.counts.values())


def test_both_databases_write_the_same_bytes(registry: Registry, fill: Fill, written: WrittenArchive) -> None:
    archive = write_archive(
        registry, fill(registry), EVERYTHING, written.path.with_name("other.zip"), created_at=CREATED_AT
    )
    assert archive.sha256 == written.sha256
    assert archive.path.read_bytes() == written.path.read_bytes()


def test_writing_again_gives_the_same_bytes_and_another_moment_others(source: Source, written: WrittenArchive) -> None:
    again = write_archive(*source, EVERYTHING, written.path.with_name("again.zip"), created_at=CREATED_AT)
    later = write_archive(*source, EVERYTHING, written.path.with_name("later.zip"), created_at=CREATED_AT + 1)
    assert again.sha256 == written.sha256 != later.sha256


def test_what_is_read_is_what_was_written(source: Source, written: WrittenArchive) -> None:
    assert (
        [len(records) for records in read_all(written.path).values()]
        == count(written.manifest)
        == [3, 6, 6, 24, 6, 6, 1, 6]
    )
    with source[0].read() as conn:
        lines = b"".join(bulk.iter_record_blocks(conn, "page", 1, None))
    with zipfile.ZipFile(written.path) as archive:
        assert archive.read("page-0001.ndjson") == b'["id","space_id","remote_id","title"]\n' + lines


def test_length_and_digest_are_those_of_the_file(written: WrittenArchive) -> None:
    with open_archive(written.path) as archive:
        assert (archive.sha256, archive.manifest) == (written.sha256, written.manifest)
    assert written.bytes == written.path.stat().st_size


def test_picked_spaces_and_what_belongs_to_them(source: Source, tmp_path: Path) -> None:
    selection = resolve_selection(select_picked(["beta", "EMPTY"]), ["ACME", "BETA", "EMPTY"])
    archive = write_archive(*source, selection, tmp_path / "picked.zip")
    assert archive.manifest.selection == manifests.SelectedSpaces("picked", ("BETA", "EMPTY"))
    assert count(archive.manifest) == [2, 3, 3, 12, 3, 3, 1, 6]
    assert {space.key for space in read_all(archive.path)["space"]} == {"BETA", "EMPTY"}  # type: ignore[attr-defined]
    assert verify_archive(archive.path).findings == ()


@pytest.mark.parametrize("selection", [EVERYTHING, ResolvedSelection("picked", ("ACME",))])
def test_another_site_of_the_registry_stays_out(
    registry: Registry, fill: Fill, tmp_path: Path, selection: ResolvedSelection
) -> None:
    site = fill(registry)
    with registry.write() as conn:
        other = sites.add_site(
            conn,
            name="other",
            deployment="cloud",
            confluence_url="https://other.example/wiki",
            jira_url="https://other.example",
            cloud_id="other",
            account="admin@other.example",
            secret="env:OTHER",
            created_at=1,
        )
        space_id = spaces.put_space(conn, other.id, "ACME", "1", "Same key, other site")
        bulk.insert_records(conn, "page", [(100, space_id, "100", "Not of this site")])
    archive = write_archive(registry, site, selection, tmp_path / "site.zip")
    pages = read_all(archive.path)["page"]
    assert "Not of this site" not in {page.title for page in pages}  # type: ignore[attr-defined]
    assert len(pages) == (6 if selection.mode == "all" else 3)


def test_many_records_become_several_members(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BLOCK_RECORDS", 5)
    monkeypatch.setattr(writing, "_BLOCKS_IN_MEMBER", 2)
    archive = write_archive(*source, EVERYTHING, tmp_path / "members.zip")
    versions = [(m.name, m.records) for m in archive.manifest.members if m.kind == "version"]
    assert versions == [("version-0001.ndjson", 10), ("version-0002.ndjson", 10), ("version-0003.ndjson", 4)]
    assert [record.id for record in read_all(archive.path)["version"]] == list(range(1, 25))  # type: ignore[attr-defined]
    assert verify_archive(archive.path).findings == ()


def test_a_member_is_a_whole_number_of_blocks() -> None:
    assert manifests.MEMBER_RECORDS % bulk.BLOCK_RECORDS == 0


def test_an_empty_registry_gives_an_archive_that_says_so(tmp_path: Path) -> None:
    with open_registry(f"sqlite:///{tmp_path / 'empty.db'}") as registry:
        with registry.write() as conn:
            site = sites.add_site(
                conn,
                name="new",
                deployment="cloud",
                confluence_url="https://new.example/wiki",
                jira_url="https://new.example",
                cloud_id="new",
                account="a@new.example",
                secret="env:T",
                created_at=1,
            )
        archive = write_archive(registry, site, EVERYTHING, tmp_path / "empty.zip")
    assert archive.manifest.members == ()
    report = verify_archive(archive.path)
    assert (report.findings, report.records_by_kind) == ((), {})


def test_no_secret_is_inside(source: Source, written: WrittenArchive) -> None:
    with zipfile.ZipFile(written.path) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert source[1].secret.encode() not in everything
    assert source[1].account.encode() not in everything


def test_other_programs_read_it(written: WrittenArchive) -> None:
    with zipfile.ZipFile(written.path) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[-1] == "manifest.json"
    if shutil.which("unzip"):
        assert subprocess.run(["unzip", "-tq", written.path], capture_output=True).returncode == 0


def test_records_added_while_it_is_written_are_not_in_it(registry: Registry, fill: Fill, tmp_path: Path) -> None:
    site = fill(registry)
    added = False

    def add_space(stage: str, done: int, total: int | None, unit: str) -> None:
        nonlocal added
        if not added:
            added = True
            with registry.write() as conn:
                spaces.put_space(conn, site.id, "LATE", "99", "Too late")
                bulk.insert_records(conn, "page", [(bulk.next_id(conn, "page"), 1, "late", "Too late")])

    archive = write_archive(registry, site, EVERYTHING, tmp_path / "moment.zip", add_space)
    assert added
    assert count(archive.manifest) == [3, 6, 6, 24, 6, 6, 1, 6]


def test_unknown_keys_wait_for_a_person(source: Source, tmp_path: Path) -> None:
    selection = resolve_selection(read_spaces_csv(b"ACME\nNOPE\n"), ["ACME", "BETA"])
    with pytest.raises(DecisionNeeded, match="NOPE"):
        write_archive(*source, selection, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists()
    assert write_archive(*source, confirm_unknown(selection), tmp_path / "backup.zip").manifest.counts["space"] == 1


def test_a_space_that_is_gone_is_named_and_nothing_left(source: Source, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(NotFound, match="'GONE'"):
        write_archive(*source, ResolvedSelection("picked", ("GONE",)), folder / "backup.zip")
    assert list(folder.iterdir()) == []


def test_cancelling_leaves_the_archive_that_was_there(source: Source, written: WrittenArchive) -> None:
    def cancel(stage: str, done: int, total: int | None, unit: str) -> None:
        raise JobCancelled("The backup was cancelled.")

    with pytest.raises(JobCancelled):
        write_archive(*source, EVERYTHING, written.path, cancel)
    assert verify_archive(written.path).findings == ()
    assert [path.name for path in written.path.parent.iterdir() if path.suffix == ".part"] == []


def test_a_folder_that_is_not_there_is_a_storage_error(source: Source, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file or directory"):
        write_archive(*source, EVERYTHING, tmp_path / "missing" / "backup.zip")


FILL_THE_DISK = """
import resource, signal, sys
from pathlib import Path
from snapshots.backup.selection import ResolvedSelection
from snapshots.backup.write import write_archive
from snapshots.errors import StorageError
from snapshots.registry import sites
from snapshots.registry.engine import open_registry

with open_registry(sys.argv[1]) as registry:
    with registry.read() as conn:
        site = sites.get_site(conn, "acme")
    if sys.argv[3] != "0":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
    try:
        write_archive(registry, site, ResolvedSelection("all", ()), Path(sys.argv[2]))
    except StorageError as error:
        print(error)
        sys.exit(9)
"""


def write_until_full(source: Source, path: Path, limit_bytes: int) -> str:
    command = [sys.executable, "-c", FILL_THE_DISK, source[0].place, str(path), str(limit_bytes)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (9, "")
    return done.stdout


@pytest.mark.parametrize("limit_bytes", [1, 500, 2000])
def test_a_file_that_may_not_grow_leaves_nothing(source: Source, tmp_path: Path, limit_bytes: int) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    assert "File too large" in write_until_full(source, folder / "backup.zip", limit_bytes)
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_leaves_nothing(registry: Registry, fill: Fill, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let its root mount a small disk")
    try:
        (disk / "ballast").write_bytes(b"x" * 60_000)
        with pytest.raises(StorageError, match="No space left on device"):
            write_archive(registry, fill(registry, versions=50), EVERYTHING, disk / "backup.zip")
        assert [path.name for path in disk.iterdir()] == ["ballast"]
    finally:
        subprocess.run(["umount", disk], check=True)
