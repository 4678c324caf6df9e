"""The tab *Import Jira data*: this site's Jira-data file, and the wizard that imports another site's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect, Template

from snapshots.acts import jira_data as acts
from snapshots.acts import jira_files, jira_plans, tasks
from snapshots.acts.tasks import Task
from snapshots.durable_jira import JIRA_EXPORT, JIRA_IMPORT, JIRA_PLAN, JIRA_UNDO
from snapshots.errors import InvalidInput
from snapshots.jiradata.decisions import state_pairs, write_decisions
from snapshots.jiradata.mapping import KINDS, Kind
from snapshots.jiradata.plan import JiraPlan, PlanOptions
from snapshots.web.api.files import answer_file, begins_at_start
from snapshots.web.api.model import Id
from snapshots.web.pages.area import Area
from snapshots.web.pages.jiras import describe_jiras
from snapshots.web.problems import is_part
from snapshots.web.security import Visitor
from snapshots.web.view import site_path

AnyRequest = Request[Visitor, Any, Any]

KIND_WORDS: dict[str, str] = {
    "project": "Projects",
    "issue": "Issues",
    "issue_type": "Issue types",
    "field": "Fields",
    "status": "Statuses",
    "priority": "Priorities",
    "resolution": "Resolutions",
    "link_type": "Link types",
    "filter": "Filters",
    "sprint": "Sprints",
    "board": "Boards",
    "user": "People",
}
_KINDS_OF_TASKS = {JIRA_EXPORT, JIRA_PLAN, JIRA_IMPORT, JIRA_UNDO}
_SHOWN_EXPORTS = 10
_SHOWN_PLANS = 10
_SHOWN_MACROS = 20
_SHOWN_MATCHES = 50
_SHOWN_UNDECIDED = 100
_BLOCK_BYTES = 1 << 20


@get("/jira-data", sync_to_thread=True)
def show(area: Area) -> Template:
    return area.page(
        "jira-data/index.html",
        tab="jira-data",
        task=tasks.find_to_show(area.app, area.site, _KINDS_OF_TASKS),
        plans=acts.list_plans(area.app, area.site, _SHOWN_PLANS),
        imports=acts.list_imports(area.app, area.site),
        exports=acts.list_exports(area.app, area.site, _SHOWN_EXPORTS),
        **describe_jiras(area),
    )


# -- the source ----------------------------------------------------------------------------------------------------


@post("/jira-data/export", sync_to_thread=True, status_code=200)
def export(request: AnyRequest, area: Area) -> Template | Redirect:
    return _answer_task(request, area, acts.start_export(area.app, area.site, area.actor))


@get("/jira-data/exports", sync_to_thread=True)
def list_exports(area: Area) -> Template:
    """The table of files, after one was made."""
    return area.part("jira-data/exports.html", exports=acts.list_exports(area.app, area.site, _SHOWN_EXPORTS))


@get("/jira-data/exports/{task_id:str}/file", sync_to_thread=True)
def download(request: AnyRequest, area: Area, task_id: str) -> Response[Any]:
    written = acts.get_export(area.app, area.site, task_id)
    path = Path(written["path"])
    facts = {"sha256": written["sha256"], "length": written["bytes"], "media_type": "application/x-ndjson"}
    answer = answer_file(path, request.headers, name=path.name, **facts)
    if begins_at_start(answer):
        acts.note_download(area.app, area.site, written, area.actor)
    return answer


# -- the destination -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A Jira-data file, and what the administrator states about it."""

    file: UploadFile | None = None
    mapping: UploadFile | None = None
    same_jira: str = ""
    spaces: str = ""


@post(
    "/jira-data/upload",
    sync_to_thread=True,
    request_max_body_size=jira_files.MAX_FILE_BYTES + jira_files.MAX_MAPPING_BYTES,
    status_code=200,
)
def upload(
    request: AnyRequest, area: Area, data: Annotated[UploadForm, Body(media_type=RequestEncodingType.MULTI_PART)]
) -> Template | Redirect:
    """Keep the file and begin to match it with the Jira of this site."""
    if data.file is None or not data.file.filename:
        raise InvalidInput("No file was chosen: choose the Jira-data file that was exported at the source.")
    mappings = _read_mapping(area, data.mapping)
    kept = jira_files.keep_file(area.app, area.site, data.file.filename, _blocks(data.file), area.actor)
    options = PlanOptions(same_jira=bool(data.same_jira), spaces=_read_spaces(data.spaces))
    task_id = acts.start_plan(area.app, area.site, kept.file.path, kept.name, mappings, options, area.actor)
    return _answer_task(request, area, task_id)


