"""Making the plan of an import of Jira data. Nothing here writes, neither to the registry nor to the site.

Requests: those of matching (`counterparts`), one for every 250 pages, and one for every hundred distinct new queries.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.jira_catalogue import JiraCatalogue
from snapshots.atlassian.model import Field
from snapshots.findings import Finding
from snapshots.jiradata.already_here import MacroPlace
from snapshots.jiradata.counterparts import Counterparts, find_counterparts
from snapshots.jiradata.decisions import Given, Undecided
from snapshots.jiradata.definitions import RewrittenDefinition, rewrite_definition
from snapshots.jiradata.file import JiraDataFile
from snapshots.jiradata.issue_matching import MatchedIssue
from snapshots.jiradata.mapping import KINDS, ONE_TO_ONE, JiraMapping, Kind, Mapped
from snapshots.jiradata.matching import NOTHING, Matched
from snapshots.jiradata.opinion import Opinions, ask_jira
from snapshots.jiradata.pages import MacroPage, PageCount, iter_macro_pages
from snapshots.jiradata.plan import (
    FORMAT,
    FORMAT_VERSION,
    Change,
    IssuePair,
    JiraPlan,
    Kept,
    LevelPreview,
    MacroOutcome,
    MacroPlan,
    PagePlan,
    PlanDestination,
    PlanOptions,
    PlanSource,
    Segment,
    ThingPair,
)
from snapshots.jiradata.records import FieldRecord
from snapshots.jiradata.rewriting import JqlRewriter
from snapshots.jiradata.things import fold
from snapshots.progress import Progress, silent
from snapshots.registry.sites import SiteRow

_UNDECIDED_REASONS = frozenset({"unmapped", "ambiguous"})
"""Why a word stays that a person can decide."""

_DOUBTS = {
    "order-lost": "behind < or > the issue {} would find others, for the numbers of its project did not stay",
    "id-unknown": "no mapping holds {}: versions, components, options and the like have other ids there",
    "unknown-field": "the source has no field {}",
    "unknown-function": "nobody knows what {} means inside its function",
}
"""Why a word stays that only its author can put right: written on request, and never passed over in silence."""


def plan_import(
    site: SiteRow,
    confluence: ConfluenceClient,
    jira: JiraClient,
    catalogue: JiraCatalogue,
    file: JiraDataFile,
    given: Given,
    options: PlanOptions,
    known_sources: Collection[str] = (),
    here_already: Collection[MacroPlace] = (),
    progress: Progress = silent,
) -> JiraPlan:
    """What importing the file here would do.

    `known_sources` are cloud ids of sites whose records were restored here: a file of another one is told.
    Macros in `here_already` are left as they are.
    """
    requests_before = confluence.requests_sent
    source = file.head.source
    same_jira = options.same_jira or _plain(source.jira_url) == _plain(site.jira_url)
    found = find_counterparts(file, jira, catalogue, given, progress, same_jira=same_jira)
    rewriter = JqlRewriter(make_mapping(found), _source_fields(file), found.fields_here)
    findings: list[Finding] = [*_find_wrong_file(file, site, known_sources), *found.findings]
    count = PageCount()
    pages: list[MacroPage] = []
    for of_space in iter_macro_pages(confluence, options.spaces, findings, progress, count):
        pages += of_space
    # Spaces come as they are done; a plan of the same pages is the same plan.
    pages.sort(key=lambda page: (page.space_key, page.title, page.page_id))
    pages, macros_here = _without_those_here(pages, frozenset() if same_jira else frozenset(here_already))
    rewritten = _rewrite_all(pages, rewriter, progress)
    if same_jira:
        rewritten = {text: _without_doubts(one) for text, one in rewritten.items()}
    opinions = ask_jira(
        jira,
        (level.rewritten.text for one in rewritten.values() if one.is_changed for level in one.levels),
        next((issue.destination.key for issue in found.issues if isinstance(issue, MatchedIssue)), ""),
        progress,
    )
    left_out = {(kind, fold(word)) for (kind, word), there in given.answers.items() if there == NOTHING}
    left_out |= {
        (m.source.kind, fold(word))
        for m in found.things
        if not isinstance(m, Matched) and m.state == "left out"
        for word in (m.source.id, m.source.key, m.source.name)
        if word
    }
    planned, unchanged = _plan_pages(pages, rewritten, opinions, left_out | _words_there(found))
    return JiraPlan(
        format=FORMAT,
        format_version=FORMAT_VERSION,
        made_at=time.time_ns() // 1000,
        source=PlanSource(
            str(file.path),
            file.sha256,
            file.head.created_at,
            source.name,
            source.cloud_id,
            source.jira_url,
            file.tail.counts,
        ),
        destination=PlanDestination(site.cloud_id, site.name, site.jira_url),
        options=replace_given(options, given),
        requests_sent=confluence.requests_sent - requests_before,
        pages_scanned=count.pages,
        macros_unchanged=unchanged,
        macros_here=macros_here,
        numbers_kept=list(found.numbers_kept),
        things=[_describe_pair(match) for match in found.things if isinstance(match, Matched)],
        issues=[_describe_issue(match) for match in found.issues if isinstance(match, MatchedIssue)],
        undecided=_find_undecided(found, planned, left_out),
        findings=[*findings, *_find_in_pages(planned)],
        pages=planned,
    )


def replace_given(options: PlanOptions, given: Given) -> PlanOptions:
    """The options together with what was given, so that a plan says what it was made with."""
    answers = tuple((kind, word, there) for (kind, word), there in given.answers.items())
    return PlanOptions(options.same_jira, options.spaces, options.everything, answers)


def make_mapping(found: Counterparts) -> JiraMapping:
    """What queries are rewritten by. Issues that only kept their numbers need no entry of their own."""
    kept = set(found.numbers_kept)
    entries = [match.mapped for match in found.things if isinstance(match, Matched)]
    entries += [
        match.mapped
        for match in found.issues
        if isinstance(match, MatchedIssue) and match.source.key.rpartition("-")[0] not in kept
    ]
    return JiraMapping(_one_for_each(entries), numbers_kept=found.numbers_kept)


def _one_for_each(entries: Iterable[Mapped]) -> list[Mapped]:
    """The first entry for each thing: a key may have been captured of two issues, as when one was deleted and moved."""
    seen: set[tuple[str, str, str]] = set()
    left: list[Mapped] = []
    for entry in entries:
        places = {("id", entry.kind, entry.source_id), ("key", entry.kind, entry.source_key)}
        if entry.kind in ONE_TO_ONE:
            places |= {("id there", entry.kind, entry.destination_id), ("key there", entry.kind, entry.destination_key)}
        places = {place for place in places if place[2]}
        if not places & seen:
            seen |= places
            left.append(entry)
    return left


def _source_fields(file: JiraDataFile) -> list[Field]:
    return [
        Field(
            record.id,
            record.name,
            record.id.startswith("customfield_"),
            record.clause_names,
            record.type or None,
            record.items or None,
            record.custom or None,
            record.scope,
        )
        for record in file.iter_records("field")
        if isinstance(record, FieldRecord)
    ]


def _plain(url: str) -> str:
    return url.rstrip("/").lower()


def _find_wrong_file(file: JiraDataFile, site: SiteRow, known_sources: Collection[str]) -> list[Finding]:
    source = file.head.source
    record = f"the Jira-data file of {source.name} ({source.jira_url})"
    if source.cloud_id == site.cloud_id and _plain(source.jira_url) == _plain(site.jira_url):
        return [
            Finding(
                "file-of-this-site",
                record,
                "it was exported from this very site, so everything is called here as it is there",
                "Nothing, if that is meant; else give the file of the site that the pages came from.",
            )
        ]
    if known_sources and source.cloud_id not in known_sources and source.cloud_id != site.cloud_id:
        return [
            Finding(
                "file-of-another-site",
                record,
                "what was restored here came from another site than the file",
                "Check that it is the right file before the plan is carried out.",
            )
        ]
    return []


# -- pages ---------------------------------------------------------------------------------------------------------


def _without_those_here(pages: Iterable[MacroPage], here: frozenset[MacroPlace]) -> tuple[list[MacroPage], int]:
    left: list[MacroPage] = []
    count = 0
    for page in pages:
        macros = tuple(macro for macro in page.macros if (page.page_id, macro.remote_id) not in here)
        count += len(page.macros) - len(macros)
        left.append(replace(page, macros=macros))
    return left, count


def _words_there(found: Counterparts) -> set[tuple[Kind, str]]:
    """What things are called there: a word that the source does not know may be the destination's already."""
    matched = [match.mapped for match in found.things if isinstance(match, Matched)]
    words = {(one.kind, fold(word)) for one in matched for word in one.destination if word}
    return words | {("issue", fold(m.destination.key)) for m in found.issues if isinstance(m, MatchedIssue)}


