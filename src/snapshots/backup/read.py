"""Reading an archive: what it says it holds, then its records batch by batch."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from snapshots.backup import zip64
from snapshots.backup.manifest import (
    MEMBER_NAME,
    MEMBER_RECORDS,
    Manifest,
    Member,
    decode_manifest,
    header_line,
    member_name,
    refuse_others,
)
from snapshots.backup.unpack import is_bomb, iter_unpacked, iter_whole_lines
from snapshots.backup.zip64 import Entry
from snapshots.errors import DamageError, InvalidInput, NotFound, StorageError
from snapshots.findings import Finding
from snapshots.registry.records import KINDS, Record, RecordKind, kinds_in

_JIRA_DATA = b'{"format":"snapshots-jira-data"'
"""How the other file that an administrator carries from site to site begins."""

_MAX_MANIFEST_BYTES = 16 << 20
_TAKE_ANOTHER = "take another copy of the archive"


class Archive:
    """An open archive whose every byte is as it was written. Not to be shared between threads."""

    def __init__(self, path: Path, file: BinaryIO, sha256: str, manifest: Manifest, entries: dict[str, Entry]) -> None:
        self._file = file
        self.path = path
        self._entries = entries
        self.sha256 = sha256
        """Hexadecimal digest of the whole file."""
        self.manifest = manifest

    def iter_batches(self, kind: str) -> Iterator[list[Record]]:
        """The kind's records in the archive's order, some thousands at a time.

        A member is checked against its digest while it is read. Raises DamageError, also for ids that do not
        rise from 1: whoever looks records up by id would take one for another.
        """
        newest = 0
        for member in self.manifest.members:
            if member.kind != kind:
                continue
            entry = self._entries[member.name]
            for batch in iter_member(self._file, entry, member, self.manifest.format_version):
                for record in batch:
                    if record.id <= newest:
                        raise DamageError(
                            f"Member {member.name} has record {record.id} after record {newest}, and ids must rise; "
                            f"{_TAKE_ANOTHER}."
                        )
                    newest = record.id
                yield batch

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def open_archive(path: Path) -> Archive:
    """Open an archive for reading, after checking the digest of the whole file.

    Raises NotFound or StorageError when there is no such readable file, InvalidInput when it is no
    archive or one of a newer Snapshots, DamageError when it is not as it was written.
    """
    file = open_file(path)
    try:
        file_bytes = get_length(file)
        require_archive(file, file_bytes, path)
        sha256, problem = hash_whole(file, file_bytes)
        if problem is not None:
            raise DamageError(f"The archive {path} is damaged: {problem.evidence}; {problem.action}.")
        entries = zip64.read_entries(file, file_bytes)
        manifest = read_manifest(file, entries)
        for finding in iter_disagreements(manifest, entries):
            raise DamageError(f"The archive {path} is damaged: {finding.record}: {finding.evidence}; {finding.action}.")
    except OSError as error:
        file.close()
        raise StorageError(f"The archive {path} cannot be read: {error.strerror}; try again.") from error
    except BaseException:
        file.close()
        raise
    return Archive(path, file, sha256, manifest, {entry.name: entry for entry in entries})


def open_file(path: Path) -> BinaryIO:
    """Open the file; NotFound or StorageError when that fails."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}; check the path.") from None
    except OSError as error:
        raise StorageError(f"The archive {path} cannot be read: {error.strerror}; check the path.") from error


def get_length(file: BinaryIO) -> int:
    """Length of the file in bytes."""
    return file.seek(0, 2)


