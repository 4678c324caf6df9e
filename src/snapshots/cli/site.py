"""`snapshots site`: the Atlassian sites this registry knows, and how to call them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from snapshots.access.sites import parse_addresses
from snapshots.acts import sites
from snapshots.app import App
from snapshots.cli.addresses import SiteOption
from snapshots.cli.output import JsonOption, moment, out, print_json, print_table, shown
from snapshots.config import read_config
from snapshots.errors import InvalidInput
from snapshots.registry.sites import SiteRow


def commands() -> typer.Typer:
    """The commands under `site`."""
    group = typer.Typer(name="site", help="Atlassian sites and how to call them.", no_args_is_help=True)
    group.command("add")(add)
    group.command("list")(list_)
    group.command("check")(check)
    group.command("same-jira")(same_jira)
    return group


def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A short name for the site, used in all other commands.")],
    url: Annotated[str, typer.Option(metavar="URL", help="Address of the site, such as https://acme.atlassian.net.")],
    account: Annotated[str, typer.Option(metavar="EMAIL", help="E-mail address of the account that calls the site.")],
    jira_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Address of the Jira it captures from, if it is not the same site."),
    ] = None,
    token_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="Read the API token from this variable at each use.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Read the API token from this file at each use.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Change the entry of this name.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add a site. Without --token-env or --token-file the token is asked for and kept sealed."""
    if token_env and token_file:
        raise InvalidInput("A token comes from --token-env or from --token-file, not from both: leave one out.")
    with App(read_config(os.environ)) as app:
        if token_env:
            secret = f"env:{token_env}"
        elif token_file:
            secret = f"file:{token_file.expanduser().absolute()}"
        else:
            secret = app.seal_token(_ask_token(name), site_name=name)
        row = sites.add_site(app, name, parse_addresses(url, jira_url), account=account, secret=secret, replace=replace)
    if as_json:
        print_json(_as_json(row))
    else:
        out().print(
            f"Site [bold]{escape(row.name)}[/] is {escape(row.confluence_url)}, with Jira at {escape(row.jira_url)}."
        )


def _ask_token(name: str) -> str:
    if not sys.stdin.isatty():
        token = sys.stdin.readline().strip()
        if not token:
            raise InvalidInput(
                f"No API token for site {name!r}: give --token-env or --token-file, or write it to standard input."
            )
        return token
    return str(typer.prompt(f"API token for {name}", hide_input=True)).strip()


def list_(as_json: JsonOption = False) -> None:
    """List the sites."""
    with App(read_config(os.environ)) as app:
        rows = sites.list_sites(app)
        before = {row.id: sites.list_same_jira_urls(app, row) for row in rows}
    if as_json:
        print_json([_as_json(row) | {"same_jira_urls": before[row.id]} for row in rows])
        return
    print_table(
        ["name", "Confluence", "Jira", "account", "added (UTC)"],
        [
            [
                row.name,
                row.confluence_url,
                row.jira_url + (f" (before: {', '.join(before[row.id])})" if before[row.id] else ""),
                row.account,
                moment(row.created_at),
            ]
            for row in rows
        ],
        empty="No site yet: add one with `snapshots site add`.",
    )


def check(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Name of the site; not needed when there is only one.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Call a site and say what works.

    Its addresses, the token, what the account may see, and the Jira behind it.
    """
    with App(read_config(os.environ)) as app:
        checks = sites.check_site(app, name)
    if as_json:
        print_json([{"check": item.name, "ok": item.passed, "detail": item.detail} for item in checks])
    else:
        for item in checks:
            mark = "[green]ok[/]  " if item.passed else "[bold red]fail[/]"
            out().print(f"{mark}  {item.name:<28} {escape(shown(item.detail))}")
    failed = next((item for item in checks if item.error), None)
    if failed and failed.error:
        raise failed.error


def same_jira(
    url: Annotated[str, typer.Argument(metavar="URL", help="The address that this site's Jira had before.")],
    site: SiteOption = None,
    forget: Annotated[bool, typer.Option("--forget", help="Take it back: it was another Jira after all.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say that the site's Jira is the one that had this address before.

    Only its address changed: same projects, issues and ids. Then macros that were captured from there may be
    captured again, and versions are compared as of one Jira. Where the data moved to another Jira, import it.
    """
    with App(read_config(os.environ)) as app:
        act = sites.take_back_same_jira if forget else sites.say_same_jira
        known = act(app, site, url)
        row = app.get_site(site)
    if as_json:
        print_json({"name": row.name, "jira_url": row.jira_url, "same_jira_urls": known})
    else:
        before = ", ".join(known) or "no other address"
        out().print(
            f"The Jira of [bold]{escape(row.name)}[/], {escape(row.jira_url)}, was known before as {escape(before)}."
        )


def _as_json(row: SiteRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "deployment": row.deployment,
        "confluence_url": row.confluence_url,
        "jira_url": row.jira_url,
        "cloud_id": row.cloud_id,
        "account": row.account,
        "token": row.secret if not row.secret.startswith("sealed:") else "sealed",
    }
