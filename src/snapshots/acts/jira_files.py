"""Jira-data files and mappings that were brought here, kept under their digests for as long as plans need them."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from snapshots.access import audit
from snapshots.access.actors import Actor
from snapshots.acts import archives
from snapshots.app import App
from snapshots.backup.receive import IncomingFile, iter_dead_parts
from snapshots.errors import NotFound
from snapshots.jiradata.decisions import read_given
from snapshots.jiradata.file import SUFFIX, JiraDataFile, open_file
from snapshots.restore.plan_store import BroughtJiraFile
from snapshots.whole_files import make_folder, save_whole

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

    def describe(self) -> BroughtJiraFile:
        """What a restore remembers of it, which it was brought along with."""
        source = self.file.head.source
        return BroughtJiraFile(
            sha256=self.sha256,
            name=archives.plain_name(self.name),
            site_name=source.name,
            jira_url=source.jira_url,
            created_at=self.file.head.created_at,
            counts=dict(self.file.tail.counts),
        )


def begin_file(app: App, site: str, expected_bytes: int | None = None) -> IncomingFile:
    """Room for a Jira-data file that is to come. Raises UploadTooLarge or DiskFull when there is none."""
    folder = _folder(app, app.get_site(site).id)
    return IncomingFile(folder, max_bytes=MAX_FILE_BYTES, expected_bytes=expected_bytes, suffix=SUFFIX)


def finish_file(app: App, site: str, incoming: IncomingFile, name: str, actor: Actor) -> KeptFile:
    """Keep what came, if it is a sound file. Raises as `jiradata.file.open_file`, and leaves nothing then."""
    row = app.get_site(site)
    received = incoming.finish()
    try:
        opened = open_file(received.path, name)
        kept = received.path.with_name(f"{opened.sha256}{SUFFIX}")
        received.path.replace(kept)
    finally:
        received.path.unlink(missing_ok=True)
    opened.path = kept
    with app.registry.write() as conn:
        details = {"sha256": opened.sha256, "bytes": opened.size, "source": opened.head.source.name}
        audit.record(conn, actor, "jira-data.uploaded", site_id=row.id, subject=name, details=details)
    return KeptFile(name, opened)


def keep_file(app: App, site: str, name: str, blocks: Iterable[bytes], actor: Actor) -> KeptFile:
    """Keep a file that comes in blocks."""
    incoming = begin_file(app, site)
    try:
        for block in blocks:
            incoming.write(block)
        return finish_file(app, site, incoming, name, actor)
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
    folder = make_folder(app.config.home / "jira-data")
    path = folder / f"{hashlib.sha256(data).hexdigest()}.csv"
    save_whole(path, "The mapping", data)
    return path


def _folder(app: App, site_id: int) -> Path:
    return app.config.home / "jira-data" / f"site-{site_id}"


def sweep(app: App) -> None:
    """Files and mappings that were brought a month ago, and what killed processes left, go."""
    oldest = time.time() - _KEPT_SECONDS
    home = app.config.home / "jira-data"
    for folder in (home, *home.glob("site-*")):
        for part in iter_dead_parts(folder):
            part.unlink(missing_ok=True)
        for path in folder.glob("*.*"):
            try:
                if path.is_file() and path.stat().st_mtime < oldest:
                    path.unlink()
            except FileNotFoundError:
                continue
