"""`snapshots jira-data`: a file about the source's Jira; at the destination plan, apply, undo."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from snapshots.acts import jira_data as acts
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
    size,
)
from snapshots.config import read_config
from snapshots.durable_jira import describe_report
from snapshots.errors import DecisionNeeded, InvalidInput, NotFound, StorageError
from snapshots.findings import Finding
from snapshots.jiradata.decisions import write_decisions
from snapshots.jiradata.plan import JiraPlan, LevelPreview, PlanOptions, load_plan, save_plan

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="The Jira-data file, exported at the source by `jira-data export`.")
]
MappingOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--mapping",
        metavar="CSV",
        help="What became of what: kind,source_id,destination, or Atlassian's id-mapping report; may be repeated.",
    ),
]
DecisionsOption = Annotated[
    Path | None,
    typer.Option(
        "--decisions",
        metavar="CSV",
        help="The edited file of `jira-data plan --undecided`; `-` leaves a thing as it is.",
    ),
]
SpaceOption = Annotated[
    list[str] | None, typer.Option("--space", metavar="KEY", help="Only pages of this space; may be repeated.")
]
SameJiraOption = Annotated[
    bool, typer.Option("--same-jira", help="It is the same Jira at another address: everything kept its id.")
]
EverythingOption = Annotated[
    bool,
    typer.Option(
        "--everything", help="Write also macros that name something undecided, or to whose new JQL Jira objects."
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing.")]


def commands() -> typer.Typer:
    """The commands under `jira-data`."""
    group = typer.Typer(
        name="jira-data",
        help="When the Jira projects moved as well: make macros ask the new Jira.",
        no_args_is_help=True,
    )
    group.command("export")(export)
    group.command("plan")(plan)
    group.command("apply")(apply)
    group.command("undo")(undo)
    group.command("status")(status)
    return group


def export(
    site: SiteOption = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write; SNAPSHOTS_HOME/archives else."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file when it is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the Jira-data file of a site.

    At the source, before or after the move. It lists what the site's Jira calls its projects, fields, statuses and so
    on, and the key of every issue that was ever captured. It holds no secret. At the destination it is given to
    `jira-data plan`.
    """
    refuse_output(output, overwrite=overwrite)
    with App(read_config(os.environ)) as app, progress_shown(quiet=as_json) as progress:
        written = acts.export_jira_data(app, site, output.absolute() if output else None, progress)
    if as_json:
        print_json(written)
        return
    print_findings(Finding(**finding) for finding in written["findings"])
    counts = ", ".join(counted(kind, count) for kind, count in written["counts"].items() if count)
    out().print(f"[bold]{escape(written['path'])}[/]  {size(written['bytes'])}")
    out().print(f"holds {counts}; {plural(written['requests'], 'request')}; SHA-256 {written['sha256']}")


