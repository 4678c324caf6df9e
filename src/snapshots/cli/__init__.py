"""The command line. Commands parse, call one wing, and render; `main` turns errors into exit codes."""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys
from typing import Annotated, TextIO, cast

import typer
from rich.markup import escape

# Typer carries its own Click since 0.29 and names this base of all misuse nowhere else.
from typer._click.exceptions import ClickException

from snapshots import __version__
from snapshots.cli.exit_codes import DONE, FAULT, INTERRUPTED, UNREAD, exit_code_of
from snapshots.cli.output import err, shown
from snapshots.errors import SnapshotsError, StorageError

_STORAGE_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG, errno.EIO}


_COMMANDS = ("take", "history", "compare", "serve", "demo")
_GROUPS = ("site", "macro", "sticker", "backup", "restore", "jira-data", "jql", "job", "api")


def build(first_word: str = "") -> typer.Typer:
    """The tree of commands; only the branch of `first_word` when that is one, for loading all takes a second."""
    tree = typer.Typer(
        name="snapshots",
        help="Jira data frozen inside Confluence pages; its registry backed up, restored, and moved between sites.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    # Without a callback, Typer would drop the name of a command that stands alone.
    tree.callback()(_options_of_all)
    names = (*_COMMANDS, *_GROUPS)
    for name in (first_word,) if first_word in names else names:
        module = importlib.import_module(f"snapshots.cli.{name.replace('-', '_')}")
        if name in _GROUPS:
            tree.add_typer(module.commands())
        else:
            tree.command(name)(getattr(module, name))
    return tree


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"snapshots {__version__}\n")
        raise typer.Exit


def _options_of_all(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """What comes before the command."""


def main() -> None:
    """Run the command in `sys.argv` and exit with a code of docs/errors.md."""
    _have_streams()
    sys.exit(run(sys.argv[1:]))


def _have_streams() -> None:
    """Make every standard stream usable: a supervisor may have closed it, and it may know fewer characters than we."""
    # In this order, for each takes the lowest descriptor that is free: 0, 1, 2.
    sys.stdin = sys.stdin or _open_nothing("r")
    sys.stdout = sys.stdout or _open_nothing("w")
    sys.stderr = sys.stderr or _open_nothing("w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _open_nothing(mode: str) -> TextIO:
    return cast(TextIO, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def run(arguments: list[str]) -> int:
    """Run one command and answer its exit code; errors become one sentence on standard error."""
    try:
        code: int = build(arguments[0] if arguments else "")(arguments, standalone_mode=False) or DONE
        sys.stdout.flush()
        return _tell_interrupted() if code == INTERRUPTED else code
    except typer.Exit as leave:
        return leave.exit_code
    except ClickException as misuse:
        misuse.show()
        return misuse.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return _tell_interrupted()
    except SnapshotsError as error:
        return _tell(error)
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has seen enough; Typer and Rich make a SystemExit of that, and of nothing
        # else. Python would complain once more while closing the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    except OSError as error:
        if error.errno in _STORAGE_ERRNOS:
            named = f" {error.filename}" if error.filename else ""
            return _tell(
                StorageError(f"Cannot use{named or ' a file'}: {error.strerror}. Make room or check its rights.")
            )
        return _tell_fault(error)
    except Exception as error:  # noqa: BLE001 - the last door: nobody above could say it better
        return _tell_fault(error)


def _tell_interrupted() -> int:
    err().print("Interrupted. What was done so far is kept; `snapshots job list` shows what can go on.")
    return INTERRUPTED


def _tell(error: SnapshotsError) -> int:
    err().print(f"[bold red]error[/] {escape(shown(str(error)))}")
    return exit_code_of(error)


def _tell_fault(error: BaseException) -> int:
    if os.environ.get("SNAPSHOTS_DEBUG"):
        raise error
    # The text of an unforeseen error may hold anything, a token too; its type and place hold nothing.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown place"
    err().print(
        f"[bold red]fault[/] Snapshots met something it does not know ({type(error).__name__} in {escape(place)}). "
        "Set SNAPSHOTS_DEBUG=1, run it again, and report what it prints."
    )
    return FAULT
