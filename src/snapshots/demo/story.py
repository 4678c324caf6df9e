"""The story, chapter by chapter. A chapter does something with the commands anybody has, and checks what came of it."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from snapshots.demo import world
from snapshots.demo.stage import ADMIN, PYTHON, TOKEN, DemoFailed, EmulatedSite, Installation, start_site
from snapshots.errors import InvalidInput

MARKER = ".snapshots-demo"
"""Says that a folder is a demo's own, and which sites were left running on it."""

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


def tell(folder: Path, *, keep: bool) -> int:
    """Tell the story in `folder`, which is emptied first; 0 when every chapter held what it promised."""
    # A terminated demo stops its sites just as an interrupted one does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _empty(folder)
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    story = Story(folder, console)
    told: list[tuple[str, str, float]] = []
    console.print("[bold]Snapshots, the main job on two Atlassian sites of this machine[/]\n")
    try:
        for number, chapter in enumerate(CHAPTERS, start=1):
            title = (chapter.__doc__ or "").splitlines()[0].rstrip(".")
            console.print(f"[bold]{number:>2}  {title}[/]")
            started = time.monotonic()
            held = chapter(story)
            told.append((title, held, time.monotonic() - started))
            console.print(f"    [green]✓[/] {escape(held)}\n")
    except BaseException:
        _stop(story.sites)
        raise
    _summarise(story, told)
    if keep:
        _say_how_to_reach(story)
    else:
        _stop(story.sites)
    return 0


def _two_sites(story: Story) -> str:
    """Two sites start: acme with Jira and Confluence, globex new and empty."""
    # One by one, so that the first is stopped when the demo ends while the second is starting.
    story.sites.append(start_site("acme", folder=story.folder, options=["--demo"]))
    story.sites.append(start_site("globex", folder=story.folder))
    acme = story.sites[0]
    story.show(story.here, "site", "add", "acme", "--url", acme.url, "--account", ADMIN, "--token-env", "ACME_TOKEN")
    checks = story.here.run("site", "check", "--json").json()
    check(all(each["ok"] for each in checks), "the new site passes every check")
    return f"acme answers at {acme.url}, globex at {story.sites[1].url}"


def _pages(story: Story) -> str:
    """Three pages on acme, with data of one, two and three levels."""
    story.page_ids = world.make_pages(story.sites[0].url)
    for page in world.PAGES:
        file = story.folder / f"{page.title.lower().replace(' ', '-')}.json"
        file.write_text(page.definition, encoding="utf-8")
        story.show(story.here, "macro", "put", page.address, "--definition", str(file))
    return f"{len(world.PAGES)} pages in the spaces {', '.join(world.SPACES)} hold the macro"


def _take(story: Story) -> str:
    """Take: what Jira says now is frozen on each page."""
    requests = rows = 0
    for page in world.PAGES:
        taken = story.here.run("take", page.address, "--json").json()["versions"]
        check(len(taken) == 1 and taken[0]["number"] == 1, f"{page.title} has version 1")
        check(len(taken[0]["row_counts"]) == len(page.levels), f"{page.title} has rows of every level")
        check(all(taken[0]["row_counts"]), f"no level of {page.title} is empty")
        requests += taken[0]["requests"]
        rows += sum(taken[0]["row_counts"])
        counts = " + ".join(map(str, taken[0]["row_counts"]))
        story.console.print(f"    {page.title}: {counts} rows in {taken[0]['requests']} requests")
    return f"{rows} rows captured with {requests} requests to Jira, never one for each row"


def _jira_changes(story: Story) -> str:
    """Jira changes: a summary, a status, labels; one defect is found and one deleted."""
    story.changed = world.change_jira(story.sites[0].url)
    c = story.changed
    return f"{c.reworded} reworded, {c.moved_on} moved on, {c.created} created, {c.deleted} deleted"


def _take_again(story: Story) -> str:
    """Take again, and mark the first version as the one that was signed off."""
    for page in world.PAGES:
        taken = story.here.run("take", page.address, "--json").json()["versions"]
        check(taken[0]["number"] == 2, f"{page.title} has version 2")
    story.show(story.here, "sticker", "add", world.BUGS.address, "1", "Signed off", "--colour", "green")
    story.show(story.here, "history", world.BUGS.address)
    versions = story.here.run("history", world.BUGS.address, "--json").json()["versions"]
    check([v["number"] for v in versions] == [2, 1], "the history lists both versions, newest first")
    check(versions[1]["stickers"] == [{"name": "Signed off", "colour": "green"}], "version 1 carries the sticker")
    return "each page has two versions; version 1 carries the sticker 'Signed off'"


