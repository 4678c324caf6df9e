"""The long acts about Jira data as durable jobs; the rest of `durable`'s kinds are there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from snapshots.findings import Finding
from snapshots.jiradata.captured import list_captured_macros, read_captured_issues
from snapshots.jiradata.export import export_jira
from snapshots.jiradata.pages import iter_macro_pages
from snapshots.jobs import JobContext

if TYPE_CHECKING:
    from snapshots.app import App

JIRA_EXPORT = "jira-export"

Args = dict[str, Any]


def export(app: App, job: JobContext, args: Args) -> Any:
    """Write the Jira-data file of a site. One step: a file is whole or absent, so a job that died starts it anew."""

    def write() -> Any:
        with app.open_site(args["site"]) as site:
            findings: list[Finding] = []
            captured = list_captured_macros(app.registry, site.row)
            pages = [
                macro.definition
                for pages in iter_macro_pages(site.confluence, None, findings, job.progress)
                for page in pages
                for macro in page.macros
                if macro.definition
            ]
            definitions = dict.fromkeys([*pages, *(macro.definition for macro in captured)])
            issues = read_captured_issues(site.confluence, captured, job.progress)
            issues.findings = [*findings, *issues.findings]
            written = export_jira(
                site.row,
                site.jira,
                site.catalogue,
                definitions,
                issues,
                Path(args["path"]),
                args["created_at"],
                job.progress,
            )
            return {
                "path": str(written.path),
                "bytes": written.bytes,
                "sha256": written.sha256,
                "created_at": written.head.created_at,
                "source": msgspec.to_builtins(written.head.source),
                "counts": written.tail.counts,
                "findings": msgspec.to_builtins(written.tail.findings),
                "requests": site.transport.requests_sent,
            }

    return job.step("write the Jira-data file", write)
