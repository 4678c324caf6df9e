"""The command line: start a site, or move a space from one to another."""

from __future__ import annotations

import argparse
import signal
import sqlite3
import sys
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import msgspec

from atlassian_emulator import filling, jira
from atlassian_emulator.copying import CopyRefused, copy_project, copy_space
from atlassian_emulator.limits import LimitSettings
from atlassian_emulator.oauth import parse_client
from atlassian_emulator.server import EmulatorServer
from atlassian_emulator.site import DEFAULT_TOKEN
from atlassian_emulator.weather import Disturbance


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the command line and return the exit code: 0, or 1 after a sentence on standard error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["copy-space"]:
        return _copy_space(_copy_parser("space").parse_args(given[1:]))
    if given[:1] == ["copy-project"]:
        return _copy_project(_copy_parser("project").parse_args(given[1:]))
    if given[:1] == ["fill"]:
        return filling.main(given[1:])
    return _serve(_serve_parser().parse_args(given))


def _serve_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="atlassian-emulator",
        description="A small Atlassian site on this machine: Confluence and Jira over REST.",
        epilog="atlassian-emulator copy-space --help: move a space from one emulated site to another;"
        " atlassian-emulator fill --help: make a large site.",
    )
    parser.add_argument("--port", type=int, default=8090, help="port to listen on; 0 takes a free one (default: 8090)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--site-name", default="acme", help="name of the site, which decides its ids (default: acme)")
    deployments = ["cloud", "data-center"]
    parser.add_argument("--deployment", choices=deployments, default="cloud", help="what kind of site (default: cloud)")
    parser.add_argument("--token", default=DEFAULT_TOKEN, help=f"API token of its users (default: {DEFAULT_TOKEN})")
    parser.add_argument("--data-dir", type=Path, help="directory to keep the site in; without, it is kept in memory")
    parser.add_argument("--issues", type=Path, help="issues to load into Jira, one JSON object a line (.jsonl.gz)")
    parser.add_argument("--demo", action="store_true", help="load a made-up set of issues into Jira")
    parser.add_argument("--weather", default="[]", help="disturbances, as JSON (see docs/emulator.md)")
    parser.add_argument("--limits", default="{}", help="rate limits that hold by counting, as JSON")
    parser.add_argument("--index-delay", type=float, default=0.0, help="seconds until searches find what was made")
    parser.add_argument(
        "--oauth-client", action="append", default=[], metavar="JSON", help="an app that people can sign in to"
    )
    return parser


def _serve(options: argparse.Namespace) -> int:
    try:
        weather = msgspec.json.decode(options.weather, type=list[Disturbance])
    except (msgspec.DecodeError, ValueError) as error:
        return _fail(f"--weather cannot be read: {error}.")
    try:
        limits = msgspec.json.decode(options.limits, type=LimitSettings)
    except (msgspec.DecodeError, ValueError) as error:
        return _fail(f"--limits cannot be read: {error}.")
    try:
        clients = [parse_client(text) for text in options.oauth_client]
    except ValueError as error:
        return _fail(f"--oauth-client cannot be read: {error}.")
    try:
        server = EmulatorServer(
            options.site_name,
            host=options.host,
            port=options.port,
            data_dir=options.data_dir,
            token=options.token,
            deployment=options.deployment,
            weather=weather,
            limits=limits,
            index_delay_seconds=options.index_delay,
            oauth_clients=clients,
        )
    except (OSError, sqlite3.DatabaseError) as error:
        where = f"{options.host}:{options.port}"
        reason = getattr(error, "strerror", None) or error
        return _fail(f"The site cannot be started on {where}: {reason}. Choose another --port or --data-dir.")
    try:
        loaded = _load(server, options)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        server.close()
        return _fail(f"The issues cannot be loaded: {error}.")
    _announce(server, options, loaded)
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: threading.Thread(target=server.stop).start())
    server.serve()
    return 0


def _load(server: EmulatorServer, options: argparse.Namespace) -> int:
    if options.demo:
        return jira.load_demo(server.site)
    return jira.load_issues(server.site, options.issues) if options.issues else 0


def _announce(server: EmulatorServer, options: argparse.Namespace, loaded: int) -> None:
    site = server.site
    kept = f"in {options.data_dir}" if options.data_dir else "in memory"
    people = ", ".join(user.email for user in site.users.list_all() if user.role != "person")
    issues = f", {loaded} issues loaded" if loaded else ""
    token = "emulator" if options.token == DEFAULT_TOKEN else "as given"
    if options.deployment == "data-center":
        _say(f"{site.name}: {server.url} (Data Center: both below {server.url}/rest/api), kept {kept}{issues}")
        _say("users: admin, editor, viewer; password: " + token)
    else:
        _say(f"{site.name}: {server.url} (Confluence below {server.url}/wiki), kept {kept}{issues}")
        _say(f"users: {people}; API token: {token}")
    _say("ready")


def _copy_parser(noun: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"atlassian-emulator copy-{noun}", description=f"Move a {noun} between two running emulated sites."
    )
    parser.add_argument("--from", dest="source", required=True, help=f"address of the site that has the {noun}")
    parser.add_argument("--to", dest="destination", required=True, help="address of the site that gets it")
    parser.add_argument(f"--{noun}", dest="key", required=True, help=f"key of the {noun}")
    parser.add_argument("--rename-to", default="", help=f"key of the {noun} at the destination, if it is another")
    if noun == "space":
        parser.add_argument(
            "--current-version-only", action="store_true", help="leave history behind, as tools built on REST do"
        )
        parser.add_argument(
            "--conflicting-macro", action="append", default=[], metavar="ID", help="give this macro a new id"
        )
    else:
        for what in ("field", "link-type"):
            parser.add_argument(
                f"--rename-{what}",
                action="append",
                default=[],
                type=_pair,
                metavar="OLD=NEW",
                help=f"what a {what.replace('-', ' ')} is called at the destination",
            )
    return parser


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not old or not equals or not new:
        raise argparse.ArgumentTypeError(f"'{text}' is not OLD=NEW, two names")
    return old, new


def _copy_space(options: argparse.Namespace) -> int:
    try:
        report = copy_space(
            options.source,
            options.destination,
            options.key,
            rename_to=options.rename_to,
            current_version_only=options.current_version_only,
            conflicting_macros=options.conflicting_macro,
        )
    except CopyRefused as error:
        return _fail(str(error))
    return _tell("space", report["space"], options.destination, report["ids"])


def _copy_project(options: argparse.Namespace) -> int:
    try:
        report = copy_project(
            options.source,
            options.destination,
            options.key,
            rename_to=options.rename_to,
            rename_fields=dict(options.rename_field),
            rename_link_types=dict(options.rename_link_type),
        )
    except CopyRefused as error:
        return _fail(str(error))
    left = len(report["links_left_behind"])
    if left:
        _say(f"{left} links lead to issues that {options.destination} does not have; they stay behind")
    return _tell("project", report["project"], options.destination, report["ids"])


def _tell(noun: str, moved: dict[str, str], destination: str, ids: dict[str, dict[str, str]]) -> int:
    counts = ", ".join(f"{len(each)} of type {kind}" for kind, each in sorted(ids.items()))
    _say(f"{noun} {moved['key']} has id {moved['id']} at {destination}: {counts}")
    return 0


def _fail(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


def _say(sentence: str) -> None:
    # Whoever started this process may be waiting for the word "ready" at the other end of a pipe.
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _exit() -> NoReturn:
    sys.exit(main())


if __name__ == "__main__":
    _exit()
