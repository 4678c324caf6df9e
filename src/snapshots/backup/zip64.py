"""The one layout of zip file that an archive has, written and read (docs/archive-format.md).

Members lie one after another from the first byte, each behind its local header; then come the
central directory and the end records, always with ZIP64 fields, and a comment that holds the SHA-256
of everything before it. Reading takes the entries from the directory, builds from them what a
writer would have written, and wants the very same bytes: so encryption, overlaps, gaps, data
descriptors, other methods and differing names have nowhere to stand.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from isal import isal_zlib

from snapshots.errors import DamageError

LOCAL_SIGNATURE = b"PK\x03\x04"
COMMENT_PREFIX = b"snapshots-archive sha256:"
COMMENT_BYTES = len(COMMENT_PREFIX) + 64

MAX_DIRECTORY_BYTES = 32 << 20
"""The longest directory of members: enough for 250,000 of them, of 250,000 records each."""

_END_SIGNATURE, _LOCATOR_SIGNATURE, _END64_SIGNATURE = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_LONGEST_TAIL = 65_557
"""The end record with the longest comment a zip can have."""

_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_EXTRA = struct.Struct("<2H2Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_CENTRAL_EXTRA = struct.Struct("<2H3Q")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")

END_BYTES = _END64.size + _LOCATOR.size + _END.size + COMMENT_BYTES
"""Length of everything behind the central directory."""

_VERSION = 45
"""The first version of zip with ZIP64."""
_MADE_ON_UNIX = 3 << 8 | _VERSION
_DEFLATED = 8
_IN_EXTRA = 0xFFFFFFFF
_REGULAR_FILE = 0o100644 << 16
_COMPRESSION_LEVEL = 1
_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A member as the directory has it. `offset` is where its local header begins."""

    name: str
    crc32: int
    packed_bytes: int
    unpacked_bytes: int
    offset: int
    dos_time: int
    dos_date: int

    @property
    def data_offset(self) -> int:
        """Where its deflated bytes begin."""
        return self.offset + _LOCAL.size + len(self.name.encode()) + _LOCAL_EXTRA.size

    @property
    def end_offset(self) -> int:
        """Where the next member or the directory begins."""
        return self.data_offset + self.packed_bytes


class ZipWriter:
    """Writes members one after another into a new file that can seek."""

    def __init__(self, file: BinaryIO, created_at: int) -> None:
        """`created_at` (µs UTC) becomes the time of every member."""
        self._file = file
        self._dos_time, self._dos_date = _dos_moment(created_at)
        self._entries: list[Entry] = []
        self._position = 0

    def open_member(self, name: str) -> MemberWriter:
        """Begin a member; the one before must be finished."""
        entry = Entry(name, 0, 0, 0, self._position, self._dos_time, self._dos_date)
        self._file.write(_pack_local(entry))
        return MemberWriter(self._file, entry)

    def finish_member(self, member: MemberWriter) -> Entry:
        """End the member and fill in its header what was not known before."""
        entry = member.finish()
        self._file.seek(entry.offset)
        self._file.write(_pack_local(entry))
        self._file.seek(entry.end_offset)
        self._position = entry.end_offset
        self._entries.append(entry)
        return entry

    def finish(self) -> tuple[int, str]:
        """Write directory, end records and digest; answers the length and SHA-256 of the whole file."""
        directory = b"".join(map(_pack_central, self._entries))
        self._file.write(directory + _pack_end(len(self._entries), len(directory), self._position))
        self._file.flush()
        # Read again, because headers were filled in after their members; this costs what hashing costs.
        length = self._file.tell()
        digest = hash_file(self._file, length)
        comment = COMMENT_PREFIX + digest.hexdigest().encode()
        digest.update(comment)
        self._file.seek(length)
        self._file.write(comment)
        return length + len(comment), digest.hexdigest()


