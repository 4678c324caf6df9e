"""Plans of imports as doors show them: a page of matches, of what waits, of macros at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar

from snapshots import durable_jira
from snapshots.acts import jira_files
from snapshots.app import App
from snapshots.errors import InvalidInput, NotFound
from snapshots.jiradata.decisions import Undecided
from snapshots.jiradata.mapping import KINDS, Kind, Mapped
from snapshots.jiradata.plan import JiraPlan, MacroPlan, PagePlan, ThingPair, load_kept_plan

_Item = TypeVar("_Item")

PLANS_AT_HAND = 1
"""So many plans stay decoded: somebody who pages through one asks for it again and again, and one may take 100 MB."""


@dataclass(frozen=True, slots=True)
class KindSummary:
    """How many things of a kind the file holds, and what became of them."""

    kind: Kind
    in_file: int
    matched: int
    likely: int
    undecided: int
    named: int
    """Of the undecided, those that macros name."""


@dataclass(frozen=True, slots=True)
class Slice(Generic[_Item]):
    """Some of a list: from which place, out of how many."""

    items: Sequence[_Item]
    start: int
    total: int

    @property
    def end(self) -> int:
        return self.start + len(self.items)


@dataclass(frozen=True, slots=True)
class MacroView:
    """A macro with the page it stands on, and whether carrying the plan out writes it."""

    page: PagePlan
    macro: MacroPlan
    is_written: bool


def get_plan(app: App, site: str, digest: str) -> JiraPlan:
    """A plan that was kept. Raises NotFound, also for one of another site, DamageError."""
    path = durable_jira.kept_plan_path(app, digest)
    unknown = NotFound("There is no such plan of an import of Jira data here (any more); make it again.")
    if not jira_files.is_digest(digest) or not path.is_file():
        raise unknown
    plan = _load(str(path))
    if plan.destination.cloud_id != app.get_site(site).cloud_id:
        raise unknown
    return plan


def summarise(plan: JiraPlan) -> list[KindSummary]:
    """The kinds of which the file holds something, or macros name something, in their order."""
    summaries = []
    for kind in KINDS:
        pairs = plan.issues if kind == "issue" else [pair for pair in plan.things if pair.kind == kind]
        waiting = [each for each in plan.undecided if each.kind == kind]
        count = plan.source.counts.get(kind, 0)
        if count or waiting:
            likely = sum(pair.certainty == "likely" for pair in pairs)
            named = sum(bool(each.macros) for each in waiting)
            summaries.append(KindSummary(kind, count, len(pairs), likely, len(waiting), named))
    return summaries


def list_matches(plan: JiraPlan, kind: str, start: int, limit: int) -> Slice[ThingPair]:
    """The matches of a kind, those worth a look first."""
    if kind not in KINDS:
        raise InvalidInput(f"There is no kind {kind!r}: choose one of {', '.join(KINDS)}.")
    if kind == "issue":
        issues = sorted(plan.issues, key=lambda pair: pair.certainty != "likely")
        some = [_as_thing(pair.mapped) for pair in issues[start : start + limit]]
        return Slice(some, start, len(issues))
    pairs = [pair for pair in plan.things if pair.kind == kind]
    pairs.sort(key=lambda pair: pair.certainty != "likely")
    return Slice(pairs[start : start + limit], start, len(pairs))


def list_undecided(plan: JiraPlan, start: int, limit: int) -> Slice[Undecided]:
    """What waits for a person, what macros name first."""
    return Slice(plan.undecided[start : start + limit], start, len(plan.undecided))


def list_macros(plan: JiraPlan, outcome: str, start: int, limit: int) -> Slice[MacroView]:
    """The macros of the plan of one outcome, or of all where none is given, in the order of pages."""
    found = [
        MacroView(page, macro, plan.is_written(macro))
        for page in plan.pages
        for macro in page.macros
        if not outcome or macro.outcome == outcome
    ]
    return Slice(found[start : start + limit], start, len(found))


def _as_thing(mapped: Mapped) -> ThingPair:
    return ThingPair(mapped.kind, *mapped.source, *mapped.destination, rule=mapped.rule, certainty=mapped.certainty)


@lru_cache(maxsize=PLANS_AT_HAND)
def _load(path: str) -> JiraPlan:
    # A kept plan is named by its digest and never changes.
    return load_kept_plan(Path(path))
