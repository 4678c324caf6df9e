"""The Jira-data file: lines of JSON, a head, records and a tail (docs/jira-data-format.md).

    {"format": "snapshots-jira-data", "format_version": 1, …, "source": {…}}
    {"kind": "project", "id": "10000", "key": "ACME", …}
    …
    {"counts": {"project": 1, …}, "findings": […], "sha256": "of every byte before this line"}

The tail holds the digest of all before it, so a file that was cut or altered is refused before a record is read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import msgspec

from snapshots.errors import DamageError, InvalidInput, NotFound, StorageError
from snapshots.findings import Finding
from snapshots.jiradata.records import STRUCTS, JiraRecord, Moment, kind_of, record_order

FORMAT = "snapshots-jira-data"
FORMAT_VERSION = 1
SUFFIX = ".jira-data.ndjson"

_OPENING = b'{"format":"snapshots-jira-data",'
_LONGEST_LINE = 16 << 20
_LONGEST_TAIL = 1 << 20
_BLOCK_BYTES = 1 << 20
_TAKE_ANOTHER = "take another copy, or export it again at the source"

_encode = msgspec.json.Encoder().encode


class JiraSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The site and the Jira that the data is of. Nothing in it lets anybody in."""

    name: str
    confluence_url: str
    jira_url: str
    cloud_id: str
    jira_title: str


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line. `created_at` is µs UTC."""

    format: str
    format_version: int
    producer: str
    created_at: Moment
    source: JiraSource


class Tail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line: how many records of each kind, what could not be had, and the digest of all lines before."""

    counts: dict[str, int]
    findings: list[Finding]
    sha256: str


