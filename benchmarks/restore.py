"""Plan, restore and undo many records, and open the plan as a page does.

    python benchmarks/restore.py --records 200000 --markdown benchmarks/restore.md

The site is one in memory that has every page under another id, so what is measured is ours and not HTTP. Each step
is timed once a run, in a process of its own for its peak memory; a run is made `--repeat` times and medians are
shown. Without the journal means: the same restore, its journal thrown away instead of being kept.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import archive as filling

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.macro import add_macro, format_attachment_comment
from snapshots.atlassian.model import Attachment, AttachmentVersion, Page, PageVersion, Space
from snapshots.backup.read import open_archive
from snapshots.backup.selection import resolve_selection, select_all
from snapshots.backup.write import write_archive
from snapshots.registry import restores, sites
from snapshots.registry.engine import Registry, open_registry
from snapshots.registry.sites import SiteRow
from snapshots.restore.apply import apply_restore
from snapshots.restore.plan import RestoreOptions
from snapshots.restore.plan_store import PlanFacts, PlanWriter, RecordFilter, load_stored_plan, open_plan
from snapshots.restore.planning import plan_restore
from snapshots.restore.source import ArchiveSource
from snapshots.restore.undo import choose_restore, plan_undo, undo_restore

DEFINITION = '{"levels":[{"jql":"project = ACME"}]}'


class MemorySite:
    """Answers what a survey asks, from the source's registry; a tenth of the pages has not come."""

    requests_sent = 0

    def __init__(self, source: Registry) -> None:
        with source.read() as conn:
            pages = conn.exec_driver_sql(
                "SELECT page.id, page.title, macro.remote_id, macro.attachment_name, macro.id, space.key "
                "FROM page JOIN macro ON page_id = page.id JOIN space ON space_id = space.id ORDER BY page.id"
            ).fetchall()
            versions = conn.exec_driver_sql(
                "SELECT macro_id, capture_id, payload_sha256 FROM version ORDER BY macro_id, number"
            ).fetchall()
        self._comments: dict[int, list[str]] = {}
        for macro_id, capture_id, sha256 in versions:
            self._comments.setdefault(macro_id, []).append(format_attachment_comment(capture_id, sha256))
        self._spaces = sorted({row[5] for row in pages})
        self._pages = {f"9{row[0]:09}": row for row in pages if row[0] % 10}

    def iter_spaces(self) -> Iterator[Space]:
        yield from (Space(key, key, key, "global") for key in self._spaces)

    def iter_pages(self, space_id: str) -> Iterator[Page]:
        for page_id, row in self._pages.items():
            if row[5] == space_id:
                body = add_macro("", row[2], DEFINITION)
                yield Page(page_id, space_id, row[1], "current", PageVersion(1, 1, "5b10"), body=body)

    def iter_attachments(self, page_id: str) -> Iterator[Attachment]:
        row = self._pages[page_id]
        comments = self._comments.get(row[4], [])
        if comments:
            yield Attachment(page_id, page_id, row[3], len(comments), 10, comments[-1])

    def iter_attachment_versions(self, attachment_id: str) -> Iterator[AttachmentVersion]:
        for number, comment in enumerate(self._comments[self._pages[attachment_id][4]], start=1):
            yield AttachmentVersion(number, 1, "5b10", comment)

    def iter_page_versions(self, _page_id: str) -> Iterator[PageVersion]:
        yield PageVersion(1, 1, "5b10", body="")

    def classify_content(self, ids: list[str]) -> dict[str, str | None]:
        return {page_id: "page" if page_id in self._pages else None for page_id in ids}


def get_here(registry: Registry) -> SiteRow:
    with registry.write() as conn:
        found = sites.find_site(conn, "here")
        return found or sites.add_site(
            conn,
            name="here",
            deployment="cloud",
            confluence_url="https://here.example/wiki",
            jira_url="https://here.example",
            cloud_id="here-cloud",
            account="a@example.com",
            secret="env:TOKEN",
            created_at=1,
        )


def make_plan(folder: Path, url: str) -> None:
    with (
        open_registry(f"sqlite:///{folder / 'source.db'}") as source,
        open_registry(url) as registry,
        open_archive(folder / "archive.zip") as opened,
        PlanWriter(folder / "stored.plan") as writer,
    ):
        row, site = get_here(registry), cast(ConfluenceClient, MemorySite(source))
        plan = plan_restore(registry, site, row, ArchiveSource(opened), RestoreOptions(), keep=writer.add_page)
        writer.finish(plan, PlanFacts(site="here", name="archive.zip", archive="archive.zip", cloud_id="cloud"))


def restore(folder: Path, url: str) -> None:
    plan = load_stored_plan(folder / "stored.plan")
    with open_registry(url) as registry, open_archive(folder / "archive.zip") as opened:
        apply_restore(registry, get_here(registry), ArchiveSource(opened), plan)


def restore_without_journal(folder: Path, url: str) -> None:
    restores.add_journal = lambda *_: None  # type: ignore[assignment]
    from snapshots.restore import apply

    apply.write_journal = lambda _: b""  # type: ignore[assignment]
    apply.describe_pages = lambda _: None  # type: ignore[assignment, return-value]
    apply.write_pages = lambda _: ""  # type: ignore[assignment]
    restore(folder, url)


def look_at_undo(folder: Path, url: str) -> None:
    with open_registry(url) as registry:
        plan_undo(registry, choose_restore(registry, get_here(registry), None))


def undo(folder: Path, url: str) -> None:
    with open_registry(url) as registry:
        undo_restore(registry, choose_restore(registry, get_here(registry), None))


