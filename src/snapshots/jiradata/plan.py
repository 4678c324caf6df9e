"""The plan of an import of Jira data: a value that can be printed, saved, read again, and carried out.

It is pinned to the Jira-data file by digest, to the destination by cloud id, and to each page by version. Making one
writes nothing.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from snapshots.errors import DamageError, InvalidInput, NotFound, StorageError
from snapshots.findings import Finding
from snapshots.jiradata.decisions import Undecided
from snapshots.jiradata.mapping import Certainty, Kind, Mapped
from snapshots.whole_files import save_whole

FORMAT = "snapshots-jira-plan"
FORMAT_VERSION = 1

MacroOutcome: TypeAlias = Literal["rewritten", "waits", "doubtful", "left alone", "unchanged"]
"""`rewritten`: will be written. `waits`: names something that nobody decided. `doubtful`: Jira there objects to the
new query. `left alone`: it cannot be read. `unchanged`: nothing in it has another word there."""


class PlanOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the administrator chose. `spaces` None means all; `given` is kind, word of the source, word there."""

    same_jira: bool = False
    spaces: tuple[str, ...] | None = None
    everything: bool = False
    """Write also what waits or is doubtful."""
    given: tuple[tuple[Kind, str, str], ...] = ()


class PlanSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The Jira-data file, and what it is of."""

    path: str
    sha256: str
    created_at: int
    site_name: str
    cloud_id: str
    jira_url: str
    counts: dict[str, int]


class PlanDestination(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The site whose pages are rewritten, and the Jira they will ask."""

    cloud_id: str
    site_name: str
    jira_url: str


class ThingPair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A thing of the source with its counterpart, and the evidence."""

    kind: Kind
    source_id: str
    source_key: str
    source_name: str
    destination_id: str
    destination_key: str
    destination_name: str
    rule: str
    certainty: Certainty
    words: tuple[tuple[str, str], ...] = ()
    evidence: tuple[str, ...] = ()
    """What else agrees or contradicts, in words."""

    @property
    def mapped(self) -> Mapped:
        return Mapped(
            self.kind,
            self.source_id,
            self.source_key,
            self.source_name,
            self.destination_id,
            self.destination_key,
            self.destination_name,
            self.rule,
            self.certainty,
            self.words,
        )


class IssuePair(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """An issue with its counterpart; an array, since there may be hundreds of thousands."""

    source_id: str
    source_key: str
    destination_id: str
    destination_key: str
    rule: str
    certainty: Certainty

    @property
    def mapped(self) -> Mapped:
        return Mapped(
            "issue",
            self.source_id,
            self.source_key,
            "",
            self.destination_id,
            self.destination_key,
            "",
            self.rule,
            self.certainty,
        )


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One word that changes: level from 1, which part of it, and the place among columns or sorts from 1."""

    level: int
    part: str
    place: int
    kind: str
    before: str
    after: str
    certainty: Certainty


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One word that was meant and does not change, and why."""

    level: int
    part: str
    place: int
    kind: str
    word: str
    reason: str


class Segment(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A stretch of both queries (`same`), of the old (`deleted`) or of the new one (`inserted`)."""

    part: Literal["same", "deleted", "inserted"]
    text: str


class LevelPreview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of one level before and after, word by word, and what the destination's Jira holds against it."""

    level: int
    title: str
    segments: list[Segment]
    objections: tuple[str, ...]
    asked: bool
    """Whether Jira was asked: nothing is left to ask of a query that depends on the row above in every part."""

    @property
    def before(self) -> str:
        return "".join(segment.text for segment in self.segments if segment.part != "inserted")

    @property
    def after(self) -> str:
        return "".join(segment.text for segment in self.segments if segment.part != "deleted")


class MacroPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A macro, its definition before and after, and what became of each word."""

    macro_id: str
    outcome: MacroOutcome
    before: str
    after: str
    changes: list[Change]
    kept: list[Kept]
    levels: list[LevelPreview]
    reason: str = ""

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


class PagePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page with macros that change, or that a person should know of."""

    page_id: str
    title: str
    space_key: str
    version: int
    macros: list[MacroPlan]

    def __str__(self) -> str:
        return f"page '{self.title}' ({self.page_id}) in {self.space_key}"


class JiraPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an import of Jira data would do. `made_at` is µs UTC; `requests_sent` is what making it took."""

    format: str
    format_version: int
    made_at: int
    source: PlanSource
    destination: PlanDestination
    options: PlanOptions
    requests_sent: int
    pages_scanned: int
    macros_unchanged: int
    macros_here: int
    """Macros that ask the destination's Jira already, and are left as they are."""
    numbers_kept: list[str]
    things: list[ThingPair]
    issues: list[IssuePair]
    undecided: list[Undecided]
    findings: list[Finding]
    pages: list[PagePlan]

    @property
    def digest(self) -> str:
        """What tells this plan from any other."""
        return hashlib.sha256(write_plan(self)).hexdigest()

    @property
    def mapping_id(self) -> str:
        """The id under which the mapping is kept once the plan is carried out; the same for the same plan."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, self.digest))

    @property
    def outcomes(self) -> dict[str, int]:
        """Macros by outcome, also those of which there is nothing to show."""
        counts = Counter(macro.outcome for page in self.pages for macro in page.macros)
        return {**dict(sorted(counts.items())), "unchanged": self.macros_unchanged, "here already": self.macros_here}

    @property
    def needs_decision(self) -> bool:
        """Whether something that macros name, or an issue that was captured, waits for a person."""
        return any(waiting.macros or waiting.kind == "issue" for waiting in self.undecided)

    def is_written(self, macro: MacroPlan) -> bool:
        """Whether carrying the plan out writes this macro."""
        written = ("rewritten", "waits", "doubtful") if self.options.everything else ("rewritten",)
        return macro.is_changed and macro.outcome in written

    def iter_written(self) -> Iterator[tuple[PagePlan, list[MacroPlan]]]:
        """The pages that get a new version, each with the macros that change in it."""
        for page in self.pages:
            macros = [macro for macro in page.macros if self.is_written(macro)]
            if macros:
                yield page, macros


def write_plan(plan: JiraPlan) -> bytes:
    """The plan as JSON; the same plan is the same bytes."""
    return msgspec.json.encode(plan, order="sorted")


def read_plan(data: bytes) -> JiraPlan:
    """A plan that `write_plan` wrote. Raises InvalidInput, also for one of a newer release."""
    try:
        plan = msgspec.json.decode(data, type=JiraPlan)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"This is not the plan of an import of Jira data ({error}); make the plan again.") from None
    if plan.format != FORMAT or plan.format_version != FORMAT_VERSION:
        raise InvalidInput("This is the plan of something else, or of another release; make the plan again.")
    return plan


def save_plan(plan: JiraPlan, path: Path) -> None:
    """Write the plan to a file, whole or not at all."""
    save_whole(path, "The plan", write_plan(plan))


def load_plan(path: Path) -> JiraPlan:
    """The plan in a file. Raises NotFound, StorageError, or InvalidInput as `read_plan`."""
    try:
        return read_plan(path.read_bytes())
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}; check the path of the plan.") from None
    except OSError as error:
        raise StorageError(f"The plan {path} cannot be read ({error.strerror}); check its path.") from None


def load_kept_plan(path: Path) -> JiraPlan:
    """The plan in a file that has its digest for a name. Raises DamageError where it is not what was kept."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotFound(f"The plan {path.stem} is not kept here any more ({error.strerror}); make it again.") from None
    if not path.stem.endswith(hashlib.sha256(data).hexdigest()):
        raise DamageError(f"The plan {path.stem} is damaged: it is not what was kept. Make it again.")
    return read_plan(data)
