"""A file on its way in: written as it comes, digested as it is written, whole or not there at all."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from snapshots.errors import InvalidInput, StorageError

_PART = ".part"
DEAD_AFTER_SECONDS = 3600
"""A part that nothing was written to for so long belongs to a process that is gone."""

RESERVE_BYTES = 64 << 20
"""What is left free on the disk, for the registry and the jobs to go on."""


class UploadTooLarge(InvalidInput):
    """More bytes than this service takes, or has room for."""


class UploadCut(InvalidInput):
    """Fewer or other bytes came than the sender said."""


class DiskFull(StorageError):
    """No room on the disk for what is to come."""


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that came whole and is on the disk."""

    path: Path
    bytes: int
    sha256: str


class IncomingFile:
    """One upload. `write` until nothing comes, then `finish`; `abandon` leaves nothing, and may always be called."""

    def __init__(self, folder: Path, *, max_bytes: int, expected_bytes: int | None, suffix: str = ".zip") -> None:
        """Raises UploadTooLarge or DiskFull before the first byte, where the sender said how many will come."""
        self._max_bytes = max_bytes
        self._expected_bytes = expected_bytes
        self._digest = hashlib.sha256()
        self._bytes = 0
        if expected_bytes is not None:
            self._refuse_more_than(expected_bytes)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            require_room(folder, expected_bytes or 0)
            self._path = folder / f"{secrets.token_hex(8)}{suffix}"
            self._part = self._path.with_name(self._path.name + _PART)
            self._file = self._part.open("xb")
        except OSError as error:
            raise _explained(error) from None

    def write(self, data: bytes) -> None:
        """Take the next bytes. Raises UploadTooLarge or DiskFull; then only `abandon` is left."""
        self._refuse_more_than(self._bytes + len(data))
        # Again and again: others write here at the same time, and not every sender says how much will come.
        require_room(self._path.parent, len(data))
        try:
            self._file.write(data)
        except OSError as error:
            raise _explained(error) from None
        self._digest.update(data)
        self._bytes += len(data)

    def finish(self, sha256: str | None = None) -> ReceivedFile:
        """The file, on the disk under its own name. `sha256` is what the sender says of it. Raises UploadCut."""
        found = self._digest.hexdigest()
        if self._expected_bytes is not None and self._bytes != self._expected_bytes:
            raise UploadCut(
                f"Only {self._bytes:,} of {self._expected_bytes:,} bytes came: send the file again from its start."
            )
        if sha256 is not None and sha256 != found:
            raise UploadCut(
                f"What came has the SHA-256 {found} and was sent as {sha256}: send the file again from its start."
            )
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self._path)
        except OSError as error:
            raise _explained(error) from None
        return ReceivedFile(self._path, self._bytes, found)

    def abandon(self) -> None:
        """Leave nothing, unless it was finished."""
        with suppress(OSError):
            # On a full disk the last block fails once more.
            self._file.close()
        self._part.unlink(missing_ok=True)

    def _refuse_more_than(self, length: int) -> None:
        if length > self._max_bytes:
            raise UploadTooLarge(
                f"The file is larger than the {self._max_bytes:,} bytes that there is room for: send a smaller one, "
                "delete archives that are no longer needed, or raise the limit (docs/operation.md)."
            )


def require_room(folder: Path, length: int) -> None:
    """Raise DiskFull when so many bytes would take what the registry and the jobs need to go on."""
    if shutil.disk_usage(folder).free < length + RESERVE_BYTES:
        raise DiskFull(
            f"The disk of the service has no room for {length:,} bytes: delete archives that are no longer needed, or "
            "make the disk larger."
        )


def iter_dead_parts(folder: Path) -> Iterator[Path]:
    """What uploads left whose process was killed."""
    now = time.time()
    for part in folder.glob(f"*{_PART}"):
        try:
            if now - part.stat().st_mtime > DEAD_AFTER_SECONDS:
                yield part
        except FileNotFoundError:
            continue


def _explained(error: OSError) -> StorageError:
    return DiskFull(
        f"The service cannot write the file ({error.strerror or error}): delete archives that are no longer needed, "
        "or make room on its disk."
    )
