"""`snapshots jira-data`: a file about the source's Jira; at the destination plan, apply, undo."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from snapshots.acts import jira_data as acts
from snapshots.app import App
from snapshots.cli.addresses import SiteOption
from snapshots.cli.output import JsonOption, out, plural, print_findings, print_json, progress_shown, size
from snapshots.config import read_config
from snapshots.errors import InvalidInput, NotFound
from snapshots.findings import Finding


def commands() -> typer.Typer:
    """The commands under `jira-data`."""
    group = typer.Typer(
        name="jira-data",
        help="When the Jira projects moved as well: make macros ask the new Jira.",
        no_args_is_help=True,
    )
    group.command("export")(export)
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
    """Write the Jira-data file of a site: at the source, before or after the move.

    It lists what the site's Jira calls its projects, fields, statuses and so on, and the key of every issue that was
    ever captured. It holds no secret. At the destination it is given to `jira-data plan`.
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
