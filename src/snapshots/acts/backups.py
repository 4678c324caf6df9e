"""Backing up: which spaces, and the archive as a durable job."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

from snapshots import durable
from snapshots.access.actors import Actor, this_user
from snapshots.acts import jobs
from snapshots.app import App
from snapshots.backup.selection import (
    ResolvedSelection,
    Selection,
    resolve_selection,
    without_empty_spaces,
)
from snapshots.backup.write import require_decided
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
    app: App,
    site: str | None,
    selection: ResolvedSelection,
    path: Path | None,
    progress: Progress = silent,
    actor: Actor | None = None,
) -> dict[str, Any]:
    """Write an archive and note it; answers its path, bytes, sha256 and counts."""
    return cast(dict[str, Any], jobs.run(app, durable.BACKUP, _args(app, site, selection, path, actor), progress))


def start_backup(app: App, site: str | None, selection: ResolvedSelection, actor: Actor) -> str:
    """Begin a backup into the service's own folder; answers the id of its job at once.

    Raises `AlreadyRunning` naming the job that is in its way, DecisionNeeded while unknown keys are not confirmed.
    """
    require_decided(selection)
    return jobs.start(app, durable.BACKUP, _args(app, site, selection, None, actor))


def _args(
    app: App, site: str | None, selection: ResolvedSelection, path: Path | None, actor: Actor | None
) -> dict[str, Any]:
    row = app.get_site(site)
    return {
        "site": row.name,
        "mode": selection.mode,
        "keys": list(selection.keys),
        "path": str(path or app.config.archives_dir / durable.archive_name(row.name, time.time_ns() // 1000)),
        "actor": (actor or this_user()).to_json(),
    }
