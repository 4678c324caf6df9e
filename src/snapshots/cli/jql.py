"""`snapshots jql`: is this JQL, and if not, where does it go wrong? Needs no site, no registry and no settings."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterator
from typing import Annotated, BinaryIO

import typer

from snapshots.cli.exit_codes import DONE, exit_code_of
from snapshots.errors import InvalidInput
from snapshots.jql import JqlSyntaxError, parse_jql

StringsOption = Annotated[
    bool, typer.Option("--strings", help="Each line is a JSON string, so that a JQL may hold line ends.")
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Exit with 3 when a line was refused.")]


def commands() -> typer.Typer:
    """The commands under `jql`."""
    group = typer.Typer(name="jql", help="Jira's query language.", no_args_is_help=True)
    # Without a callback, Typer would drop the name of a command that stands alone.
    group.callback()(lambda: None)
    group.command("check")(check)
    return group


def check(as_strings: StringsOption = False, strict: StrictOption = False) -> int:
    """Parse each line of standard input as a JQL and print one JSON object for each (docs/jql.md)."""
    refused = False
    for line in _iter_lines(sys.stdin.buffer):
        verdict = _check_line(line, as_strings)
        refused = refused or not verdict["ok"]
        sys.stdout.buffer.write(_encode(verdict) + b"\n")
        # Whoever asks line by line waits for the answer.
        sys.stdout.buffer.flush()
    return exit_code_of(InvalidInput("")) if strict and refused else DONE


def _iter_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines without their end, which is a line feed or a carriage return and one; and without a byte order mark."""
    for number, line in enumerate(stream):
        yield (line.removeprefix(codecs.BOM_UTF8) if number == 0 else line).removesuffix(b"\n").removesuffix(b"\r")


def _check_line(line: bytes, as_strings: bool) -> dict[str, object]:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        position = len(line[: error.start].decode())
        return _refusal(position, 1, position + 1, "UTF-8", f"the byte 0x{line[error.start]:02x}")
    if as_strings:
        try:
            string = json.loads(text)
        except (ValueError, RecursionError):
            string = None
        if not isinstance(string, str):
            return _refusal(0, 1, 1, "a JSON string", text[:40] or "the end")
        text = string
    try:
        query = parse_jql(text)
    except JqlSyntaxError as error:
        return _refusal(error.offset, error.line, error.column, error.expected, error.found)
    return {"ok": True, "text": str(query)}


def _refusal(position: int, line: int, column: int, expected: str, found: str) -> dict[str, object]:
    return {
        "ok": False,
        "position": position,
        "line": line,
        "column": column,
        "expected": expected,
        "found": found,
    }


def _encode(verdict: dict[str, object]) -> bytes:
    try:
        return json.dumps(verdict, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # Half a surrogate pair has no UTF-8; as an escape JSON can say it.
        return json.dumps(verdict).encode()
