"""The plan of a restore: a value that can be printed, saved, read again, and carried out.

It is pinned to the archive by digest and to the destination by cloud id. Making one writes nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from snapshots.errors import DamageError, InvalidInput, NotFound, StorageError
from snapshots.findings import Finding
from snapshots.registry.records import KINDS
from snapshots.restore.conflicts import ConflictPolicy
from snapshots.restore.deciding import Outcome
from snapshots.restore.evidence import PageFacts
from snapshots.restore.keys import PageKey
from snapshots.restore.locating import Run
from snapshots.restore.source import SourceFacts
from snapshots.whole_files import save_whole

FORMAT_VERSION = 1

MatchWord: TypeAlias = Literal["matched", "ambiguous", "parked"]


class RestoreOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person chose for one run. `page_map` and `space_map` lead from the source to the destination."""

    conflict: ConflictPolicy = "skip"
    space_map: dict[str, str] = {}
    page_map: dict[str, str] = {}
    include_parked: bool = True


class Destination(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The site that is restored to."""

    cloud_id: str
    site_name: str


class TargetPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of the destination."""

    page_id: str
    title: str
    space_id: str
    space_key: str
    space_name: str


class MacroPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A macro of a page of the source. `located` is None where the page here has neither macro nor payload."""

    macro_id: str
    outcome: Outcome
    versions: dict[Outcome, int]
    located: list[Run] | None


class PagePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of the source, and what becomes of it and of everything that belongs to it."""

    space_key: str
    page_id: str
    title: str
    match: MatchWord
    rule: str
    """The rule that decided; empty where none did."""
    evidence: list[str]
    """What else agreed or contradicted, in words."""
    target: TargetPage | None
    candidates: list[TargetPage]
    reason: str
    outcomes: dict[str, dict[Outcome, int]]
    """Kind of record to outcome to number of records."""
    parked_reasons: dict[str, int]
    macros: list[MacroPlan]

    @property
    def key(self) -> PageKey:
        return self.space_key, self.page_id


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a restore would do. `made_at` is µs UTC; `requests_sent` is what looking at the site took."""

    format: Literal["snapshots-restore-plan"]
    format_version: int
    made_at: int
    source: SourceFacts
    destination: Destination
    options: RestoreOptions
    requests_sent: int
    findings: list[Finding]
    pages: list[PagePlan]
    of_site: dict[str, dict[Outcome, int]] = {}
    """Outcomes of records that belong to the whole site, as `outcomes` of a page."""

    @property
    def totals(self) -> dict[str, dict[str, int]]:
        """Kind of record to outcome to number of records, over all pages and the site itself."""
        return add_outcomes([*(page.outcomes for page in self.pages), self.of_site])

    @property
    def parked_reasons(self) -> dict[str, int]:
        """How many records will wait, by reason."""
        reasons: Counter[str] = Counter()
        for page in self.pages:
            reasons.update(page.parked_reasons)
        return dict(reasons)

    @property
    def needs_decision(self) -> list[PagePlan]:
        """Pages that a person has to decide about, by a mapping file."""
        return [page for page in self.pages if page.match == "ambiguous"]

    @property
    def digest(self) -> str:
        """What tells this plan from any other."""
        return hashlib.sha256(write_plan(self)).hexdigest()


def describe_target(page: PageFacts) -> TargetPage:
    return TargetPage(page.page_id, page.title, page.space_id, page.space_key, page.space_name)


def add_outcomes(parts: Iterable[Mapping[str, Mapping[Any, int]]]) -> dict[str, dict[str, int]]:
    """The sum of outcome counts, kinds in the order of the catalogue."""
    sums: dict[str, Counter[str]] = {}
    for part in parts:
        for kind, outcomes in part.items():
            sums.setdefault(kind, Counter()).update(outcomes)
    return {kind: dict(sorted(sums[kind].items())) for kind in KINDS if kind in sums}


def write_plan(plan: Plan) -> bytes:
    """The plan as JSON; the same plan is the same bytes."""
    return msgspec.json.encode(plan, order="sorted")


def read_plan(data: bytes) -> Plan:
    """A plan that `write_plan` wrote. Raises InvalidInput, also for one of a newer release."""
    try:
        plan = msgspec.json.decode(data, type=Plan)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"This is not the plan of a restore ({error}); make the plan again.") from None
    if plan.format_version != FORMAT_VERSION:
        raise InvalidInput(
            f"The plan has format_version {plan.format_version} and this release reads {FORMAT_VERSION}; "
            "make the plan again with this release."
        )
    return plan


def save_plan(plan: Plan, path: Path) -> None:
    """Write the plan to a file, whole or not at all."""
    save_whole(path, "The plan", write_plan(plan))


def load_plan(path: Path) -> Plan:
    """The plan in a file. Raises NotFound, StorageError, or InvalidInput as `read_plan`."""
    try:
        return read_plan(path.read_bytes())
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}; check the path of the plan.") from None
    except OSError as error:
        raise StorageError(f"The plan {path} cannot be read ({error.strerror}); check its path.") from None


def load_kept_plan(path: Path) -> Plan:
    """The plan in a file that has its digest for a name. Raises DamageError where it is not what was kept."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotFound(f"The plan {path.stem} is not kept here any more ({error.strerror}); make it again.") from None
    if path.stem != hashlib.sha256(data).hexdigest():
        raise DamageError(f"The plan {path.stem} is damaged: it is not what was kept. Make it again.")
    return read_plan(data)
