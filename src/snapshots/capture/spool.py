"""Payloads on this machine between being read from Jira and being uploaded."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from snapshots.errors import DamageError, StorageError


class Spool:
    """One file for each capture, named by its id; a file is whole or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, capture_id: str, data: bytes) -> None:
        """Keep the payload, in place of one that an earlier try may have left."""
        path = self._path(capture_id)
        unfinished = path.with_suffix(".part")
        with self._failures_explained(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                with unfinished.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)

    def read(self, capture_id: str, payload_sha256: str) -> bytes:
        """The payload as it was written; `DamageError` when it is not."""
        path = self._path(capture_id)
        with self._failures_explained(path):
            data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != payload_sha256:
            raise DamageError(f"The payload kept in {path} is not what was read from Jira; take the snapshot again.")
        return data

    def find(self, capture_id: str, payload_sha256: str) -> bytes | None:
        """The payload, where it is kept whole."""
        try:
            return self.read(capture_id, payload_sha256)
        except (DamageError, StorageError):
            return None

    def remove_older(self, days: int) -> None:
        """Forget what nobody came back for in so many days."""
        oldest = time.time() - days * 86_400
        with self._failures_explained(self._folder):
            for path in self._folder.glob("*.json"):
                if path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)

    def remove(self, capture_id: str) -> None:
        """Forget the payload, if it is there, and what a process that was killed while writing it left."""
        path = self._path(capture_id)
        with self._failures_explained(path):
            path.unlink(missing_ok=True)
            path.with_suffix(".part").unlink(missing_ok=True)

    def _path(self, capture_id: str) -> Path:
        return self._folder / f"{capture_id}.json"

    @contextmanager
    def _failures_explained(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(
                f"The payload cannot be kept in {path} ({error.strerror}); make room or give another directory, "
                "then take the snapshot again."
            ) from error