class MemberWriter:
    """Deflates, hashes and counts what is written to one member."""

    def __init__(self, file: BinaryIO, entry: Entry) -> None:
        self._file = file
        self._entry = entry
        # ISA-L at level 1: nearly as small as zlib at level 6, several times as fast (benchmarks/archive.md).
        self._deflate = isal_zlib.compressobj(_COMPRESSION_LEVEL, wbits=-15)
        self._digest = hashlib.sha256()
        self._crc32 = 0
        self._packed_bytes = 0
        self.unpacked_bytes = 0

    def write(self, data: bytes) -> None:
        """Add bytes to the member."""
        self._digest.update(data)
        self._crc32 = isal_zlib.crc32(data, self._crc32)
        self.unpacked_bytes += len(data)
        self._put(self._deflate.compress(data))

    def finish(self) -> Entry:
        """Write what the compressor still holds; answers the finished entry."""
        self._put(self._deflate.flush())
        started = self._entry
        return Entry(
            started.name,
            self._crc32,
            self._packed_bytes,
            self.unpacked_bytes,
            started.offset,
            started.dos_time,
            started.dos_date,
        )

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of the unpacked bytes so far."""
        return self._digest.hexdigest()

    def _put(self, packed: bytes) -> None:
        self._packed_bytes += len(packed)
        self._file.write(packed)


def read_entries(file: BinaryIO, file_bytes: int) -> tuple[Entry, ...]:
    """The members of a file that is laid out exactly as `ZipWriter` does; DamageError otherwise."""
    end_offset = file_bytes - END_BYTES
    if end_offset < 0:
        raise DamageError("The archive is cut off: it is shorter than its end records; take another copy.")
    end = read_at(file, end_offset, END_BYTES - COMMENT_BYTES)
    count, directory_bytes, directory_offset = _END64.unpack_from(end)[7:]
    if directory_offset + directory_bytes != end_offset or end != _pack_end(count, directory_bytes, directory_offset):
        raise DamageError("The archive's end records are not as they were written; take another copy.")
    if directory_bytes > MAX_DIRECTORY_BYTES:
        raise DamageError(f"The archive's directory is longer than {MAX_DIRECTORY_BYTES} bytes; take another copy.")
    directory = read_at(file, directory_offset, directory_bytes)
    entries = _unpack_directory(directory)
    if len(entries) != count or directory != b"".join(map(_pack_central, entries)):
        raise DamageError("The archive's directory of members is not as it was written; take another copy.")
    position = 0
    for entry in entries:
        header = _pack_local(entry)
        if entry.offset != position or read_at(file, position, len(header)) != header:
            raise DamageError(f"The header of member {entry.name} is not as it was written; take another copy.")
        position = entry.end_offset
    if position != directory_offset:
        raise DamageError("The archive holds bytes that belong to no member; take another copy.")
    return entries


def find_directory_bytes(file: BinaryIO, file_bytes: int) -> int:
    """The longest directory that any end record of a zip speaks of; 0 without one. Readers of zips load all of it.

    All places are looked at in which some reader might find its end record.
    """
    start = max(file_bytes - _LONGEST_TAIL, 0)
    tail = read_at(file, start, _LONGEST_TAIL)
    longest, place = 0, tail.find(_END_SIGNATURE)
    while place >= 0:
        if len(tail) - place >= _END.size:
            by_record64 = _find_directory_bytes64(file, start + place - _LOCATOR.size)
            longest = max(longest, by_record64 or _END.unpack_from(tail, place)[5])
        place = tail.find(_END_SIGNATURE, place + 1)
    return longest


def _find_directory_bytes64(file: BinaryIO, locator_offset: int) -> int:
    """The same by the ZIP64 record, which stands before its locator or where that points."""
    locator = read_at(file, locator_offset, _LOCATOR.size) if locator_offset >= 0 else b""
    if not locator.startswith(_LOCATOR_SIGNATURE):
        return 0
    longest = 0
    for offset in (locator_offset - _END64.size, _LOCATOR.unpack(locator)[2]):
        end64 = read_at(file, offset, _END64.size) if 0 <= offset < locator_offset else b""
        if len(end64) == _END64.size and end64.startswith(_END64_SIGNATURE):
            longest = max(longest, _END64.unpack(end64)[8])
    return longest


def read_comment_digest(file: BinaryIO, file_bytes: int) -> str | None:
    """The SHA-256 that the file's end says everything before it has; None if it does not end so."""
    comment = read_at(file, max(file_bytes - COMMENT_BYTES, 0), COMMENT_BYTES)
    if not comment.startswith(COMMENT_PREFIX):
        return None
    return comment[len(COMMENT_PREFIX) :].decode("ascii", "replace")


