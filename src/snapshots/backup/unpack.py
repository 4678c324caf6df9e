"""Unpacking a member that may be damaged or hostile: never to disk, never more than was declared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from isal import isal_zlib

from snapshots.backup.zip64 import Entry
from snapshots.errors import DamageError

CHUNK_BYTES = 1 << 20
"""About how much is unpacked at a time."""

MAX_LINE_BYTES = 16 << 20
"""Longest record: several times what Confluence lets a page be."""

_PACKED_CHUNK_BYTES = 1 << 18
_BOMB_BYTES = 16 << 20
_BOMB_RATIO = 300
"""Records with ids and digests pack 3 to 60 times; only a bomb of some size packs more than this."""


def is_bomb(entry: Entry) -> bool:
    """Whether the member would unpack to more than records can."""
    return entry.unpacked_bytes > _BOMB_BYTES and entry.unpacked_bytes > entry.packed_bytes * _BOMB_RATIO


def iter_unpacked(file: BinaryIO, entry: Entry, sha256: str | None = None) -> Iterator[bytes]:
    """The member's bytes, about `CHUNK_BYTES` at a time.

    Raises DamageError as soon as they are more than the directory says, and at the end when length,
    CRC or digest differ, so a caller that gets to the end has had what was written.
    """
    inflate = isal_zlib.decompressobj(wbits=-15)
    digest = hashlib.sha256()
    crc32 = 0
    unpacked_bytes = 0
    offset, remaining = entry.data_offset, entry.packed_bytes
    packed = b""
    while not inflate.eof:
        if not packed:
            file.seek(offset)
            packed = file.read(min(remaining, _PACKED_CHUNK_BYTES))
            offset, remaining = offset + len(packed), remaining - len(packed)
        try:
            data = inflate.decompress(packed, CHUNK_BYTES)
        except isal_zlib.error:  # type: ignore[misc]  # its stub gives the class the type of an instance
            raise _damaged(entry, "it cannot be unpacked") from None
        if not data and not packed:
            raise _damaged(entry, "it is cut off")
        packed = inflate.unconsumed_tail
        unpacked_bytes += len(data)
        if unpacked_bytes > entry.unpacked_bytes:
            raise _damaged(entry, "it unpacks to more than the directory says")
        digest.update(data)
        crc32 = isal_zlib.crc32(data, crc32)
        if data:
            yield data
    if remaining or inflate.unused_data:
        raise _damaged(entry, "it holds bytes behind its end")
    if unpacked_bytes != entry.unpacked_bytes:
        raise _damaged(entry, "it unpacks to less than the directory says")
    if crc32 != entry.crc32:
        raise _damaged(entry, "its CRC differs from the directory's")
    if sha256 is not None and digest.hexdigest() != sha256:
        raise _damaged(entry, "its SHA-256 differs from the manifest's")


def iter_whole_lines(file: BinaryIO, entry: Entry, sha256: str) -> Iterator[bytes]:
    """The member's bytes in pieces that end at the end of a line."""
    rest = b""
    for data in iter_unpacked(file, entry, sha256):
        end = data.rfind(b"\n") + 1
        if end:
            yield rest + data[:end]
            rest = data[end:]
        else:
            rest += data
        if len(rest) > MAX_LINE_BYTES:
            raise _damaged(entry, f"a line is longer than {MAX_LINE_BYTES} bytes")
    if rest:
        raise _damaged(entry, "its last line has no end")


def _damaged(entry: Entry, reason: str) -> DamageError:
    return DamageError(f"Member {entry.name} is damaged: {reason}; take another copy of the archive.")
