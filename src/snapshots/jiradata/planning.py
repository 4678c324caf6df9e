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
from snapshots.jiradata.file import JiraDataFile
from snapshots.jiradata.issue_matching import MatchedIssue
from snapshots.jiradata.macro_planning import UNDECIDED_REASONS, plan_pages, rewrite_all, without_doubts
from snapshots.jiradata.mapping import KINDS, ONE_TO_ONE, JiraMapping, Kind, Mapped
from snapshots.jiradata.matching import NOTHING, Matched
from snapshots.jiradata.opinion import ask_jira
from snapshots.jiradata.pages import MacroPage, PageCount, iter_macro_pages
from snapshots.jiradata.plan import (
    FORMAT,
    FORMAT_VERSION,
    IssuePair,
    JiraPlan,
    PagePlan,
    PlanDestination,
    PlanOptions,
    PlanSource,
    ThingPair,
)
from snapshots.jiradata.records import FieldRecord
from snapshots.jiradata.rewriting import JqlRewriter
from snapshots.jiradata.things import fold
from snapshots.progress import Progress, silent
from snapshots.registry.sites import SiteRow


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
    pages = _read_pages(confluence, options, findings, progress, count)
    pages, macros_here = _without_those_here(pages, frozenset() if same_jira else frozenset(here_already))
    rewritten = rewrite_all(pages, rewriter, progress)
    if same_jira:
        rewritten = {text: without_doubts(one) for text, one in rewritten.items()}
    opinions = ask_jira(
        jira,
        (level.rewritten.text for one in rewritten.values() if one.is_changed for level in one.levels),
        next((issue.destination.key for issue in found.issues if isinstance(issue, MatchedIssue)), ""),
        progress,
    )
    left_out = _left_out(found, given)
    planned, unchanged = plan_pages(pages, rewritten, opinions, left_out | _words_there(found))
    return JiraPlan(
        format=FORMAT,
        format_version=FORMAT_VERSION,
        made_at=time.time_ns() // 1000,
        source=_describe_source(file),
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


def _describe_source(file: JiraDataFile) -> PlanSource:
    source = file.head.source
    return PlanSource(
        str(file.path),
        file.sha256,
        file.head.created_at,
        source.name,
        source.cloud_id,
        source.jira_url,
        file.tail.counts,
    )


def _left_out(found: Counterparts, given: Given) -> set[tuple[Kind, str]]:
    """What a person said has no counterpart, by every word it is known by."""
    left_out = {(kind, fold(word)) for (kind, word), there in given.answers.items() if there == NOTHING}
    return left_out | {
        (match.source.kind, fold(word))
        for match in found.things
        if not isinstance(match, Matched) and match.state == "left out"
        for word in (match.source.id, match.source.key, match.source.name)
        if word
    }


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


def _read_pages(
    confluence: ConfluenceClient, options: PlanOptions, findings: list[Finding], progress: Progress, count: PageCount
) -> list[MacroPage]:
    pages = [
        page
        for of_space in iter_macro_pages(confluence, options.spaces, findings, progress, count)
        for page in of_space
    ]
    # Spaces come as they are done; a plan of the same pages is the same plan.
    return sorted(pages, key=lambda page: (page.space_key, page.title, page.page_id))


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


def _find_undecided(found: Counterparts, pages: Sequence[PagePlan], left_out: set[tuple[Kind, str]]) -> list[Undecided]:
    """What waits for a person: of the file, and words in macros that the file does not know; most named first."""
    macros: Counter[tuple[str, str]] = Counter()
    spelled: dict[tuple[str, str], str] = {}
    for page in pages:
        for macro in page.macros:
            words = {(k.kind, fold(k.word)): k.word for k in macro.kept if k.reason in UNDECIDED_REASONS}
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
