"""Plans as files that open at once and are read record by record, however many records they have.

A stored plan is one SQLite file (docs/decisions/0009-a-plan-is-a-file-of-its-own.md): the plan page by page, which
is what apply reads, and one line for each record, which is what people read. It is written whole or not at all, and
never changed afterwards but for the decisions that a person makes about its ambiguous pages.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from snapshots.errors import DamageError, InvalidInput, NotFound, StorageError
from snapshots.restore.deciding import PageDecision
from snapshots.restore.plan import PagePlan, Plan
from snapshots.restore.plan_records import iter_lines

FORMAT = 1
_OUTCOMES = ("created", "already_there", "different", "ambiguous", "parked")

_SCHEMA = """
CREATE TABLE head (format INTEGER NOT NULL, plan BLOB NOT NULL, digest TEXT NOT NULL, facts BLOB NOT NULL);
CREATE TABLE page (
  id INTEGER PRIMARY KEY, space_key TEXT NOT NULL, title TEXT NOT NULL, match TEXT NOT NULL, plan BLOB NOT NULL
);
CREATE TABLE record (
  id INTEGER PRIMARY KEY, page_id INTEGER NOT NULL, kind TEXT NOT NULL, outcome TEXT NOT NULL,
  name TEXT NOT NULL, about TEXT NOT NULL, reason TEXT NOT NULL, space_key TEXT NOT NULL
);
CREATE TABLE decision (page_id INTEGER PRIMARY KEY, choice TEXT NOT NULL);
"""
_INDEXES = """
CREATE INDEX record_by_outcome ON record (outcome, kind, id);
CREATE INDEX record_by_space ON record (space_key, outcome, kind, id);
CREATE INDEX page_by_match ON page (match, id);
"""


class BroughtJiraFile(msgspec.Struct, frozen=True, kw_only=True):
    """A Jira-data file that was brought along with an archive, and what it says of itself. `created_at` is µs UTC."""

    sha256: str
    name: str
    site_name: str
    jira_url: str
    created_at: int
    counts: dict[str, int]


class PlanFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stored plan belongs. `archive` is empty for one of parked records; `name` is what people call that."""

    site: str
    name: str
    archive: str
    cloud_id: str
    upload: int | None = None
    jira_file: BroughtJiraFile | None = None


class PlannedPage(msgspec.Struct, frozen=True):
    """A page of a stored plan, and what a person decided of it: a page id, empty to leave it, None nothing yet."""

    id: int
    plan: PagePlan
    choice: str | None


class PlannedRecord(msgspec.Struct, frozen=True):
    """A record of a stored plan, with its page."""

    id: int
    kind: str
    outcome: str
    name: str
    about: str
    reason: str
    page: PagePlan


class RecordFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which records are wanted. Empty means all; `text` is looked for in names, titles and ids, in any case."""

    space: str = ""
    outcome: str = ""
    kind: str = ""
    text: str = ""


class PlanWriter:
    """Writes a stored plan while it is made. A context manager; without `finish` nothing is left of it.

    `left` are ids of source pages that a person decided to leave when the plan was made before.
    """

    def __init__(self, path: Path, left: Collection[str] = ()) -> None:
        self._path = path
        self._left = frozenset(left)
        self._part = path.with_name(path.name + ".part")
        self._pages = 0

    def __enter__(self) -> Self:
        with _failures_explained(self._part):
            self._part.parent.mkdir(parents=True, exist_ok=True)
            self._part.unlink(missing_ok=True)
            self._db = sqlite3.connect(self._part, isolation_level=None)
            # The file becomes visible by its last name only, so a journal would guard nothing.
            self._db.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_SCHEMA}")
            self._db.execute("BEGIN")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._db.close()
        self._part.unlink(missing_ok=True)

    def add_page(self, page: PagePlan, decision: PageDecision) -> None:
        """Take up a page and every record that belongs to it."""
        self._pages += 1
        row = (self._pages, page.space_key, page.title, page.match, msgspec.json.encode(page))
        lines = iter_lines(page, decision)
        with _failures_explained(self._part):
            self._db.execute("INSERT INTO page VALUES (?, ?, ?, ?, ?)", row)
            if page.match == "ambiguous" and page.page_id in self._left:
                self._db.execute("INSERT INTO decision VALUES (?, '')", (self._pages,))
            self._db.executemany(
                "INSERT INTO record (page_id, kind, outcome, name, about, reason, space_key) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (row[0], line.kind, line.outcome, line.name, line.about, line.reason, page.space_key)
                    for line in lines
                ),
            )

    def finish(self, plan: Plan, facts: PlanFacts) -> None:
        """Give the file its name. `plan` is the one whose pages were added."""
        head = msgspec.json.encode(msgspec.structs.replace(plan, pages=[]))
        with _failures_explained(self._part):
            self._db.execute(
                "INSERT INTO head VALUES (?, ?, ?, ?)", (FORMAT, head, plan.digest, msgspec.json.encode(facts))
            )
            self._db.execute("COMMIT")
            self._db.executescript(_INDEXES)
            self._db.close()
            with self._part.open("rb") as file:
                os.fsync(file.fileno())
            self._part.replace(self._path)


class StoredPlan:
    """An open stored plan. Not to be shared between threads."""

    def __init__(self, path: Path, db: sqlite3.Connection, facts: PlanFacts, head: Plan, digest: str) -> None:
        self.path = path
        self._db = db
        self.facts = facts
        self.head = head
        """The plan without its pages."""
        self.digest = digest

    def load(self) -> Plan:
        """The whole plan, as apply carries it out. Raises DamageError where a byte of it has changed."""
        pages = [self._decode(row[0]) for row in self._read("SELECT plan FROM page ORDER BY id")]
        plan = msgspec.structs.replace(self.head, pages=pages)
        # SQLite has no checksums: a changed byte would be a page that its history is restored to by mistake.
        if plan.digest != self.digest:
            raise self._damaged("it is not what was stored")
        return plan

    def count_pages(self) -> dict[str, int]:
        """How many pages are matched, ambiguous and parked."""
        return dict(self._read("SELECT match, count(*) FROM page GROUP BY match"))

    def count_outcomes(self) -> dict[str, dict[str, int]]:
        """By kind of record, how many have each outcome; records of the whole site, which are on no page, too."""
        counts: dict[str, dict[str, int]] = {}
        query = "SELECT kind, outcome, count(*) FROM record GROUP BY outcome, kind"
        for kind, outcome, number in self._read(query):
            counts.setdefault(kind, {})[outcome] = number
        told: dict[str, dict[str, int]] = {
            kind: {outcome: counts[kind][outcome] for outcome in _OUTCOMES if outcome in counts[kind]}
            for kind in ("page", "macro", "version", "sticker", "sticker_assignment")
            if kind in counts
        }
        for kind, found in self.head.of_site.items():
            told[kind] = {outcome: found[outcome] for outcome in _OUTCOMES if outcome in found}
        return told

    def count_spaces(self) -> dict[str, int]:
        """By space of the source, how many records."""
        query = "SELECT space_key, count(*) FROM record GROUP BY space_key ORDER BY space_key"
        return dict(self._read(query))

    def list_records(self, wanted: RecordFilter, *, after: int = 0, limit: int = 100) -> list[PlannedRecord]:
        """The wanted records behind record `after`, in the order of the plan."""
        where, values = _where(wanted)
        query = (
            "SELECT record.id, kind, outcome, name, about, reason, page.plan FROM record "  # noqa: S608
            f"JOIN page ON page.id = page_id WHERE {where} AND record.id > ? ORDER BY record.id LIMIT ?"
        )
        pages: dict[bytes, PagePlan] = {}
        found = []
        for row in self._read(query, [*values, after, limit]):
            if (page := pages.get(row[6])) is None:
                page = pages[row[6]] = self._decode(row[6])
            number, kind, outcome, name, about, reason, _ = row
            found.append(PlannedRecord(number, kind, outcome, name, about, reason, page))
        return found

    def count_records(self, wanted: RecordFilter) -> int:
        """How many records are wanted."""
        where, values = _where(wanted)
        query = f"SELECT count(*) FROM record WHERE {where}"  # noqa: S608
        return int(self._read(query, values)[0][0])

    def list_ambiguous(self, *, after: int = 0, limit: int = 100) -> list[PlannedPage]:
        """Pages that a person is to decide about, with what was decided so far."""
        query = (
            "SELECT page.id, plan, choice FROM page LEFT JOIN decision ON page_id = page.id "
            "WHERE match = 'ambiguous' AND page.id > ? ORDER BY page.id LIMIT ?"
        )
        return [PlannedPage(row[0], self._decode(row[1]), row[2]) for row in self._read(query, (after, limit))]

    def get_decisions(self) -> dict[str, str]:
        """Source page id to the chosen page, empty where the page is to be left."""
        query = "SELECT plan, choice FROM decision JOIN page ON page.id = page_id"
        return {self._decode(row[0]).page_id: row[1] for row in self._read(query)}

    def decide(self, choices: Mapping[int, str]) -> None:
        """Keep decisions about ambiguous pages, by the page's number in the plan; an empty choice leaves the page.

        Raises InvalidInput for a page that is not ambiguous, or a choice that is not among its candidates.
        """
        with _failures_explained(self.path), self._db:
            for number, choice in choices.items():
                row = self._db.execute(
                    "SELECT plan FROM page WHERE id = ? AND match = 'ambiguous'", (number,)
                ).fetchone()
                if row is None:
                    raise InvalidInput(f"Page {number} of the plan is not ambiguous, so there is nothing to decide.")
                page = self._decode(row[0])
                if choice and choice not in {candidate.page_id for candidate in page.candidates}:
                    raise InvalidInput(
                        f"Page {choice} is not among the pages that '{page.title}' may have become; choose one of them."
                    )
                self._db.execute("INSERT OR REPLACE INTO decision VALUES (?, ?)", (number, choice))

    def _read(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._damaged(str(error)) from None

    def _decode(self, data: bytes) -> PagePlan:
        try:
            return msgspec.json.decode(data, type=PagePlan)
        except (msgspec.DecodeError, TypeError, ValueError) as error:
            raise self._damaged(str(error)) from None

    def _damaged(self, reason: str) -> DamageError:
        return DamageError(f"The plan {self.path.stem} is damaged ({reason}); make it again.")

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def open_plan(path: Path) -> StoredPlan:
    """A stored plan. Raises NotFound, DamageError, InvalidInput for one of another release."""
    if not path.is_file():
        raise NotFound("This plan is not kept any more; make it again.")
    try:
        # Not made anew where somebody removes it at this moment.
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
        try:
            return _read_head(path, db)
        except BaseException:
            db.close()
            raise
    except (sqlite3.Error, msgspec.DecodeError, TypeError, ValueError) as error:
        raise DamageError(f"The plan {path.stem} cannot be read ({error}); make it again.") from None


def _read_head(path: Path, db: sqlite3.Connection) -> StoredPlan:
    db.create_function("folded", 1, str.casefold, deterministic=True)
    number, head, digest, facts = db.execute("SELECT format, plan, digest, facts FROM head").fetchone()
    if number != FORMAT:
        raise InvalidInput("This plan was made by another release of Snapshots; make it again.")
    return StoredPlan(
        path, db, msgspec.json.decode(facts, type=PlanFacts), msgspec.json.decode(head, type=Plan), digest
    )


def load_stored_plan(path: Path) -> Plan:
    """The whole plan in a file of this sort. Raises as `open_plan`."""
    with open_plan(path) as stored:
        return stored.load()


def list_stored(folder: Path) -> list[tuple[float, Path]]:
    """The files of stored plans in a folder, newest first, each with when it was made (seconds since 1970)."""
    found = []
    for file in folder.glob("*.plan") if folder.is_dir() else ():
        # Others prune the folder at the same time.
        with suppress(FileNotFoundError):
            found.append((file.stat().st_mtime, file))
    return sorted(found, reverse=True)


def _where(wanted: RecordFilter) -> tuple[str, list[Any]]:
    parts: list[str] = ["1"]
    values: list[Any] = []
    for column, value in (("record.space_key", wanted.space), ("outcome", wanted.outcome), ("kind", wanted.kind)):
        if value:
            parts.append(f"{column} = ?")
            values.append(value)
    if wanted.text:
        contains, value = _containing(wanted.text)
        record = " OR ".join(contains.format(column) for column in ("name", "about", "reason"))
        page = f"page_id IN (SELECT page.id FROM page WHERE {contains.format('title')})"  # noqa: S608
        parts.append(f"({record} OR {page})")
        values += [value] * 4
    return " AND ".join(parts), values


def _containing(text: str) -> tuple[str, str]:
    """A condition for the column that takes the place of {}, true where it contains the text in any case; its value.

    SQLite's LIKE folds ASCII by itself, and much faster than it calls us.
    """
    if not text.isascii():
        return "instr(folded({}), ?)", text.casefold()
    escaped = text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return "{} LIKE ? ESCAPE '!'", f"%{escaped}%"


@contextmanager
def _failures_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise StorageError(f"The plan cannot be written to {path.parent} ({error}); make room there.") from None
