"""The tab *Backup / Export*: which spaces, the running backup, and the files made earlier."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect, Template

from snapshots import durable
from snapshots.acts import backups, spaces, tasks
from snapshots.acts.tasks import Task
from snapshots.backup.selection import Selection, read_spaces_csv, select_all, select_picked
from snapshots.errors import AlreadyRunning, InvalidInput
from snapshots.findings import Finding
from snapshots.jobs import JobState
from snapshots.web.api.files import answer_file, begins_at_start
from snapshots.web.api.model import Id
from snapshots.web.pages.area import Area
from snapshots.web.problems import is_part, problem_of
from snapshots.web.security import Visitor
from snapshots.web.view import site_path

AnyRequest = Request[Visitor, Any, Any]

_SHOWN_SPACES = 50
_CHOSEN_AT_ONCE = 500
"""So many spaces are chosen by one press at most: more are a matter for all spaces, or for a CSV file."""
_SHOWN_KEYS = 100
_SHOWN_BACKUPS = 20
_ENDS = {"done": "The export file is ready.", "cancelled": "The export was cancelled."}
_CSV_BYTES = 5 * 1024 * 1024
UNFINISHED: tuple[JobState, ...] = ("waiting", "running", "interrupted")


@get("/backup", sync_to_thread=True)
def show(area: Area, before: str = "") -> Template:
    return area.page(
        "backup/index.html",
        tab="backup",
        contents=spaces.describe_spaces(area.app, area.site),
        **_find(area, ""),
        task=tasks.find_to_show(area.app, area.site, {durable.BACKUP}),
        **_earlier(area, before),
    )


@get("/backup/spaces", sync_to_thread=True)
def search(area: Area, q: str = "", choose: str = "") -> Template:
    """The spaces that fit what somebody typed so far; with `choose`, all of them to be chosen, within reason."""
    return area.part("backup/spaces.html", **_find(area, q[:200], choose=bool(choose)))


def _find(area: Area, words: str, *, choose: bool = False) -> dict[str, Any]:
    limit = _CHOSEN_AT_ONCE if choose else _SHOWN_SPACES
    found = spaces.search_spaces(area.app, area.site, words, limit=limit)
    return {"found": found, "q": words, "choose": choose, "at_once": min(found.fitting, _CHOSEN_AT_ONCE)}


@dataclass(frozen=True, slots=True)
class CsvForm:
    """A CSV file of space keys."""

    file: UploadFile | None = None


@post("/backup/csv", sync_to_thread=True, request_max_body_size=_CSV_BYTES + 4096, status_code=200)
def check_csv(
    request: AnyRequest, area: Area, data: Annotated[CsvForm, Body(media_type=RequestEncodingType.MULTI_PART)]
) -> Template:
    """What a CSV file means here, before anything runs. Starts nothing and keeps nothing."""
    if data.file is None or not data.file.filename:
        raise InvalidInput("No file was chosen: choose a CSV file with one column of space keys.")
    resolved = backups.resolve_spaces(area.app, area.site, read_spaces_csv(data.file.file.read()))
    notes: dict[str, list[Finding]] = {}
    for finding in resolved.findings:
        notes.setdefault(finding.kind, []).append(finding)
    shown: dict[str, Any] = {"file": data.file.filename, "resolved": resolved, "notes": notes, "most": _SHOWN_KEYS}
    if is_part(request):
        return area.part("backup/csv.html", **shown)
    return area.page("backup/csv_page.html", tab="backup", **shown)


@dataclass(frozen=True, slots=True)
class StartForm:
    """Which spaces: `mode` as in `backup.selection`, and the keys unless it is `all`."""

    mode: Literal["all", "picked", "csv"]
    key: str | list[str] = ""

    def selection(self) -> Selection:
        keys = [self.key] if isinstance(self.key, str) else self.key
        return select_all() if self.mode == "all" else replace(select_picked(keys), mode=self.mode)


@post("/backup/start", sync_to_thread=True, status_code=200)
def start(
    request: AnyRequest, area: Area, data: Annotated[StartForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Template | Redirect:
    """Begin a backup of what was chosen. An unknown key by now means that a space went away since it was chosen."""
    resolved = backups.resolve_spaces(area.app, area.site, data.selection())
    try:
        task_id = backups.start_backup(area.app, area.site, resolved, area.actor)
    except AlreadyRunning as refused:
        if not is_part(request) or not refused.job_id:
            raise
        # What is in the way is shown below the reason, so that one can watch it, or cancel it.
        in_the_way = tasks.get_task(area.app, area.site, refused.job_id)
        shown = in_the_way if in_the_way.kind == durable.BACKUP else None
        return area.part("backup/refused.html", problem=problem_of(refused), task=shown, status=409)
    return _answer_task(request, area, tasks.get_task(area.app, area.site, task_id))


@get("/backup/tasks/{task_id:str}", sync_to_thread=True)
def show_task(area: Area, task_id: str) -> Template:
    """How far a backup has come; asked for again and again while it is not done."""
    task = tasks.get_task(area.app, area.site, task_id, kinds={durable.BACKUP})
    if task.state in UNFINISHED:
        return area.part("backup/task.html", task=task)
    # Said once, for a region read out with every step would talk without end.
    events = {"backups-changed": {}, "said": {"words": _ENDS.get(task.state, "The export failed.")}}
    return area.part("backup/task.html", task=task, headers={"HX-Trigger": msgspec.json.encode(events).decode()})


@post("/backup/tasks/{task_id:str}/cancel", sync_to_thread=True, status_code=200)
def cancel(request: AnyRequest, area: Area, task_id: str) -> Template | Redirect:
    return _answer_task(request, area, tasks.cancel_task(area.app, area.site, task_id, area.actor))


@post("/backup/tasks/{task_id:str}/resume", sync_to_thread=True, status_code=200)
def resume(request: AnyRequest, area: Area, task_id: str) -> Template | Redirect:
    return _answer_task(request, area, tasks.resume_task(area.app, area.site, task_id, area.actor))


def _answer_task(request: AnyRequest, area: Area, task: Task) -> Template | Redirect:
    if is_part(request):
        return area.part("backup/task.html", task=task)
    return Redirect(site_path(area.site, "backup"), status_code=303)


@get("/backup/files", sync_to_thread=True)
def list_files(area: Area, before: str = "") -> Template:
    """The table of earlier files, after it changed."""
    return area.part("backup/files.html", **_earlier(area, before))


def _earlier(area: Area, before: str) -> dict[str, Any]:
    """A page of the backups made, newest first; `before` is where the page before ended."""
    found = backups.list_backups(area.app, area.site, limit=_SHOWN_BACKUPS + 1, before=_place(before))
    made, more = found[:_SHOWN_BACKUPS], len(found) > _SHOWN_BACKUPS
    last = made[-1].row if made and more else None
    # A file that a command wrote elsewhere is not ours to delete.
    ours = {each.row.id for each in made if Path(each.row.path).parent == area.app.config.archives_dir}
    return {"made": made, "ours": ours, "is_first": not before, "next": f"{last.created_at}.{last.id}" if last else ""}


def _place(before: str) -> tuple[int, int] | None:
    if not before:
        return None
    found = re.fullmatch(r"(\d{1,18})\.(\d{1,18})", before, re.ASCII)
    if found is None:
        raise InvalidInput("This page of the list is not there: go back to the first one.")
    return int(found[1]), int(found[2])


@get("/backup/{backup_id:int}/file", sync_to_thread=True)
def download(request: AnyRequest, area: Area, backup_id: Id) -> Response[Any]:
    """The archive, in ranges where the browser goes on with a download that broke."""
    backup = backups.get_file(area.app, area.site, backup_id)
    row = backup.row
    answer = answer_file(
        Path(row.path),
        request.headers,
        name=backup.file_name,
        sha256=row.archive_sha256,
        length=row.archive_bytes,
        media_type="application/zip",
    )
    if begins_at_start(answer):
        backups.note_download(area.app, backup, area.actor)
    return answer


@get("/backup/{backup_id:int}/delete", sync_to_thread=True)
def ask_delete(request: AnyRequest, area: Area, backup_id: Id) -> Template:
    """Whether the file is really to be deleted."""
    backup = backups.get_file(area.app, area.site, backup_id)
    if is_part(request):
        return area.part("backup/delete.html", backup=backup)
    return area.page("backup/delete_page.html", tab="backup", backup=backup)


@post("/backup/{backup_id:int}/delete", sync_to_thread=True, status_code=200)
def delete(request: AnyRequest, area: Area, backup_id: Id) -> Template | Redirect:
    made_by = backups.get_backup(area.app, area.site, backup_id).row.job_id
    backups.delete_backup(area.app, area.site, backup_id, area.actor)
    if is_part(request):
        return area.part("backup/deleted.html", made_by=made_by, **_earlier(area, ""))
    return Redirect(site_path(area.site, "backup"), status_code=303)


handlers = [
    show,
    search,
    check_csv,
    start,
    show_task,
    cancel,
    resume,
    list_files,
    download,
    ask_delete,
    delete,
]
