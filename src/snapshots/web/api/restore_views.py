"""What the API says of plans and restores, as JSON."""

from __future__ import annotations

from datetime import datetime

import msgspec

from snapshots.acts.restore_plans import PlanSummary
from snapshots.acts.tasks import as_datetime
from snapshots.restore.conflicts import ConflictPolicy
from snapshots.restore.plan import PagePlan, TargetPage
from snapshots.restore.report import RestoreReport
from snapshots.web.api.model import FindingView
from snapshots.web.api.paths import api_path


class PlanLine(msgspec.Struct):
    """A plan in the list. `ambiguous` counts pages that wait for a decision."""

    id: str
    name: str
    made_at: datetime
    ambiguous: int
    links: dict[str, str]


class PlanList(msgspec.Struct):
    """Plans that are kept, newest first."""

    items: list[PlanLine]


class PlanView(msgspec.Struct):
    """A plan at a glance; its records are a list of their own."""

    id: str
    name: str
    archive: int | None
    source_site: str
    made_at: datetime
    conflict: ConflictPolicy
    pages: dict[str, int]
    """Pages by match: matched, ambiguous, parked."""
    totals: dict[str, dict[str, int]]
    """Kind of record to outcome to number."""
    spaces: dict[str, int]
    findings: list[FindingView]
    decided: int
    restore: int | None
    restore_state: str
    links: dict[str, str]


class TargetView(msgspec.Struct):
    """A page here."""

    page_id: str
    title: str
    space_key: str


class PageView(msgspec.Struct):
    """A page of the source, and which one it became, by which rule and evidence."""

    page_id: str
    title: str
    space_key: str
    match: str
    rule: str
    evidence: list[str]
    target: TargetView | None


class RecordView(msgspec.Struct):
    """One record of a plan, and what becomes of it."""

    number: int
    kind: str
    outcome: str
    name: str
    about: str
    reason: str
    page: PageView


class RecordList(msgspec.Struct):
    """Some records of a plan, in its order. `total` counts all that are wanted; `next` leads on."""

    items: list[RecordView]
    total: int
    links: dict[str, str]


class AmbiguousView(msgspec.Struct):
    """A page that waits for a decision. `choice` is null while there is none, empty when it is to be left."""

    number: int
    page: PageView
    reason: str
    candidates: list[TargetView]
    choice: str | None


class AmbiguousList(msgspec.Struct):
    """Pages that wait for a decision; `links` has `next` while there are more."""

    items: list[AmbiguousView]
    links: dict[str, str]


class RestoreView(msgspec.Struct):
    """A restore, as its log tells. `parked` counts what waits of the same source site now, by reason."""

    id: int
    state: str
    started_at: datetime
    finished_at: datetime | None
    archive_name: str
    """Empty where none was read: what was parked was taken up."""
    totals: dict[str, dict[str, int]]
    parked: dict[str, int]
    links: dict[str, str]


class RestoreReportView(RestoreView, kw_only=True):
    """A restore with what its plan and its last run told."""

    findings: list[FindingView]


class RestoreList(msgspec.Struct):
    """Restores to the site, newest first, and what is parked for it: cloud id of the source to reason to number."""

    items: list[RestoreView]
    parked: dict[str, dict[str, int]]


class UndoView(msgspec.Struct):
    """What undoing a restore would do now: by kind what is removed, put back and kept."""

    restore: int
    totals: dict[str, dict[str, int]]
    findings: list[FindingView]


def view_plan(site: str, plan: PlanSummary) -> PlanView:
    return PlanView(
        id=plan.id,
        name=plan.name,
        archive=plan.upload,
        source_site=plan.source_site,
        made_at=as_datetime(plan.made_at),
        conflict=plan.options.conflict,
        pages=plan.pages,
        totals=plan.totals,
        spaces=plan.spaces,
        findings=[FindingView(each.kind, each.record, each.evidence, each.action) for each in plan.findings],
        decided=plan.decided,
        restore=plan.restore,
        restore_state=plan.restore_state,
        links=plan_links(site, plan.id)
        | ({"restore": api_path(site, "restores", plan.restore)} if plan.restore else {}),
    )


def plan_links(site: str, plan_id: str) -> dict[str, str]:
    plan = api_path(site, "restore-plans", plan_id)
    return {"self": plan, "records": f"{plan}/records", "ambiguous": f"{plan}/ambiguous"}


def view_page(page: PagePlan) -> PageView:
    return PageView(
        page.page_id,
        page.title,
        page.space_key,
        page.match,
        page.rule,
        page.evidence,
        view_target(page.target) if page.target else None,
    )


def view_target(target: TargetPage) -> TargetView:
    return TargetView(target.page_id, target.title, target.space_key)


def view_restore(site: str, report: RestoreReport) -> RestoreView:
    row = report.restore
    path = api_path(site, "restores", row.id)
    return RestoreView(
        id=row.id,
        state=row.state,
        started_at=as_datetime(row.started_at),
        finished_at=as_datetime(row.finished_at) if row.finished_at else None,
        archive_name=report.archive_name,
        totals=report.totals,
        parked=report.parked_reasons,
        links={"self": path} | ({"undo": f"{path}/undo"} if row.state != "undone" else {}),
    )


def view_report(site: str, report: RestoreReport) -> RestoreReportView:
    found = [FindingView(each.kind, each.record, each.evidence, each.action) for each in report.findings]
    view = view_restore(site, report)
    return RestoreReportView(**msgspec.structs.asdict(view), findings=found)
