"""What the chapters of the story hand on to each other, and how they check what they promise."""

from __future__ import annotations

import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape

from snapshots.demo import world
from snapshots.demo.stage import PYTHON, TOKEN, DemoFailed, EmulatedSite, Installation

_SHOWN_LINES = 14


@dataclass(slots=True)
class Story:
    """What chapters hand on to each other. `here` is the source site's installation, `there` the destination's."""

    folder: Path
    console: Console
    sites: list[EmulatedSite] = field(default_factory=list)
    page_ids: dict[str, str] = field(default_factory=dict)
    changed: world.Changed | None = None
    comparison: dict[str, Any] = field(default_factory=dict)
    restored: list[Any] = field(default_factory=list)
    reworded_there: tuple[str, str] = ("", "")

    @property
    def here(self) -> Installation:
        return Installation(self.folder / "acme-snapshots", {"ACME_TOKEN": TOKEN, "SNAPSHOTS_SITE": "acme"})

    @property
    def there(self) -> Installation:
        return Installation(self.folder / "globex-snapshots", {"GLOBEX_TOKEN": TOKEN, "SNAPSHOTS_SITE": "globex"})

    @property
    def archive(self) -> Path:
        return self.folder / "acme.zip"

    @property
    def jira_data(self) -> Path:
        return self.folder / "acme.jira-data.ndjson"

    @property
    def page_across(self) -> Path:
        return self.folder / "comparison-across-the-move.html"

    @property
    def page(self) -> Path:
        return self.folder / "comparison.html"

    def show(self, installation: Installation, *arguments: str, expect: int = 0) -> str:
        """Run a command, and show it with the beginning of what it said."""
        self.console.print(f"    [dim]$ snapshots {escape(_as_typed(arguments))}[/]")
        said = installation.run(*arguments, expect=expect)
        # Progress and notes go to standard error; they are shown where they are all there is to see.
        text = (said.stdout or said.stderr).rstrip()
        lines = _aligned(text.splitlines())
        for line in lines[:_SHOWN_LINES]:
            self.console.print(f"      {escape(line)}")
        if len(lines) > _SHOWN_LINES:
            self.console.print(f"      [dim]… {len(lines) - _SHOWN_LINES} more lines[/]")
        return said.stdout


def check(held: bool, promise: str) -> None:
    """Raise `DemoFailed` unless the promise held."""
    if not held:
        raise DemoFailed(f"The demo expected that {promise}, and it is not so: this is a fault, please report it.")


def emulator(*arguments: str, promise: str) -> None:
    done = subprocess.run([*PYTHON, "atlassian_emulator", *arguments], capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"{promise} ({done.stderr.strip()})")


def known(changed: world.Changed | None) -> world.Changed:
    assert changed is not None, "Jira changes before anything is compared"
    return changed


def comparison(installation: Installation) -> dict[str, Any]:
    """The comparison as JSON, without what names the site it was made on."""
    whole = installation.run("compare", world.BUGS.address, "1", "2", "--json").json()
    return {name: value for name, value in whole.items() if name != "site"}


def records(story: Story) -> list[Any]:
    """Name and digest of every member of an archive of globex made now: what its registry holds, byte for byte."""
    now = story.folder / "globex-now.zip"
    story.there.run("backup", "create", "--all-spaces", "--output", str(now), "--overwrite")
    with zipfile.ZipFile(now) as archive:
        return list(msgspec.json.decode(archive.read("manifest.json"))["members"])


def _aligned(lines: list[str]) -> list[str]:
    """Lines of a table, which a pipe gets separated by tabs, set in columns; other lines as they are."""
    cells = [line.split("\t") for line in lines]
    table = [row for row in cells if len(row) > 1]
    widths = [
        max(len(row[place]) for row in table if place < len(row)) for place in range(max(map(len, table), default=0))
    ]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        if len(row) > 1
        else row[0]
        for row in cells
    ]


def _as_typed(arguments: tuple[str, ...]) -> str:
    return " ".join(f'"{argument}"' if " " in argument else argument for argument in arguments)