def _blocks(file: UploadFile) -> Iterator[bytes]:
    while block := file.file.read(_BLOCK_BYTES):
        yield block


def _read_spaces(text: str) -> tuple[str, ...] | None:
    """Keys as somebody typed them, by lines, commas or blanks; None for all spaces."""
    return tuple(dict.fromkeys(text.replace(",", " ").split())) or None


def _read_mapping(area: Area, file: UploadFile | None) -> list[tuple[str, Path]]:
    if file is None or not file.filename:
        return []
    data = file.file.read(jira_files.MAX_MAPPING_BYTES + 1)
    if len(data) > jira_files.MAX_MAPPING_BYTES:
        raise InvalidInput(f"{file.filename} is too long for a mapping: give the lines that matter.")
    return [(file.filename, jira_files.keep_mapping(area.app, file.filename, data))]


@get("/jira-data/plans/{digest:str}", sync_to_thread=True)
def show_plan(
    request: AnyRequest, area: Area, digest: str, kind: str = "", outcome: str = "", start: int = 0, matches: int = 0
) -> Template:
    """The plan: what the file is, what was matched, what waits, and each macro before and after."""
    plan = jira_plans.get_plan(area.app, area.site, digest)
    summaries = jira_plans.summarise(plan)
    kind = kind or next((each.kind for each in summaries), "project")
    shown: dict[str, Any] = {
        "plan": plan,
        "digest": digest,
        "kind": kind,
        "outcome": outcome,
        "words": KIND_WORDS,
        "found": jira_plans.list_matches(plan, kind, max(matches, 0), _SHOWN_MATCHES),
        "macros": jira_plans.list_macros(plan, outcome, max(start, 0), _SHOWN_MACROS),
        "step": {"macros": _SHOWN_MACROS, "matches": _SHOWN_MATCHES},
    }
    if is_part(request) and request.headers.get("hx-target", "").endswith("macros"):
        return area.part("jira-data/macros.html", **shown)
    if is_part(request):
        return area.part("jira-data/matches.html", **shown)
    return area.page(
        "jira-data/plan.html",
        tab="jira-data",
        summaries=summaries,
        carried_out=acts.find_import(area.app, area.site, digest),
        written=sum(1 for _ in plan.iter_written()),
        undecided=jira_plans.list_undecided(plan, 0, _SHOWN_UNDECIDED),
        named=sum(1 for each in plan.undecided if each.macros),
        **shown,
    )


@get("/jira-data/plans/{digest:str}/undecided.csv", sync_to_thread=True)
def download_undecided(area: Area, digest: str) -> Response[bytes]:
    """What waits for a person, as CSV to be edited."""
    plan = jira_plans.get_plan(area.app, area.site, digest)
    headers = {"Content-Disposition": 'attachment; filename="undecided.csv"'}
    return Response(
        write_decisions(plan.undecided).encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers
    )


