"""What docs/archive-format.md guarantees, by its numbers: each kind of damage, and the finding it must give.

1 to 4 are in test_write.py, 10 and 11 in test_other_files.py. An archive is *refitted* when its last
bytes are made to hold the digest of what is now before them: then the other checks are on their own, as
with a hostile file.
"""

from __future__ import annotations

import hashlib
import random
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest

from snapshots.backup import read as reading
from snapshots.backup.manifest import Manifest, Member, decode_manifest, encode_manifest
from snapshots.backup.read import open_archive
from snapshots.backup.selection import ResolvedSelection
from snapshots.backup.verify import VerifyReport, verify_archive
from snapshots.backup.write import WrittenArchive, write_archive
from snapshots.backup.zip64 import COMMENT_BYTES, COMMENT_PREFIX, Entry, ZipWriter, read_entries
from snapshots.errors import DamageError
from snapshots.registry import sites, spaces
from snapshots.registry.engine import open_registry
from snapshots.registry.records import TRAVELS
from snapshots.registry.sites import SiteRow

Members = dict[str, bytes]

SPACE_HEADER = b'["id","key","remote_id","name"]\n'


def refit(data: bytes) -> bytes:
    """The same bytes with a digest that fits them."""
    before = data[:-COMMENT_BYTES]
    return before + COMMENT_PREFIX + hashlib.sha256(before).hexdigest().encode()


def unpack(path: Path) -> tuple[Members, Manifest]:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return members, decode_manifest(members.pop("manifest.json"))


def describe(name: str, data: bytes) -> Member:
    return Member(name, name.rpartition("-")[0], data.count(b"\n") - 1, len(data), hashlib.sha256(data).hexdigest())


def pack(path: Path, members: Iterable[tuple[str, bytes]], manifest: Manifest | bytes) -> None:
    """An archive with just these members and manifest, all digests of the container right."""
    with path.open("w+b") as file:
        archive = ZipWriter(file, 1_790_000_000_000_000)
        last = manifest if isinstance(manifest, bytes) else encode_manifest(manifest)
        for name, data in [*members, ("manifest.json", last)]:
            member = archive.open_member(name)
            member.write(data)
            archive.finish_member(member)
        archive.finish()


def pack_fitting(path: Path, members: Members, manifest: Manifest) -> None:
    """An archive whose manifest describes exactly these members."""
    described = tuple(describe(name, data) for name, data in members.items())
    counts = {kind.name: sum(m.records for m in described if m.kind == kind.name) for kind in TRAVELS}
    pack(path, members.items(), msgspec.structs.replace(manifest, members=described, counts=counts))


