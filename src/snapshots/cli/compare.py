"""`snapshots compare`: two versions side by side."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from snapshots.acts import history as acts
from snapshots.app import App
from snapshots.cli.addresses import MacroOption, PageArgument, SiteOption
from snapshots.cli.history import place
from snapshots.cli.output import JsonOption, err, out
from snapshots.config import read_config
from snapshots.errors import StorageError
from snapshots.history.document import render_json
from snapshots.history.page import render_page
from snapshots.history.terminal import print_comparison

DIFFERENT = 1


def compare(
    page: PageArgument,
    old: Annotated[int, typer.Argument(metavar="OLD", min=1, help="Number of the earlier version.")],
    new: Annotated[int, typer.Argument(metavar="NEW", min=1, help="Number of the later version.")],
    site: SiteOption = None,
    macro: MacroOption = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the comparison as one self-contained HTML page.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what changed between two versions, word by word.

    Rows that were added, removed, moved and changed, and in changed cells the words.
    """
    with App(read_config(os.environ)) as app:
        subject, comparison = acts.compare(app, place(app, site, page, macro), old, new)
    if html is not None:
        _write(html, render_page(subject, comparison))
        err().print(f"The comparison is in {escape(str(html.absolute()))}")
    if as_json:
        sys.stdout.write(render_json(subject, comparison) + "\n")
    elif html is None:
        print_comparison(subject, comparison, out())


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}): name another place with --html.") from None
