"""Which issue of the destination an issue of the source has become: the rules, pure.

    1. mapping          a person, or Atlassian's report of new ids, said so
    2. same id          on the same Jira
    3. key              the project kept its key
    4. project, number  the project got another key, and its issues kept their numbers
    5. content          exactly one issue there has the same summary, type and time of creation

A key alone proves nothing: the destination may have had a project of that key before. So by 3 and 4 an issue counts
only if it says the same or was made at the same moment; one that does neither is shown to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from snapshots.jiradata.mapping import Certainty, Mapped
from snapshots.jiradata.records import IssueRecord
from snapshots.jiradata.things import fold

IssueRule: TypeAlias = Literal["mapping", "same id", "key", "project and number", "summary, type and creation"]
State: TypeAlias = Literal["ambiguous", "missing"]

_SAME_MOMENT = 1_000_000
"""In µs: some ways of moving issues drop what is below a second."""


@dataclass(frozen=True, slots=True)
class MatchedIssue:
    """One issue was found."""

    source: IssueRecord
    destination: IssueRecord
    rule: IssueRule
    certainty: Certainty

    @property
    def mapped(self) -> Mapped:
        """The entry of the mapping; without the summary, for there may be hundreds of thousands."""
        source, there = self.source, self.destination
        return Mapped("issue", source.id, source.key, "", there.id, there.key, "", self.rule, self.certainty)


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """Nothing decides. `candidates` are keys there."""

    source: IssueRecord
    state: State
    candidates: tuple[str, ...]
    reason: str


IssueMatch: TypeAlias = MatchedIssue | OpenIssue


def expected_place(key: str, projects: Mapping[str, str]) -> tuple[str, IssueRule] | None:
    """Where an issue of this key should be, when `projects` (source key to key there) say; None for a lost project."""
    project, _, number = key.rpartition("-")
    there = projects.get(project)
    if there is None or not number.isdecimal():
        return None
    return f"{there}-{number}", "key" if there == project else "project and number"


def decide_by_place(
    issue: IssueRecord, there: IssueRecord | None, rule: IssueRule, types: Mapping[str, str]
) -> IssueMatch:
    """What becomes of an issue, given what stands in the place where it should be."""
    if there is None:
        return OpenIssue(issue, "missing", (), "no issue is there under the key it should have")
    if rule in ("mapping", "same id"):
        return MatchedIssue(issue, there, rule, "given" if rule == "mapping" else "certain")
    if issue.created is None:
        return MatchedIssue(issue, there, rule, "likely")
    if same_moment(issue, there):
        return MatchedIssue(issue, there, rule, "certain")
    if fold(issue.summary) == fold(there.summary) and same_type(issue, there, types):
        return MatchedIssue(issue, there, rule, "likely")
    reason = f"{there.key} there was made at another time and says {there.summary[:60]!r}"
    return OpenIssue(issue, "ambiguous", (there.key,), reason)


def decide_by_content(issue: IssueRecord, alike: list[IssueRecord], before: OpenIssue) -> IssueMatch:
    """What becomes of an issue that its place did not decide; `alike` say the same and were made at that moment."""
    if len(alike) == 1:
        return MatchedIssue(issue, alike[0], "summary, type and creation", "likely")
    if alike:
        keys = tuple(sorted(found.key for found in alike))
        return OpenIssue(issue, "ambiguous", keys, f"{len(keys)} issues there have its summary, type and creation time")
    return before


def same_moment(issue: IssueRecord, there: IssueRecord) -> bool:
    """Whether both were made at the same moment, as far as both say."""
    return bool(issue.created and there.created) and abs((issue.created or 0) - (there.created or 0)) < _SAME_MOMENT


def same_type(issue: IssueRecord, there: IssueRecord, types: Mapping[str, str]) -> bool:
    """Whether their types are counterparts; `types` are names of types in any case, source to there."""
    return types.get(fold(issue.type), fold(issue.type)) == fold(there.type)
