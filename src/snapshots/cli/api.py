"""`snapshots api`: the REST API of a site switched on or off, and its keys, without a browser."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer
from rich.markup import escape

from snapshots.access.actors import this_user
from snapshots.access.keys import GRACE_SECONDS, SCOPES
from snapshots.acts import api as acts
from snapshots.acts.api import Key
from snapshots.app import App
from snapshots.cli.addresses import SiteOption
from snapshots.cli.output import JsonOption, err, moment, out, print_json, print_table, shown
from snapshots.config import read_config

KeyArgument = Annotated[int, typer.Argument(metavar="ID", min=1, help="Number of the key, as `api keys` shows it.")]
DaysOption = Annotated[
    int | None, typer.Option("--days", metavar="DAYS", min=1, max=3650, help="It expires then; without it, never.")
]


def commands() -> typer.Typer:
    """The commands under `api`."""
    group = typer.Typer(name="api", help="The REST API of a site, and its keys.", no_args_is_help=True)
    group.command("enable")(enable)
    group.command("disable")(disable)
    group.command("keys")(keys)
    group.command("make-key")(make_key)
    group.command("rotate-key")(rotate_key)
    group.command("revoke-key")(revoke_key)
    return group


def enable(site: SiteOption = None) -> None:
    """Let keys open the API of the site."""
    _switch(site, enabled=True)


def disable(site: SiteOption = None) -> None:
    """Refuse every call of the API of the site, whatever its key. The keys are kept."""
    _switch(site, enabled=False)


def _switch(site: str | None, *, enabled: bool) -> None:
    with App(read_config(os.environ)) as app:
        name = app.get_site(site).name
        acts.switch_api(app, name, this_user(), enabled=enabled)
    out().print(f"The API of [bold]{escape(name)}[/] is {'on' if enabled else 'off'}.")


def keys(site: SiteOption = None, as_json: JsonOption = False) -> None:
    """List the keys of the site; none of them can be shown."""
    with App(read_config(os.environ)) as app:
        found = acts.list_keys(app, app.get_site(site).name)
    if as_json:
        print_json([_as_json(key) for key in found])
        return
    print_table(
        ["id", "name", "key", "for", "state", "expires (UTC)", "last use (UTC)"],
        [
            [
                str(key.row.id),
                key.row.name,
                key.row.hint,
                ", ".join(key.scopes),
                key.state,
                moment(key.row.expires_at) if key.row.expires_at else "never",
                moment(key.row.last_used_at) if key.row.last_used_at else "never",
            ]
            for key in found
        ],
        empty="No key yet: make one with `snapshots api make-key NAME`.",
    )


def make_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as the pipeline that will use it.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="SCOPE", help=f"What it opens, of {', '.join(SCOPES)}; may be repeated. Backup else."),
    ] = None,
    days: DaysOption = None,
    site: SiteOption = None,
) -> None:
    """Make a key and print it, this once. Only its digest is kept."""
    with App(read_config(os.environ)) as app:
        made, secret = acts.make_key(
            app, app.get_site(site).name, this_user(), name=name, scopes=scope or ["backup"], valid_days=days
        )
    _show_secret(made, secret)


def rotate_key(
    key: KeyArgument,
    grace: Annotated[
        int,
        typer.Option(metavar="SECONDS", help=f"The old form works on so long: {', '.join(map(str, GRACE_SECONDS))}."),
    ] = 0,
    site: SiteOption = None,
) -> None:
    """Give a key a new form and print it, this once. Name, scope and expiry stay."""
    with App(read_config(os.environ)) as app:
        made, secret = acts.rotate_key(app, app.get_site(site).name, key, this_user(), grace_seconds=grace)
    _show_secret(made, secret)


def revoke_key(key: KeyArgument, site: SiteOption = None) -> None:
    """End a key for ever."""
    with App(read_config(os.environ)) as app:
        acts.revoke_key(app, app.get_site(site).name, key, this_user())
    out().print(f"Key {key} has ended.")


def _show_secret(key: Key, secret: str) -> None:
    # The key alone on standard output, so that a script can take it.
    err().print(
        f"Key {key.row.id} [bold]{escape(shown(key.row.name))}[/], for {', '.join(key.scopes)}. It is shown this once:"
    )
    out().print(secret)


def _as_json(key: Key) -> dict[str, Any]:
    return {
        "id": key.row.id,
        "name": key.row.name,
        "hint": key.row.hint,
        "scopes": list(key.scopes),
        "state": key.state,
        "expires_at": key.row.expires_at,
        "last_used_at": key.row.last_used_at,
        "last_used_address": key.row.last_used_address,
    }
