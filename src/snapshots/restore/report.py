"""What a restore did, read from its log; and what still waits."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from snapshots.findings import Finding
from snapshots.registry import parked, restores, sites
from snapshots.registry.restores import RestoreRow
from snapshots.registry.sites import SiteRow
from snapshots.restore.deciding import KEPT_FOR_OTHERS
from snapshots.restore.plan import add_outcomes
from snapshots.restore.plan_store import BroughtJiraFile

if TYPE_CHECKING:
    from snapshots.registry.engine import Registry


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """How a restore ended. `totals` counts records by kind and outcome over all its groups."""

    restore: RestoreRow
    groups: int
    totals: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]
    parked_reasons: dict[str, int]
    """Parked records of the same source site, by reason, as of now."""
    undone: dict[str, dict[str, int]]
    """What undoing it removed, put back and kept, as far as it is undone."""

    @property
    def source_name(self) -> str:
        """What the archive called its site; empty where the log does not tell."""
        return source_name(self.restore)

    @property
    def archive_name(self) -> str:
        """What people call the archive; empty where none was read."""
        return self.restore.archive_name or Path(self.restore.archive_path).name

    @property
    def jira_file(self) -> BroughtJiraFile | None:
        """The Jira-data file that was brought along."""
        told = self.restore.jira_file
        return msgspec.json.decode(told, type=BroughtJiraFile) if told else None


@dataclass(frozen=True, slots=True)
class RestoreStatus:
    """The restores of a site, newest first, and what waits for it."""

    restores: tuple[RestoreReport, ...]
    parked: dict[str, dict[str, int]]
    """Cloud id of the source site to reason to number of records."""
    source_names: dict[str, str]
    """Cloud id of a source site to what it is called, where that is known."""


def report_restore(registry: Registry, row: RestoreRow, findings: Iterable[Finding] | None = None) -> RestoreReport:
    """What the log says of one restore; without `findings`, with those of its last run."""
    with registry.read() as conn:
        chunks = restores.list_chunks(conn, row.id)
        waiting = parked.count_parked_reasons(conn, row.site_id, row.source_cloud_id)
    totals = add_outcomes(msgspec.json.decode(chunk.counts, type=dict[str, dict[str, int]]) for chunk in chunks)
    undone = add_undone([chunk.undone_counts for chunk in chunks])
    if findings is None:
        findings = msgspec.json.decode(row.findings or "[]", type=list[Finding])
    return RestoreReport(row, len(chunks), totals, tuple(findings), _without_kept(waiting), undone)


def add_undone(told: Iterable[str | None]) -> dict[str, dict[str, int]]:
    """The sum of what undoing did, from the log's text for each group: kinds in the order of the catalogue, then
    parked records, which are of no kind of their own."""
    counts = [msgspec.json.decode(text, type=dict[str, dict[str, int]]) for text in told if text]
    waiting = Counter[str]()
    for each in counts:
        waiting.update(each.get("parked_record", {}))
    totals = add_outcomes(counts)
    return totals | {"parked_record": dict(sorted(waiting.items()))} if waiting else totals


def make_report_document(report: RestoreReport) -> dict[str, Any]:
    """The report as JSON."""
    row = report.restore
    return {
        "id": row.id,
        "state": row.state,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "undone_at": row.undone_at,
        "archive_name": report.archive_name,
        "archive_path": row.archive_path,
        "archive_sha256": row.archive_sha256,
        "source_cloud_id": row.source_cloud_id,
        "source_site": report.source_name,
        "totals": report.totals,
        "undone": report.undone,
        "parked_reasons": report.parked_reasons,
        "jira_file": msgspec.to_builtins(report.jira_file),
        "findings": msgspec.to_builtins(report.findings),
    }


def make_report_csv(report: RestoreReport) -> str:
    """The report as a CSV: one line for each count and each finding."""
    file = io.StringIO(newline="")
    lines = csv.writer(file)
    lines.writerow(["what", "kind", "outcome", "records", "record", "evidence", "action"])
    for what, totals in (("restored", report.totals), ("undone", report.undone)):
        for kind, outcomes in totals.items():
            lines.writerows([what, kind, outcome, number, "", "", ""] for outcome, number in outcomes.items())
    lines.writerows(["parked", "", "", number, "", _cell(why), ""] for why, number in report.parked_reasons.items())
    for each in report.findings:
        lines.writerow(["finding", each.kind, "", "", _cell(each.record), _cell(each.evidence), _cell(each.action)])
    return file.getvalue()


def _cell(text: str) -> str:
    """The text, which a spreadsheet must not take for a formula: titles come from other people's pages."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def list_restores(registry: Registry, site: SiteRow) -> RestoreStatus:
    """Every restore to the site, and the records that are parked for it."""
    with registry.read() as conn:
        rows = restores.list_restores(conn, site.id)
        waiting = {
            cloud_id: _without_kept(parked.count_parked_reasons(conn, site.id, cloud_id))
            for cloud_id in parked.list_parked_sources(conn, site.id)
        }
        here = {row.cloud_id: row.name for row in sites.list_sites(conn)}
    names = {row.source_cloud_id: name for row in reversed(rows) if (name := source_name(row))}
    return RestoreStatus(tuple(report_restore(registry, row) for row in rows), waiting, names | here)


class LoggedOptions(msgspec.Struct, frozen=True):
    """What is read again of the options in the log. They may hold a map of 100,000 pages, which is passed over."""

    plan_sha256: str = ""
    source_site: str = ""


def read_options(row: RestoreRow) -> LoggedOptions:
    return msgspec.json.decode(row.options, type=LoggedOptions)


def source_name(row: RestoreRow) -> str:
    """What the archive called its site; empty where the log does not tell."""
    return read_options(row).source_site


def _without_kept(waiting: dict[str, int]) -> dict[str, int]:
    return {reason: count for reason, count in waiting.items() if reason != KEPT_FOR_OTHERS}