def _rewrite_all(
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


def _without_doubts(one: RewrittenDefinition) -> RewrittenDefinition:
    """As it is where the Jira is the same: ids and numbers mean there what they meant."""
    return replace(one, left_alone=tuple(each for each in one.left_alone if each.left.reason not in _DOUBTS))


def _plan_pages(
    pages: Iterable[MacroPage],
    rewritten: dict[str, RewrittenDefinition],
    opinions: Opinions,
    left_out: set[tuple[Kind, str]],
) -> tuple[list[PagePlan], int]:
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
    waiting = list(dict.fromkeys(f"{each.kind} {each.word}" for each in kept if each.reason in _UNDECIDED_REASONS))
    if waiting:
        return "waits", f"nobody decided what became of {', '.join(waiting[:5])}" + (" …" if len(waiting) > 5 else "")
    doubts = list(dict.fromkeys(_DOUBTS[each.reason].format(each.word) for each in kept if each.reason in _DOUBTS))
    if rewritten.is_changed and (objections := [text for level in levels for text in level.objections]):
        doubts.append(f"Jira there objects: {' '.join(objections)}")
    if doubts:
        return "doubtful", "; ".join(doubts)
    return ("rewritten" if rewritten.is_changed else "unchanged"), ""


# -- what a person should know -------------------------------------------------------------------------------------


def _find_undecided(found: Counterparts, pages: Sequence[PagePlan], left_out: set[tuple[Kind, str]]) -> list[Undecided]:
    """What waits for a person: of the file, and words in macros that the file does not know; most named first."""
    macros: Counter[tuple[str, str]] = Counter()
    spelled: dict[tuple[str, str], str] = {}
    for page in pages:
        for macro in page.macros:
            words = {(k.kind, fold(k.word)): k.word for k in macro.kept if k.reason in _UNDECIDED_REASONS}
            macros.update(words.keys())
            spelled.update(words)
    waiting: list[Undecided] = []
    named: set[tuple[str, str]] = set()
    for each in found.undecided:
        if each.state == "left out":
            continue
        places = {(each.kind, fold(word)) for word in (each.source_id, each.source_key, each.source_name) if word}
        named |= places
        waiting.append(replace(each, macros=max((macros[place] for place in places), default=0)))
    for (kind, folded), count in macros.items():
        if (kind, folded) in named or kind not in KINDS:
            continue
        word = spelled[kind, folded]
        is_key = kind in ("project", "issue")
        reason = "macros name it, and the file knows nothing of this name that has one counterpart"
        waiting.append(
            Undecided(kind, "", word if is_key else "", "" if is_key else word, "missing", (), reason, count)
        )
    return sorted(waiting, key=lambda one: (-one.macros, KINDS.index(one.kind), one.source_key or one.source_name))


def _find_in_pages(pages: Sequence[PagePlan]) -> list[Finding]:
    actions = {
        "waits": "Decide it in a CSV (--decisions) or in the browser, and plan again.",
        "doubtful": "Correct the macro, or write it all the same with --everything.",
        "left alone": "Open the macro on its page and correct it by hand.",
    }
    return [
        Finding(f"macro-{macro.outcome.replace(' ', '-')}", f"macro {macro.macro_id} on {page}", macro.reason, action)
        for page in pages
        for macro in page.macros
        if (action := actions.get(macro.outcome))
    ]


def _describe_pair(match: Matched) -> ThingPair:
    mapped = match.mapped
    # Where name, type and scope agree, name and type do too.
    agreeing = [rule for rule in match.agreeing if rule not in ("name and type", "name")]
    evidence = (*(f"{rule} agrees" for rule in agreeing), *(f"but {against}" for against in match.against))
    return ThingPair(
        mapped.kind,
        *mapped.source,
        *mapped.destination,
        rule=mapped.rule,
        certainty=mapped.certainty,
        words=mapped.words,
        evidence=evidence,
    )


def _describe_issue(match: MatchedIssue) -> IssuePair:
    source, there = match.source, match.destination
    return IssuePair(source.id, source.key, there.id, there.key, match.rule, match.certainty)
