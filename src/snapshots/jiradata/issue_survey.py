"""Looking for the issues of a Jira-data file in the destination's Jira.

Requests for N issues: N/100 to read what stands where they should be, in parallel; for those not found there, one
search for each project and stretch of days, and one for every hundred issues made on those days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.jira_catalogue import JiraCatalogue
from snapshots.errors import SiteRefused
from snapshots.findings import Finding
from snapshots.jiradata.issue_matching import (
    IssueMatch,
    IssueRule,
    MatchedIssue,
    OpenIssue,
    decide_by_content,
    decide_by_place,
    expected_place,
    same_moment,
    same_type,
)
from snapshots.jiradata.issues import ISSUE_FIELDS, describe_issue
from snapshots.jiradata.mapping import Kind
from snapshots.jiradata.matching import NOTHING
from snapshots.jiradata.records import IssueRecord
from snapshots.jiradata.things import fold
from snapshots.jql import quote_jql
from snapshots.progress import Progress

MOST_SEARCHED = 20_000
"""So many issues are looked through at most for those that are not where they should be."""

_DAYS_TOGETHER = 3
"""Days of creation that lie as near as this are searched in one stretch."""


@dataclass(slots=True)
class IssueClues:
    """What is known of the destination. Keys of projects and names of types are given source to there."""

    projects: Mapping[str, str]
    types: Mapping[str, str]
    given: Mapping[tuple[Kind, str], str] = field(default_factory=dict)
    same_jira: bool = False


def match_issues(
    issues: Iterable[IssueRecord],
    total: int,
    jira: JiraClient,
    catalogue: JiraCatalogue,
    clues: IssueClues,
    progress: Progress,
) -> tuple[list[IssueMatch], list[Finding]]:
    """The counterpart of every issue, in their order; no two are matched with one."""
    matches: list[IssueMatch] = []
    for batch in _in_batches(issues):
        matches += _match_batch(batch, catalogue, clues)
        progress("matching issues", len(matches), total, "issues")
    findings = _match_by_content(matches, jira, catalogue, clues, progress)
    return _settle_rivals(matches), findings


def _in_batches(issues: Iterable[IssueRecord]) -> Iterator[list[IssueRecord]]:
    batch: list[IssueRecord] = []
    for issue in issues:
        batch.append(issue)
        if len(batch) == 2_000:
            yield batch
            batch = []
    if batch:
        yield batch


def _match_batch(batch: list[IssueRecord], catalogue: JiraCatalogue, clues: IssueClues) -> list[IssueMatch]:
    places: dict[str, tuple[str, IssueRule]] = {}
    open_matches: dict[str, OpenIssue] = {}
    for issue in batch:
        place = _place_of(issue, clues)
        if isinstance(place, OpenIssue):
            open_matches[issue.key] = place
        else:
            places[issue.key] = place
    there: dict[str, IssueRecord] = {}
    for _, found in catalogue.iter_issues(dict.fromkeys(word for word, _ in places.values()), ISSUE_FIELDS):
        for record in map(describe_issue, found):
            # Asked for by id or by key, as a person or a rule named it.
            there[record.id] = there[record.key.upper()] = record
    return [
        open_matches.get(issue.key)
        or decide_by_place(issue, there.get(places[issue.key][0].upper()), places[issue.key][1], clues.types)
        for issue in batch
    ]


def _place_of(issue: IssueRecord, clues: IssueClues) -> tuple[str, IssueRule] | OpenIssue:
    """By which id or key the issue is asked for there, and why."""
    given = (issue.id and clues.given.get(("issue", issue.id))) or clues.given.get(("issue", issue.key))
    if given == NOTHING:
        return OpenIssue(issue, "missing", (), "a person decided that it has no counterpart")
    if given:
        return given, "mapping"
    if clues.same_jira:
        return issue.id, "same id"
    place = expected_place(issue.key, clues.projects)
    return place or OpenIssue(issue, "missing", (), f"its project {issue.key.rpartition('-')[0]} has no counterpart")


# -- by content ----------------------------------------------------------------------------------------------------


def _match_by_content(
    matches: list[IssueMatch],
    jira: JiraClient,
    catalogue: JiraCatalogue,
    clues: IssueClues,
    progress: Progress,
) -> list[Finding]:
    """Look for the issues that are not where they should be, and put what is found into `matches`."""
    lost: defaultdict[str, list[int]] = defaultdict(list)
    for place, match in enumerate(matches):
        if isinstance(match, OpenIssue) and match.source.created and match.source.summary and not clues.same_jira:
            lost[clues.projects.get(match.source.key.rpartition("-")[0], "")].append(place)
    findings: list[Finding] = []
    looked_at = 0
    for project, places in lost.items():
        sources = [matches[place].source for place in places]
        try:
            ids = _search(jira, project, sources)
        except SiteRefused as error:
            findings.append(_not_searched(project, len(places), str(error)))
            continue
        if looked_at + len(ids) > MOST_SEARCHED:
            seen = f"{len(ids):,} issues of those days would have to be read"
            findings.append(_not_searched(project, len(places), seen))
            continue
        looked_at += len(ids)
        by_summary: defaultdict[str, list[IssueRecord]] = defaultdict(list)
        for _, found in catalogue.iter_issues(map(str, ids), ISSUE_FIELDS):
            for record in map(describe_issue, found):
                by_summary[fold(record.summary)].append(record)
        progress("looking for moved issues", looked_at, None, "issues")
        for place, source in zip(places, sources, strict=True):
            before = matches[place]
            assert isinstance(before, OpenIssue)
            alike = [
                there
                for there in by_summary[fold(source.summary)]
                if same_moment(source, there) and same_type(source, there, clues.types)
            ]
            matches[place] = decide_by_content(source, alike, before)
    return findings


def _search(jira: JiraClient, project: str, sources: list[IssueRecord]) -> list[int]:
    """Ids of the issues there that were made on the days on which these were."""
    days = sorted({datetime.fromtimestamp((source.created or 0) / 1_000_000, UTC).date() for source in sources})
    stretches = [[days[0], days[0]]]
    for day in days[1:]:
        if day - stretches[-1][1] <= timedelta(days=_DAYS_TOGETHER):
            stretches[-1][1] = day
        else:
            stretches.append([day, day])
    restricted = f"project = {quote_jql(project)} AND " if project else ""
    ids: dict[int, None] = {}
    for first, last in stretches:
        # A day more on either side: Jira reads days in the time zone of the account.
        since, until = first - timedelta(days=1), last + timedelta(days=2)
        jql = f'{restricted}created >= "{since:%Y-%m-%d}" AND created <= "{until:%Y-%m-%d}" ORDER BY key'
        ids.update(dict.fromkeys(jira.search_ids(jql)))
    return list(ids)


def _not_searched(project: str, count: int, seen: str) -> Finding:
    return Finding(
        "issues-not-searched",
        f"{count:,} issues of {project or 'projects without a counterpart'}",
        f"they are not where they should be, and were not looked for by their content: {seen}",
        "Give a mapping of them, or of their project.",
    )


def _settle_rivals(matches: list[IssueMatch]) -> list[IssueMatch]:
    """No two issues become one: of several that claim the same, none keeps it, unless a person gave it to one."""
    claims: defaultdict[str, list[MatchedIssue]] = defaultdict(list)
    for match in matches:
        if isinstance(match, MatchedIssue):
            claims[match.destination.id].append(match)
    lost: dict[str, OpenIssue] = {}
    for rivals in claims.values():
        if len(rivals) == 1:
            continue
        given = [rival for rival in rivals if rival.rule == "mapping"]
        for rival in rivals:
            if given != [rival]:
                others = ", ".join(other.source.key for other in rivals if other is not rival)
                key = rival.destination.key
                lost[rival.source.key] = OpenIssue(
                    rival.source, "ambiguous", (key,), f"{key} is also claimed by {others}"
                )
    return [lost.get(match.source.key, match) for match in matches]
