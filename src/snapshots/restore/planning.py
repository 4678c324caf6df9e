"""Making the plan of a restore. Nothing here writes, neither to the registry nor to the site."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.findings import Finding
from snapshots.progress import Progress, silent
from snapshots.registry.sites import SiteRow
from snapshots.restore.counterparts import (
    find_counterparts,
    find_missing_spaces,
    find_unknown_spaces,
    pages_wanted,
    read_subjects,
)
from snapshots.restore.deciding import KEPT_FOR_OTHERS, PageDecision, decide_page, park_page
from snapshots.restore.evidence import PageFacts
from snapshots.restore.here import read_pages_here
from snapshots.restore.jira_mappings import decide_mappings
from snapshots.restore.keys import PageKey
from snapshots.restore.locating import LocatedVersions, PageHistory, Run, find_location, make_runs
from snapshots.restore.matching import Ambiguous, Match, Matched, Unmatched
from snapshots.restore.plan import (
    FORMAT_VERSION,
    Destination,
    MacroPlan,
    MatchWord,
    PagePlan,
    Plan,
    RestoreOptions,
    describe_target,
)
from snapshots.restore.records import GroupedRecords, PageRecords, assign_groups
from snapshots.restore.source import RecordSource, join_parked
from snapshots.restore.survey import Survey, WantedPayloads

if TYPE_CHECKING:
    from snapshots.registry.engine import Registry

_LINES_SHOWN = 5
_MATCH_WORDS: Mapping[type[Match], MatchWord] = {Matched: "matched", Ambiguous: "ambiguous", Unmatched: "parked"}


def plan_restore(
    registry: Registry,
    confluence: ConfluenceClient,
    site: SiteRow,
    source: RecordSource,
    options: RestoreOptions,
    progress: Progress = silent,
    keep: Callable[[PagePlan, PageDecision], None] = lambda page, decision: None,
) -> Plan:
    """What restoring the source to the site would do.

    The whole source is read first, so a damaged archive is refused (DamageError) before the site is asked.
    `keep` is given each page with the decisions about all its records, which the plan itself only counts.
    """
    requests_before = confluence.requests_sent
    if options.include_parked:
        source = join_parked(source, registry, site.id)
    subjects = read_subjects(source)
    groups = assign_groups((subject.key for subject in subjects), source.facts.counts.get("version", 0))
    with GroupedRecords(groups) as grouped:
        grouped.read(source, progress)
        same_site = source.facts.cloud_id == site.cloud_id
        survey = Survey(confluence, pages_wanted(subjects, options, same_site), progress)
        matches = find_counterparts(subjects, survey, grouped, options, same_site)
        findings = [
            *find_unknown_spaces(subjects, options),
            *find_missing_spaces(subjects, survey, options, matches),
        ]
        pages: list[PagePlan] = []
        for group in grouped.iter_groups():
            for page, decision in _plan_group(registry, site, group, matches, survey, options):
                pages.append(page)
                findings += _find_in_page(page, matches[page.key], decision)
                keep(page, decision)
            progress("planning", len(pages), len(subjects), "pages")
    with registry.read() as conn:
        mappings = decide_mappings(conn, site.id, source)
    return Plan(
        format="snapshots-restore-plan",
        format_version=FORMAT_VERSION,
        made_at=time.time_ns() // 1000,
        source=source.facts,
        destination=Destination(site.cloud_id, site.name),
        options=options,
        requests_sent=confluence.requests_sent - requests_before,
        findings=[*findings, *survey.findings, *mappings.findings],
        pages=pages,
        of_site=mappings.outcomes,
    )


def _plan_group(
    registry: Registry,
    site: SiteRow,
    group: Sequence[PageRecords],
    matches: Mapping[PageKey, Match],
    survey: Survey,
    options: RestoreOptions,
) -> Iterable[tuple[PagePlan, PageDecision]]:
    pages = survey.evidence.pages
    targets = {
        records.key: pages[match.page_id] for records in group if isinstance(match := matches[records.key], Matched)
    }
    with registry.read() as conn:
        here = read_pages_here(conn, site.id, [target.page_id for target in targets.values()])
    wanted = []
    for records in group:
        target = targets.get(records.key)
        if target is not None and (payloads := _find_missing_payloads(records, here.get(target.page_id))):
            wanted.append(WantedPayloads(target, payloads))
    histories = survey.read_histories(wanted)
    for records in group:
        target, match = targets.get(records.key), matches[records.key]
        located: dict[str, list[Run]] = {}
        if target is None:
            assert not isinstance(match, Matched)
            decision = park_page(records, "ambiguous" if isinstance(match, Ambiguous) else "parked", match.reason)
        else:
            located = _locate(records, target, histories.get(target.page_id, PageHistory()))
            runs = {macro_id: LocatedVersions(found) for macro_id, found in located.items()}
            decision = decide_page(records, runs, here.get(target.page_id), options.conflict)
        yield _describe_page(decision, match, pages, located), decision


def _find_missing_payloads(records: PageRecords, here: PageRecords | None) -> dict[str, dict[str, int]]:
    """By attachment name, digest and length of the payloads of versions that the registry does not have."""
    missing: dict[str, dict[str, int]] = {}
    for macro_id, macro in records.macros.items():
        known = here.macros[macro_id].versions if here and macro_id in here.macros else {}
        payloads = {
            version.payload_sha256: version.payload_bytes
            for capture_id, version in macro.versions.items()
            if capture_id not in known
        }
        if payloads:
            missing[macro.record.attachment_name] = payloads
    return missing


def _locate(records: PageRecords, target: PageFacts, history: PageHistory) -> dict[str, list[Run]]:
    """Where the versions are, for every macro that the page here shows in its body or by an attachment."""
    in_body = {macro.macro_id for macro in target.macros}
    located: dict[str, list[Run]] = {}
    for macro_id, macro in records.macros.items():
        name = macro.record.attachment_name
        if macro_id in in_body or name in history.payloads:
            found = ((version, find_location(version, macro_id, name, history)) for version in macro.versions.values())
            located[macro_id] = make_runs((version, place) for version, place in found if place is not None)
    return located


def _describe_page(
    decision: PageDecision, match: Match, pages: Mapping[str, PageFacts], located: Mapping[str, list[Run]]
) -> PagePlan:
    reasons = Counter(waiting.reason for waiting in decision.parked if waiting.reason != KEPT_FOR_OTHERS)
    return PagePlan(
        space_key=decision.records.key[0],
        page_id=decision.records.key[1],
        title=decision.records.record.title,
        match=_MATCH_WORDS[type(match)],
        rule=match.rule if isinstance(match, Matched) else "",
        evidence=_describe_evidence(match, pages),
        target=describe_target(pages[match.page_id]) if isinstance(match, Matched) else None,
        candidates=[describe_target(pages[page_id]) for page_id in _candidates(match)],
        reason="" if isinstance(match, Matched) else match.reason,
        outcomes={kind: dict(counts) for kind, counts in decision.outcomes.items()},
        parked_reasons=dict(reasons),
        macros=[
            MacroPlan(macro_id, outcome, dict(versions), located.get(macro_id))
            for macro_id, (outcome, versions) in decision.macro_outcomes.items()
        ],
    )


def _candidates(match: Match) -> tuple[str, ...]:
    return match.candidates if isinstance(match, Ambiguous) else ()


def _describe_evidence(match: Match, pages: Mapping[str, PageFacts]) -> list[str]:
    if not isinstance(match, Matched):
        return []
    agreeing = [f"{rule} agrees" for rule in match.agreeing]
    contradicting = [
        f"{rule} contradicts: {', '.join(str(pages[page_id]) for page_id in found)}"
        for rule, found in match.contradicting
    ]
    return agreeing + contradicting


def _find_in_page(page: PagePlan, match: Match, decision: PageDecision) -> list[Finding]:
    """What a person should know about this page, at most one finding of each kind."""
    record = f"page '{page.title}' ({page.page_id}) of {page.space_key}"
    findings: list[Finding] = []
    if page.match == "ambiguous":
        seen = "; ".join(f"'{target.title}' ({target.page_id}) in {target.space_key}" for target in page.candidates)
        findings.append(
            Finding("ambiguous-page", record, f"{page.reason}: {seen}", "Name the right one in a mapping file.")
        )
    if isinstance(match, Matched) and match.contradicting:
        seen = "; ".join(line for line in page.evidence if "contradicts" in line)
        action = "Check that the match is right; a mapping file overrules it."
        findings.append(Finding("contradicting-evidence", record, f"matched by {match.rule}, but {seen}", action))
    if page.reason.startswith("the mapping file"):
        findings.append(Finding("mapped-page-not-here", record, page.reason, "Correct the mapping file."))
    if decision.differences:
        action = "Choose another conflict policy if the archive should win."
        findings.append(Finding("already-there-different", record, _shorten(decision.differences), action))
    if decision.renumberings:
        action = "Nothing: restored versions keep their numbers, captures taken here since go behind them."
        findings.append(Finding("renumbered", record, _shorten(decision.renumberings), action))
    return findings


def _shorten(lines: Sequence[str]) -> str:
    more = f"; and {len(lines) - _LINES_SHOWN} more" if len(lines) > _LINES_SHOWN else ""
    return "; ".join(lines[:_LINES_SHOWN]) + more
