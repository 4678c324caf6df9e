"""Taking snapshots of a page, as a durable job."""

from __future__ import annotations

from typing import Any, cast

from snapshots import durable
from snapshots.access.actors import Actor, this_user
from snapshots.acts import jobs
from snapshots.app import App
from snapshots.progress import Progress, silent


def take(
    app: App,
    site: str,
    page_id: str,
    macro_ids: list[str],
    progress: Progress = silent,
    actor: Actor | None = None,
) -> list[dict[str, Any]]:
    """Take snapshots of a page; see `capture.take`. No `macro_ids` means every macro of the page."""
    who = (actor or this_user()).to_json()
    args = {"site": site, "page_id": page_id, "macro_ids": macro_ids, "trigger": "person", "actor": who}
    return cast(list[dict[str, Any]], jobs.run(app, durable.TAKE, args, progress))
