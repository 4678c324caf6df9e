"""Atlassian's id-mapping reports: a job that is triggered, asked for, and downloaded as CSV.

On a real site these paths are below https://api.atlassian.com; here every Cloud site answers them for itself. A Data
Center that has the migration assistant answers one request with the whole report.
"""

from __future__ import annotations

import csv
import io
import sqlite3
import uuid
from typing import Any, Final

from atlassian_emulator.call import Call, ProductError, Reply
from atlassian_emulator.moving.ledger import has_move, iter_ids, plain_url
from atlassian_emulator.routing import Route

COLUMNS: Final = ("entityType", "serverId", "cloudId")
PRODUCTS: Final = ("CONFLUENCE", "JIRA")
_KEPT_US: Final = 7 * 24 * 3600 * 1_000_000
_JOBS: Final = "/migrations/reports/v1/id-mappings"


class ReportRefused(ProductError):
    """A refusal in the shape of Atlassian's reports."""

    def __init__(self, status: int, message: str, errors: list[str] | None = None) -> None:
        body: dict[str, Any] = {"status": status, "errorMessage": message}
        super().__init__(status, {**body, **({"errors": errors} if errors else {}), "id": str(uuid.uuid4())})


def trigger(call: Call) -> Reply:
    """POST …/trigger: 202 and a job."""
    body = call.json_object()
    product, source, destination = (body.get(name) for name in ("product", "sourceURL", "destinationURL"))
    errors = [] if product in PRODUCTS else ["Product must be CONFLUENCE or JIRA"]
    for name, url in (("sourceURL", source), ("destinationURL", destination)):
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            errors.append(f"{name} must be a URL with its protocol")
        elif url.endswith("/"):
            errors.append(f"{name} must not end with a slash")
    if errors:
        raise ReportRefused(400, "Validation failed", errors)
    if not call.caller.administers:
        raise ReportRefused(403, "Only an administrator may ask for id mappings")
    job_id = str(uuid.uuid4())
    row = (job_id, product, plain_url(str(source)), plain_url(str(destination)), call.site.clock())
    with call.site.database.transaction() as c:
        c.execute(
            "INSERT INTO id_mapping_jobs (id, product, source_url, destination_url, triggered_at)"
            " VALUES (?, ?, ?, ?, ?)",
            row,
        )
    return Reply(202, {"jobId": job_id, "status": "PENDING"})


def _get_job(call: Call, c: sqlite3.Connection) -> sqlite3.Row:
    job_id = call.path["jobId"]
    row: sqlite3.Row | None = c.execute(
        "SELECT * FROM id_mapping_jobs WHERE id = ? AND triggered_at > ?", (job_id, call.site.clock() - _KEPT_US)
    ).fetchone()
    if row is None:
        raise ReportRefused(404, f"Job not found with ID: {job_id}. The job ID may be incorrect or expired.")
    return row


def _status(c: sqlite3.Connection, job: sqlite3.Row) -> str:
    """A job is at work when it is first asked for, and done after that."""
    if job["times_asked"] < 1:
        return "IN_PROGRESS"
    moved = has_move(c, job["product"], job["source_url"], job["destination_url"])
    return "SUCCESS" if moved else "ERROR"


def get_job(call: Call) -> Reply:
    with call.site.database.transaction() as c:
        job = _get_job(call, c)
        status = _status(c, job)
        c.execute("UPDATE id_mapping_jobs SET times_asked = times_asked + 1 WHERE id = ?", (job["id"],))
    return Reply(body={"jobId": job["id"], "status": status})


def download(call: Call) -> Reply:
    """GET …/{jobId}/download: the report of a job that succeeded."""
    with call.site.database.read() as c:
        job = _get_job(call, c)
        if _status(c, job) != "SUCCESS":
            raise ReportRefused(409, f"The report of job {job['id']} is not ready")
        return _answer_report(c, job["product"], job["source_url"], job["destination_url"])


def get_report_of_server(call: Call) -> Reply:
    """GET /rest/migration/latest/report/id-mappings?cloudSiteUrl= of a Data Center's migration assistant."""
    url, product = call.query("cloudSiteUrl"), call.query_choice("product", PRODUCTS, "JIRA")
    if not url:
        raise ReportRefused(400, "cloudSiteUrl is required")
    if not call.caller.administers:
        raise ReportRefused(403, "Only an administrator may ask for id mappings")
    with call.site.database.read() as c:
        if not has_move(c, product, call.site.base_url, url):
            raise ReportRefused(404, f"Nothing was migrated from here to {url}")
        return _answer_report(c, product, call.site.base_url, url)


def _answer_report(c: sqlite3.Connection, product: str, source_url: str, destination_url: str) -> Reply:
    text = report_csv(iter_ids(c, product, source_url, destination_url))
    disposition = f'attachment; filename="id-mappings-{product.lower()}.csv"'
    return Reply(body=text.encode(), headers={"Content-Type": "text/csv", "Content-Disposition": disposition})


def report_csv(ids: Any) -> str:
    """Return (entity type, source id, destination id) rows as the report has them."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    lines.writerows(ids)
    return text.getvalue()


ROUTES: Final = (
    Route("POST", _JOBS + "/trigger", trigger),
    Route("GET", _JOBS + "/{jobId}", get_job),
    Route("GET", _JOBS + "/{jobId}/download", download),
)
DATA_CENTER_ROUTES: Final = (Route("GET", "/rest/migration/latest/report/id-mappings", get_report_of_server),)