STEPS: dict[str, Callable[[Path, str], None]] = {
    each.__name__: each for each in (make_plan, restore_without_journal, restore, look_at_undo, undo)
}


def time_step(name: str, folder: Path, url: str) -> tuple[float, float, int]:
    """Seconds, seconds of CPU of this program and peak memory of a step in a process of its own."""
    command = [sys.executable, __file__, "--step", name, str(folder), url]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return told["seconds"], told["cpu"], told["peak"]


def time_looks(folder: Path, records: int) -> dict[str, float]:
    """Milliseconds of what a page asks of the stored plan."""

    def opened() -> None:
        with open_plan(folder / "stored.plan") as stored:
            stored.count_pages()
            stored.count_outcomes()
            stored.count_spaces()
            stored.list_ambiguous(limit=50)
            stored.list_records(RecordFilter(), limit=101)
            stored.count_records(RecordFilter())

    looks: dict[str, Callable[[], Any]] = {"open it: counts, spaces, first 100 records": opened}
    with open_plan(folder / "stored.plan") as stored:
        one = RecordFilter(text=stored.list_records(RecordFilter(kind="version"), limit=1)[0].about[-36:])
        looks |= {
            "the 100 records behind the middle": lambda: stored.list_records(RecordFilter(), after=records // 2),
            "parked ones of one space, and how many": lambda: (
                stored.list_records(RecordFilter(space="KEY1", outcome="parked")),
                stored.count_records(RecordFilter(space="KEY1", outcome="parked")),
            ),
            "one capture id among all, and how many": lambda: (stored.list_records(one), stored.count_records(one)),
            "letters that are not ASCII": lambda: stored.count_records(RecordFilter(text="ü")),
        }
        return {name: statistics.median(_milliseconds(look) for _ in range(5)) for name, look in looks.items()}


def _milliseconds(look: Callable[[], Any]) -> float:
    began = time.process_time()
    look()
    return (time.process_time() - began) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--step", nargs=3)
    options = parser.parse_args()
    if options.step:
        name, folder, url = options.step
        began = time.perf_counter()
        STEPS[name](Path(folder), url)
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "cpu": time.process_time(), "peak": peak}))
        return
    with tempfile.TemporaryDirectory(prefix="snapshots-benchmark-") as name:
        text = run(Path(name), options.records, options.repeat)
    print(text)
    if options.markdown:
        options.markdown.write_text(text)


def run(folder: Path, records: int, repeat: int) -> str:
    with open_registry(f"sqlite:///{folder / 'source.db'}") as source:
        # Pages and macros are records too: of 11 records 10 are versions.
        filling.fill(source, records * 10 // 11)
        with source.read() as conn:
            acme = sites.get_site(conn, "acme")
        write_archive(source, acme, resolve_selection(select_all(), []), folder / "archive.zip")
    server = filling.Server(folder)
    lines, journal = [], {}
    for database in ("SQLite", "PostgreSQL"):
        measured: dict[str, list[tuple[float, float, int]]] = {}
        for turn in range(repeat):
            for variant in ("restore_without_journal", "restore"):
                url = f"sqlite:///{folder / f'here-{turn}-{variant}.db'}"
                if database == "PostgreSQL":
                    url = server.make_database(f"here_{turn}_{variant}")
                for step in ["make_plan", variant, *(["look_at_undo", "undo"] if variant == "restore" else [])]:
                    measured.setdefault(step, []).append(time_step(step, folder, url))
                    if step == "restore":
                        journal[database] = count_journal(url)
        for step, words in (
            ("make_plan", "make the plan and store it"),
            ("restore_without_journal", "restore, without the journal"),
            ("restore", "restore"),
            ("look_at_undo", "look at what undo would do"),
            ("undo", "undo"),
        ):
            seconds = statistics.median(each[0] for each in measured[step])
            cpu = statistics.median(each[1] for each in measured[step])
            peak = max(each[2] for each in measured[step])
            lines.append(f"| {words} | {database} | {seconds:.2f} | {cpu:.2f} | {peak / 1e6:.0f} MB |")
    server.stop()
    size = (folder / "stored.plan").stat().st_size
    looks = [f"| {words} | {milliseconds:.0f} |" for words, milliseconds in time_looks(folder, records).items()]
    return f"""# Planning, restoring and undoing many records

`python benchmarks/restore.py --records {records}`: medians of {repeat} runs on a machine with 2 cores,
{platform.system()}, Python {platform.python_version()}, PostgreSQL {server.version}. Ratios within one run count, not
the figures themselves. About {records:,} records: a macro a page, 20 versions a macro; a tenth of the pages has not
come, so a tenth of the records is parked. What each line does is said in `benchmarks/restore.py`. The CPU is that of
Snapshots alone, without PostgreSQL's, and with the start of the program.

| | registry | seconds | of CPU | peak memory |
|---|---|--:|--:|--:|
{chr(10).join(lines)}

The journal is {journal["SQLite"]:,} bytes on SQLite and {journal["PostgreSQL"]:,} on PostgreSQL, or
{journal["SQLite"] / records:.1f} bytes a record, nearly all of it the names of parked records.

## Opening the stored plan

The plan is one file of {size / 1e6:.0f} MB. This is what a page asks of it, without the web around it.

| | milliseconds of CPU |
|---|--:|
{chr(10).join(looks)}
"""


def count_journal(url: str) -> int:
    with open_registry(url) as registry, registry.read() as conn:
        return int(
            conn.exec_driver_sql("SELECT sum(length(changes) + length(pages)) FROM restore_journal").scalar_one()
        )


if __name__ == "__main__":
    main()
