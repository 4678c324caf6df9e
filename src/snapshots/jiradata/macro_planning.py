"""What becomes of each macro in an import: rewritten, left alone, waiting or doubtful. Pure.

The line that decides is in `_decide`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from snapshots.jiradata.definitions import RewrittenDefinition, rewrite_definition
from snapshots.jiradata.mapping import Kind
from snapshots.jiradata.opinion import Opinions
from snapshots.jiradata.pages import MacroPage
from snapshots.jiradata.plan import Change, Kept, LevelPreview, MacroOutcome, MacroPlan, PagePlan, Segment
from snapshots.jiradata.rewriting import JqlRewriter
from snapshots.jiradata.things import fold
from snapshots.progress import Progress

UNDECIDED_REASONS = frozenset({"unmapped", "ambiguous"})
"""Why a word stays that a person can decide."""

_DOUBTS = {
    "order-lost": "behind < or > the issue {} would find others, for the numbers of its project did not stay",
    "id-unknown": "no mapping holds {}: versions, components, options and the like have other ids there",
    "unknown-field": "the source has no field {}",
    "unknown-function": "nobody knows what {} means inside its function",
}
"""Why a word stays that only its author can put right: written on request, and never passed over in silence."""


def rewrite_all(
    pages: Sequence[MacroPage], rewriter: JqlRewriter, progress: Progress
) -> dict[str, RewrittenDefinition]:
    """By text of a definition, what becomes of it; equal ones are rewritten once."""
    rewritten: dict[str, RewrittenDefinition] = {}
    for done, page in enumerate(pages, start=1):
        for macro in page.macros:
            if macro.definition and macro.definition not in rewritten:
                rewritten[macro.definition] = rewrite_definition(macro.definition, rewriter)
        if done % 100 == 0 or done == len(pages):
            progress("rewriting definitions", done, len(pages), "pages")
    return rewritten


def without_doubts(one: RewrittenDefinition) -> RewrittenDefinition:
    """As it is where the Jira is the same: ids and numbers mean there what they meant."""
    return replace(one, left_alone=tuple(each for each in one.left_alone if each.left.reason not in _DOUBTS))


def plan_pages(
    pages: Iterable[MacroPage],
    rewritten: dict[str, RewrittenDefinition],
    opinions: Opinions,
    left_out: set[tuple[Kind, str]],
) -> tuple[list[PagePlan], int]:
    """The pages on which something is to be done or told, and how many macros need nothing.

    `rewritten` has every definition of the pages; `left_out` are words that may stay without anybody deciding.
    """
    planned: list[PagePlan] = []
    unchanged = 0
    described: dict[str, MacroPlan] = {}
    for page in pages:
        ids = Counter(macro.remote_id for macro in page.macros)
        macros: list[MacroPlan] = []
        for macro in page.macros:
            if not macro.definition:
                continue
            if macro.definition not in described:
                described[macro.definition] = _plan_macro(rewritten[macro.definition], opinions, left_out)
            plan = described[macro.definition]
            if plan.outcome == "unchanged":
                unchanged += 1
            elif ids[macro.remote_id] > 1:
                reason = "its id stands more than once on the page, so which one is meant cannot be told"
                macros.append(_restate(plan, macro.remote_id, "left alone", reason))
            else:
                macros.append(_restate(plan, macro.remote_id, plan.outcome, plan.reason))
        if macros:
            planned.append(PagePlan(page.page_id, page.title, page.space_key, page.version, macros))
    return planned, unchanged


def _restate(plan: MacroPlan, macro_id: str, outcome: MacroOutcome, reason: str) -> MacroPlan:
    return MacroPlan(macro_id, outcome, plan.before, plan.after, plan.changes, plan.kept, plan.levels, reason)


def _plan_macro(rewritten: RewrittenDefinition, opinions: Opinions, left_out: set[tuple[Kind, str]]) -> MacroPlan:
    changes = [
        Change(
            each.level, each.part, each.place, each.edit.kind, each.edit.before, each.edit.after, each.edit.certainty
        )
        for each in rewritten.edits
    ]
    kept = [
        Kept(each.level, each.part, each.place, each.left.kind, each.left.word, each.left.reason)
        for each in rewritten.left_alone
        if (each.left.kind, fold(each.left.word)) not in left_out
    ]
    levels = [
        LevelPreview(
            level.level,
            level.title,
            [Segment(segment.part, segment.text) for segment in level.rewritten.segments()],
            opinions.get(level.rewritten.text, ()),
            level.rewritten.text in opinions,
        )
        for level in rewritten.levels
    ]
    outcome, reason = _decide(rewritten, kept, levels)
    return MacroPlan("", outcome, rewritten.before, rewritten.text, changes, kept, levels, reason)


def _decide(
    rewritten: RewrittenDefinition, kept: Sequence[Kept], levels: Sequence[LevelPreview]
) -> tuple[MacroOutcome, str]:
    unreadable = next((each for each in kept if each.reason == "unreadable"), None)
    if unreadable is not None:
        where = f"the JQL of level {unreadable.level}" if unreadable.level else "its definition"
        return "left alone", f"{where} cannot be read: {unreadable.word}"
    waiting = list(dict.fromkeys(f"{each.kind} {each.word}" for each in kept if each.reason in UNDECIDED_REASONS))
    if waiting:
        return "waits", f"nobody decided what became of {', '.join(waiting[:5])}" + (" …" if len(waiting) > 5 else "")
    doubts = list(dict.fromkeys(_DOUBTS[each.reason].format(each.word) for each in kept if each.reason in _DOUBTS))
    if rewritten.is_changed and (objections := [text for level in levels for text in level.objections]):
        doubts.append(f"Jira there objects: {' '.join(objections)}")
    if doubts:
        return "doubtful", "; ".join(doubts)
    return ("rewritten" if rewritten.is_changed else "unchanged"), ""
