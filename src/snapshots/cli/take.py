"""`snapshots take`: freeze what Jira says now."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from rich.markup import escape

from snapshots.acts import taking as acts
from snapshots.app import App
from snapshots.cli.addresses import PageArgument, SiteOption, resolve_page
from snapshots.cli.output import JsonOption, out, plural, print_findings, print_json, progress_shown, size
from snapshots.config import read_config
from snapshots.findings import Finding


def take(
    page: PageArgument,
    site: SiteOption = None,
    macro: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only the macro with this id; may be repeated. Without it, all on the page."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Freeze what Jira says now, on a page.

    Reads Jira, attaches the payload to the page, saves the page and records the version; all or nothing.
    """
    with App(read_config(os.environ)) as app:
        with app.open_site(site) as opened:
            page_id = resolve_page(opened.confluence, page)
        with progress_shown(quiet=as_json) as progress:
            taken = acts.take(app, opened.row.name, page_id, macro or [], progress)
    if as_json:
        print_json({"site": opened.row.name, "page_id": page_id, "versions": taken})
        return
    for each in taken:
        rows = " + ".join(f"{count:,}" for count in each["row_counts"])
        noun = "row" if each["row_counts"] == [1] else "rows"
        out().print(
            f"Version [bold]{each['number']}[/] of macro {escape(each['macro_id'])}: {rows} {noun}, "
            f"{size(each['payload_bytes'])}, read in {plural(each['requests'], 'request')}; "
            f"page version {each['page_version']} shows it."
        )
        print_findings(Finding(**finding) for finding in each["findings"])