def hash_file(file: BinaryIO, length: int) -> hashlib._Hash:
    """SHA-256 over the first `length` bytes."""
    digest = hashlib.sha256()
    file.seek(0)
    while length > 0 and (data := file.read(min(length, _COPY_BYTES))):
        digest.update(data)
        length -= len(data)
    return digest


def read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    """Up to `length` bytes from `offset`."""
    file.seek(offset)
    return file.read(length)


def _pack_local(entry: Entry) -> bytes:
    name = entry.name.encode()
    fixed = (LOCAL_SIGNATURE, _VERSION, 0, _DEFLATED, entry.dos_time, entry.dos_date, entry.crc32)
    sizes = (_IN_EXTRA, _IN_EXTRA, len(name), _LOCAL_EXTRA.size)
    return _LOCAL.pack(*fixed, *sizes) + name + _LOCAL_EXTRA.pack(1, 16, entry.unpacked_bytes, entry.packed_bytes)


def _pack_central(entry: Entry) -> bytes:
    name = entry.name.encode()
    extra = _CENTRAL_EXTRA.pack(1, 24, entry.unpacked_bytes, entry.packed_bytes, entry.offset)
    fixed = (b"PK\x01\x02", _MADE_ON_UNIX, _VERSION, 0, _DEFLATED, entry.dos_time, entry.dos_date, entry.crc32)
    sizes = (_IN_EXTRA, _IN_EXTRA, len(name), len(extra), 0, 0, 0, _REGULAR_FILE, _IN_EXTRA)
    return _CENTRAL.pack(*fixed, *sizes) + name + extra


def _pack_end(count: int, directory_bytes: int, directory_offset: int) -> bytes:
    end64_offset = directory_offset + directory_bytes
    counts = (count, count, directory_bytes, directory_offset)
    end64 = _END64.pack(b"PK\x06\x06", _END64.size - 12, _MADE_ON_UNIX, _VERSION, 0, 0, *counts)
    locator = _LOCATOR.pack(b"PK\x06\x07", 0, end64_offset, 1)
    return end64 + locator + _END.pack(b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, _IN_EXTRA, _IN_EXTRA, COMMENT_BYTES)


def _unpack_directory(directory: bytes) -> tuple[Entry, ...]:
    entries = []
    position = 0
    while position + _CENTRAL.size + _CENTRAL_EXTRA.size <= len(directory):
        fields = _CENTRAL.unpack_from(directory, position)
        name_offset = position + _CENTRAL.size
        extra_offset = name_offset + fields[10]
        if extra_offset + _CENTRAL_EXTRA.size > len(directory):
            break
        name = directory[name_offset:extra_offset].decode("ascii", "replace")
        unpacked_bytes, packed_bytes, offset = _CENTRAL_EXTRA.unpack_from(directory, extra_offset)[2:]
        entries.append(Entry(name, fields[7], packed_bytes, unpacked_bytes, offset, fields[5], fields[6]))
        position = extra_offset + _CENTRAL_EXTRA.size
    return tuple(entries)


def _dos_moment(created_at: int) -> tuple[int, int]:
    """Zip's time and date words, in UTC: two-second steps from 1980 to 2107."""
    moment = datetime.fromtimestamp(created_at / 1_000_000, UTC)
    year = min(max(moment.year, 1980), 2107)
    time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
    return time, (year - 1980) << 9 | moment.month << 5 | moment.day
