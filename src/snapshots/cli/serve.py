"""`snapshots serve`: the backup area in a browser, and the REST API, from this machine."""

from __future__ import annotations

import logging
import os
import sys
import webbrowser
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
        str, typer.Option(metavar="URL", help="What people and pipelines call, where a proxy stands before this.")
    ] = "",
    frame_ancestor: Annotated[
        list[str] | None, typer.Option(metavar="ORIGIN", help="May show the pages in a frame; may be repeated.")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the link in a browser of this machine.")] = False,
) -> None:
    """Serve the backup area and the REST API.

    Prints a link that signs one person in, once. Ctrl-C ends it; jobs that still run go on when it starts again.
    """
    debug = bool(os.environ.get("SNAPSHOTS_DEBUG"))
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("snapshots").setLevel(logging.DEBUG if debug else logging.INFO)
    options = ServeOptions(host, port, public_url, tuple(frame_ancestor or ()), debug)

    def tell(words: str) -> None:
        out().print(escape(words), soft_wrap=True, highlight=False)
        sys.stdout.flush()

    def on_ready(service: Service) -> None:
        link = service.new_link()
        tell(f"Snapshots listens on {service.settings.public_url}, port {service.settings.port}.")
        tell(f"Come in by this link, once, within a quarter of an hour: {link}")
        tell("Ctrl-C ends it.")
        if open_browser:
            webbrowser.open(link)

    with App(read_config(os.environ)) as app:
        run_server(app, options, tell=tell, on_ready=on_ready)
