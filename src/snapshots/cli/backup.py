"""`snapshots backup`: the registry of all, some, or listed spaces in one archive."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from snapshots.acts import backups as acts
from snapshots.app import App
from snapshots.backup.selection import Selection, confirm_unknown, read_spaces_csv, select_all, select_picked
from snapshots.backup.verify import verify_archive
from snapshots.cli.addresses import SiteOption
from snapshots.cli.output import (
    JsonOption,
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
from snapshots.errors import DamageError, DecisionNeeded, InvalidInput, NotFound
from snapshots.registry import backups

ArchiveArgument = Annotated[Path, typer.Argument(metavar="ARCHIVE", help="The archive's file.")]


def commands() -> typer.Typer:
    """The commands under `backup`."""
    group = typer.Typer(name="backup", help="Archives of the registry.", no_args_is_help=True)
    group.command("create")(create)
    group.command("list")(list_)
    group.command("verify")(verify)
    return group


def create(
    site: SiteOption = None,
    all_spaces: Annotated[bool, typer.Option("--all-spaces", help="Every space that has snapshots.")] = False,
    space: Annotated[list[str] | None, typer.Option(metavar="KEY", help="This space; may be repeated.")] = None,
    spaces_csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The spaces in a CSV file with one column of space keys.")
    ] = None,
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Go on without spaces that are not known here.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write; SNAPSHOTS_HOME/archives else."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file when it is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write an archive of the registry of the chosen spaces."""
    selection = _selection(all_spaces, space or [], spaces_csv)
    if output is not None and output.is_dir():
        raise InvalidInput(f"{output} is a folder: name the archive's file in it with --output.")
    if output is not None and not output.absolute().parent.is_dir():
        raise NotFound(f"There is no folder {output.absolute().parent}: make it, or correct --output.")
    if output is not None and output.exists() and not overwrite:
        raise InvalidInput(f"{output} is there already: name another file, or replace it with --overwrite.")
    with App(read_config(os.environ)) as app:
        resolved = acts.resolve_spaces(app, site, selection)
        if not as_json or (resolved.unknown and not skip_unknown):
            print_findings(resolved.findings)
        if resolved.unknown and not skip_unknown:
            raise DecisionNeeded(
                f"There is no space with these keys: {', '.join(each.key for each in resolved.unknown)}; "
                "correct them, or go on without them with --skip-unknown. Nothing was written."
            )
        resolved = confirm_unknown(resolved)
        with progress_shown(quiet=as_json) as progress:
            written = acts.create_backup(app, site, resolved, output.absolute() if output else None, progress)
    if as_json:
        print_json(written | {"findings": [asdict(finding) for finding in resolved.findings]})
        return
    counts = ", ".join(plural(count, kind.replace("_", " ")) for kind, count in written["counts"].items() if count)
    out().print(f"[bold]{escape(written['path'])}[/]  {size(written['bytes'])}")
    out().print(f"holds {counts or 'no record yet'}; SHA-256 {written['sha256']}")


def _selection(all_spaces: bool, picked: list[str], csv_file: Path | None) -> Selection:
    if [all_spaces, bool(picked), csv_file is not None].count(True) != 1:
        raise InvalidInput("Say which spaces: --all-spaces, or --space KEY (repeatable), or --spaces-csv FILE.")
    if all_spaces:
        return select_all()
    return select_picked(picked) if csv_file is None else read_spaces_csv(csv_file)


def list_(site: SiteOption = None, as_json: JsonOption = False) -> None:
    """List the archives made of a site, newest first."""
    with App(read_config(os.environ)) as app:
        row = app.get_site(site)
        with app.registry.read() as conn:
            made = backups.list_backups(conn, row.id)
    if as_json:
        print_json(
            [
                {
                    "created_at": each.created_at,
                    "created_by": each.created_by,
                    "path": each.path,
                    "there": Path(each.path).is_file(),
                    "bytes": each.archive_bytes,
                    "sha256": each.archive_sha256,
                    "selection": json.loads(each.selection),
                    "counts": json.loads(each.counts),
                }
                for each in made
            ]
        )
        return
    print_table(
        ["made (UTC)", "size", "versions", "spaces", "file"],
        [
            [
                moment(each.created_at),
                size(each.archive_bytes),
                f"{json.loads(each.counts).get('version', 0):,}",
                _spaces(json.loads(each.selection)),
                each.path if Path(each.path).is_file() else f"{each.path} (no longer there)",
            ]
            for each in made
        ],
        empty="No archive yet: make one with `snapshots backup create --all-spaces`.",
    )


def _spaces(selection: dict[str, Any]) -> str:
    return "all" if selection["mode"] == "all" else ", ".join(selection["spaces"]) or "none with snapshots"


def verify(archive: ArchiveArgument, as_json: JsonOption = False) -> None:
    """Check every byte of an archive.

    Reads all of it and checks every digest, count and reference. Needs no site and no registry.
    """
    with progress_shown(quiet=as_json) as progress:
        report = verify_archive(archive, progress)
    if as_json:
        print_json(
            {
                "path": str(archive),
                "sound": not report.findings,
                "records": dict(report.records_by_kind),
                "findings": [asdict(finding) for finding in report.findings],
            }
        )
    else:
        print_findings(report.findings)
    if report.findings:
        raise DamageError(
            f"{archive} is damaged in {plural(len(report.findings), 'place')}: use another copy, and do not restore it."
        )
    if not as_json and report.manifest is not None:
        source = report.manifest.source
        total = sum(report.records_by_kind.values())
        out().print(
            f"[green]sound[/]  {escape(str(archive))}: {plural(total, 'record')} of site {escape(shown(source.name))} "
            f"({escape(shown(source.confluence_url))}), made {moment(report.manifest.created_at)} UTC"
        )
