"""Files that are no archive, archives of a newer Snapshots, and those of older ones, which stay readable.

Guarantees 10 and 11 of docs/archive-format.md.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from snapshots.backup import manifest as manifests
from snapshots.backup import zip64
from snapshots.backup.read import open_archive
from snapshots.backup.selection import ResolvedSelection
from snapshots.backup.verify import verify_archive
from snapshots.backup.write import write_archive
from snapshots.errors import DamageError, InvalidInput, NotFound
from snapshots.registry.engine import Registry
from snapshots.registry.records import TRAVELS, SpaceRecord, VersionRecord, kinds_in
from snapshots.registry.sites import SiteRow

GOLDEN = Path(__file__).parents[1] / "golden"
SHA256 = {
    "archive-0.1.0.zip": "a538687457cb3f602a081464a3c88c686468eb396a27bcc400d219c69e5aede7",
    "archive-format-2.zip": "e5f3f321219f8ac39d63fc90f675694de83563d9a64c43c0d3339452e47c00b8",
}
"""Of each golden archive, so that none is made again."""

NASTY = "".join(map(chr, range(1, 128))) + "ü\u2028\u2029\ufeff\uffff🎈\U0010ffff"


def zip_of(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"<document/>")
    return path.read_bytes()


@pytest.mark.parametrize("function", [open_archive, verify_archive])
def test_other_files_are_not_archives(tmp_path: Path, function: Callable[[Path], object]) -> None:
    path = tmp_path / "file.zip"
    for data, said in [
        (b"", "is empty"),
        (b"%PDF-1.7 " + b"x" * 5000, "not even a zip"),
        (b"x", "not even a zip"),
        (zip_of(path, "word/document.xml"), "is a zip, but not an archive of Snapshots"),
    ]:
        path.write_bytes(data)
        with pytest.raises(InvalidInput, match=said):
            function(path)
    path.unlink()
    with pytest.raises(NotFound, match="There is no file"):
        function(path)


@pytest.mark.parametrize("function", [open_archive, verify_archive])
def test_an_archive_of_a_newer_version_is_said_to_be_one(
    source: tuple[Registry, SiteRow],
    tmp_path: Path,
    function: Callable[[Path], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(manifests, "FORMAT_VERSION", 3)
        newer.setattr("snapshots.backup.write.version", lambda _: "7.0.0")
        archive = write_archive(*source, ResolvedSelection("all", ()), tmp_path / "newer.zip")
    with pytest.raises(InvalidInput, match=r"newer version of Snapshots \(snapshots 7\.0\.0, format 3; .* up to 2\)"):
        function(archive.path)


@pytest.mark.parametrize("name", sorted(SHA256))
def test_golden_archives_are_read_for_ever(name: str) -> None:
    report = verify_archive(GOLDEN / name)
    assert report.findings == ()
    with open_archive(GOLDEN / name) as archive:
        assert archive.sha256 == SHA256[name]
        assert archive.manifest.source.name == "acme"
        read = {kind.name: sum(map(len, archive.iter_batches(kind.name))) for kind in TRAVELS}
        assert {name: count for name, count in read.items() if count} == report.records_by_kind
        known = kinds_in(archive.manifest.format_version)
        assert archive.manifest.counts == {kind.name: read[kind.name] for kind in known}
        assert next(archive.iter_batches("space")) == [
            SpaceRecord(1, "ACME", "98305", "Acme"),
            SpaceRecord(2, "BETA", "98306", NASTY),
        ]


def test_every_golden_archive_is_known() -> None:
    assert {path.name for path in GOLDEN.glob("*.zip")} == set(SHA256)


def test_what_the_first_format_did_not_have_is_null() -> None:
    with open_archive(GOLDEN / "archive-0.1.0.zip") as archive:
        (versions,) = archive.iter_batches("version")
        assert archive.manifest.format_version == 1
        assert {version.jira_url for version in versions if isinstance(version, VersionRecord)} == {None}
        assert list(archive.iter_batches("jira_mapping")) == []


def test_an_old_archive_cannot_smuggle_in_what_its_format_does_not_have(
    source: tuple[Registry, SiteRow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does one of the new format that says it is old pass for whole."""
    with monkeypatch.context() as older:
        older.setattr(manifests, "FORMAT_VERSION", 1)
        archive = write_archive(*source, ResolvedSelection("all", ()), tmp_path / "mixed.zip")
    kinds = {finding.kind for finding in verify_archive(archive.path).findings}
    assert {"member-order", "unknown-kind", "member-damaged"} <= kinds
    with pytest.raises(DamageError):
        open_archive(archive.path)


def huge_directory(directory_bytes: int, *, with_zip64: bool, points_elsewhere: bool = False) -> bytes:
    """The end of a zip whose directory is said to be so long."""
    counts = (1, 1, directory_bytes, 0)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, *counts)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0 if points_elsewhere else 4, 1)
    short = 0xFFFFFFFF if with_zip64 else directory_bytes
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, short, 0, 0)
    return b"PK\x03\x04" + (end64 + locator if with_zip64 else b"") + end


@pytest.mark.parametrize(
    "content",
    [
        huge_directory(1 << 31, with_zip64=False),
        huge_directory(1 << 40, with_zip64=True),
        huge_directory(1 << 40, with_zip64=True, points_elsewhere=True),
        huge_directory(1 << 31, with_zip64=False) + b"\0" * 1000,
    ],
)
def test_a_zip_that_would_fill_the_memory_is_not_looked_into(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's zipfile reads the whole directory at once, however long the file says it is."""

    def refuse(*_: object) -> None:
        raise AssertionError("zipfile was asked")

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    path = tmp_path / "hostile.zip"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="not an archive of Snapshots"):
        open_archive(path)


def test_an_archive_whose_directory_is_too_long_is_damaged(tmp_path: Path) -> None:
    """Its digest may be right: whoever made it made that too."""
    path = tmp_path / "hostile.zip"
    length = zip64.MAX_DIRECTORY_BYTES + 1
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(length)
    with path.open("r+b") as file:
        file.seek(length)
        file.write(zip64._pack_end(1, length, 0))
        digest = zip64.hash_file(file, file.tell())
        file.seek(0, 2)
        file.write(zip64.COMMENT_PREFIX + digest.hexdigest().encode())
    with pytest.raises(DamageError, match="directory is longer"):
        open_archive(path)
