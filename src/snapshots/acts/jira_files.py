"""Jira-data files and mappings that were brought here, kept under their digests for as long as plans need them."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from snapshots.access import audit
from snapshots.access.actors import Actor
from snapshots.app import App
from snapshots.backup.receive import require_room
from snapshots.errors import InvalidInput, NotFound, StorageError
from snapshots.jiradata.decisions import read_given
from snapshots.jiradata.file import SUFFIX, JiraDataFile, open_file

MAX_FILE_BYTES = 1 << 30
MAX_MAPPING_BYTES = 64 << 20

_KEPT_SECONDS = 30 * 86_400


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A sound Jira-data file that lies here; `name` is what the sender called it."""

    name: str
    file: JiraDataFile

    @property
    def sha256(self) -> str:
        return self.file.sha256


class IncomingFile:
    """A Jira-data file on its way here: written block by block, kept only when it is whole and sound."""

    def __init__(self, app: App, site: str) -> None:
        self._app = app
        self._site = app.get_site(site)
        self._folder = folder = _folder(app, self._site.id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
            self._path = folder / f".{secrets.token_hex(8)}.part"
            self._file = self._path.open("wb")
        except OSError as error:
            raise StorageError(
                f"Nothing can be kept in {folder} ({error.strerror}); make room or check its rights."
            ) from None
        self._bytes = 0

    def write(self, block: bytes) -> None:
        """Raises InvalidInput beyond the limit."""
        self._bytes += len(block)
        require_room(self._folder, len(block))
        if self._bytes > MAX_FILE_BYTES:
            raise InvalidInput("The file is longer than a gibibyte, which no Jira-data file is; choose another.")
        try:
            self._file.write(block)
        except OSError as error:
            raise StorageError(f"The file cannot be kept ({error.strerror}); make room.") from None

    def finish(self, name: str, actor: Actor) -> KeptFile:
        """Check the file and keep it. Raises as `jiradata.file.open_file`, and leaves nothing then."""
        self._file.close()
        try:
            opened = open_file(self._path)
        except (InvalidInput, NotFound) as error:
            raise InvalidInput(str(error).replace(str(self._path), name)) from None
        except Exception as error:
            error.args = (str(error).replace(str(self._path), name),)
            raise
        kept = self._folder / f"{opened.sha256}{SUFFIX}"
        self._path.replace(kept)
        with self._app.registry.write() as conn:
            details = {"sha256": opened.sha256, "bytes": opened.size, "source": opened.head.source.name}
            audit.record(conn, actor, "jira-data.uploaded", site_id=self._site.id, subject=name, details=details)
        return KeptFile(name, open_file(kept))

    def abandon(self) -> None:
        """Leave nothing, unless it was finished."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def keep_file(app: App, site: str, name: str, blocks: Iterable[bytes], actor: Actor) -> KeptFile:
    """Keep a file that comes in blocks."""
    incoming = IncomingFile(app, site)
    try:
        for block in blocks:
            incoming.write(block)
        return incoming.finish(name, actor)
    finally:
        incoming.abandon()


def get_file(app: App, site: str, sha256: str) -> KeptFile:
    """A file that was kept for this site. Raises NotFound, also for one of another site."""
    path = _folder(app, app.get_site(site).id) / f"{sha256}{SUFFIX}"
    if not is_digest(sha256) or not path.is_file():
        raise NotFound(f"There is no Jira-data file {sha256[:12]}… here (any more); upload it again.")
    return KeptFile(path.name, open_file(path))


def is_digest(text: str) -> bool:
    """Whether it is a SHA-256, and so names no other file."""
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def keep_mapping(app: App, name: str, data: bytes) -> Path:
    """Keep a CSV of ours or Atlassian's for the job that reads it. Raises InvalidInput when it is neither."""
    read_given([(name, data)])
    folder = app.config.home / "jira-data"
    path = folder / f"{hashlib.sha256(data).hexdigest()}.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise StorageError(
            f"Nothing can be kept in {folder} ({error.strerror}); make room or check its rights."
        ) from None
    return path


def _folder(app: App, site_id: int) -> Path:
    return app.config.home / "jira-data" / f"site-{site_id}"


def _sweep(folder: Path) -> None:
    """Files that nobody asked for in a month, and what killed processes left, go."""
    oldest = time.time() - _KEPT_SECONDS
    for path in folder.iterdir():
        if path.is_file() and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
