"""In the tab *Import Jira data*: the report of an import as a file."""

from __future__ import annotations

import msgspec
from litestar import Response, get

from snapshots.acts import jira_data as acts
from snapshots.durable_jira import describe_report
from snapshots.jiradata.report_csv import write_report_csv
from snapshots.web.api.model import Id
from snapshots.web.pages.area import Area


@get("/jira-data/imports/{import_id:int}/report.json", sync_to_thread=True)
def download_json(area: Area, import_id: Id) -> Response[bytes]:
    document = describe_report(acts.get_import(area.app, area.site, import_id))
    data = msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    return _download(data, f"jira-import-{import_id}.json", "application/json")


@get("/jira-data/imports/{import_id:int}/report.csv", sync_to_thread=True)
def download_csv(area: Area, import_id: Id) -> Response[bytes]:
    data = write_report_csv(acts.get_import(area.app, area.site, import_id)).encode("utf-8-sig")
    return _download(data, f"jira-import-{import_id}.csv", "text/csv")


def _download(data: bytes, name: str, media_type: str) -> Response[bytes]:
    return Response(data, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


handlers = [download_json, download_csv]
