"""`snapshots sticker`: labels on versions, to find them again."""

from __future__ import annotations

import os
import time
from typing import Annotated

import typer
from rich.markup import escape

from snapshots.acts import history as acts
from snapshots.app import App
from snapshots.cli.addresses import MacroOption, PageArgument, SiteOption
from snapshots.cli.history import place
from snapshots.cli.output import out, shown
from snapshots.config import read_config
from snapshots.history import versions

VersionArgument = Annotated[int, typer.Argument(metavar="VERSION", min=1, help="Number of the version.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The words on the sticker.")]


def commands() -> typer.Typer:
    """The commands under `sticker`."""
    group = typer.Typer(name="sticker", help="Labels on versions.", no_args_is_help=True)
    group.command("add")(add)
    group.command("remove")(remove)
    return group


def add(
    page: PageArgument,
    version: VersionArgument,
    name: NameArgument,
    colour: Annotated[
        str | None,
        typer.Option(metavar="COLOUR", help="grey, blue, green, yellow, red or purple; a new sticker is grey."),
    ] = None,
    site: SiteOption = None,
    macro: MacroOption = None,
) -> None:
    """Put a sticker on a version. Who can edit the page may do so; Confluence is asked."""
    with App(read_config(os.environ)) as app:
        placed = place(app, site, page, macro)
        account_id = acts.get_editor(app, placed)
        with app.registry.write() as conn:
            versions.add_sticker(
                conn, placed.macro, version, name, colour, account_id=account_id, now=time.time_ns() // 1000
            )
    out().print(f"Version {version} of [bold]{escape(shown(placed.page.title))}[/] carries {escape(shown(name))!r}.")


def remove(
    page: PageArgument, version: VersionArgument, name: NameArgument, site: SiteOption = None, macro: MacroOption = None
) -> None:
    """Take a sticker off a version; other versions keep it."""
    with App(read_config(os.environ)) as app:
        placed = place(app, site, page, macro)
        acts.get_editor(app, placed)
        with app.registry.write() as conn:
            versions.remove_sticker(conn, placed.macro, version, name)
    out().print(
        f"Version {version} of [bold]{escape(shown(placed.page.title))}[/] no longer carries {escape(shown(name))!r}."
    )
