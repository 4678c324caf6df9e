"""The report of an import as a CSV that a spreadsheet may open."""

from __future__ import annotations

import csv
import io

from snapshots.jiradata.apply import ImportReport
from snapshots.jiradata.decisions import safe_cell

_COLUMNS = ("what", "space", "page_id", "page", "state", "pages", "words", "action")


def write_report_csv(report: ImportReport) -> str:
    """A line for each count, each page that a person should look at, and each finding."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(_COLUMNS)
    lines.writerows(["count", "", "", "", state, number, "", ""] for state, number in report.pages.items())
    for page in report.notes:
        named = map(safe_cell, (page.space_key, page.remote_id, page.title))
        lines.writerow(["page", *named, page.state, "", safe_cell(page.reason), ""])
    for finding in report.findings:
        told = map(safe_cell, (finding.evidence, finding.action))
        lines.writerow(["finding", "", "", safe_cell(finding.record), finding.kind, "", *told])
    return text.getvalue()
