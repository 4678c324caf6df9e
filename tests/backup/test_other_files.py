"""Files that are no archive, archives of a newer Snapshots, and those of older ones, which stay readable.

Guarantees 10 and 11 of docs/archive-format.md.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from snapshots.backup import manifest as manifests
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
