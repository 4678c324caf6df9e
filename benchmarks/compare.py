"""How long it takes to compare two captures, beside other tools in the same run.

    python benchmarks/compare.py [--rows 50000] [--columns 20] [--changed 0.02] [--runs 5]

Every tool gets the same rows in the form it reads best, each run in a process of its own. Loading and
comparing are timed apart. "reading only" is what has to be done before anything can be compared:
read both files, check their digests, open them. Figures go to benchmarks/compare.md, also when
they are bad. Needs the `bench` extra.
"""

from __future__ import annotations

import argparse
import csv
import gc
import hashlib
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from snapshots.capture.definition import Definition, Level
from snapshots.capture.jiras import KnownJiras
from snapshots.capture.payload import (
    CaptureHeader,
    Column,
    OpenPayload,
    Row,
    decode_row,
    open_payload,
    write_payload,
)
from snapshots.history.compare import compare_payloads
from snapshots.history.following import follow
from snapshots.history.words import cell_difference
from snapshots.registry import jira_mappings, sites
from snapshots.registry.engine import open_registry
from snapshots.registry.jira_mappings import MappedThing, NewJiraMapping

REPORT = Path(__file__).with_name("compare.md")
SIDES = ("old", "new")

Found = tuple[int, int, int]
"""Rows added, removed and changed. Rows that only moved are left out: no other tool looks for them."""


# Input


def make_rows(count: int, columns: int, seed: int) -> list[Row]:
    """Rows as Jira has them: a summary, then names, numbers and dates, all as text so that CSV can hold them."""
    chance = random.Random(seed)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 9))) for _ in range(2000)]

    def cell(place: int) -> str:
        if place == 0:
            return " ".join(chance.choices(words, k=8))
        if place % 3 == 1:
            return str(chance.randint(0, 99))
        if place % 3 == 2:
            return f"2026-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
        return chance.choice(words)

    return [
        Row(1, str(10_000 + number), f"ACME-{number + 1}", tuple(cell(place) for place in range(columns)))
        for number in range(count)
    ]


def change_rows(rows: list[Row], share: float, seed: int) -> tuple[list[Row], Found]:
    """Seven tenths of the changes are in cells, one tenth each adds, removes and moves a row."""
    chance = random.Random(seed)
    tenth = max(1, int(len(rows) * share / 10))
    changed = list(rows)
    for index in chance.sample(range(len(rows)), 7 * tenth):
        row = rows[index]
        values = list(row.values)
        place = chance.randrange(len(values))
        values[place] = f"{values[place]} changed"
        changed[index] = Row(row.level, row.issue_id, row.key, tuple(values))
    removed = set(chance.sample(range(len(rows)), tenth))
    edited = sum(1 for index in range(len(rows)) if index not in removed and changed[index] is not rows[index])
    changed = [row for index, row in enumerate(changed) if index not in removed]
    for row in make_rows(tenth, len(rows[0].values), seed + 1):
        changed.insert(chance.randrange(len(changed)), Row(1, f"9{row.issue_id}", f"NEW-{row.issue_id}", row.values))
    for _ in range(tenth):
        changed.insert(chance.randrange(len(changed)), changed.pop(chance.randrange(len(changed))))
    return changed, (tenth, tenth, edited)


