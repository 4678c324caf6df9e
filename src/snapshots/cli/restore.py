"""`snapshots restore`: first a plan that writes nothing, then apply, then what still waits, and undo."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import msgspec
import typer
from rich.markup import escape

from snapshots.acts import restores as acts
from snapshots.app import App
from snapshots.cli.addresses import SiteOption
from snapshots.cli.exit_codes import DONE, NEEDS_A_PERSON
from snapshots.cli.output import (
    JsonOption,
    err,
    moment,
    out,
    plural,
    print_findings,
    print_json,
    print_table,
    progress_shown,
    shown,
)
from snapshots.config import read_config
from snapshots.errors import DecisionNeeded, InvalidInput
from snapshots.findings import Finding
from snapshots.restore.conflicts import ConflictPolicy
from snapshots.restore.mapping import parse_space_map, read_page_map, read_space_map
from snapshots.restore.plan import Plan, RestoreOptions, load_plan, save_plan
from snapshots.restore.report import make_report_document

ArchiveArgument = Annotated[Path, typer.Argument(metavar="ARCHIVE", help="The archive's file.")]
SpaceMapOption = Annotated[
    list[str] | None,
    typer.Option("--map-space", metavar="OLD=NEW", help="A space that was renamed; may be repeated."),
]
MappingOption = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="CSV", help="Which page became which: source_page_id,destination_page_id."),
]
ConflictOption = Annotated[
    str,
    typer.Option(
        "--conflict", metavar="CHOICE", help="When a record is there but different: skip, overwrite, newest or merge."
    ),
]
SpaceMapFileOption = Annotated[
    Path | None,
    typer.Option("--space-map", metavar="CSV", help="Renamed spaces: source_space_key,destination_space_key."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing.")]
NoParkedOption = Annotated[bool, typer.Option("--no-parked", help="Leave alone what earlier restores have parked.")]


def commands() -> typer.Typer:
    """The commands under `restore`."""
    group = typer.Typer(name="restore", help="Bring an archive back, here or on another site.", no_args_is_help=True)
    group.command("plan")(plan)
    group.command("apply")(apply)
    group.command("retry")(retry)
    group.command("status")(status)
    group.command("undo")(undo)
    return group


def plan(
    archive: ArchiveArgument,
    site: SiteOption = None,
    map_space: SpaceMapOption = None,
    space_map: SpaceMapFileOption = None,
    mapping: MappingOption = None,
    conflict: ConflictOption = "skip",
    no_parked: NoParkedOption = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Keep the plan, for `restore apply --plan`.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Show what a restore would do, page by page.

    With the evidence for each match. Writes nothing to the site or the registry.
    """
    options = _options(map_space, space_map, mapping, conflict, no_parked=no_parked)
    with App(read_config(os.environ)) as app, progress_shown(quiet=as_json) as progress:
        made = acts.plan_restore(app, site, archive, options, progress)
    if output is not None:
        save_plan(made, output)
    if as_json:
        print_json(msgspec.to_builtins(made) | {"totals": made.totals, "parked_reasons": made.parked_reasons})
    else:
        _show_plan(made)
        if output is not None:
            err().print(f"The plan is in {escape(str(output))}; carry it out with `restore apply --plan`.")
    return NEEDS_A_PERSON if made.needs_decision or made.parked_reasons else DONE


def apply(
    archive: ArchiveArgument,
    site: SiteOption = None,
    plan_file: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Carry out this plan instead of making one.")
    ] = None,
    map_space: SpaceMapOption = None,
    space_map: SpaceMapFileOption = None,
    mapping: MappingOption = None,
    conflict: ConflictOption = "skip",
    no_parked: NoParkedOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Carry a restore out. Interrupted, it goes on when run again; run twice, it changes nothing."""
    if plan_file is not None and (map_space or space_map or mapping or no_parked or conflict != "skip"):
        raise InvalidInput("A plan was made with its own options: give --plan alone, or the options without it.")
    with App(read_config(os.environ)) as app:
        with progress_shown(quiet=as_json) as progress:
            if plan_file is not None:
                made = load_plan(plan_file)
            else:
                made = acts.plan_restore(
                    app, site, archive, _options(map_space, space_map, mapping, conflict, no_parked=no_parked), progress
                )
        if not as_json:
            _show_plan(made)
        _confirm(yes, as_json)
        with progress_shown(quiet=as_json) as progress:
            report = acts.apply_restore(app, site, archive, made, progress)
    if as_json:
        print_json({"site": made.destination.site_name, "archive": str(archive.absolute())} | report)
    else:
        _show_report(report)
    return NEEDS_A_PERSON if made.needs_decision or report["parked_reasons"] else DONE


def retry(
    site: SiteOption = None,
    map_space: SpaceMapOption = None,
    space_map: SpaceMapFileOption = None,
    mapping: MappingOption = None,
    conflict: ConflictOption = "skip",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Take up parked records whose pages have come.

    Without their archives: what is parked is kept whole in the registry.
    """
    options = _options(map_space, space_map, mapping, conflict, no_parked=False)
    reports = []
    with App(read_config(os.environ)) as app:
        with progress_shown(quiet=as_json) as progress:
            plans = acts.plan_parked(app, site, options, progress)
        for made in plans:
            if not as_json:
                _show_plan(made)
            _confirm(yes, as_json)
            with progress_shown(quiet=as_json) as progress:
                reports.append(acts.apply_restore(app, site, None, made, progress))
            if not as_json:
                _show_report(reports[-1])
    if as_json:
        print_json(reports)
    elif not plans:
        err().print("Nothing is parked for this site.")
    waits = any(report["parked_reasons"] for report in reports) or any(made.needs_decision for made in plans)
    return NEEDS_A_PERSON if waits else DONE


