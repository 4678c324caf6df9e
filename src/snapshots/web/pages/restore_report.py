"""Restores that were carried out: their reports to read and to download, and undo with its preview."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Template

from snapshots.acts import jira_data, jira_files, restores, sites
from snapshots.errors import InvalidInput, NotFound
from snapshots.jiradata.plan import PlanOptions
from snapshots.restore.report import make_report_csv, make_report_document
from snapshots.web.api.model import Id
from snapshots.web.pages.area import Area
from snapshots.web.pages.going import go
from snapshots.web.view import site_path


@get("/restore/restores/{restore_id:int}", sync_to_thread=True)
def show_report(area: Area, restore_id: Id) -> Template:
    report = restores.get_restore(area.app, area.site, restore_id)
    names = restores.restore_status(area.app, area.site).source_names
    source = report.source_name or names.get(report.restore.source_cloud_id, "")
    imported = jira_data.find_import_of_file(area.app, area.site, report.jira_file.sha256) if report.jira_file else None
    others = [each for each in sites.list_jiras(area.app, area.app.get_site(area.site)) if each.standing == "other"]
    return area.page(
        "restore/report.html",
        tab="restore",
        report=report,
        source=source,
        imported=imported,
        others=[each for each in others if each.macros] if report.totals else [],
        own_jira=area.app.get_site(area.site).jira_url,
    )


@post("/restore/restores/{restore_id:int}/jira-data", sync_to_thread=True)
def plan_jira_data(area: Area, request: Request[Any, Any, Any], restore_id: Id) -> Response[Any]:
    """Begin planning the import of the Jira-data file that was brought along."""
    brought = restores.get_restore(area.app, area.site, restore_id).jira_file
    if brought is None:
        raise NotFound("No Jira-data file was brought along with this restore: upload it in the tab Import Jira data.")
    kept = jira_files.get_file(area.app, area.site, brought.sha256)
    task_id = jira_data.start_plan(area.app, area.site, kept.file.path, brought.name, [], PlanOptions(), area.actor)
    return go(request, site_path(area.site, "jira-data", "tasks", task_id))


@get("/restore/restores/{restore_id:int}/report.json", sync_to_thread=True)
def download_json(area: Area, restore_id: Id) -> Response[bytes]:
    document = make_report_document(restores.get_restore(area.app, area.site, restore_id))
    # Where the file lay on the server is for operators, who have the command line.
    del document["archive_path"]
    data = msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    return _download(data, f"restore-{restore_id}.json", "application/json")


@get("/restore/restores/{restore_id:int}/report.csv", sync_to_thread=True)
def download_csv(area: Area, restore_id: Id) -> Response[bytes]:
    data = make_report_csv(restores.get_restore(area.app, area.site, restore_id)).encode("utf-8-sig")
    return _download(data, f"restore-{restore_id}.csv", "text/csv")


def _download(data: bytes, name: str, media_type: str) -> Response[bytes]:
    return Response(data, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@get("/restore/restores/{restore_id:int}/undo", sync_to_thread=True)
def show_undo(area: Area, restore_id: Id) -> Template:
    """What undoing would do; where it must not be done, the reason."""
    report = restores.get_restore(area.app, area.site, restore_id)
    try:
        plan, refusal = restores.plan_undo(area.app, area.site, restore_id), ""
    except InvalidInput as error:
        plan, refusal = None, str(error)
    return area.page("restore/undo.html", tab="restore", restore=report.restore, plan=plan, refusal=refusal)


@post("/restore/restores/{restore_id:int}/undo", sync_to_thread=True)
def start_undo(area: Area, request: Request[Any, Any, Any], restore_id: Id) -> Response[Any]:
    task_id = restores.start_undo(area.app, area.site, restore_id, area.actor)
    return go(request, site_path(area.site, "restore", "tasks", task_id))


handlers = [show_report, plan_jira_data, download_json, download_csv, show_undo, start_undo]