def _compare(story: Story) -> str:
    """Compare: what changed since the sign-off, down to the words."""
    changed = _known(story.changed)
    story.show(story.here, "compare", world.BUGS.address, "1", "2", "--html", str(story.page))
    story.show(story.here, "compare", world.BUGS.address, "1", "2")
    story.comparison = _comparison(story.here)
    by_kind: dict[str, set[str]] = {}
    for row in story.comparison["rows"]:
        by_kind.setdefault(row["change"], set()).add((row["new"] or row["old"])["key"])
    check(by_kind.get("added") == {changed.created}, f"{changed.created} is shown as added")
    check(by_kind.get("removed") == {changed.deleted}, f"{changed.deleted} is shown as removed")
    check(by_kind.get("changed") == {changed.reworded, changed.moved_on}, "both edited defects are shown as changed")
    check("seen again on the second device" in story.page.read_text(encoding="utf-8"), "the page shows the new words")
    return "exactly what happened in Jira is shown, and nothing else"


def _back_up(story: Story) -> str:
    """Back up the registry of all spaces into one archive, and verify it."""
    story.show(story.here, "backup", "create", "--all-spaces", "--output", str(story.archive))
    story.show(story.here, "backup", "verify", str(story.archive))
    counts = story.here.run("backup", "list", "--json").json()[0]["counts"]
    check(counts["version"] == 2 * len(world.PAGES), "the archive holds every version")
    return f"{sum(counts.values())} records in {story.archive.stat().st_size:,} bytes, every digest checked"


def _move(story: Story) -> str:
    """The pages move to globex, as Atlassian's own migration moves them."""
    acme, globex = story.sites
    addresses = ["--from", acme.url, "--to", globex.url]
    for key in world.SPACES:
        moved = subprocess.run(
            [*PYTHON, "atlassian_emulator", "copy-space", *addresses, "--space", key],
            capture_output=True,
            text=True,
            check=False,
        )
        check(moved.returncode == 0, f"space {key} moves ({moved.stderr.strip()})")
    new_ids = {page.address: world.find_page_id(globex.url, page) for page in world.PAGES}
    check(all(new_ids.values()), "every page is on globex")
    check(not set(new_ids.values()) & set(story.page_ids.values()), "no page kept its id")
    shown = ", ".join(f"{story.page_ids[address]} → {new_id}" for address, new_id in new_ids.items())
    return f"same titles, bodies and history; every id is another: {shown}"


def _dead(story: Story) -> str:
    """Without the archive, compare is dead on globex."""
    acme, globex = story.sites
    where = ["--url", globex.url, "--jira-url", acme.url]
    story.show(story.there, "site", "add", "globex", *where, "--account", ADMIN, "--token-env", "GLOBEX_TOKEN")
    story.show(story.there, "compare", world.BUGS.address, "1", "2", expect=3)
    return "the tables are there, the history is not: exit code 3, and the reason"


def _plan(story: Story) -> str:
    """Restore, first the plan: what would happen, and by what evidence."""
    story.show(story.there, "restore", "plan", str(story.archive))
    plan = story.there.run("restore", "plan", str(story.archive), "--json").json()
    check(all(page["match"] == "matched" for page in plan["pages"]), "every page is matched")
    check(plan["totals"]["version"] == {"created": 2 * len(world.PAGES)}, "every version would be created")
    story.show(story.there, "compare", world.BUGS.address, "1", "2", expect=3)
    rules = ", ".join(sorted({page["rule"] for page in plan["pages"]}))
    return f"{len(plan['pages'])} pages matched by {rules} with {plan['requests_sent']} requests; nothing was written"


def _apply(story: Story) -> str:
    """Restore, then apply."""
    story.show(story.there, "restore", "apply", str(story.archive), "--yes")
    story.restored = _records(story)
    return "every record found its page"


def _compare_there(story: Story) -> str:
    """Compare on globex gives the same answer as on acme."""
    story.show(story.there, "history", world.BUGS.address)
    there = _comparison(story.there)
    check(there == story.comparison, "both sites give the same comparison")
    taken = story.there.run("take", world.BUGS.address, "--json").json()["versions"]
    check(taken[0]["number"] == 3, "the next snapshot on globex continues the history")
    story.restored = _records(story)
    return "the same rows, cells and words; and the next snapshot on globex is version 3"


