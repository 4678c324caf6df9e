"""The job that makes the plan of a restore and stores it; see `durable`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from snapshots.backup.read import open_archive
from snapshots.jobs import JobContext
from snapshots.registry.sites import SiteRow
from snapshots.restore.plan import RestoreOptions
from snapshots.restore.plan_store import PlanFacts, PlanWriter
from snapshots.restore.planning import plan_restore
from snapshots.restore.source import ArchiveSource, ParkedSource, RecordSource

if TYPE_CHECKING:
    from snapshots.app import App


def make(app: App, job: JobContext, args: dict[str, Any]) -> Any:
    """Make the plan that the arguments describe and store it under the name they give."""
    row = app.get_site(args["site"])
    options = msgspec.convert(args["options"], RestoreOptions)
    facts = msgspec.convert({name: args[name] for name in PlanFacts.__struct_fields__ if name in args}, PlanFacts)

    def carry_out() -> Any:
        # One step: what is asked of the site is one look at it, and a job that died here looks again.
        with (
            app.open_site(row.name) as site,
            open_source(app, row, facts.cloud_id, facts.archive) as source,
            PlanWriter(app.config.plans_dir / f"{args['plan']}.plan", args["left"]) as writer,
        ):
            plan = plan_restore(app.registry, site.confluence, row, source, options, job.progress, keep=writer.add_page)
            writer.finish(plan, facts)
        return {"plan": args["plan"], "totals": plan.totals, "needs_decision": len(plan.needs_decision)}

    return job.step("make the plan", carry_out)


@contextmanager
def open_source(app: App, site: SiteRow, cloud_id: str, archive: str) -> Iterator[RecordSource]:
    """The archive, or without one what is parked of the source site."""
    if archive:
        with open_archive(Path(archive)) as opened:
            yield ArchiveSource(opened)
    else:
        yield ParkedSource(app.registry, site.id, cloud_id)
