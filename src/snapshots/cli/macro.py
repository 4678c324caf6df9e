"""`snapshots macro`: put the Snapshots macro on a page, from a definition in a file."""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from snapshots.app import App
from snapshots.atlassian.macro import add_macro, find_macros, set_definition
from snapshots.capture.definition import parse_definition, print_definition
from snapshots.cli.addresses import PageArgument, SiteOption, resolve_page
from snapshots.cli.output import JsonOption, out, print_json, print_table, shown
from snapshots.config import read_config
from snapshots.errors import InvalidInput, NotFound

DefinitionOption = Annotated[
    Path, typer.Option(metavar="FILE", help="JSON of the definition (docs/payload-format.md); - reads standard input.")
]


def commands() -> typer.Typer:
    """The commands under `macro`."""
    group = typer.Typer(name="macro", help="The Snapshots macro on pages.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("put")(put)
    return group


def list_(page: PageArgument, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """List the macros of a page, and what each shows."""
    with App(read_config(os.environ)) as app, app.open_site(site) as opened:
        body = opened.confluence.get_page(resolve_page(opened.confluence, page)).body or ""
    macros = find_macros(body)
    if as_json:
        print_json(
            [
                {
                    "macro_id": macro.remote_id,
                    "form": macro.form,
                    "definition": macro.definition,
                    "capture_id": macro.pointer.capture_id if macro.pointer else None,
                }
                for macro in macros
            ]
        )
        return
    print_table(
        ["macro", "shows capture", "definition"],
        [[m.remote_id, m.pointer.capture_id if m.pointer else "none yet", m.definition or ""] for m in macros],
        empty="The page holds no Snapshots macro: put one there with `snapshots macro put`.",
    )


def put(
    page: PageArgument,
    definition: DefinitionOption,
    site: SiteOption = None,
    macro: Annotated[
        str | None, typer.Option(metavar="ID", help="Change this macro instead of adding another one.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Add a macro to the end of a page, or change one."""
    text = _read(definition)
    try:
        text = print_definition(parse_definition(text))
    except InvalidInput as error:
        raise InvalidInput(f"{definition} is not a definition of a macro: {error}") from None
    with App(read_config(os.environ)) as app, app.open_site(site) as opened:
        found = opened.confluence.get_page(resolve_page(opened.confluence, page))
        body = found.body or ""
        if macro is None:
            macro = str(uuid.uuid4())
            body = add_macro(body, macro, text)
        elif all(known.remote_id != macro for known in find_macros(body)):
            raise NotFound(
                f"The page {found.title!r} holds no macro {macro}: `snapshots macro list` shows which it holds."
            )
        else:
            body = set_definition(body, macro, text)
        saved = opened.confluence.update_page(found, body, "Snapshots macro defined")
    if as_json:
        print_json({"page_id": saved.id, "macro_id": macro, "page_version": saved.version.number})
    else:
        out().print(f"Macro {escape(macro)} is on page {escape(shown(saved.title))}, version {saved.version.number}.")


def _read(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.read()
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {path}: name the file that holds the definition.") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not UTF-8 text: save the definition as UTF-8.") from None
