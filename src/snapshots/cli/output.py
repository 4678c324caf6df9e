"""How the command line speaks: results on standard output, everything else on standard error.

A terminal gets tables, colours and progress bars; a pipe gets plain lines; `--json` gets one JSON
document on standard output and nothing else there.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from snapshots.findings import Finding
from snapshots.progress import Progress as TellProgress

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]

_SECONDS_BETWEEN_PLAIN_LINES = 5.0


def out() -> Console:
    """Standard output, made when needed so that a redirected stream is seen."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def err() -> Console:
    """Standard error, for progress, notes and errors."""
    return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())


def print_json(value: object) -> None:
    """One JSON document, readable by people, keys in the order given."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """A table on a terminal, tab-separated lines in a pipe; `empty` says what to do when there is nothing."""
    listed = [[shown(cell) for cell in row] for row in rows]
    if not listed:
        err().print(escape(empty))
        return
    if not sys.stdout.isatty():
        for line in [headings, *listed]:
            sys.stdout.write("\t".join(cell.replace("\t", " ") for cell in line) + "\n")
        return
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in listed:
        table.add_row(*[escape(cell) for cell in row])
    out().print(table)


def print_findings(findings: Iterable[Finding]) -> None:
    """What went on although something is worth knowing, on standard error."""
    console = err()
    for finding in findings:
        console.print(
            f"[yellow]note[/] {escape(shown(finding.record))}: {escape(shown(finding.evidence.rstrip('.')))}. "
            f"{_sentence(finding.action)} [dim]({escape(finding.kind)})[/]"
        )


def _sentence(text: str) -> str:
    return escape(shown(text[:1].upper() + text[1:].rstrip(".") + "."))


def shown(text: str) -> str:
    """`text` without characters that steer a terminal: titles come from other people's pages."""
    return "".join(
        c if c.isprintable() or c == "\t" else " " if c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def moment(microseconds: int) -> str:
    """A moment as people read it, in UTC, to the second."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def size(number_of_bytes: int) -> str:
    """A size in the unit that keeps it short."""
    amount = float(number_of_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def plural(number: int, word: str) -> str:
    """`1 page`, `2 pages`, `1,204 records`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


@contextmanager
def progress_shown(*, quiet: bool = False) -> Iterator[TellProgress]:
    """A `Progress` that draws a bar on a terminal and writes a plain line now and then in a pipe."""
    if quiet:
        yield lambda stage, done, total, unit: None
    elif sys.stderr.isatty():
        with _bars() as bars:
            yield _BarProgress(bars)
    else:
        yield _LineProgress()


def _bars() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[amount]}"),
        TimeElapsedColumn(),
        console=err(),
        transient=True,
    )


class _BarProgress:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int | None, unit: str) -> None:
        amount = f"{done:,} {unit}" if total is None else f"{done:,} of {total:,} {unit}"
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total, amount=amount)
        self._bars.update(self._tasks[stage], completed=done, total=total, amount=amount)


class _LineProgress:
    def __init__(self) -> None:
        self._stage = ""
        self._told = ""
        self._told_at = 0.0

    def __call__(self, stage: str, done: int, total: int | None, unit: str) -> None:
        now = time.monotonic()
        # The last line of a stage is always told, for else it would look as if it had stopped half way.
        if stage == self._stage and now - self._told_at < _SECONDS_BETWEEN_PLAIN_LINES and done != total:
            return
        line = f"{stage}: {done:,} {unit}" if total is None else f"{stage}: {done:,} of {total:,} {unit}"
        if line != self._told:
            self._stage, self._told, self._told_at = stage, line, now
            sys.stderr.write(line + "\n")
