"""Backing up: which spaces, and the archive as a durable job."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

from snapshots import durable
from snapshots.acts import jobs
from snapshots.app import App
from snapshots.backup.selection import (
    ResolvedSelection,
    Selection,
    resolve_selection,
    without_empty_spaces,
)
from snapshots.progress import Progress, silent
from snapshots.registry import spaces


def resolve_spaces(app: App, site: str | None, selection: Selection) -> ResolvedSelection:
    """The spaces a selection means here; the unknown ones of it wait for `confirm_unknown`."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        keys = [space.key for space in spaces.list_spaces(conn, row.id)]
    resolved = resolve_selection(selection, keys)
    if resolved.unknown:
        with app.open_site(row.name) as opened:
            # A space without snapshots is not unknown. The site is asked only when there is one in doubt.
            there = [space.key for space in opened.confluence.iter_spaces()]
        resolved = without_empty_spaces(resolve_selection(selection, sorted({*keys, *there})), keys)
    return resolved


def create_backup(
    app: App, site: str | None, selection: ResolvedSelection, path: Path | None, progress: Progress = silent
) -> dict[str, Any]:
    """Write an archive and note it; answers its path, bytes, sha256 and counts."""
    row = app.get_site(site)
    args = {
        "site": row.name,
        "mode": selection.mode,
        "keys": list(selection.keys),
        "path": str(path or app.config.archives_dir / durable.archive_name(row.name, time.time_ns() // 1000)),
    }
    return cast(dict[str, Any], jobs.run(app, durable.BACKUP, args, progress))