def require_archive(file: BinaryIO, file_bytes: int, path: Path) -> None:
    """Raise InvalidInput when the file never was an archive of Snapshots, rather than a damaged one."""
    if file_bytes == 0:
        raise InvalidInput(f"The file {path} is empty; choose another copy of the archive.")
    if zip64.read_comment_digest(file, file_bytes) is not None:
        return
    if not zip64.LOCAL_SIGNATURE.startswith(zip64.read_at(file, 0, len(zip64.LOCAL_SIGNATURE))):
        if zip64.read_at(file, 0, len(_JIRA_DATA)) == _JIRA_DATA:
            raise InvalidInput(
                f"The file {path} is a Jira-data file, not an archive; give it to Import Jira data, and choose here "
                "the zip that a backup made."
            )
        raise InvalidInput(
            f"The file {path} is not an archive of Snapshots, not even a zip; choose the zip that a backup made."
        )
    if zip64.find_directory_bytes(file, file_bytes) > zip64.MAX_DIRECTORY_BYTES:
        # Nothing of ours, and zipfile would take all of it into memory.
        raise InvalidInput(
            f"The file {path} is a zip, but not an archive of Snapshots; choose the zip that a backup made."
        )
    try:
        with zipfile.ZipFile(file) as foreign:
            is_ours = MEMBER_NAME in foreign.namelist()
            if is_ours:
                # A newer format may be laid out otherwise: that is no damage, and its manifest says so first.
                with foreign.open(MEMBER_NAME) as member:
                    refuse_others(member.read(_MAX_MANIFEST_BYTES))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OverflowError, DamageError):
        # The start of a zip without its end: an archive that was cut off looks like this.
        return
    if not is_ours:
        raise InvalidInput(
            f"The file {path} is a zip, but not an archive of Snapshots; choose the zip that a backup made."
        )


def hash_whole(file: BinaryIO, file_bytes: int) -> tuple[str, Finding | None]:
    """SHA-256 of the file, and a finding unless its end holds the digest of everything before."""
    written = zip64.read_comment_digest(file, file_bytes)
    digest = zip64.hash_file(file, max(file_bytes - zip64.COMMENT_BYTES, 0))
    found = digest.hexdigest()
    digest.update(file.read(zip64.COMMENT_BYTES))
    if written is None:
        evidence = "it does not end as archives do, so it was cut off or something was added"
    elif written != found:
        evidence = f"its bytes have the SHA-256 {found} and were written with {written}"
    else:
        return digest.hexdigest(), None
    return digest.hexdigest(), Finding("digest-mismatch", "archive", evidence, _TAKE_ANOTHER)


def read_manifest(file: BinaryIO, entries: tuple[Entry, ...]) -> Manifest:
    """The manifest, which is the last member. Raises DamageError or InvalidInput."""
    if not entries or entries[-1].name != MEMBER_NAME:
        raise DamageError(f"The archive has no manifest as its last member; {_TAKE_ANOTHER}.")
    if entries[-1].unpacked_bytes > _MAX_MANIFEST_BYTES:
        raise DamageError(f"The archive's manifest is longer than {_MAX_MANIFEST_BYTES} bytes; {_TAKE_ANOTHER}.")
    return decode_manifest(b"".join(iter_unpacked(file, entries[-1])))


def iter_disagreements(manifest: Manifest, entries: tuple[Entry, ...]) -> Iterator[Finding]:
    """Where the manifest and the directory do not say the same, or not what an archive may say."""
    present = {entry.name: entry for entry in entries[:-1]}
    if len(present) != len(entries) - 1:
        yield Finding("duplicate-member", "archive", "two members have the same name", _TAKE_ANOTHER)
    declared = {member.name for member in manifest.members}
    for name in present:
        if name not in declared:
            yield Finding("unexpected-member", f"member {name}", "the manifest does not name it", _TAKE_ANOTHER)
    for member in manifest.members:
        entry = present.get(member.name)
        if entry is None:
            yield Finding("missing-member", f"member {member.name}", "the manifest names it", _TAKE_ANOTHER)
        elif entry.unpacked_bytes != member.bytes:
            evidence = f"the manifest says {member.bytes} bytes, the directory {entry.unpacked_bytes}"
            yield Finding("member-differs", f"member {member.name}", evidence, _TAKE_ANOTHER)
        elif is_bomb(entry):
            evidence = f"{entry.packed_bytes} bytes would unpack to {entry.unpacked_bytes}, which records do not"
            yield Finding("zip-bomb", f"member {member.name}", evidence, "do not use it, and ask who made it")
    yield from _iter_wrong_counts(manifest)


