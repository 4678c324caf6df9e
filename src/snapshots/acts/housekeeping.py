"""What a service does by itself: jobs go on, uses of keys are noted, what was kept long enough is removed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from snapshots.access import audit
from snapshots.access.actors import SERVICE
from snapshots.access.settings import get_settings
from snapshots.acts import archives, jira_files, jobs, restore_plans
from snapshots.app import App
from snapshots.backup.receive import iter_dead_parts
from snapshots.errors import AlreadyRunning, SnapshotsError
from snapshots.registry import backups, sites, uploads
from snapshots.registry.sites import SiteRow

if TYPE_CHECKING:
    from snapshots.access.uses import UseLog

_BEAT_SECONDS = 2.0
_RESUME_SECONDS = 30.0
_SWEEP_SECONDS = 3600.0
_DAY = 86_400 * 1_000_000

logger = logging.getLogger("snapshots.acts")


class Housekeeper:
    """A thread that does all this from `start` to `stop`. A failure is logged and tried again at the next turn."""

    def __init__(self, app: App, uses: UseLog) -> None:
        self._app = app
        self._uses = uses
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="snapshots-housekeeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop, with every use noted that was counted."""
        self._stopping.set()
        self._thread.join()
        self._try(lambda: self._uses.flush(everything=True))

    def _keep(self) -> None:
        resumed_at = swept_at = float("-inf")
        while True:
            now = time.monotonic()
            if now - swept_at >= _SWEEP_SECONDS:
                swept_at = now
                self._try(lambda: sweep(self._app))
            if now - resumed_at >= _RESUME_SECONDS:
                resumed_at = now
                self._try(lambda: jobs.take_up_interrupted(self._app))
            self._try(self._uses.flush)
            if self._stopping.wait(_BEAT_SECONDS):
                return

    def _try(self, task: Callable[[], object]) -> None:
        try:
            task()
        except SnapshotsError as error:
            logger.warning("Housekeeping goes on at its next turn: %s", error)
        except Exception:
            logger.exception("Housekeeping met something it does not know")


def sweep(app: App) -> None:
    """Remove what was kept as long as its site's settings say, and what killed processes left."""
    with app.registry.read() as conn:
        known = sites.list_sites(conn)
    for site in known:
        _sweep_uploads(app, site)
        _sweep_backups(app, site)
    for part in iter_dead_parts(app.config.uploads_dir):
        part.unlink(missing_ok=True)
    jira_files.sweep(app)
    _sweep_plans(app)


def _sweep_uploads(app: App, site: SiteRow) -> None:
    now = time.time_ns() // 1000
    with app.registry.read() as conn:
        days = get_settings(conn, site.id).keep_uploads_days
        old = [each for each in uploads.list_uploads(conn, site.id) if each.uploaded_at < now - days * _DAY]
    for upload in old:
        try:
            archives.refuse_while_used(app, upload)
        except AlreadyRunning:
            continue
        with app.registry.write() as conn:
            uploads.note_deleted(conn, upload.id, now)
            details = {"archive": upload.id, "kept_days": days}
            audit.record(conn, SERVICE, "file.swept", site_id=site.id, subject=upload.name, details=details)
        Path(upload.path).unlink(missing_ok=True)


def _sweep_backups(app: App, site: SiteRow) -> None:
    now = time.time_ns() // 1000
    with app.registry.read() as conn:
        days = get_settings(conn, site.id).keep_backups_days
        known = backups.list_backups(conn, site.id)
    for backup in known:
        if days is None or backup.deleted_at is not None or backup.created_at >= now - days * _DAY:
            continue
        path = Path(backup.path)
        if path.parent != app.config.archives_dir:
            continue
        with app.registry.write() as conn:
            backups.note_deleted(conn, backup.id, deleted_at=now, deleted_by_name=SERVICE.name)
            details = {"backup": backup.id, "kept_days": days}
            audit.record(conn, SERVICE, "file.swept", site_id=site.id, subject=path.name, details=details)
        path.unlink(missing_ok=True)


def _sweep_plans(app: App) -> None:
    """Plans are kept for jobs that go on after a crash, and are of no use long after."""
    restore_plans.prune_plans(app)
    in_use = {str(job.args.get("plan", "")) for job in app.jobs.list_unfinished()}
    oldest = time.time() - restore_plans.KEPT_DAYS * 86_400
    # Those of the command line, and parts whose process was killed.
    for plan in [*app.config.plans_dir.glob("*.json"), *app.config.plans_dir.glob("*.part")]:
        try:
            if plan.stat().st_mtime < oldest and str(plan) not in in_use:
                plan.unlink()
        except FileNotFoundError:
            continue