class _AnyHead(msgspec.Struct, frozen=True):
    """What every version of the format says first."""

    format: str = ""
    format_version: int = 0
    producer: str = "an unnamed program"


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that lies complete at `path`, with its length and the SHA-256 of the whole."""

    path: Path
    bytes: int
    sha256: str
    head: Head
    tail: Tail


class FileWriter:
    """Writes records in the order of `STRUCTS`, each kind in the order of ids; see `writing`."""

    def __init__(self, file: BinaryIO, head: Head) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._counts = dict.fromkeys(STRUCTS, 0)
        self._head = head
        self._put(_encode(head))

    def add(self, records: Iterable[JiraRecord]) -> int:
        """Write some records; answers how many."""
        before = sum(self._counts.values())
        for record in records:
            self._counts[kind_of(record)] += 1
            self._put(_encode(record))
        return sum(self._counts.values()) - before

    def finish(self, path: Path, findings: Iterable[Finding]) -> WrittenFile:
        """Write the tail. `path` is where the file will be."""
        tail = Tail(self._counts, list(findings), self._digest.hexdigest())
        self._put(_encode(tail))
        return WrittenFile(path, self._bytes, self._digest.hexdigest(), self._head, tail)

    def _put(self, line: bytes) -> None:
        line += b"\n"
        self._digest.update(line)
        self._file.write(line)
        self._bytes += len(line)


def make_head(source: JiraSource, created_at: int) -> Head:
    return Head(FORMAT, FORMAT_VERSION, f"snapshots {version('snapshots')}", created_at, source)


class JiraDataFile:
    """An open file whose bytes are as they were written. Records are read from the disk whenever they are asked for."""

    def __init__(self, path: Path, name: str, head: Head, tail: Tail, sha256: str, size: int) -> None:
        self.path = path
        self.name = name
        self.head = head
        self.tail = tail
        self.sha256 = sha256
        """Hexadecimal digest of the whole file."""
        self.size = size

    def iter_records(self, *kinds: str) -> Iterator[JiraRecord]:
        """The records of these kinds, in the file's order. Raises `DamageError` for a line that is none.

        A file whose digest fits may still be of somebody who made it by hand: every line must be what would be
        written, in its place, and in the number that the tail says.
        """
        seen = dict.fromkeys(STRUCTS, 0)
        places = {kind: place for place, kind in enumerate(STRUCTS)}
        decoder = msgspec.json.Decoder(JiraRecord)
        last: tuple[int, tuple[int, int, str]] = (-1, (0, -1, ""))
        with self.path.open("rb") as file:
            for number, line in enumerate(_iter_lines(file, self.name), start=1):
                if number == 1 or line.startswith(b'{"counts":'):
                    continue
                try:
                    record = decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise _damage(self.name, f"line {number} is not a record ({error})") from None
                kind = kind_of(record)
                here = (places[kind], record_order(record))
                if here <= last:
                    raise _damage(self.name, f"line {number} is out of order or says the same as another")
                if _encode(record) != line:
                    raise _damage(self.name, f"line {number} is not written as this format writes")
                last = here
                seen[kind] += 1
                if kind in kinds:
                    yield record
        if seen != self.tail.counts:
            raise _damage(self.name, "it holds other than the records that its last line counts")


def open_file(path: Path, name: str = "") -> JiraDataFile:
    """Open a Jira-data file after checking its digest. `name` is what people call it, where that is not its path.

    Raises NotFound or StorageError when there is no such readable file, InvalidInput when it is another kind of
    file or of a newer Snapshots, DamageError when it is not as it was written.
    """
    try:
        with path.open("rb") as file:
            return _open(file, path, name or str(path))
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}; check the path of the Jira-data file.") from None
    except OSError as error:
        raise StorageError(f"The Jira-data file {path} cannot be read ({error.strerror}); check its path.") from None


def _open(file: BinaryIO, path: Path, name: str) -> JiraDataFile:
    first = file.readline(_LONGEST_LINE)
    _refuse_others(first, name)
    size = file.seek(0, os.SEEK_END)
    tail_line, tail_at = _read_tail(file, size, name)
    file.seek(0)
    digest = hashlib.sha256()
    left = tail_at
    while left:
        block = file.read(min(left, _BLOCK_BYTES))
        if not block:
            raise _damage(name, "it became shorter while it was read")
        digest.update(block)
        left -= len(block)
    try:
        head = msgspec.json.decode(first, type=Head)
        tail = msgspec.json.decode(tail_line, type=Tail)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damage(name, f"its first or last line cannot be read ({error})") from None
    if digest.hexdigest() != tail.sha256:
        raise _damage(name, "its records are not those whose digest stands in its last line")
    if _encode(head) + b"\n" != first or _encode(tail) + b"\n" != tail_line:
        raise _damage(name, "its first or last line is not written as this format writes")
    if list(tail.counts) != list(STRUCTS):
        raise _damage(name, "its last line does not count every kind of record")
    digest.update(tail_line)
    return JiraDataFile(path, name, head, tail, digest.hexdigest(), size)


def _refuse_others(first: bytes, name: str) -> None:
    if not first:
        raise InvalidInput(f"The file {name} is empty; choose another copy of the Jira-data file.")
    try:
        head = msgspec.json.decode(first, type=_AnyHead)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if first.startswith(_OPENING):
            raise _damage(name, "its first line is cut off or altered") from None
        hint = ", but a zip: an archive is brought in under Restore / Import" if first.startswith(b"PK\x03\x04") else ""
        raise InvalidInput(
            f"The file {name} is not a Jira-data file{hint}; make one at the source, under Import Jira data or with "
            "`snapshots jira-data export`."
        ) from None
    if head.format != FORMAT:
        raise InvalidInput(
            f"The file {name} is JSON, but not a Jira-data file; make one at the source with "
            "`snapshots jira-data export`."
        )
    if head.format_version > FORMAT_VERSION:
        raise InvalidInput(
            f"The file {name} was made by a newer version of Snapshots ({head.producer}, format "
            f"{head.format_version}; this one reads up to {FORMAT_VERSION}); upgrade Snapshots."
        )


def _read_tail(file: BinaryIO, size: int, name: str) -> tuple[bytes, int]:
    """The last line and where it begins."""
    start = max(size - _LONGEST_TAIL, 0)
    file.seek(start)
    end = file.read()
    if not end.endswith(b"}\n"):
        raise _damage(name, "it does not end with a whole line, so it was cut off")
    begins = end.rfind(b"\n", 0, -1) + 1
    line = end[begins:]
    if not line.startswith(b'{"counts":'):
        raise _damage(name, "its last line is not the one that closes it, so it was cut off or lengthened")
    return line, start + begins


def _iter_lines(file: BinaryIO, name: str) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE):
        if not line.endswith(b"\n"):
            raise _damage(name, "a line is too long or has no end")
        yield line[:-1]


def _damage(name: str, reason: str) -> DamageError:
    return DamageError(f"The Jira-data file {name} is damaged: {reason}; {_TAKE_ANOTHER}.")
