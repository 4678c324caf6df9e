"""`restore-plans` and `restores`: what a restore would do, record by record; carrying it out; undoing it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import Parameter

from snapshots.acts import archives, restore_plans
from snapshots.acts import restores as acts
from snapshots.acts.tasks import Task, as_datetime
from snapshots.errors import InvalidInput
from snapshots.restore.conflicts import ConflictPolicy
from snapshots.restore.plan import RestoreOptions
from snapshots.restore.plan_store import RecordFilter
from snapshots.web.api.backups import started
from snapshots.web.api.door import Caller
from snapshots.web.api.model import FindingView, Id, Limit
from snapshots.web.api.openapi import problems
from snapshots.web.api.paths import api_path
from snapshots.web.api.restore_views import (
    AmbiguousList,
    AmbiguousView,
    PlanLine,
    PlanList,
    PlanView,
    RecordList,
    RecordView,
    RestoreList,
    RestoreReportView,
    UndoView,
    plan_links,
    view_page,
    view_plan,
    view_report,
    view_restore,
    view_target,
)

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Map = Annotated[dict[Key, Key], msgspec.Meta(max_length=100_000)]
PlanId = Annotated[str, Parameter(max_length=100, description="Id of the plan, as its task gives it.")]
Words = Annotated[str, Parameter(max_length=200)]
Outcome = Literal["", "created", "already_there", "different", "ambiguous", "parked"]
RecordKindName = Literal["", "page", "macro", "version", "sticker", "sticker_assignment"]


class StartPlan(msgspec.Struct, forbid_unknown_fields=True):
    """What to restore: an uploaded `archive` (its id), or with `parked_of` what waits of that site (its cloud id)."""

    archive: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None
    parked_of: str | None = None
    conflict: ConflictPolicy = "skip"
    """When a record is there but different."""
    space_map: Map = {}
    """Spaces that were renamed: old key to new."""
    page_map: Map = {}
    """Which page became which: old page id to new."""
    include_parked: bool = True
    """Take up what earlier restores have parked, too."""


class StartRestore(msgspec.Struct, forbid_unknown_fields=True):
    """The plan to carry out."""

    plan: str


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """Which page an ambiguous one became: `page` is its number in the plan, `choice` a page id, empty to leave it."""

    page: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    choice: Annotated[str, msgspec.Meta(max_length=255)]


class Decisions(msgspec.Struct, forbid_unknown_fields=True):
    """Decisions about ambiguous pages. They take effect when the plan is made again."""

    decisions: Annotated[list[Decision], msgspec.Meta(min_length=1, max_length=10_000)]


@post(
    "/restore-plans",
    opt={"scope": "restore"},
    status_code=202,
    summary="Plan a restore",
    description="Writes nothing. The task's result names the plan.",
    responses=problems(400, 404, 409, 410, 422, 502, 503),
    sync_to_thread=True,
)
def start_plan(caller: Caller, data: StartPlan) -> Response[Task]:
    options = RestoreOptions(data.conflict, data.space_map, data.page_map, data.include_parked)
    if (data.archive is None) == (data.parked_of is None):
        raise InvalidInput("A plan is of an archive or of parked records: send one of archive and parked_of.")
    if data.archive is not None:
        upload = archives.get_archive(caller.app, caller.site, data.archive)
        task_id = restore_plans.start_plan_restore(
            caller.app, caller.site, Path(upload.path), options, caller.actor, name=upload.name, upload=upload.id
        )
    else:
        task_id = restore_plans.start_plan_parked(caller.app, caller.site, data.parked_of or "", options, caller.actor)
    return started(caller, task_id)


@get(
    "/restore-plans",
    opt={"scope": "restore"},
    summary="List plans",
    description="Plans are kept for thirty days.",
    sync_to_thread=True,
)
def list_plans(caller: Caller) -> PlanList:
    return PlanList(
        [
            PlanLine(head.id, head.name, as_datetime(head.made_at), head.ambiguous, plan_links(caller.site, head.id))
            for head in restore_plans.list_plans(caller.app, caller.site)
        ]
    )


@get(
    "/restore-plans/{plan_id:str}",
    opt={"scope": "restore"},
    summary="Look at a plan",
    description="Counts by outcome, findings, and the restore that carried it out.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def get_plan(caller: Caller, plan_id: PlanId) -> PlanView:
    return view_plan(caller.site, restore_plans.get_plan_summary(caller.app, caller.site, plan_id))


@get(
    "/restore-plans/{plan_id:str}/records",
    opt={"scope": "restore"},
    summary="Every record of a plan",
    description="In pages, with the evidence of each match; filtered by space, outcome, kind and words.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def list_records(
    caller: Caller,
    plan_id: PlanId,
    space: Words = "",
    outcome: Outcome = "",
    kind: RecordKindName = "",
    text: Words = "",
    after: Annotated[int, Parameter(ge=0, le=2**53)] = 0,
    limit: Limit = 100,
) -> RecordList:
    wanted = RecordFilter(space=space, outcome=outcome, kind=kind, text=text)
    found = restore_plans.list_plan_records(caller.app, caller.site, plan_id, wanted, after=after, limit=limit)
    items = [
        RecordView(each.id, each.kind, each.outcome, each.name, each.about, each.reason, view_page(each.page))
        for each in found.records
    ]
    links = {"plan": api_path(caller.site, "restore-plans", plan_id)}
    if found.next is not None:
        asked = {"space": space, "outcome": outcome, "kind": kind, "text": text, "limit": limit, "after": found.next}
        links["next"] = f"{links['plan']}/records?{urlencode({name: value for name, value in asked.items() if value})}"
    return RecordList(items, found.total, links)


@get(
    "/restore-plans/{plan_id:str}/ambiguous",
    opt={"scope": "restore"},
    summary="Pages that wait for a decision",
    description="Each with its candidates.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def list_ambiguous(
    caller: Caller, plan_id: PlanId, after: Annotated[int, Parameter(ge=0, le=2**53)] = 0, limit: Limit = 50
) -> AmbiguousList:
    found = restore_plans.list_ambiguous(caller.app, caller.site, plan_id, after=after, limit=limit + 1)
    links = {"plan": api_path(caller.site, "restore-plans", plan_id)}
    if len(found) > limit:
        links["next"] = f"{links['plan']}/ambiguous?limit={limit}&after={found[limit - 1].id}"
    items = [
        AmbiguousView(
            each.id,
            view_page(each.plan),
            each.plan.reason,
            [view_target(candidate) for candidate in each.plan.candidates],
            each.choice,
        )
        for each in found[:limit]
    ]
    return AmbiguousList(items, links)


@post(
    "/restore-plans/{plan_id:str}/decisions",
    opt={"scope": "restore"},
    status_code=200,
    summary="Decide about ambiguous pages",
    description="Then make the plan again.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def decide(caller: Caller, plan_id: PlanId, data: Decisions) -> PlanView:
    choices = {each.page: each.choice for each in data.decisions}
    restore_plans.decide(caller.app, caller.site, plan_id, choices, caller.actor)
    return view_plan(caller.site, restore_plans.get_plan_summary(caller.app, caller.site, plan_id))


@post(
    "/restore-plans/{plan_id:str}/again",
    opt={"scope": "restore"},
    status_code=202,
    summary="Make a plan again",
    description="With the decisions that were made. The task's result names the new plan.",
    responses=problems(400, 404, 409, 410, 502, 503),
    sync_to_thread=True,
)
def plan_again(caller: Caller, plan_id: PlanId) -> Response[Task]:
    return started(caller, restore_plans.start_plan_again(caller.app, caller.site, plan_id, caller.actor))


@post(
    "/restores",
    opt={"scope": "restore"},
    status_code=202,
    summary="Carry a plan out",
    description=(
        "Carried out twice, it changes nothing the second time. The task's result is the report; `restore`, and the "
        "link of that name, say which restore it is as soon as it has begun."
    ),
    responses=problems(400, 404, 409, 410, 422, 502, 503),
    sync_to_thread=True,
)
def start_restore(caller: Caller, data: StartRestore) -> Response[Task]:
    return started(caller, restore_plans.start_apply_restore(caller.app, caller.site, data.plan, caller.actor))


@get(
    "/restores",
    opt={"scope": "restore"},
    summary="List restores",
    description="Newest first, and what is parked.",
    sync_to_thread=True,
)
def list_restores(caller: Caller) -> RestoreList:
    status = acts.restore_status(caller.app, caller.site)
    return RestoreList([view_restore(caller.site, each) for each in status.restores], status.parked)


@get(
    "/restores/{restore_id:int}",
    opt={"scope": "restore"},
    summary="Look at a restore",
    description="Its report, as the log tells, with its findings.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def get_restore(caller: Caller, restore_id: Id) -> RestoreReportView:
    return view_report(caller.site, acts.get_restore(caller.app, caller.site, restore_id))


@get(
    "/restores/{restore_id:int}/undo",
    opt={"scope": "restore"},
    summary="What undoing would do",
    description="Writes nothing. What was done since on restored records is kept, and told here.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def preview_undo(caller: Caller, restore_id: Id) -> UndoView:
    plan = acts.plan_undo(caller.app, caller.site, restore_id)
    return UndoView(
        plan.restore.id,
        plan.totals,
        [FindingView(each.kind, each.record, each.evidence, each.action) for each in plan.findings],
    )


@post(
    "/restores/{restore_id:int}/undo",
    opt={"scope": "restore"},
    status_code=202,
    summary="Undo a restore",
    description="What it made goes, what it wrote over comes back.",
    responses=problems(400, 404, 409),
    sync_to_thread=True,
)
def undo(caller: Caller, restore_id: Id) -> Response[Task]:
    return started(caller, acts.start_undo(caller.app, caller.site, restore_id, caller.actor))


handlers = [
    start_plan,
    list_plans,
    get_plan,
    list_records,
    list_ambiguous,
    decide,
    plan_again,
    start_restore,
    list_restores,
    get_restore,
    preview_undo,
    undo,
]
