"""Carrying out a plan, a group of pages at a time.

Each group is one transaction together with its row in the log, so a run that was killed anywhere goes on
where it stopped. Inside the transaction everything is decided again from what the registry holds then;
the plan only fixes which page is which and where payloads are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.errors import InvalidInput, JobCancelled, SnapshotsError
from snapshots.findings import Finding
from snapshots.progress import Progress, silent
from snapshots.registry import restores
from snapshots.registry.restores import RestoreRow
from snapshots.registry.sites import SiteRow
from snapshots.restore.deciding import PageDecision, decide_page, park_page
from snapshots.restore.here import read_pages_here
from snapshots.restore.jira_mappings import decide_mappings, write_mappings
from snapshots.restore.journal import Journal, describe_pages, write_journal, write_pages
from snapshots.restore.locating import LocatedVersions
from snapshots.restore.plan import PagePlan, Plan, add_outcomes
from snapshots.restore.records import GroupedRecords, PageRecords, assign_groups
from snapshots.restore.report import RestoreReport, read_options, report_restore
from snapshots.restore.source import RecordSource, join_parked
from snapshots.restore.writing import write_decisions, write_parked

if TYPE_CHECKING:
    from snapshots.registry.engine import Registry


@dataclass(frozen=True, slots=True)
class Occasion:
    """How a restore came about, as its report tells: `jira_file` is JSON of a file that was brought along."""

    archive_name: str | None = None
    jira_file: str | None = None
    job_id: str | None = None


NO_OCCASION = Occasion()


def apply_restore(
    registry: Registry,
    site: SiteRow,
    source: RecordSource,
    plan: Plan,
    progress: Progress = silent,
    should_stop: Callable[[], bool] = lambda: False,
    confluence: ConfluenceClient | None = None,
    occasion: Occasion = NO_OCCASION,
) -> RestoreReport:
    """Carry out the plan, or what is left of it; a plan that was carried out whole writes nothing again.

    Raises InvalidInput when the plan is of another archive or site, DamageError when the archive is
    damaged, both before anything is written. `should_stop` is asked between groups; then JobCancelled.
    With `confluence`, pages that are gone since the plan was made are found, and what belongs to them is parked.
    """
    _check_pins(plan, source, site)
    earlier = _find_earlier_run(registry, site, plan)
    if earlier is not None and earlier.state == "done":
        return report_restore(registry, earlier, [*plan.findings, _carried_out_before(earlier)])
    if plan.options.include_parked:
        source = join_parked(source, registry, site.id)
    groups = assign_groups((page.key for page in plan.pages), plan.source.counts.get("version", 0))
    with GroupedRecords(groups) as grouped:
        grouped.read(source, progress)
        gone = _find_gone_pages(plan, confluence)
        run = _Run(registry, site, plan, gone, occasion)
        restore_id = run.start(earlier)
        try:
            run.apply_mappings(restore_id, source)
            for group in range(grouped.count):
                if should_stop():
                    raise JobCancelled(
                        f"The restore was stopped after {group} of {grouped.count} groups; run it again."
                    )
                run.apply_group(restore_id, f"group {group + 1} of {grouped.count}", grouped.load(group))
                progress("restoring", group + 1, grouped.count, "groups")
        except SnapshotsError as error:
            run.finish(restore_id, "cancelled" if isinstance(error, JobCancelled) else "failed")
            raise
        run.finish(restore_id, "done")
    with registry.read() as conn:
        row = restores.get_restore(conn, restore_id)
    return report_restore(registry, row)


class _Run:
    """One run of a plan; a resumed one shares the log of those before it."""

    def __init__(
        self, registry: Registry, site: SiteRow, plan: Plan, gone: dict[str, Finding], occasion: Occasion
    ) -> None:
        self._registry = registry
        self._site = site
        self._plan = plan
        self._pages = {page.key: page for page in plan.pages}
        self._gone = gone
        self._occasion = occasion
        self._targets = {
            page.key: page.target for page in plan.pages if page.target is not None and page.target.page_id not in gone
        }

    def start(self, earlier: RestoreRow | None) -> int:
        with self._registry.write() as conn:
            if earlier is not None:
                restores.resume_restore(conn, earlier.id, self._occasion.job_id)
                return earlier.id
            return restores.start_restore(
                conn,
                site_id=self._site.id,
                source_cloud_id=self._plan.source.cloud_id,
                archive_path=self._plan.source.path,
                archive_sha256=self._plan.source.sha256,
                started_at=_now(),
                options=_describe_options(self._plan),
                archive_name=self._occasion.archive_name,
                jira_file=self._occasion.jira_file,
                job_id=self._occasion.job_id,
            )

    def finish(self, restore_id: int, state: restores.FinalState) -> None:
        findings = msgspec.json.encode([*self._plan.findings, *self._gone.values()]).decode()
        with self._registry.write() as conn:
            restores.finish_restore(conn, restore_id, state, _now(), findings)

    def apply_group(self, restore_id: int, name: str, group: Sequence[PageRecords]) -> None:
        """One transaction: decide, write, park, log. A group that is in the log already is left alone."""
        with self._registry.write() as conn:
            if restores.find_chunk(conn, restore_id, name) is not None:
                return
            decisions = self._decide(conn, group)
            journal = Journal()
            write_decisions(conn, self._site.id, decisions, self._targets, journal)
            write_parked(
                conn,
                self._site.id,
                self._plan.source.cloud_id,
                decisions,
                all_parked_joined=self._plan.options.include_parked,
                now=_now(),
                journal=journal,
            )
            outcomes = add_outcomes(decision.outcomes for decision in decisions)
            chunk_id = restores.add_chunk(conn, restore_id, name, msgspec.json.encode(outcomes).decode(), _now())
            restores.add_journal(conn, chunk_id, write_pages(describe_pages(journal)), write_journal(journal))

    def apply_mappings(self, restore_id: int, source: RecordSource) -> None:
        """One transaction for what belongs to the whole site; nothing where the source has nothing of it."""
        if not source.facts.counts.get("jira_mapping"):
            return
        name = "Jira data"
        with self._registry.write() as conn:
            if restores.find_chunk(conn, restore_id, name) is not None:
                return
            decision = decide_mappings(conn, self._site.id, source)
            journal = Journal()
            write_mappings(conn, self._site.id, source, decision, journal)
            outcomes = add_outcomes([decision.outcomes])
            chunk_id = restores.add_chunk(conn, restore_id, name, msgspec.json.encode(outcomes).decode(), _now())
            restores.add_journal(conn, chunk_id, write_pages(describe_pages(journal)), write_journal(journal))

    def _decide(self, conn: sa.Connection, group: Sequence[PageRecords]) -> list[PageDecision]:
        targets = [self._targets[records.key].page_id for records in group if records.key in self._targets]
        here = read_pages_here(conn, self._site.id, targets)
        return [self._decide_page(records, self._pages[records.key], here) for records in group]

    def _decide_page(self, records: PageRecords, page: PagePlan, here: dict[str, PageRecords]) -> PageDecision:
        if page.target is None:
            return park_page(records, "ambiguous" if page.match == "ambiguous" else "parked", page.reason)
        if page.target.page_id in self._gone:
            return park_page(records, "parked", self._gone[page.target.page_id].evidence)
        located = {macro.macro_id: LocatedVersions(macro.located) for macro in page.macros if macro.located is not None}
        return decide_page(records, located, here.get(page.target.page_id), self._plan.options.conflict)


def _carried_out_before(earlier: RestoreRow) -> Finding:
    finished = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime((earlier.finished_at or 0) / 1_000_000))
    return Finding(
        "already-carried-out",
        "this plan",
        f"it was carried out whole at {finished} UTC, and the figures are of that run",
        "nothing was written now; make a new plan to see what there is",
    )


def _check_pins(plan: Plan, source: RecordSource, site: SiteRow) -> None:
    if plan.destination.cloud_id != site.cloud_id:
        raise InvalidInput(
            f"The plan is for the site {plan.destination.site_name}, not for {site.name}; make a plan for {site.name}."
        )
    if (plan.source.sha256, plan.source.cloud_id) != (source.facts.sha256, source.facts.cloud_id):
        raise InvalidInput(
            f"The plan was made for another archive than {source.facts.path or 'the parked records'}; make it again."
        )


def find_run(registry: Registry, site: SiteRow, plan_digest: str) -> RestoreRow | None:
    """The restore that carried out the plan with this digest, whole or in part, and was not undone."""
    with registry.read() as conn:
        for row in restores.list_restores(conn, site.id):
            if row.state != "undone" and read_options(row).plan_sha256 == plan_digest:
                return row
    return None


def _find_earlier_run(registry: Registry, site: SiteRow, plan: Plan) -> RestoreRow | None:
    """The run that this one goes on with. One that was undone is past: then the plan may be carried out anew."""
    earlier = find_run(registry, site, plan.digest)
    if earlier is not None and earlier.state == "undoing":
        raise InvalidInput(
            f"Restore {earlier.id}, which carried out this plan, is half undone; "
            f"end that first with `snapshots restore undo {earlier.id}`."
        )
    return earlier


def _describe_options(plan: Plan) -> str:
    """The options for the log. The plan's digest is among them, which tells whether a run carried out this plan."""
    options = {
        **msgspec.to_builtins(plan.options),
        "plan_sha256": plan.digest,
        "source_site": plan.source.site_name,
    }
    return msgspec.json.encode(options, order="sorted").decode()


def _find_gone_pages(plan: Plan, confluence: ConfluenceClient | None) -> dict[str, Finding]:
    """By page id, pages of the plan that the site no longer shows."""
    if confluence is None:
        return {}
    targets = {page.target.page_id: page for page in plan.pages if page.target is not None}
    kinds = confluence.classify_content(sorted(targets)) if targets else {}
    return {
        page_id: Finding(
            "page-gone",
            f"page '{page.title}' ({page.page_id}) of {page.space_key}",
            f"its page {page_id} here is gone since the plan was made",
            "Make the plan again.",
        )
        for page_id, page in targets.items()
        if kinds.get(page_id) != "page"
    }


def _now() -> int:
    return time.time_ns() // 1000