def _twice(story: Story) -> str:
    """A second apply changes nothing."""
    story.show(story.there, "restore", "apply", str(story.archive), "--yes")
    check(_records(story) == story.restored, "every record is byte for byte what it was")
    return "every record is byte for byte what it was"


def _damaged(story: Story) -> str:
    """A damaged archive is refused."""
    damaged = story.folder / "damaged.zip"
    data = bytearray(story.archive.read_bytes())
    data[len(data) // 3] ^= 0x20
    damaged.write_bytes(data)
    story.show(story.there, "backup", "verify", str(damaged), expect=6)
    story.show(story.there, "restore", "apply", str(damaged), "--yes", expect=6)
    check(_records(story) == story.restored, "nothing was written")
    return "one flipped bit, exit code 6, nothing written"


CHAPTERS: tuple[Callable[[Story], str], ...] = (
    _two_sites,
    _pages,
    _take,
    _jira_changes,
    _take_again,
    _compare,
    _back_up,
    _move,
    _dead,
    _plan,
    _apply,
    _compare_there,
    _twice,
    _damaged,
)


def check(held: bool, promise: str) -> None:
    """Raise `DemoFailed` unless the promise held."""
    if not held:
        raise DemoFailed(f"The demo expected that {promise}, and it is not so: this is a fault, please report it.")


def _known(changed: world.Changed | None) -> world.Changed:
    assert changed is not None, "Jira changes before anything is compared"
    return changed


def _comparison(installation: Installation) -> dict[str, Any]:
    """The comparison as JSON, without what names the site it was made on."""
    whole = installation.run("compare", world.BUGS.address, "1", "2", "--json").json()
    return {name: value for name, value in whole.items() if name != "site"}


def _records(story: Story) -> list[Any]:
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


def _empty(folder: Path) -> None:
    """Only what an earlier demo made is removed; any other folder is left alone."""
    marker = folder / MARKER
    if folder.exists() and not marker.exists() and any(folder.iterdir()):
        raise InvalidInput(f"{folder} holds other things: name an empty or new folder with --output.")
    if folder.exists():
        _refuse_running(marker)
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    marker.touch()


def _refuse_running(marker: Path) -> None:
    """Sites that `--keep` left running lose their data with the folder, and nobody could stop them any more."""
    kept = [line.split() for line in marker.read_text(encoding="utf-8").splitlines()] if marker.exists() else []
    running = [process for url, process in kept if _answers(url)]
    if running:
        raise InvalidInput(
            f"The sites of an earlier `demo --keep` still run on {marker.parent}: stop them with "
            f"`kill {' '.join(running)}`, or name another folder with --output."
        )


def _answers(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port), timeout=2).close()
    except OSError:
        return False
    return True


def _stop(sites: list[EmulatedSite]) -> None:
    for site in sites:
        site.stop()


def _summarise(story: Story, told: list[tuple[str, str, float]]) -> None:
    table = Table(title="What was promised, and held", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("", "chapter", "what was checked", "seconds"):
        table.add_column(heading, justify="right" if heading == "seconds" else "left")
    for title, held, seconds in told:
        table.add_row("[green]✓[/]", title.split(":")[0], escape(held), f"{seconds:.1f}")
    story.console.print(table)
    total = sum(seconds for _, _, seconds in told)
    story.console.print(f"\n{len(told)} chapters in {total:.0f} seconds. The comparison as a page: {story.page}")


def _say_how_to_reach(story: Story) -> None:
    for site in story.sites:
        story.console.print(f"{site.name} still runs at {site.url} (Confluence below {site.url}/wiki)")
    story.console.print(f"users: {ADMIN}, editor@example.com, viewer@example.com; API token: {TOKEN}")
    processes = " ".join(str(site.process.pid) for site in story.sites)
    kept = "".join(f"{site.url} {site.process.pid}\n" for site in story.sites)
    (story.folder / MARKER).write_text(kept, encoding="utf-8")
    home = f"SNAPSHOTS_HOME={story.there.home} GLOBEX_TOKEN={TOKEN}"
    command = Path(sys.executable).with_name("snapshots")
    story.console.print(f"try it:  {home} {command} history '{world.BUGS.address}'")
    story.console.print(f"stop both with: kill {processes}")