def _confirm(yes: bool, as_json: bool) -> None:
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        raise DecisionNeeded("Nobody can be asked here: look at the plan first, then run it again with --yes.")
    typer.confirm("Write this to the registry?", abort=True, err=True)


def status(site: SiteOption = None, as_json: JsonOption = False) -> None:
    """List the restores of a site and what is still parked."""
    with App(read_config(os.environ)) as app:
        found = acts.restore_status(app, site)
    if as_json:
        print_json(
            {
                "restores": [make_report_document(each) for each in found.restores],
                "parked": found.parked,
                "source_names": found.source_names,
            },
        )
        return
    print_table(
        ["restore", "started (UTC)", "state", "archive", "records"],
        [
            [
                str(each.restore.id),
                moment(each.restore.started_at),
                each.restore.state,
                Path(each.restore.archive_path).name,
                _outcomes(each.totals),
            ]
            for each in found.restores
        ],
        empty="Nothing was restored to this site yet.",
    )
    for source, reasons in found.parked.items():
        for reason, count in reasons.items():
            name = shown(found.source_names.get(source, source))
            err().print(f"parked: {plural(count, 'record')} of site {escape(name)}, {escape(shown(reason))}")


def undo(
    restore: Annotated[
        int | None,
        typer.Argument(metavar="[RESTORE]", help="Its number in `restore status`; without one, the newest.", min=1),
    ] = None,
    site: SiteOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Take a restore back: what it made goes, what it wrote over comes back.

    What was done since and stands on restored records is kept. Shows what it would do, then asks.
    """
    with App(read_config(os.environ)) as app:
        with progress_shown(quiet=as_json) as progress:
            made = acts.plan_undo(app, site, restore, progress)
        if not as_json:
            row = made.restore
            what = Path(row.archive_path).name or "what was parked"
            out().print(
                f"[bold]Undo[/]: restore {row.id}, {escape(shown(what))}, of {moment(row.started_at)} UTC ({row.state})"
            )
            _show_totals(made.totals, {})
            print_findings(made.findings)
        _confirm(yes, as_json)
        with progress_shown(quiet=as_json) as progress:
            report = acts.undo_restore(app, site, made.restore.id, progress)
    if as_json:
        print_json(report)
    else:
        out().print("[bold]Undone[/]")
        _show_totals(report["totals"], {})
        # Findings were shown with the plan, unless somebody worked on in between.
        told = set(made.findings)
        print_findings(each for each in (Finding(**finding) for finding in report["findings"]) if each not in told)
    return DONE


def _options(
    map_space: list[str] | None, space_map: Path | None, mapping: Path | None, conflict: str, *, no_parked: bool
) -> RestoreOptions:
    if conflict not in get_args(ConflictPolicy):
        raise InvalidInput(f"--conflict cannot be {conflict!r}: choose one of {', '.join(get_args(ConflictPolicy))}.")
    return RestoreOptions(
        conflict=cast(ConflictPolicy, conflict),
        space_map=(read_space_map(space_map) if space_map else {}) | parse_space_map(map_space or []),
        page_map=read_page_map(mapping) if mapping else {},
        include_parked=not no_parked,
    )


def _show_plan(made: Plan) -> None:
    source = made.source
    what = f"{Path(source.path).name} of site {source.site_name}" if source.path else "what is parked"
    out().print(
        f"[bold]Plan[/]: {escape(shown(what))} "
        f"→ {escape(shown(made.destination.site_name))}; looked at with {plural(made.requests_sent, 'request')}"
    )
    print_table(
        ["page there", "page here", "decided by", "records"],
        [
            [
                f"{page.space_key}: {page.title} ({page.page_id})",
                f"{page.target.space_key}: {page.target.title} ({page.target.page_id})"
                if page.target
                else page.match
                + (f": {', '.join(each.page_id for each in page.candidates)}" if page.candidates else ""),
                page.rule or page.reason,
                _outcomes(page.outcomes),
            ]
            for page in made.pages
        ],
        empty="The archive holds no page, so there is nothing to restore.",
    )
    _show_totals(made.totals, made.parked_reasons)
    print_findings(made.findings)
    if made.needs_decision:
        err().print(
            "Ambiguous pages are left alone. Decide them in a CSV with the columns source_page_id,destination_page_id "
            "and give it with --mapping."
        )


def _show_report(report: dict[str, Any]) -> None:
    out().print("[bold]Restored[/]")
    _show_totals(report["totals"], report["parked_reasons"])
    print_findings(Finding(**finding) for finding in report["findings"])


def _show_totals(totals: dict[str, dict[str, int]], parked_reasons: dict[str, int]) -> None:
    for kind, outcomes in totals.items():
        words = ", ".join(f"{count:,} {_outcome(outcome)}" for outcome, count in outcomes.items() if count)
        if words:
            out().print(f"  {kind.replace('_', ' '):<20} {words}")
    for reason, count in parked_reasons.items():
        out().print(f"  parked: {plural(count, 'record')}, {escape(shown(reason))}")


def _outcomes(by_kind: dict[Any, dict[Any, int]]) -> str:
    sums: dict[str, int] = {}
    for outcomes in by_kind.values():
        for outcome, count in outcomes.items():
            sums[outcome] = sums.get(outcome, 0) + count
    return ", ".join(_phrases(sums.items()))


def _phrases(sums: Iterable[tuple[str, int]]) -> Iterable[str]:
    return (f"{count:,} {_outcome(outcome)}" for outcome, count in sums if count)


def _outcome(word: str) -> str:
    return word.replace("_", " ")