def write_inputs(folder: Path, old: list[Row], new: list[Row]) -> None:
    names = [f"field{place}" for place in range(len(old[0].values))]
    columns = (tuple(Column(name, name, "string") for name in names),)
    definition = Definition((Level("project = ACME", ("key", *names)),))
    header = CaptureHeader(0, "a", "Ada", "c", "https://acme.atlassian.net", "m", "person")
    for side, rows in zip(SIDES, (old, new), strict=True):
        payload = write_payload(header, definition, columns, rows)
        (folder / f"{side}.json").write_bytes(payload.data)
        (folder / f"{side}.sha256").write_text(payload.payload_sha256)
        with (folder / f"{side}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "key", *names])
            writer.writerows([row.issue_id, row.key, *row.values] for row in rows)


def write_moved(folder: Path, old: list[Row], new: list[Row]) -> None:
    """The same versions with a move of Jira between them, and what was imported."""
    names = [f"field{place}" for place in range(len(old[0].values))]
    types = {3: "status", 6: "issuelink"}
    columns = (tuple(Column(name, name, types.get(place, "string")) for place, name in enumerate(names)),)
    definition = Definition((Level("project = ACME", ("key", *names)),))
    there = [Row(1, f"5{row.issue_id}", row.key.replace("ACME-", "GLX-"), row.values) for row in new]
    for side, url, rows in (("old", "https://acme.example", old), ("new", "https://globex.example", there)):
        header = CaptureHeader(0, "a", "Ada", "c", url, "m", "person")
        (folder / f"moved-{side}.json").write_bytes(write_payload(header, definition, columns, rows).data)
    with open_registry(f"sqlite:///{folder}/moved.db") as registry, registry.write() as conn:
        site = sites.add_site(
            conn,
            name="globex",
            deployment="cloud",
            confluence_url="https://globex.example/wiki",
            jira_url="https://globex.example",
            cloud_id="globex",
            account="ada@globex.example",
            secret="env:T",
            created_at=1,
        )
        mapping = NewJiraMapping(
            site_id=site.id,
            mapping_id="m",
            source_url="https://acme.example",
            destination_url="https://globex.example",
            made_by="Ada",
            made_at=1,
        )
        jira_mappings.add_mapping(conn, mapping, _mapped_things(old))


def _mapped_things(old: list[Row]) -> Iterator[MappedThing]:
    """Every issue of the version, nine times as many others, and a status of another name."""
    yield MappedThing("status", "1", "", "Open", "2", "", "To Do")
    for row in old:
        key = row.key.replace("ACME-", "GLX-")
        yield MappedThing("issue", row.issue_id, row.key, "", f"5{row.issue_id}", key, "", "project and number")
    for number in range(9 * len(old)):
        yield MappedThing("issue", f"8{number:07}", f"REST-{number}", "", f"9{number:07}", f"LEFT-{number}", "")


# Contenders: each answers a function that loads one side and one that compares both


def read_payload(folder: Path, side: str) -> OpenPayload:
    data = (folder / f"{side}.json").read_bytes()
    assert hashlib.sha256(data).hexdigest() == (folder / f"{side}.sha256").read_text()
    return open_payload(data)


def snapshots_rows(old: OpenPayload, new: OpenPayload) -> Found:
    total = compare_payloads(old, new).total
    return total.added, total.removed, total.changed + total.moved_and_changed


def snapshots_words(old: OpenPayload, new: OpenPayload) -> Found:
    comparison = compare_payloads(old, new)
    for row in comparison.rows:
        for cell in row.cells:
            cell_difference(cell.old, cell.new)
    total = comparison.total
    return total.added, total.removed, total.changed + total.moved_and_changed


def read_moved(folder: Path, side: str) -> tuple[OpenPayload, Path]:
    return open_payload((folder / f"moved-{side}.json").read_bytes()), folder


def snapshots_across(old: tuple[OpenPayload, Path], new: tuple[OpenPayload, Path]) -> Found:
    """Followed through the mapping in a registry, its look-ups included."""
    with open_registry(f"sqlite:///{old[1]}/moved.db") as registry, registry.read() as conn:
        kept = jira_mappings.list_mappings(conn, sites.get_site(conn, "globex").id)
        route = KnownJiras("https://globex.example", (), kept).find_route(
            "https://acme.example", "https://globex.example"
        )
        assert route is not None
        crossing = follow(conn, route, old[0], new[0])
    total = compare_payloads(old[0], new[0], crossing).total
    return total.added, total.removed, total.changed + total.moved_and_changed


def decode_all(old: OpenPayload, new: OpenPayload) -> None:
    for payload in (old, new):
        for line in payload.row_lines:
            decode_row(line)


def datacompy_polars() -> tuple[Callable[..., Any], Callable[..., Found]]:
    import datacompy
    import polars

    def load(folder: Path, side: str) -> Any:
        return polars.read_csv(folder / f"{side}.csv", infer_schema=False)

    return load, lambda old, new: _datacompy_found(datacompy.PolarsCompare(old, new, join_columns="id"))


def datacompy_pandas() -> tuple[Callable[..., Any], Callable[..., Found]]:
    import datacompy
    import pandas

    def load(folder: Path, side: str) -> Any:
        return pandas.read_csv(folder / f"{side}.csv", dtype=str, keep_default_na=False)

    return load, lambda old, new: _datacompy_found(datacompy.PandasCompare(old, new, join_columns="id"))


def _datacompy_found(comparison: Any) -> Found:
    changed = int(len(comparison.intersect_rows) - comparison.count_matching_rows())
    return len(comparison.df2_unq_rows), len(comparison.df1_unq_rows), changed


def csv_diff() -> tuple[Callable[..., Any], Callable[..., Found]]:
    import csv_diff

    def load(folder: Path, side: str) -> Any:
        with (folder / f"{side}.csv").open(newline="") as file:
            return csv_diff.load_csv(file, key="id")

    def compare(old: Any, new: Any) -> Found:
        found = csv_diff.compare(old, new)
        return len(found["added"]), len(found["removed"]), len(found["changed"])

    return load, compare


def daff() -> tuple[Callable[..., Any], Callable[..., Found]]:
    import daff

    def load(folder: Path, side: str) -> Any:
        with (folder / f"{side}.csv").open(newline="") as file:
            return daff.PythonTableView(list(csv.reader(file)))

    def compare(old: Any, new: Any) -> Found:
        flags = daff.CompareFlags()
        flags.addPrimaryKey("id")
        # Like the others it is not asked for moved rows.
        flags.ordered = False
        rows: list[list[Any]] = []
        alignment = daff.compareTables(old, new, flags).align()
        daff.TableDiff(alignment, flags).hilite(daff.PythonTableView(rows))
        marks = [str(row[0]) for row in rows]
        return marks.count("+++"), marks.count("---"), sum("->" in mark for mark in marks)

    return load, compare


def deepdiff() -> tuple[Callable[..., Any], Callable[..., Found]]:
    from deepdiff import DeepDiff

    def load(folder: Path, side: str) -> Any:
        with (folder / f"{side}.csv").open(newline="") as file:
            return {row["id"]: row for row in csv.DictReader(file)}

    def compare(old: Any, new: Any) -> Found:
        found = DeepDiff(old, new)
        changed = {path.split("'")[1] for path in found.get("values_changed", {})}
        return (
            len(found.get("dictionary_item_added", ())),
            len(found.get("dictionary_item_removed", ())),
            len(changed),
        )

    return load, compare


CONTENDERS: dict[str, Callable[[], tuple[Callable[..., Any], Callable[..., Any]]]] = {
    "reading only": lambda: (read_payload, lambda old, new: None),
    "reading and decoding every row": lambda: (read_payload, decode_all),
    "snapshots": lambda: (read_payload, snapshots_rows),
    "snapshots, with words": lambda: (read_payload, snapshots_words),
    "snapshots, across a move of Jira": lambda: (read_moved, snapshots_across),
    "datacompy (polars)": datacompy_polars,
    "datacompy (pandas)": datacompy_pandas,
    "csv-diff": csv_diff,
    "daff": daff,
    "deepdiff": deepdiff,
}
PEERS = ("datacompy (polars)", "datacompy (pandas)", "csv-diff", "daff", "deepdiff")


# Measuring


def run_contender(name: str, folder: Path) -> dict[str, Any]:
    """In the child process: load, compare, and say how long each took and how much memory all of it."""
    load, compare = CONTENDERS[name]()
    imports_mib = peak_mib()
    gc.collect()
    began, began_cpu = time.perf_counter(), time.process_time()
    old, new = (load(folder, side) for side in SIDES)
    loaded, loaded_cpu = time.perf_counter(), time.process_time()
    found = compare(old, new)
    ended, ended_cpu = time.perf_counter(), time.process_time()
    return {
        "load_seconds": loaded - began,
        "compare_seconds": ended - loaded,
        "load_cpu_seconds": loaded_cpu - began_cpu,
        "compare_cpu_seconds": ended_cpu - loaded_cpu,
        "peak_mib": peak_mib(),
        "imports_mib": imports_mib,
        "found": found,
    }


def peak_mib() -> float:
    """The most memory this process ever held. `getrusage` would answer with the parent's where that is more."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measure(folder: Path, runs: int, slow_runs: int) -> dict[str, list[dict[str, Any]]]:
    """All contenders in turn, `runs` times over, so that a busy moment of the machine hits them alike."""
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTENDERS}
    for number in range(runs):
        for name, measured in results.items():
            if name == "deepdiff" and number >= slow_runs:
                continue
            command = [sys.executable, __file__, "--contender", name, "--folder", str(folder)]
            answer = subprocess.run(command, check=True, capture_output=True, text=True)
            measured.append(json.loads(answer.stdout.splitlines()[-1]))
            print(f"run {number + 1}: {name}", file=sys.stderr)
    return results


def median(measured: Iterable[dict[str, Any]], *names: str) -> float:
    return statistics.median(sum(run[name] for name in names) for run in measured)


def report(results: dict[str, list[dict[str, Any]]], options: argparse.Namespace, truth: Found, size: int) -> str:
    lines = [
        "# Comparing two captures",
        "",
        f"Made by `python benchmarks/compare.py --rows {options.rows} --columns {options.columns} "
        f"--changed {options.changed} --runs {options.runs}` on {time.strftime('%Y-%m-%d', time.gmtime())}: "
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}. Medians. Others used the "
        "machine at the same time (load at the end: {:.1f}), so read ratios, and those of processor time first.".format(
            os.getloadavg()[0]
        ),
        "",
        f"{options.rows:,} rows × {options.columns} columns, {size / 1e6:.1f} MB a payload, "
        f"{options.changed:.0%} of rows touched: {truth[0]} added, {truth[1]} removed, {truth[2]} changed, "
        "as many moved as added. Memory is the peak of the process, its imports included.",
        "",
        "| tool | load | compare | both | processor: load | compare | both | memory | imports alone "
        "| added / removed / changed found |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for name, runs in results.items():
        seconds = [
            median(runs, *(f"{part}{kind}" for part in parts))
            for kind in ("_seconds", "_cpu_seconds")
            for parts in (("load",), ("compare",), ("load", "compare"))
        ]
        lines.append(
            f"| {name} | {' | '.join(f'{second:.3f} s' for second in seconds)} "
            f"| {median(runs, 'peak_mib'):.0f} MiB | {median(runs, 'imports_mib'):.0f} MiB "
            f"| {verdict(runs[0]['found'], truth)} |"
        )
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("datacompy", "polars", "pandas", "csv-diff", "daff", "deepdiff")
    )
    lines += [
        "",
        *ratios(results, "_cpu_seconds", "processor time"),
        *ratios(results, "_seconds", "time on the clock"),
        "",
        f"Versions: {packages}. The others read CSV, as text (deepdiff: dictionaries by issue id), and were asked for "
        "rows by issue id. datacompy counts the rows that changed without listing their cells, the others list them; "
        "only snapshots also finds which rows moved.",
        "",
        "*Across a move of Jira*: every issue has another id and another key in the new version, of another Jira; one "
        "column is of statuses, of which one has another name, one of issue keys. Each row is followed through the "
        "mapping in an SQLite registry with ten times as many issues as the version has rows. Rows that were only "
        "renamed count as unchanged.",
        "",
    ]
    return "\n".join(lines)


def ratios(results: dict[str, list[dict[str, Any]]], kind: str, what: str) -> list[str]:
    """How often the tool fits into each of the others."""
    whole = {name: median(runs, f"load{kind}", f"compare{kind}") for name, runs in results.items()}
    others = ", ".join(f"{name} {whole[name] / whole['snapshots']:.1f}" for name in PEERS)
    return [
        f"- Loading and comparing, {what}, snapshots = 1: {others}.",
        f"- {what.capitalize()} against only reading both payloads: {whole['snapshots'] / whole['reading only']:.2f}; "
        f"against reading and decoding them: "
        f"{whole['snapshots'] / whole['reading and decoding every row']:.2f}.",
    ]


def verdict(found: list[int] | None, truth: Found) -> str:
    if found is None:
        return "–"
    return " / ".join(map(str, found)) + ("" if tuple(found) == truth else " **wrong**")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--changed", type=float, default=0.02)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slow-runs", type=int, default=2, help="runs of deepdiff, which takes long")
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        print(json.dumps(run_contender(options.contender, options.folder)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old = make_rows(options.rows, options.columns, seed=1)
        new, truth = change_rows(old, options.changed, seed=2)
        write_inputs(folder, old, new)
        write_moved(folder, old, new)
        size = (folder / "old.json").stat().st_size
        text = report(measure(folder, options.runs, options.slow_runs), options, truth, size)
    REPORT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