def find(path: Path) -> list[str]:
    """Kinds of findings; opening it for a restore must then be refused, or reading its records."""
    report = verify_archive(path)
    with pytest.raises(DamageError), open_archive(path) as archive:
        for kind in TRAVELS:
            for _ in archive.iter_batches(kind.name):
                pass
        if {finding.kind for finding in report.findings} <= {"dangling-reference"}:
            raise DamageError("References are for the restore to judge.")
    return [finding.kind for finding in report.findings]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The smallest archive that has a record."""
    with open_registry(f"sqlite:///{tmp_path / 'small.db'}") as registry:
        with registry.write() as conn:
            site = sites.add_site(
                conn,
                name="acme",
                deployment="cloud",
                confluence_url="https://acme.example/wiki",
                jira_url="https://acme.example",
                cloud_id="cloud",
                account="a@acme.example",
                secret="env:T",
                created_at=1,
            )
            spaces.put_space(conn, site.id, "ACME", "1", "Acme")
        path = tmp_path / "small.zip"
        write_archive(registry, site, ResolvedSelection("all", ()), path, created_at=1_790_000_000_000_000)
    return path


def test_an_untouched_archive_has_no_findings(written: WrittenArchive) -> None:
    report = verify_archive(written.path)
    assert report == VerifyReport(written.manifest, (), dict(written.manifest.counts))


# 5. Any changed byte is found.


def test_every_byte_of_a_small_archive(small: Path) -> None:
    whole = small.read_bytes()
    unnoticed = []
    for offset in range(len(whole)):
        changed = bytearray(whole)
        changed[offset] ^= 1 << offset % 8
        small.write_bytes(changed)
        if not verify_archive(small).findings:
            unnoticed.append(offset)
    assert unnoticed == []


def test_sampled_bytes_of_a_larger_archive(
    tmp_path: Path, source: tuple[object, SiteRow], written: WrittenArchive
) -> None:
    whole = written.path.read_bytes()
    chosen = random.Random(5)
    for _ in range(60):
        changed = bytearray(whole)
        changed[chosen.randrange(len(whole))] ^= chosen.randrange(1, 256)
        written.path.write_bytes(changed)
        assert "digest-mismatch" in find(written.path)


def test_a_damaged_member_is_named(written: WrittenArchive) -> None:
    whole = bytearray(written.path.read_bytes())
    with written.path.open("rb") as file:
        entry = next(e for e in read_entries(file, len(whole)) if e.name == "version-0001.ndjson")
    whole[entry.data_offset + entry.packed_bytes // 2] ^= 0xFF
    written.path.write_bytes(whole)
    report = verify_archive(written.path)
    assert {(f.kind, f.record) for f in report.findings} >= {
        ("digest-mismatch", "archive"),
        ("member-damaged", "member version-0001.ndjson"),
    }


def test_every_byte_outside_the_data_even_when_refitted(small: Path) -> None:
    whole = small.read_bytes()
    with small.open("rb") as file:
        entries = read_entries(file, len(whole))
    data = {offset for entry in entries for offset in range(entry.data_offset, entry.end_offset)}
    unnoticed = []
    for offset in sorted(set(range(len(whole) - COMMENT_BYTES)) - data):
        changed = bytearray(whole)
        changed[offset] ^= 1 << offset % 8
        small.write_bytes(refit(bytes(changed)))
        if not verify_archive(small).findings:
            unnoticed.append(offset)
    assert unnoticed == []


# 6. Cut off, or with bytes added.


def test_cut_off_anywhere(small: Path) -> None:
    whole = small.read_bytes()
    for length in range(1, len(whole)):
        small.write_bytes(whole[:length])
        assert verify_archive(small).findings, length
        with pytest.raises(DamageError):
            open_archive(small)


@pytest.mark.parametrize("added", [b"\0", b"PK", b"x" * 1000])
def test_bytes_in_front_at_the_end_and_inside(written: WrittenArchive, added: bytes) -> None:
    whole = written.path.read_bytes()
    for data in (added + whole, whole + added, whole[:400] + added + whole[400:]):
        written.path.write_bytes(data)
        assert find(written.path)
        written.path.write_bytes(refit(data))
        assert find(written.path)


# 7. The manifest does not fit.


def change_first(manifest: Manifest, **changes: object) -> Manifest:
    first, *others = manifest.members
    return msgspec.structs.replace(manifest, members=(msgspec.structs.replace(first, **changes), *others))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda m: change_first(m, bytes=m.members[0].bytes + 1), "member-differs"),
        (lambda m: change_first(m, sha256="0" * 64), "member-damaged"),
        (lambda m: change_first(m, records=m.members[0].records + 1), "member-damaged"),
        (lambda m: change_first(m, records=m.members[0].records - 1), "member-damaged"),
        (lambda m: change_first(m, records=250_001), "member-size"),
        (lambda m: change_first(m, kind="page"), "member-order"),
        (lambda m: change_first(m, kind="secret"), "member-order"),
        (lambda m: msgspec.structs.replace(m, members=m.members[::-1]), "member-order"),
        (lambda m: msgspec.structs.replace(m, members=m.members + m.members[:1]), "member-order"),
        (lambda m: msgspec.structs.replace(m, members=m.members[1:]), "unexpected-member"),
        (lambda m: msgspec.structs.replace(m, counts={**m.counts, "page": 7}), "counts-differ"),
        (lambda m: msgspec.structs.replace(m, counts={}), "counts-differ"),
        (lambda m: msgspec.structs.replace(m, counts={**m.counts, "secret": 1}), "unknown-kind"),
    ],
)
def test_an_altered_manifest(written: WrittenArchive, change: Callable[[Manifest], Manifest], kind: str) -> None:
    members, manifest = unpack(written.path)
    pack(written.path, members.items(), change(manifest))
    assert kind in find(written.path)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b'{"format":1}', b"{}" * 2])
def test_a_manifest_that_is_no_manifest(written: WrittenArchive, data: bytes) -> None:
    members, _ = unpack(written.path)
    pack(written.path, members.items(), data)
    assert find(written.path) == ["layout-damaged"]


@pytest.mark.parametrize("change", [{"surprise": 1}, {"counts": "many"}, {"members": [{"name": "x"}]}])
def test_a_manifest_with_other_fields(written: WrittenArchive, change: dict[str, object]) -> None:
    members, manifest = unpack(written.path)
    pack(written.path, members.items(), msgspec.json.encode({**msgspec.to_builtins(manifest), **change}))
    assert find(written.path) == ["layout-damaged"]


def test_a_missing_member(written: WrittenArchive) -> None:
    members, manifest = unpack(written.path)
    del members["sticker-0001.ndjson"]
    pack(written.path, members.items(), manifest)
    assert "missing-member" in find(written.path)


def test_an_added_member(written: WrittenArchive) -> None:
    members, manifest = unpack(written.path)
    pack(written.path, [*members.items(), ("notes.txt", b"hello\n")], manifest)
    assert find(written.path) == ["unexpected-member"]


def test_two_members_of_one_name(written: WrittenArchive) -> None:
    members, manifest = unpack(written.path)
    pack(written.path, [*members.items(), ("space-0001.ndjson", members["space-0001.ndjson"])], manifest)
    assert "duplicate-member" in find(written.path)


def test_no_manifest(written: WrittenArchive) -> None:
    members, _ = unpack(written.path)
    with written.path.open("w+b") as file:
        archive = ZipWriter(file, 0)
        for name, data in members.items():
            member = archive.open_member(name)
            member.write(data)
            archive.finish_member(member)
        archive.finish()
    assert find(written.path) == ["layout-damaged"]


# 8. The records do not fit.


@pytest.mark.parametrize(
    ("name", "old", "new", "kind"),
    [
        ("page-0001.ndjson", b'"title"', b'"titel"', "member-damaged"),
        ("page-0001.ndjson", b"\n[1,", b'\n["1",', "member-damaged"),
        ("page-0001.ndjson", b"\n[1,", b"\n[1,2,", "member-damaged"),
        ("page-0001.ndjson", b"\n[1,2,", b"\n[1,", "member-damaged"),
        ("page-0001.ndjson", b"\n[1,", b"\n[9223372036854775808,", "member-damaged"),
        ("page-0001.ndjson", b"Release", b"Release\\u0000", "member-damaged"),
        ("version-0001.ndjson", b',"capture-1",1,', b',"capture-1",0,', "member-damaged"),
        ("version-0001.ndjson", b',"capture-1",1,', b',"capture-1",9223372036854775807,', "member-damaged"),
        ("version-0001.ndjson", b",1700000000000001,", b",253402300800000000,", "member-damaged"),
        ("version-0001.ndjson", b",1700000000000001,", b",-1,", "member-damaged"),
        ("page-0001.ndjson", b"Release", b"Release\\ud800", "member-damaged"),
        ("page-0001.ndjson", b"Release", b"Release\xff", "member-damaged"),
        ("page-0001.ndjson", b"]\n[", b"]\n\n[", "member-damaged"),
        ("page-0001.ndjson", b"]\n[", b"] [", "member-damaged"),
        ("page-0001.ndjson", b"\n[2,", b"\n[1,", "records-out-of-order"),
        ("page-0001.ndjson", b"\n[5,", b"\n[50,", "records-out-of-order"),
        ("page-0001.ndjson", b"\n[1,2,", b"\n[1,9,", "dangling-reference"),
        ("version-0001.ndjson", b"\n[6,6,", b"\n[6,66,", "dangling-reference"),
        ("sticker_assignment-0001.ndjson", b"\n[6,6,6,", b"\n[6,6,66,", "dangling-reference"),
        ("version-0001.ndjson", b',"https://acme.example"]', b"]", "member-damaged"),
        ("version-0001.ndjson", b",null]", b",7]", "member-damaged"),
        ("mapped_thing-0001.ndjson", b"\n[6,1,", b"\n[6,2,", "dangling-reference"),
    ],
)
def test_altered_records(written: WrittenArchive, name: str, old: bytes, new: bytes, kind: str) -> None:
    members, manifest = unpack(written.path)
    assert old in members[name]
    members[name] = members[name].replace(old, new)
    pack_fitting(written.path, members, manifest)
    assert kind in find(written.path)


def test_a_last_line_without_an_end(written: WrittenArchive) -> None:
    members, manifest = unpack(written.path)
    members["page-0001.ndjson"] = members["page-0001.ndjson"][:-1]
    pack_fitting(written.path, members, manifest)
    assert "member-damaged" in find(written.path)


def test_ids_rise_across_members(written: WrittenArchive) -> None:
    members, manifest = unpack(written.path)
    lines = members["mapped_thing-0001.ndjson"].splitlines(keepends=True)
    members["mapped_thing-0001.ndjson"] = b"".join([lines[0], *lines[4:]])
    members["mapped_thing-0002.ndjson"] = b"".join(lines[:4])
    pack_fitting(written.path, members, manifest)
    assert find(written.path) == ["records-out-of-order"]


def test_many_dangling_references_are_one_finding(written: WrittenArchive) -> None:
    members, manifest = unpack(written.path)
    members["macro-0001.ndjson"] = b"".join(members["macro-0001.ndjson"].splitlines(keepends=True)[:2])
    pack_fitting(written.path, members, manifest)
    (finding,) = verify_archive(written.path).findings
    assert (finding.kind, finding.record) == ("dangling-reference", "member version-0001.ndjson")
    assert finding.evidence.startswith("20 records have a macro_id that the archive does not hold, first: 2 → 2")


# 9. A hostile zip.


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\x.txt", "space-0001.ndjson/", "\x00"])
def test_names_are_never_paths(written: WrittenArchive, name: str) -> None:
    members, manifest = unpack(written.path)
    pack(written.path, [*members.items(), (name, b"x\n")], manifest)
    assert find(written.path) == ["unexpected-member"]
    members[name] = b"x\n"
    pack_fitting(written.path, members, manifest)
    assert find(written.path)


def test_a_bomb(written: WrittenArchive) -> None:
    members, manifest = unpack(written.path)
    members["space-0001.ndjson"] = SPACE_HEADER + b'[1,"A","1","' + b" " * (17 << 20) + b'"]\n'
    pack_fitting(written.path, members, manifest)
    assert "zip-bomb" in find(written.path)


def test_a_line_without_end_is_not_gathered(written: WrittenArchive) -> None:
    members, manifest = unpack(written.path)
    noise = random.Random(9).randbytes(9 << 20).hex().encode()
    members["space-0001.ndjson"] = SPACE_HEADER + b'[1,"A","1","' + noise + b'"]\n'
    pack_fitting(written.path, members, manifest)
    report = verify_archive(written.path)
    assert any("longer than" in finding.evidence for finding in report.findings)


def lie_about_length(whole: bytes, entry: Entry, unpacked_bytes: int) -> bytes:
    """Headers and directory agree on another length than the data has."""
    true, false = (
        struct.pack("<2Q", entry.unpacked_bytes, entry.packed_bytes),
        struct.pack("<2Q", unpacked_bytes, entry.packed_bytes),
    )
    assert whole.count(true) == 2
    return refit(whole.replace(true, false))


@pytest.mark.parametrize("difference", [-1, 1])
def test_data_that_is_longer_or_shorter_than_declared(written: WrittenArchive, difference: int) -> None:
    members, manifest = unpack(written.path)
    name = "version-0001.ndjson"
    declared = len(members[name]) + difference
    changed = tuple(msgspec.structs.replace(m, bytes=declared) if m.name == name else m for m in manifest.members)
    pack(written.path, members.items(), msgspec.structs.replace(manifest, members=changed))
    whole = written.path.read_bytes()
    with written.path.open("rb") as file:
        entry = next(e for e in read_entries(file, len(whole)) if e.name == name)
    written.path.write_bytes(lie_about_length(whole, entry, declared))
    (finding,) = verify_archive(written.path).findings
    assert ("more" if difference < 0 else "less") + " than the directory says" in finding.evidence
    assert find(written.path) == ["member-damaged"]


@pytest.mark.parametrize("flag", [0x1, 0x8, 0x800], ids=["encrypted", "data descriptor", "utf-8 name"])
def test_flags_of_other_writers(small: Path, flag: int) -> None:
    whole = bytearray(small.read_bytes())
    directory = whole.index(b"PK\x01\x02")
    for offset in (6, directory + 8):
        whole[offset : offset + 2] = struct.pack("<H", flag)
    small.write_bytes(refit(bytes(whole)))
    assert find(small) == ["layout-damaged"]


def test_overlapping_members(small: Path) -> None:
    whole = small.read_bytes()
    with small.open("rb") as file:
        first, second = read_entries(file, len(whole))
    changed = whole.replace(struct.pack("<Q", second.offset), struct.pack("<Q", first.offset))
    assert changed != whole
    small.write_bytes(refit(changed))
    assert find(small) == ["layout-damaged"]


def test_an_absurd_number_of_members(small: Path) -> None:
    whole = small.read_bytes()
    changed = whole.replace(struct.pack("<2Q", 2, 2), struct.pack("<2Q", 2**63, 2**63))
    assert changed != whole
    small.write_bytes(refit(changed))
    assert find(small) == ["layout-damaged"]


def test_packed_again_by_another_program(written: WrittenArchive) -> None:
    members, manifest = unpack(written.path)
    with zipfile.ZipFile(written.path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [*members.items(), ("manifest.json", encode_manifest(manifest))]:
            archive.writestr(name, data)
    assert find(written.path) == ["digest-mismatch", "layout-damaged"]


def test_reading_asks_the_manifest_for_no_more_than_its_bound(
    written: WrittenArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_MAX_MANIFEST_BYTES", 100)
    with pytest.raises(DamageError, match="manifest is longer than 100 bytes"):
        open_archive(written.path)
