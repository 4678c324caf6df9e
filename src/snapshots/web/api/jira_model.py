"""What the API says of Jira data, as JSON. Moments are ISO 8601 in UTC, digests hexadecimal."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from snapshots.acts import jira_files, jira_plans
from snapshots.acts.tasks import as_datetime
from snapshots.jiradata.apply import ImportReport
from snapshots.jiradata.decisions import Undecided
from snapshots.jiradata.mapping import Kind
from snapshots.jiradata.plan import Change, JiraPlan, Kept, MacroOutcome
from snapshots.web.api.model import FindingView
from snapshots.web.api.paths import api_path


class JiraFileView(msgspec.Struct):
    """A Jira-data file that lies here."""

    sha256: str
    bytes: int
    created_at: datetime
    producer: str
    source: dict[str, str]
    counts: dict[str, int]
    findings: list[FindingView]
    links: dict[str, str]


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """What one thing of the source became. `destination` is an id, key or name here; `-`: it has none."""

    kind: Kind
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    destination: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class StartPlan(msgspec.Struct, forbid_unknown_fields=True):
    """Which file, and what is stated about it. `everything` writes also macros that wait or are doubtful."""

    file: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    given: Annotated[list[Decision], msgspec.Meta(max_length=100_000)] = []
    spaces: Annotated[list[str], msgspec.Meta(min_length=1, max_length=10_000)] | None = None
    same_jira: bool = False
    everything: bool = False


class PlanView(msgspec.Struct):
    """What an import would do. `outcomes` counts macros."""

    digest: str
    made_at: datetime
    source: dict[str, str]
    outcomes: dict[str, int]
    pages_written: int
    pages_scanned: int
    requests: int
    kinds: list[jira_plans.KindSummary]
    numbers_kept: list[str]
    needs_decision: bool
    findings: list[FindingView]
    links: dict[str, str]


class LevelView(msgspec.Struct):
    """A query before and after. `objections` are the destination's Jira's."""

    level: int
    title: str
    before: str
    after: str
    asked: bool
    objections: list[str]


class MacroPlanView(msgspec.Struct):
    """A macro before and after."""

    macro_id: str
    page_id: str
    page_title: str
    space_key: str
    outcome: MacroOutcome
    written: bool
    reason: str
    levels: list[LevelView]
    changes: list[Change]
    kept: list[Kept]


class MacroPage(msgspec.Struct):
    """Some macros of a plan, in the order of pages."""

    items: list[MacroPlanView]
    start: int
    total: int


class UndecidedPage(msgspec.Struct):
    """Some of what waits for a person, what macros name first."""

    items: list[Undecided]
    start: int
    total: int


class StartImport(msgspec.Struct, forbid_unknown_fields=True):
    """Which plan is carried out."""

    plan: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


class PageNote(msgspec.Struct):
    """What a person should know of a page."""

    page_id: str
    title: str
    space_key: str
    state: str
    reason: str


class ImportView(msgspec.Struct):
    """An import. `pages` counts pages by what became of them."""

    id: int
    state: str
    source: dict[str, str]
    plan: str
    file: str
    started_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None
    made_by: str
    pages_planned: int
    pages: dict[str, int]
    notes: list[PageNote]
    links: dict[str, str]


class ImportPage(msgspec.Struct):
    """Imports, newest first."""

    items: list[ImportView]


def view_file(site: str, kept: jira_files.KeptFile) -> JiraFileView:
    file = kept.file
    return JiraFileView(
        sha256=file.sha256,
        bytes=file.size,
        created_at=as_datetime(file.head.created_at),
        producer=file.head.producer,
        source=msgspec.to_builtins(file.head.source),
        counts=file.tail.counts,
        findings=[FindingView(each.kind, each.record, each.evidence, each.action) for each in file.tail.findings],
        links={"self": api_path(site, "jira-data", "files", file.sha256)},
    )


def view_plan(site: str, digest: str, plan: JiraPlan) -> PlanView:
    own = api_path(site, "jira-data", "plans", digest)
    source = plan.source
    return PlanView(
        digest=digest,
        made_at=as_datetime(plan.made_at),
        source={
            "site_name": source.site_name,
            "cloud_id": source.cloud_id,
            "jira_url": source.jira_url,
            "file": source.sha256,
        },
        outcomes=plan.outcomes,
        pages_written=sum(1 for _ in plan.iter_written()),
        pages_scanned=plan.pages_scanned,
        requests=plan.requests_sent,
        kinds=jira_plans.summarise(plan),
        numbers_kept=plan.numbers_kept,
        needs_decision=plan.needs_decision,
        findings=[
            FindingView(each.kind, each.record, each.evidence, each.action)
            for each in plan.findings
            if not each.kind.startswith("macro-")
        ],
        links={"self": own, "macros": f"{own}/macros", "undecided": f"{own}/undecided"},
    )


def view_macro(view: jira_plans.MacroView) -> MacroPlanView:
    macro = view.macro
    return MacroPlanView(
        macro.macro_id,
        view.page.page_id,
        view.page.title,
        view.page.space_key,
        macro.outcome,
        view.is_written,
        macro.reason,
        [
            LevelView(each.level, each.title, each.before, each.after, each.asked, list(each.objections))
            for each in macro.levels
        ],
        macro.changes,
        macro.kept,
    )


def view_import(site: str, report: ImportReport) -> ImportView:
    row = report.row
    own = api_path(site, "jira-data", "imports", row.id)
    return ImportView(
        id=row.id,
        state=row.state,
        source={"site_name": row.source_name, "cloud_id": row.source_cloud_id, "jira_url": row.source_jira_url},
        plan=row.plan_sha256,
        file=row.file_sha256,
        started_at=as_datetime(row.started_at),
        finished_at=as_datetime(row.finished_at) if row.finished_at else None,
        undone_at=as_datetime(row.undone_at) if row.undone_at else None,
        made_by=row.made_by,
        pages_planned=row.pages,
        pages=report.pages,
        notes=[PageNote(each.remote_id, each.title, each.space_key, each.state, each.reason) for each in report.notes],
        links={"self": own, "undo": f"{own}/undo"},
    )
