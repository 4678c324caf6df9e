"""The story, chapter by chapter. A chapter does something with the commands anybody has, and checks what came of it."""

from __future__ import annotations

import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from snapshots.demo import chapters, jira_moves, world
from snapshots.demo.narration import Story
from snapshots.demo.stage import ADMIN, TOKEN, EmulatedSite, start_service
from snapshots.errors import InvalidInput

MARKER = ".snapshots-demo"
"""Says that a folder is a demo's own, and which sites were left running on it."""

CHAPTERS: tuple[Callable[[Story], str], ...] = (
    chapters.two_sites,
    chapters.make_pages,
    chapters.take,
    chapters.jira_changes,
    chapters.take_again,
    chapters.compare_versions,
    chapters.back_up,
    chapters.pages_move,
    chapters.compare_is_dead,
    chapters.plan_restore,
    chapters.apply_restore,
    chapters.compare_there,
    chapters.twice,
    chapters.damaged,
    chapters.undo_restore,
    jira_moves.projects_move,
    jira_moves.refused,
    jira_moves.import_jira_data,
    jira_moves.take_there,
    jira_moves.compare_across,
)


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
    if not keep:
        _stop(story.sites)
        return 0
    try:
        _say_how_to_reach(story)
    except BaseException:
        _stop(story.sites)
        raise
    return 0


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
    story.console.print(f"and across the move of Jira: {story.page_across}")


def _say_how_to_reach(story: Story) -> None:
    link, service = start_service(story.there, folder=story.folder)
    running = [*story.sites, service]
    (story.folder / MARKER).write_text("".join(f"{one.url} {one.process.pid}\n" for one in running), encoding="utf-8")
    for site in story.sites:
        story.console.print(f"{site.name} still runs at {site.url} (Confluence below {site.url}/wiki)")
    story.console.print(f"users: {ADMIN}, editor@example.com, viewer@example.com; API token: {TOKEN}")
    story.console.print(f"\nThe backup area of globex, by this link, once: {link}", soft_wrap=True)
    story.console.print(
        "there: Backup / Export makes an archive; Restore / Import shows the plan of acme.zip and what was restored; "
        "Import Jira data shows the import and undoes it; API setting gives a key for a pipeline"
    )
    story.console.print(f"the archive and the Jira-data file of acme are in {story.folder}")
    home = f"SNAPSHOTS_HOME={story.there.home} GLOBEX_TOKEN={TOKEN}"
    command = Path(sys.executable).with_name("snapshots")
    story.console.print(f"try it:  {home} {command} history '{world.BUGS.address}'", soft_wrap=True)
    story.console.print(f"stop all with: kill {' '.join(str(one.process.pid) for one in running)}")
