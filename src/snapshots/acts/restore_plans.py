"""Plans of restores that are made as jobs, kept, looked at record by record, decided and carried out."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from snapshots import durable
from snapshots.access import audit
from snapshots.access.actors import Actor
from snapshots.acts import jobs
from snapshots.app import App
from snapshots.backup.read import open_archive
from snapshots.errors import DecisionNeeded, Gone, NotFound, SnapshotsError
from snapshots.findings import Finding
from snapshots.registry import parked
from snapshots.restore.apply import find_run
from snapshots.restore.plan import RestoreOptions, write_plan
from snapshots.restore.plan_store import (
    BroughtJiraFile,
    PlanFacts,
    PlannedPage,
    PlannedRecord,
    RecordFilter,
    StoredPlan,
    list_stored,
    open_plan,
)
from snapshots.restore.report import list_restores

KEPT_DAYS = 30
KEPT_PLANS = 100


class PlanSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A stored plan at a glance. Moments are µs UTC; counts are of records, `pages` by match."""

    id: str
    site: str
    name: str
    archive: str
    upload: int | None
    jira_file: BroughtJiraFile | None
    source_site: str
    made_at: int
    requests_sent: int
    options: RestoreOptions
    pages: dict[str, int]
    totals: dict[str, dict[str, int]]
    spaces: dict[str, int]
    findings: list[Finding]
    decided: int
    """Of the ambiguous pages, how many were decided since the plan was made."""
    to_be_mapped: int
    """Of those, how many were given a page: they take effect when the plan is made again."""
    restore: int | None
    """The restore that carried it out, whole or in part."""
    restore_state: str


class PlanHead(msgspec.Struct, frozen=True, kw_only=True):
    """A line in the list of plans."""

    id: str
    name: str
    made_at: int
    ambiguous: int


class RecordPage(msgspec.Struct, frozen=True):
    """Some records of a plan. `next` is where to go on, None at the end; `total` counts all that are wanted."""

    records: list[PlannedRecord]
    next: int | None
    total: int


def start_plan_restore(
    app: App,
    site: str,
    archive: Path,
    options: RestoreOptions,
    actor: Actor,
    *,
    name: str = "",
    upload: int | None = None,
    jira_file: BroughtJiraFile | None = None,
) -> str:
    """Begin making the plan of a restore; answers the id of its job, whose result names the plan.

    A `jira_file` that was brought along is kept for the import that follows the restore.

    Raises what opening the archive raises: what is no archive or damaged is refused at once.
    """
    with open_archive(archive) as opened:
        cloud_id = opened.manifest.source.cloud_id
    facts = PlanFacts(
        site=app.get_site(site).name,
        name=name or archive.name,
        archive=str(archive.absolute()),
        cloud_id=cloud_id,
        upload=upload,
        jira_file=jira_file,
    )
    return _start(app, facts, options, actor)


