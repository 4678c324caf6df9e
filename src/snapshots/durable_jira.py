"""The long acts about Jira data as durable jobs; the rest of `durable`'s kinds are there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from snapshots.access.actors import Actor
from snapshots.findings import Finding
from snapshots.jiradata.already_here import find_macros_already_here
from snapshots.jiradata.apply import ImportReport, apply_import, undo_import
from snapshots.jiradata.captured import list_captured_macros, read_captured_issues
from snapshots.jiradata.decisions import Given, read_given, state_pairs
from snapshots.jiradata.export import export_jira
from snapshots.jiradata.file import open_file
from snapshots.jiradata.pages import iter_macro_pages
from snapshots.jiradata.plan import JiraPlan, PlanOptions, load_kept_plan, save_plan
from snapshots.jiradata.planning import plan_import
from snapshots.jobs import JobContext
from snapshots.progress import Progress
from snapshots.registry import restores
from snapshots.whole_files import make_folder

if TYPE_CHECKING:
    from snapshots.app import App

JIRA_EXPORT, JIRA_PLAN, JIRA_IMPORT, JIRA_UNDO = "jira-export", "jira-plan", "jira-import", "jira-undo"

Args = dict[str, Any]


def export(app: App, job: JobContext, args: Args) -> Any:
    """Write the Jira-data file of a site. One step: a file is whole or absent, so a job that died starts it anew."""

    def write() -> Any:
        with app.open_site(args["site"]) as site:
            findings: list[Finding] = []
            make_folder(Path(args["path"]).parent)
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


def plan(app: App, job: JobContext, args: Args) -> Any:
    """Make the plan of an import and keep it under its digest. One step: making it writes nothing else."""

    def make() -> Any:
        options = msgspec.convert(args["options"], PlanOptions)
        given = read_given((name, Path(path)) for name, path in args["mappings"])
        given.answers.update(state_pairs((kind, word, there) for kind, word, there in options.given))
        made = make_plan(app, args["site"], Path(args["file"]), given, options, job.progress)
        save_kept_plan(app, made)
        return describe_plan(made)

    return job.step("make the plan", make)


def make_plan(
    app: App, site_name: str | None, file: Path, given: Given, options: PlanOptions, progress: Progress
) -> JiraPlan:
    """What importing the file into this site would do."""
    opened = open_file(file)
    with app.open_site(site_name) as site:
        with app.registry.read() as conn:
            known = {restore.source_cloud_id for restore in restores.list_restores(conn, site.row.id)}
        here = find_macros_already_here(app.registry, site.row)
        return plan_import(
            site.row, site.confluence, site.jira, site.catalogue, opened, given, options, known, here, progress
        )


def save_kept_plan(app: App, made: JiraPlan) -> Path:
    """Keep a plan beside the jobs, so that a job taken over by another process carries out the same plan."""
    make_folder(app.config.plans_dir)
    path = kept_plan_path(app, made.digest)
    save_plan(made, path)
    return path


def kept_plan_path(app: App, digest: str) -> Path:
    return app.config.plans_dir / f"jira-{digest}.json"


def describe_plan(made: JiraPlan) -> dict[str, Any]:
    """What a list or a task shows of a plan."""
    return {
        "plan": made.digest,
        "made_at": made.made_at,
        # Where the file lies on the server's disk is nobody's business elsewhere.
        "source": {name: value for name, value in msgspec.to_builtins(made.source).items() if name != "path"},
        "outcomes": made.outcomes,
        "pages": sum(1 for _ in made.iter_written()),
        "undecided": len(made.undecided),
        "needs_decision": made.needs_decision,
        "requests": made.requests_sent,
    }


def carry_out(app: App, job: JobContext, args: Args) -> Any:
    """Write the definitions of a plan. One step: its journal in the registry is exact, page by page."""

    def write() -> Any:
        made = load_kept_plan(Path(args["plan"]))
        with app.open_site(args["site"]) as site:
            report = apply_import(
                app.registry, site.row, site.confluence, made, Actor.from_json(args.get("actor")).name, job.progress
            )
        return describe_report(report)

    return job.step("carry out the plan", write)


def undo(app: App, job: JobContext, args: Args) -> Any:
    """Put the definitions of an import back."""

    def write() -> Any:
        with app.open_site(args["site"]) as site:
            return describe_report(undo_import(app.registry, site.row, site.confluence, args["import"], job.progress))

    return job.step("undo the import", write)


def describe_report(report: ImportReport) -> dict[str, Any]:
    """An import as JSON."""
    row = report.row
    return {
        "import": row.id,
        "state": row.state,
        "source": {"site_name": row.source_name, "cloud_id": row.source_cloud_id, "jira_url": row.source_jira_url},
        "file_sha256": row.file_sha256,
        "plan_sha256": row.plan_sha256,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "undone_at": row.undone_at,
        "made_by": row.made_by,
        "pages_planned": row.pages,
        "pages": report.pages,
        "notes": [
            {
                "page_id": page.remote_id,
                "title": page.title,
                "space_key": page.space_key,
                "state": page.state,
                "reason": page.reason,
            }
            for page in report.notes
        ],
        "findings": msgspec.to_builtins(report.findings),
    }