@dataclass(frozen=True, slots=True)
class DecideForm:
    """Decisions made on the page, one beside another: kinds, words of the source, words there."""

    kind: str | list[str] = ""
    word: str | list[str] = ""
    there: str | list[str] = ""

    def pairs(self) -> Iterator[tuple[Kind, str, str]]:
        for kind, word, there in zip(*map(_listed, (self.kind, self.word, self.there)), strict=False):
            if kind in KINDS and word:
                yield kind, word, there


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@post("/jira-data/plans/{digest:str}/decide", sync_to_thread=True, status_code=200)
def decide(
    request: AnyRequest,
    area: Area,
    digest: str,
    data: Annotated[DecideForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Template | Redirect:
    """Plan again with what was decided on the page."""
    plan = jira_plans.get_plan(area.app, area.site, digest)
    decided = state_pairs(data.pairs())
    if not decided:
        raise InvalidInput("Nothing was decided: fill in what at least one of them is called here.")
    given = {(kind, word): there for kind, word, there in plan.options.given} | decided
    answers = tuple((kind, word, there) for (kind, word), there in given.items())
    return _plan_again(request, area, plan, msgspec.structs.replace(plan.options, given=answers), [])


@dataclass(frozen=True, slots=True)
class DecisionsForm:
    """The edited CSV of what waited."""

    file: UploadFile | None = None


@post(
    "/jira-data/plans/{digest:str}/decisions",
    sync_to_thread=True,
    request_max_body_size=jira_files.MAX_MAPPING_BYTES + 4096,
    status_code=200,
)
def upload_decisions(
    request: AnyRequest,
    area: Area,
    digest: str,
    data: Annotated[DecisionsForm, Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Template | Redirect:
    """Plan again with the decisions of an edited CSV."""
    plan = jira_plans.get_plan(area.app, area.site, digest)
    mappings = _read_mapping(area, data.file)
    if not mappings:
        raise InvalidInput("No file was chosen: choose the edited CSV.")
    return _plan_again(request, area, plan, plan.options, mappings)


@post("/jira-data/plans/{digest:str}/everything", sync_to_thread=True, status_code=200)
def include_everything(request: AnyRequest, area: Area, digest: str) -> Template | Redirect:
    """Plan again, so that macros that wait or are doubtful are written too; or no longer."""
    plan = jira_plans.get_plan(area.app, area.site, digest)
    options = msgspec.structs.replace(plan.options, everything=not plan.options.everything)
    return _plan_again(request, area, plan, options, [])


def _plan_again(
    request: AnyRequest, area: Area, plan: JiraPlan, options: PlanOptions, mappings: list[tuple[str, Path]]
) -> Template | Redirect:
    kept = jira_files.get_file(area.app, area.site, plan.source.sha256)
    task_id = acts.start_plan(area.app, area.site, kept.file.path, kept.name, mappings, options, area.actor)
    return _answer_task(request, area, task_id)


@post("/jira-data/plans/{digest:str}/apply", sync_to_thread=True, status_code=200)
def apply(request: AnyRequest, area: Area, digest: str) -> Template | Redirect:
    plan = jira_plans.get_plan(area.app, area.site, digest)
    return _answer_task(request, area, acts.start_import(area.app, area.site, plan, area.actor))


@get("/jira-data/imports/{import_id:int}", sync_to_thread=True)
def show_import(area: Area, import_id: Id) -> Template:
    """The report of an import, and the way back."""
    return area.page("jira-data/import.html", tab="jira-data", report=acts.get_import(area.app, area.site, import_id))


@post("/jira-data/imports/{import_id:int}/undo", sync_to_thread=True, status_code=200)
def undo(request: AnyRequest, area: Area, import_id: Id) -> Template | Redirect:
    return _answer_task(request, area, acts.start_undo(area.app, area.site, import_id, area.actor))


# -- tasks ---------------------------------------------------------------------------------------------------------


@get("/jira-data/tasks/{task_id:str}", sync_to_thread=True)
def show_task(request: AnyRequest, area: Area, task_id: str) -> Template:
    """How far a task has come; asked for again and again while it is not done."""
    task = tasks.get_task(area.app, area.site, task_id, kinds=_KINDS_OF_TASKS)
    if not is_part(request):
        return area.page("jira-data/task_page.html", tab="jira-data", task=task)
    if task.state != "done":
        return area.part("jira-data/task.html", task=task)
    if task.kind == JIRA_EXPORT:
        events = {"exports-changed": {}, "said": {"words": "The Jira-data file is ready."}}
        return area.part("jira-data/task.html", task=task, headers={"HX-Trigger": msgspec.json.encode(events).decode()})
    return area.part("jira-data/task.html", task=task, headers={"HX-Redirect": _result_path(area, task)})


def _result_path(area: Area, task: Task) -> str:
    """Where the result of a task is shown."""
    if task.kind == JIRA_PLAN:
        return site_path(area.site, "jira-data", "plans", task.result["plan"])
    return site_path(area.site, "jira-data", "imports", task.result["import"])


@post("/jira-data/tasks/{task_id:str}/cancel", sync_to_thread=True, status_code=200)
def cancel(request: AnyRequest, area: Area, task_id: str) -> Template | Redirect:
    tasks.cancel_task(area.app, area.site, task_id, area.actor)
    return _answer_task(request, area, task_id)


@post("/jira-data/tasks/{task_id:str}/resume", sync_to_thread=True, status_code=200)
def resume(request: AnyRequest, area: Area, task_id: str) -> Template | Redirect:
    tasks.resume_task(area.app, area.site, task_id, area.actor)
    return _answer_task(request, area, task_id)


def _answer_task(request: AnyRequest, area: Area, task_id: str) -> Template | Redirect:
    if is_part(request):
        task = tasks.get_task(area.app, area.site, task_id)
        # Said once, for a region read out with every step would talk without end.
        events = {"said": {"words": "Cancelled." if task.state == "cancelled" else "It has begun."}}
        return area.part("jira-data/task.html", task=task, headers={"HX-Trigger": msgspec.json.encode(events).decode()})
    return Redirect(site_path(area.site, "jira-data", "tasks", task_id), status_code=303)


handlers = [
    show,
    export,
    list_exports,
    download,
    upload,
    show_plan,
    download_undecided,
    decide,
    upload_decisions,
    include_everything,
    apply,
    show_import,
    undo,
    show_task,
    cancel,
    resume,
]