def start_plan_parked(app: App, site: str, cloud_id: str, options: RestoreOptions, actor: Actor) -> str:
    """Begin making the plan of taking up what is parked of one source site. Raises NotFound where nothing is."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        known = parked.list_parked_sources(conn, row.id)
    if cloud_id not in known:
        raise NotFound(f"Nothing of that site is parked for {row.name}; load the page again.")
    name = list_restores(app.registry, row).source_names.get(cloud_id, cloud_id)
    facts = PlanFacts(site=row.name, name=f"Parked records of {name}", archive="", cloud_id=cloud_id)
    return _start(app, facts, options, actor)


def start_plan_again(app: App, site: str, plan_id: str, actor: Actor) -> str:
    """Begin making the plan again, with the decisions that were made about its ambiguous pages.

    The site is asked again: a decision may bring to light that another page has the chosen one already.
    """
    with _open(app, site, plan_id) as stored:
        facts, options = stored.facts, stored.head.options
        decisions = stored.get_decisions()
    _require_archive(facts)
    chosen = {source: target for source, target in decisions.items() if target}
    left = [source for source, target in decisions.items() if not target]
    return _start(app, facts, msgspec.structs.replace(options, page_map=options.page_map | chosen), actor, left)


def _start(app: App, facts: PlanFacts, options: RestoreOptions, actor: Actor, left: Sequence[str] = ()) -> str:
    prune_plans(app)
    args = {
        **msgspec.to_builtins(facts),
        "plan": secrets.token_hex(8),
        "options": msgspec.to_builtins(options),
        "left": list(left),
        "actor": actor.to_json(),
    }
    return jobs.start(app, durable.PLAN, args)


def get_plan_summary(app: App, site: str, plan_id: str) -> PlanSummary:
    """A stored plan at a glance. Raises NotFound."""
    row = app.get_site(site)
    with _open(app, site, plan_id) as stored:
        run = find_run(app.registry, row, stored.digest)
        decisions = stored.get_decisions()
        head, facts = stored.head, stored.facts
        return PlanSummary(
            id=plan_id,
            site=facts.site,
            name=facts.name,
            archive=facts.archive,
            upload=facts.upload,
            jira_file=facts.jira_file,
            source_site=head.source.site_name,
            made_at=head.made_at,
            requests_sent=head.requests_sent,
            options=head.options,
            pages=stored.count_pages(),
            totals=stored.count_outcomes(),
            spaces=stored.count_spaces(),
            findings=head.findings,
            decided=len(decisions),
            to_be_mapped=sum(1 for choice in decisions.values() if choice),
            restore=run.id if run else None,
            restore_state=run.state if run else "",
        )


def write_plan_document(app: App, site: str, plan_id: str) -> bytes:
    """The whole plan as JSON, without where the archive lies on the server. Raises NotFound."""
    with _open(app, site, plan_id) as stored:
        plan = stored.load()
    return write_plan(
        msgspec.structs.replace(plan, source=msgspec.structs.replace(plan.source, path=stored.facts.name))
    )


def list_plan_records(
    app: App, site: str, plan_id: str, wanted: RecordFilter, *, after: int = 0, limit: int = 100
) -> RecordPage:
    """Records of a plan, in its order, behind record `after`. Raises NotFound."""
    with _open(app, site, plan_id) as stored:
        records = stored.list_records(wanted, after=after, limit=limit + 1)
        more = len(records) > limit
        return RecordPage(records[:limit], records[limit - 1].id if more else None, stored.count_records(wanted))


def list_ambiguous(app: App, site: str, plan_id: str, *, after: int = 0, limit: int = 50) -> list[PlannedPage]:
    """Pages of a plan that wait for a person, with what was decided so far. Raises NotFound."""
    with _open(app, site, plan_id) as stored:
        return stored.list_ambiguous(after=after, limit=limit)


def decide(app: App, site: str, plan_id: str, choices: Mapping[int, str], actor: Actor) -> None:
    """Keep decisions about ambiguous pages: by the page's number in the plan the id of the right page, empty to
    leave it parked. Raises InvalidInput for anything else."""
    with _open(app, site, plan_id) as stored:
        stored.decide(choices)
        details = {"plan": plan_id, "given": sum(1 for choice in choices.values() if choice), "of": len(choices)}
        with app.registry.write() as conn:
            site_id = app.get_site(site).id
            audit.record(
                conn, actor, "restore-plan.decided", site_id=site_id, subject=stored.facts.name, details=details
            )


def start_apply_restore(app: App, site: str, plan_id: str, actor: Actor) -> str:
    """Begin carrying a stored plan out; answers the id of its job. Raises `AlreadyRunning`, Gone without its archive.

    DecisionNeeded where decisions were made that are not in the plan yet: they would be lost.
    """
    with _open(app, site, plan_id) as stored:
        facts = stored.facts
        if any(stored.get_decisions().values()):
            raise DecisionNeeded("Pages were decided since the plan was made: make the plan again, then restore.")
    _require_archive(facts)
    args: dict[str, Any] = {
        "site": facts.site,
        "archive": facts.archive,
        "name": facts.name,
        "plan": str(_path(app, plan_id)),
        "jira_file": msgspec.to_builtins(facts.jira_file),
        "actor": actor.to_json(),
    }
    return jobs.start(app, durable.RESTORE, args)


def list_plans(app: App, site: str, *, limit: int = KEPT_PLANS) -> list[PlanHead]:
    """The plans that are kept for a site, newest first."""
    name = app.get_site(site).name
    heads: list[PlanHead] = []
    for _, file in list_stored(app.config.plans_dir):
        if len(heads) == limit:
            break
        try:
            with open_plan(file) as stored:
                if stored.facts.site == name:
                    ambiguous = stored.count_pages().get("ambiguous", 0)
                    heads.append(
                        PlanHead(id=file.stem, name=stored.facts.name, made_at=stored.head.made_at, ambiguous=ambiguous)
                    )
        except SnapshotsError:
            # One that cannot be read is in nobody's way; it goes when its time is over.
            continue
    return heads


def prune_plans(app: App) -> None:
    """Remove plans that are older than `KEPT_DAYS`, and the oldest over `KEPT_PLANS`, unless a job still needs them."""
    needed = {str(job.args.get("plan", "")) for job in app.jobs.list_unfinished()}
    oldest = time.time() - KEPT_DAYS * 24 * 3600
    for place, (made_at, file) in enumerate(list_stored(app.config.plans_dir)):
        if str(file) not in needed and (place >= KEPT_PLANS or made_at < oldest):
            file.unlink(missing_ok=True)


def _require_archive(facts: PlanFacts) -> None:
    if facts.archive and not Path(facts.archive).is_file():
        raise Gone(f"The archive {facts.name!r} is not here any more: bring it here again, then make the plan again.")


def _path(app: App, plan_id: str) -> Path:
    if len(plan_id) != 16 or not plan_id.isalnum() or not plan_id.isascii():
        raise NotFound("There is no such plan; list the plans to see which there are.")
    return app.config.plans_dir / f"{plan_id}.plan"


def _open(app: App, site: str, plan_id: str) -> StoredPlan:
    stored = open_plan(_path(app, plan_id))
    if stored.facts.site != app.get_site(site).name:
        stored.close()
        # The same words as for one that is not there.
        raise NotFound("This plan is not kept any more; make it again.")
    return stored
