"""What a restore did, read from its log; and what still waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from snapshots.findings import Finding
from snapshots.registry import parked, restores, sites
from snapshots.registry.restores import RestoreRow
from snapshots.registry.sites import SiteRow
from snapshots.restore.deciding import KEPT_FOR_OTHERS
from snapshots.restore.plan import add_outcomes

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


@dataclass(frozen=True, slots=True)
class RestoreStatus:
    """The restores of a site, newest first, and what waits for it."""

    restores: tuple[RestoreReport, ...]
    parked: dict[str, dict[str, int]]
    """Cloud id of the source site to reason to number of records."""
    source_names: dict[str, str]
    """Cloud id of a source site to what it is called, where that is known."""


def report_restore(registry: Registry, row: RestoreRow, findings: Iterable[Finding] = ()) -> RestoreReport:
    """What the log says of one restore. Findings are not in the log: they come from plan and run."""
    with registry.read() as conn:
        chunks = restores.list_chunks(conn, row.id)
        waiting = parked.count_parked_reasons(conn, row.site_id, row.source_cloud_id)
    totals = add_outcomes(msgspec.json.decode(chunk.counts, type=dict[str, dict[str, int]]) for chunk in chunks)
    return RestoreReport(row, len(chunks), totals, tuple(findings), _without_kept(waiting))


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


def source_name(row: RestoreRow) -> str:
    """What the archive called its site; empty where the log does not tell."""
    return str(msgspec.json.decode(row.options, type=dict[str, Any]).get("source_site", ""))


def _without_kept(waiting: dict[str, int]) -> dict[str, int]:
    return {reason: count for reason, count in waiting.items() if reason != KEPT_FOR_OTHERS}
