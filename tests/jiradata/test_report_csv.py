"""The report of an import as a CSV."""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace
from typing import Any, cast

from snapshots.findings import Finding
from snapshots.jiradata.report_csv import write_report_csv


def test_what_other_people_wrote_is_no_formula() -> None:
    page = SimpleNamespace(space_key="REL", remote_id="1", title="=HYPERLINK(1)", state="skipped", reason="@SUM(1)")
    report = SimpleNamespace(pages={"skipped": 1}, notes=[page], findings=[Finding("merged", "+1", "-2+3", 'a,\n"b"')])
    rows = list(csv.DictReader(io.StringIO(write_report_csv(cast(Any, report)))))
    assert [row["what"] for row in rows] == ["count", "page", "finding"]
    assert (rows[1]["page"], rows[1]["words"]) == ("'=HYPERLINK(1)", "'@SUM(1)")
    assert (rows[2]["page"], rows[2]["words"], rows[2]["action"]) == ("'+1", "'-2+3", 'a,\n"b"')
