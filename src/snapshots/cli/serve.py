"""`snapshots serve`: the backup area in a browser, and the REST API, from this machine."""

from __future__ import annotations

import logging
import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from snapshots.app import App
from snapshots.cli.output import out
from snapshots.config import read_config
from snapshots.web.server import ServeOptions
from snapshots.web.server import serve as run_server
from snapshots.web.service import Service


def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8760,
    public_url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            envvar="SNAPSHOTS_PUBLIC_URL",
            help="What people and pipelines call, where a proxy stands before this.",
        ),
    ] = "",
    frame_ancestor: Annotated[
        list[str] | None, typer.Option(metavar="ORIGIN", help="May show the pages in a frame; may be repeated.")
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            envvar="SNAPSHOTS_TRUSTED_PROXIES",
            help="A proxy, or a network of them, whose X-Forwarded-For is believed; may be repeated.",
        ),
    ] = None,
    access_log: Annotated[
        Path | None,
        typer.Option(metavar="FILE", envvar="SNAPSHOTS_ACCESS_LOG", help="Write a line of JSON for each request."),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the link in a browser of this machine.")] = False,
) -> None:
    """Serve the backup area and the REST API.

    Prints a link that signs one person in, once; where SNAPSHOTS_SIGN_IN_CLIENT_ID is set, people sign in with their
    Atlassian accounts instead. Ctrl-C ends it; jobs that still run go on when it starts again.
    """
    debug = bool(os.environ.get("SNAPSHOTS_DEBUG"))
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("snapshots").setLevel(logging.DEBUG if debug else logging.INFO)
    options = ServeOptions(
        host,
        port,
        public_url,
        tuple(frame_ancestor or ()),
        trusted_proxies=tuple(trusted_proxy or ()),
        access_log=access_log,
        debug=debug,
    )

    def tell(words: str) -> None:
        out().print(escape(words), soft_wrap=True, highlight=False)
        sys.stdout.flush()

    def on_ready(service: Service) -> None:
        tell(f"Snapshots listens on {service.settings.public_url}, port {service.settings.port}.")
        if service.team is not None:
            way_in = service.settings.public_url
            tell("People sign in with their Atlassian accounts; administrators of Confluence may come in.")
        else:
            way_in = service.new_link()
            tell(f"Come in by this link, once, within a quarter of an hour: {way_in}")
        tell("Ctrl-C ends it.")
        if open_browser:
            webbrowser.open(way_in)

    with App(read_config(os.environ)) as app:
        run_server(app, options, tell=tell, on_ready=on_ready)
