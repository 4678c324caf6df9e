"""Jira data: exporting it at the source; matching, rewriting and undoing at the destination."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

from snapshots.access.actors import Actor, this_user
from snapshots.acts import jobs
from snapshots.app import App
from snapshots.durable import archive_name
from snapshots.durable_jira import JIRA_EXPORT
from snapshots.jiradata.file import SUFFIX
from snapshots.progress import Progress, silent


def export_jira_data(
    app: App, site: str | None, path: Path | None, progress: Progress = silent, actor: Actor | None = None
) -> dict[str, Any]:
    """Write the Jira-data file of a site; answers its path, bytes, sha256, counts and findings."""
    return cast(dict[str, Any], jobs.run(app, JIRA_EXPORT, _export_args(app, site, path, actor), progress))


def start_export(app: App, site: str, actor: Actor) -> str:
    """Begin an export into the service's own folder; answers the id of its job at once."""
    return jobs.start(app, JIRA_EXPORT, _export_args(app, site, None, actor))


def _export_args(app: App, site: str | None, path: Path | None, actor: Actor | None) -> dict[str, Any]:
    row = app.get_site(site)
    now = time.time_ns() // 1000
    chosen = path or app.config.archives_dir / archive_name(row.name, now).replace(".zip", SUFFIX)
    actor = actor or this_user()
    return {"site": row.name, "path": str(chosen), "created_at": now, "actor": actor.to_json()}