def _iter_wrong_counts(manifest: Manifest) -> Iterator[Finding]:
    expected = []
    known = kinds_in(manifest.format_version)
    for kind in known:
        of_kind = [member for member in manifest.members if member.kind == kind.name]
        expected += [(member_name(kind.name, number), kind.name) for number in range(1, len(of_kind) + 1)]
        total = sum(member.records for member in of_kind)
        if manifest.counts.get(kind.name) != total:
            evidence = f"it counts {manifest.counts.get(kind.name)} records of kind {kind.name}, its members {total}"
            yield Finding("counts-differ", "manifest", evidence, _TAKE_ANOTHER)
    if [(member.name, member.kind) for member in manifest.members] != expected:
        yield Finding("member-order", "manifest", "its members are not the catalogue's in order", _TAKE_ANOTHER)
    if unknown := sorted(set(manifest.counts) - {kind.name for kind in known}):
        yield Finding("unknown-kind", "manifest", f"it counts records of kind {unknown[0]}", _TAKE_ANOTHER)
    for member in manifest.members:
        if not 0 < member.records <= MEMBER_RECORDS:
            yield Finding(
                "member-size", f"member {member.name}", f"it declares {member.records} records", _TAKE_ANOTHER
            )


def iter_member(file: BinaryIO, entry: Entry, member: Member, format_version: int) -> Iterator[list[Record]]:
    """The member's records, batch by batch; DamageError when it is not what the manifest says."""
    decode_lines = _decoder_of(KINDS[member.kind], format_version)
    records = 0
    header = header_line(member.kind, format_version)
    for lines in iter_whole_lines(file, entry, member.sha256):
        if header:
            if not lines.startswith(header):
                raise DamageError(
                    f"Member {member.name} is damaged: its first line does not name the fields of "
                    f"a {member.kind}; {_TAKE_ANOTHER}."
                )
            lines, header = lines[len(header) :], b""
        try:
            batch = decode_lines(lines)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DamageError(
                f"Member {member.name} is damaged: behind record {records} a line is not "
                f"a {member.kind} ({error}); {_TAKE_ANOTHER}."
            ) from None
        if b"\\u0000" in lines:
            _refuse_nul(member, batch)
        records += len(batch)
        if records > member.records:
            break
        yield batch
    if records != member.records:
        raise DamageError(
            f"Member {member.name} is damaged: it holds other than the {member.records} records "
            f"that the manifest says; {_TAKE_ANOTHER}."
        )


def _decoder_of(kind: RecordKind, format_version: int) -> Callable[[bytes], list[Record]]:
    """Reads lines of records as this format version wrote them; columns that came later are null."""
    columns = kind.columns_in(format_version)
    if columns == kind.columns:
        return msgspec.json.Decoder(kind.struct).decode_lines
    types = msgspec.structs.fields(kind.struct)[: len(columns)]
    fields = [(field.name, field.type) for field in types]
    older = msgspec.defstruct(
        f"{kind.struct.__name__}{format_version}", fields, array_like=True, forbid_unknown_fields=True
    )
    decoder = msgspec.json.Decoder(older)
    absent = (None,) * (len(kind.columns) - len(columns))
    return lambda lines: [kind.struct(*msgspec.structs.astuple(one), *absent) for one in decoder.decode_lines(lines)]


def _refuse_nul(member: Member, batch: list[Record]) -> None:
    """JSON can carry a NUL character and a registry cannot (`registry/rows.py`)."""
    for record in batch:
        if any(isinstance(value, str) and "\0" in value for value in msgspec.structs.astuple(record)):
            raise DamageError(
                f"Member {member.name} is damaged: {member.kind} {record.id} holds a NUL character; {_TAKE_ANOTHER}."
            )