def plan(
    file: FileArgument,
    site: SiteOption = None,
    mapping: MappingOption = None,
    decisions: DecisionsOption = None,
    space: SpaceOption = None,
    same_jira: SameJiraOption = False,
    everything: EverythingOption = False,
    undecided: Annotated[
        Path | None,
        typer.Option(
            "--undecided", metavar="CSV", help="Write what waits for a person here, to be edited and given back."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Keep the plan, for `jira-data apply --plan`.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Show what would become of every macro.

    Each word before and after, and what the new Jira says. Matches the Jira-data file with this site's Jira. Writes
    nothing, neither to the pages nor to the registry.
    """
    options = _options(space, same_jira, everything)
    with App(read_config(os.environ)) as app, progress_shown(quiet=as_json) as progress:
        made = acts.plan_jira_data(app, site, file, _mappings(mapping, decisions), options, progress)
    if output is not None:
        save_plan(made, output)
    if undecided is not None:
        _write_undecided(made, undecided)
    if as_json:
        print_json(msgspec.to_builtins(made) | {"outcomes": made.outcomes, "digest": made.digest})
    else:
        _show_plan(made)
        if undecided is not None:
            err().print(
                f"What waits is in {escape(str(undecided))}: fill in its column `destination`, then plan again with "
                "--decisions."
            )
        if output is not None:
            err().print(f"The plan is in {escape(str(output))}; carry it out with `jira-data apply --plan`.")
    return NEEDS_A_PERSON if _waits(made) else DONE


def apply(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The Jira-data file; not with --plan.", show_default=False)
    ] = None,
    site: SiteOption = None,
    plan_file: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Carry out this plan instead of making one.")
    ] = None,
    mapping: MappingOption = None,
    decisions: DecisionsOption = None,
    space: SpaceOption = None,
    same_jira: SameJiraOption = False,
    everything: EverythingOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Rewrite the macros of a plan.

    Each page gets one new version. Interrupted, it goes on with `snapshots job resume`. Without --plan the plan is
    made first and shown. What waits or is doubtful is left as it is.
    """
    if (file is None) == (plan_file is None):
        raise InvalidInput("Give either the Jira-data file, or --plan with the plan that was made of it.")
    if plan_file is not None and (mapping or decisions or space or same_jira or everything):
        raise InvalidInput("A plan was made with its own options: give --plan alone, or the options without it.")
    with App(read_config(os.environ)) as app:
        with progress_shown(quiet=as_json) as progress:
            if plan_file is not None:
                made = load_plan(plan_file)
            else:
                assert file is not None
                options = _options(space, same_jira, everything)
                made = acts.plan_jira_data(app, site, file, _mappings(mapping, decisions), options, progress)
        if not as_json:
            _show_plan(made)
        _confirm(yes, as_json, f"Write {plural(sum(1 for _ in made.iter_written()), 'new page version')}?")
        with progress_shown(quiet=as_json) as progress:
            report = acts.apply_jira_data(app, site, made, progress)
    if as_json:
        print_json(report)
    else:
        _show_report(report)
    return NEEDS_A_PERSON if _waits(made) or report["pages"].get("skipped") else DONE


def undo(
    import_id: Annotated[int, typer.Argument(metavar="NUMBER", help="Which import: `jira-data status` lists them.")],
    site: SiteOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Put the old definitions back.

    Each page that the import wrote gets one new version. A macro that somebody edited since is left as it is, and
    told. What else changed on the pages stays.
    """
    with App(read_config(os.environ)) as app:
        pages = acts.get_import(app, site, import_id).pages.get("written", 0)
        _confirm(yes, as_json, f"Put the definitions on {plural(pages, 'page')} back?")
        with progress_shown(quiet=as_json) as progress:
            report = acts.undo_jira_data(app, site, import_id, progress)
    if as_json:
        print_json(report)
    else:
        _show_report(report)
    return NEEDS_A_PERSON if report["pages"].get("kept") else DONE


def status(site: SiteOption = None, as_json: JsonOption = False) -> None:
    """List the imports into a site, newest first."""
    with App(read_config(os.environ)) as app:
        found = [describe_report(report) for report in acts.list_imports(app, site)]
    if as_json:
        print_json(found)
        return
    print_table(
        ["number", "started (UTC)", "state", "from", "by", "pages"],
        [
            [
                str(each["import"]),
                moment(each["started_at"]),
                each["state"],
                f"{each['source']['site_name']} ({each['source']['jira_url']})",
                each["made_by"],
                _pages(each),
            ]
            for each in found
        ],
        empty="No Jira data was imported into this site yet: `snapshots jira-data plan FILE` shows what it would do.",
    )


def _options(space: list[str] | None, same_jira: bool, everything: bool) -> PlanOptions:
    return PlanOptions(same_jira, tuple(space) if space else None, everything)


def _mappings(mapping: list[Path] | None, decisions: Path | None) -> list[Path]:
    return [*(mapping or []), *([decisions] if decisions else [])]


def _write_undecided(made: JiraPlan, path: Path) -> None:
    try:
        path.write_text(write_decisions(made.undecided), encoding="utf-8-sig")  # spreadsheets know it by its mark
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}); choose another place.") from None


def _waits(made: JiraPlan) -> bool:
    return any(made.outcomes.get(outcome) for outcome in ("waits", "doubtful", "left alone"))


def _confirm(yes: bool, as_json: bool, question: str) -> None:
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        raise DecisionNeeded("Nobody can be asked here: look at the plan first, then run it again with --yes.")
    typer.confirm(question, abort=True, err=True)


def _show_plan(made: JiraPlan) -> None:
    source = made.source
    out().print(
        f"[bold]Plan[/]: Jira data of {escape(shown(source.site_name))} ({escape(source.jira_url)}) → "
        f"{escape(shown(made.destination.site_name))} ({escape(made.destination.jira_url)}); "
        f"{plural(made.pages_scanned, 'page')} looked at with {plural(made.requests_sent, 'request')}"
    )
    for kind, count in source.counts.items():
        matched = len(made.issues) if kind == "issue" else sum(pair.kind == kind for pair in made.things)
        if count:
            out().print(f"  {counted(kind, count):<18} {matched:,} matched")
    if made.numbers_kept:
        out().print(f"  issues kept their numbers in {escape(', '.join(made.numbers_kept))}")
    _show_matches(made)
    for page in made.pages:
        out().print(f"[bold]{escape(shown(page.space_key))}: {escape(shown(page.title))}[/] ({page.page_id})")
        for macro in page.macros:
            reason = f", {macro.reason}" if macro.reason else ""
            out().print(f"  macro {escape(shown(macro.macro_id))}: {macro.outcome}{escape(shown(reason))}")
            for level in macro.levels:
                _show_level(level)
            for change in macro.changes:
                if change.part != "jql":
                    where = f"level {change.level}, {change.part.replace('_', ' ')}"
                    out().print(
                        f"    {where}: [red]{escape(shown(change.before))}[/] → [green]{escape(change.after)}[/]"
                    )
    out().print(", ".join(f"{count:,} {word}" for word, count in made.outcomes.items() if count) or "no macro at all")
    print_findings(made.findings)
    waiting = [each for each in made.undecided if each.macros]
    if waiting:
        err().print(
            f"{plural(len(waiting), 'thing')} named in macros must be decided: write them into a CSV with --undecided."
        )


def _show_matches(made: JiraPlan) -> None:
    """Matches that somebody should look at; what is certain goes without saying."""
    worth_a_look = [pair for pair in made.things if pair.certainty == "likely" or pair.rule == "mapping"]
    if worth_a_look:
        print_table(
            ["kind", "there", "here", "decided by", "evidence"],
            [
                [
                    pair.kind.replace("_", " "),
                    f"{pair.source_name or pair.source_key} ({pair.source_key or pair.source_id})",
                    f"{pair.destination_name} ({pair.destination_key or pair.destination_id})",
                    f"{pair.rule} ({pair.certainty})",
                    "; ".join(pair.evidence),
                ]
                for pair in worth_a_look
            ],
            empty="",
        )


def _show_level(level: LevelPreview) -> None:
    if level.before == level.after:
        return
    marks = {"same": ("", ""), "deleted": ("[red strike]", "[/]"), "inserted": ("[green]", "[/]")}
    if sys.stdout.isatty():
        words = "".join(
            f"{marks[segment.part][0]}{escape(shown(segment.text))}{marks[segment.part][1]}"
            for segment in level.segments
        )
        out().print(f"    level {level.level}: {words}")
    else:
        out().print(f"    level {level.level} - {escape(shown(level.before))}")
        out().print(f"    level {level.level} + {escape(shown(level.after))}")
    for objection in level.objections:
        out().print(f"      [yellow]Jira says[/] {escape(shown(objection))}")


def _show_report(report: dict[str, Any]) -> None:
    words = {"undone": "Undone", "done": "Imported"}
    out().print(f"[bold]{words.get(report['state'], report['state'])}[/] (import {report['import']}): {_pages(report)}")
    print_findings(
        Finding(
            f"page-{note['state']}",
            f"page '{note['title']}' ({note['page_id']}) in {note['space_key']}",
            note["reason"],
            "Look at the page",
        )
        for note in report["notes"]
    )


def _pages(report: dict[str, Any]) -> str:
    counts = ", ".join(f"{count:,} {state}" for state, count in report["pages"].items())
    return f"{plural(report['pages_planned'], 'page')}: {counts}" if counts else "no page"


def counted(kind: str, count: int) -> str:
    """`1 status`, `3 statuses`."""
    irregular = {"status": "statuses", "priority": "priorities"}
    return f"{count:,} {irregular[kind]}" if kind in irregular and count != 1 else plural(count, kind.replace("_", " "))


def refuse_output(output: Path | None, *, overwrite: bool) -> None:
    """Raise for a place where no file can go, before anything is asked of the site."""
    if output is None:
        return
    if output.is_dir():
        raise InvalidInput(f"{output} is a folder: name the file in it with --output.")
    if not output.absolute().parent.is_dir():
        raise NotFound(f"There is no folder {output.absolute().parent}: make it, or correct --output.")
    if output.exists() and not overwrite:
        raise InvalidInput(f"{output} is there already: name another file, or replace it with --overwrite.")
