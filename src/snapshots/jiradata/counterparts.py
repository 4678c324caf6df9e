"""Matching a whole Jira-data file with the destination's Jira. Reads; writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.jira_catalogue import JiraCatalogue
from snapshots.atlassian.model import Field
from snapshots.findings import Finding
from snapshots.jiradata.decisions import Given, Undecided
from snapshots.jiradata.file import JiraDataFile
from snapshots.jiradata.inventory import Inventory
from snapshots.jiradata.issue_matching import IssueMatch, MatchedIssue
from snapshots.jiradata.issue_survey import IssueClues, match_issues
from snapshots.jiradata.mapping import Kind
from snapshots.jiradata.matching import NOTHING, Clues, Match, Matched, describe_type, match_things
from snapshots.jiradata.named import NamedInMacros
from snapshots.jiradata.records import STRUCTS, FilterRecord, IssueRecord, SprintRecord, UserRecord
from snapshots.jiradata.things import Thing, Things, describe, fold
from snapshots.progress import Progress

LISTS = tuple(kind for kind in STRUCTS if kind != "issue")


@dataclass(frozen=True, slots=True)
class Counterparts:
    """What became of everything in a file, as far as the destination shows it."""

    things: tuple[Match, ...]
    issues: tuple[IssueMatch, ...]
    numbers_kept: tuple[str, ...]
    """Keys of projects of the source whose captured issues all kept their numbers."""
    findings: tuple[Finding, ...]
    fields_here: tuple[Field, ...]
    """The fields of the destination."""

    @property
    def undecided(self) -> list[Undecided]:
        """What waits for a person."""
        things = [_describe_open(match) for match in self.things if not isinstance(match, Matched)]
        issues = [
            Undecided("issue", m.source.id, m.source.key, m.source.summary, m.state, m.candidates, m.reason)
            for m in self.issues
            if not isinstance(m, MatchedIssue)
        ]
        return [*things, *issues]


def find_counterparts(
    file: JiraDataFile,
    jira: JiraClient,
    catalogue: JiraCatalogue,
    given: Given,
    progress: Progress,
    *,
    same_jira: bool,
) -> Counterparts:
    """Match everything in the file. Raises DamageError for a file whose lines are not records."""
    records = [record for record in file.iter_records(*LISTS) if not isinstance(record, IssueRecord)]
    inventory = Inventory(jira, catalogue, progress, is_source=False)
    fields = inventory.list_fields()
    named = NamedInMacros(
        sprints=_wanted("sprint", given, {r.name for r in records if isinstance(r, SprintRecord)}),
        filters=_wanted("filter", given, {r.name for r in records if isinstance(r, FilterRecord)}),
        users=_wanted("user", given, {word for r in records if isinstance(r, UserRecord) for word in (r.id, r.name)}),
    )
    here = Things(describe(record) for records_ in inventory.iter_lists(fields, named) for record in records_)
    things = [describe(record) for record in records]
    things += _things_beside(given, Things(things))
    matches = match_things(things, Clues(here, given.answers, same_jira))
    matched = [match for match in matches if isinstance(match, Matched)]
    clues = IssueClues(
        projects={m.source.key: m.destination.key for m in matched if m.source.kind == "project"},
        types={fold(m.source.name): fold(m.destination.name) for m in matched if m.source.kind == "issue_type"},
        given=given.answers,
        same_jira=same_jira,
    )
    issues, findings = match_issues(
        _iter_issues(file, given), file.tail.counts["issue"], jira, catalogue, clues, progress
    )
    return Counterparts(
        things=tuple(matches),
        issues=tuple(issues),
        numbers_kept=_find_kept_numbers(issues, clues.projects),
        findings=(*given.findings, *inventory.findings, *findings, *_find_faults(matched)),
        fields_here=tuple(fields),
    )


def _wanted(kind: Kind, given: Given, words: set[str]) -> set[str]:
    """Words to look for there: those of the file, and what a person named as their counterparts."""
    return words | {there for (of_kind, _), there in given.answers.items() if of_kind == kind and there != NOTHING}


def _things_beside(given: Given, known: Things) -> list[Thing]:
    """Things that a person gave a counterpart and that the file does not hold: a sprint that was not exported, …"""
    beside: list[Thing] = []
    for kind, word in given.answers:
        if kind == "issue" or known.meant_by(kind, word):
            continue
        is_id = word.isdigit() or word.startswith("customfield_") or kind == "user"
        beside.append(
            Thing(kind, word if is_id else "", word if kind == "project" and not is_id else "", "" if is_id else word)
        )
    return beside


def _iter_issues(file: JiraDataFile, given: Given) -> Iterator[IssueRecord]:
    """The issues of the file, then those that only a person named."""
    named = {word for kind, word in given.answers if kind == "issue"}
    for record in file.iter_records("issue"):
        if isinstance(record, IssueRecord):
            named -= {record.id, record.key}
            yield record
    for word in sorted(named):
        if not word.isdigit():
            yield IssueRecord("", word, "", "", None)


def _describe_open(match: Match) -> Undecided:
    assert not isinstance(match, Matched)
    thing = match.source
    candidates = tuple(
        f"{there.key or there.id} {there.name}" + (f" ({describe_type(there)})" if there.kind == "field" else "")
        for there in match.candidates
    )
    return Undecided(thing.kind, thing.id, thing.key, thing.name, match.state, candidates, match.reason)


def _find_kept_numbers(issues: list[IssueMatch], projects: Mapping[str, str]) -> tuple[str, ...]:
    """Projects of which at least one issue was found under its number, and none somewhere else or in doubt."""
    kept: Counter[str] = Counter()
    moved: set[str] = set()
    for match in issues:
        project, _, number = match.source.key.rpartition("-")
        if isinstance(match, MatchedIssue):
            is_kept = match.destination.key == f"{projects.get(project)}-{number}"
            kept[project] += is_kept
            if not is_kept:
                moved.add(project)
        elif match.candidates:
            moved.add(project)
    return tuple(sorted(project for project, count in kept.items() if count and project not in moved))


def _find_faults(matched: list[Matched]) -> list[Finding]:
    """What is worth knowing of matches: a field whose type changed, and things that become one."""
    findings = [
        Finding(
            "field-type-changed",
            str(match.source),
            f"the mapping sends it to {match.destination}: here {describe_type(match.source)}, there "
            f"{describe_type(match.destination)}",
            "Look at the previews that compare it: its values may mean something else.",
        )
        for match in matched
        if match.source.kind == "field" and match.rule == "mapping" and match.source.type != match.destination.type
    ]
    merged: dict[tuple[Kind, str], list[Matched]] = {}
    for match in matched:
        merged.setdefault((match.source.kind, match.destination.id), []).append(match)
    findings += [
        Finding(
            "merged",
            str(same[0].destination),
            f"{', '.join(str(match.source) for match in same)} become one there",
            "Nothing, if that is meant: queries for either will find both.",
        )
        for same in merged.values()
        if len(same) > 1 and len({fold(match.source.name) for match in same}) > 1
    ]
    return findings
