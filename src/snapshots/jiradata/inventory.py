"""The lists of a Jira, as records: of the source to be exported, of the destination to be matched with.

About a dozen requests, one more for each sprint that is named by id and for each board that sprints are looked for on.
What the account may not see, or this Jira does not have, is left out and becomes a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from snapshots.atlassian import jira_model
from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.jira_catalogue import JiraCatalogue
from snapshots.atlassian.model import Field, LinkType
from snapshots.errors import NotFound, PermissionDenied, SiteRefused
from snapshots.findings import Finding
from snapshots.jiradata.named import NamedInMacros
from snapshots.jiradata.records import (
    BoardRecord,
    FieldRecord,
    FilterRecord,
    IssueTypeRecord,
    JiraRecord,
    LinkTypeRecord,
    PriorityRecord,
    ProjectRecord,
    ResolutionRecord,
    SprintRecord,
    StatusRecord,
    UserRecord,
)
from snapshots.progress import Progress

_NAMED_IN_A_FINDING = 10
_Thing = TypeVar("_Thing")


class Inventory:
    """One reading of a Jira's lists, of the source to be exported or else of the destination to be matched with.

    What could not be had gathers in `findings`.
    """

    def __init__(self, jira: JiraClient, catalogue: JiraCatalogue, progress: Progress, *, is_source: bool) -> None:
        self._jira = jira
        self._catalogue = catalogue
        self._progress = progress
        self._is_source = is_source
        self._listed = 0
        self.findings: list[Finding] = []

    def list_fields(self) -> list[Field]:
        """The fields, which must be known before anything else can be looked for."""
        return self._jira.list_fields()

    def iter_lists(self, fields: Iterable[Field], named: NamedInMacros) -> Iterator[list[JiraRecord]]:
        """Everything but issues, a list for each kind, in the order of kinds; only those sprints and people named."""
        catalogue = self._catalogue
        yield [ProjectRecord(p.id, p.key, p.name, p.type) for p in self._list("projects", catalogue.list_projects)]
        yield [
            IssueTypeRecord(t.id, t.name, t.level, t.project_id)
            for t in self._list("issue types", catalogue.list_issue_types)
        ]
        yield [_field_record(field) for field in self._list("fields", lambda: list(fields))]
        yield [
            StatusRecord(s.id, s.name, s.category, s.project_id)
            for s in self._list("statuses", catalogue.list_statuses)
        ]
        yield [PriorityRecord(p.id, p.name) for p in self._list("priorities", catalogue.list_priorities)]
        yield [ResolutionRecord(r.id, r.name) for r in self._list("resolutions", catalogue.list_resolutions)]
        yield [_link_record(link) for link in self._list("link types", self._jira.list_link_types)]
        filters = self._list("filters", catalogue.list_filters)
        yield [FilterRecord(f.id, f.name, f.owner, f.jql) for f in filters]
        self._note_missing("filter", named.filters, {word for f in filters for word in (f.id, f.name.lower())})
        boards, sprints = self._find_sprints(named)
        yield [BoardRecord(b.id, b.name, b.type, b.project_key) for b in boards]
        yield [SprintRecord(s.id, s.name, s.state, s.board_id) for s in sprints]
        yield self._find_users(named)

    def _list(self, noun: str, ask: Callable[[], list[_Thing]]) -> list[_Thing]:
        """A list of Jira; one that the account may not have, or that this Jira does not know, is empty."""
        self._progress("listing what Jira has", self._listed, None, "lists")
        try:
            found = ask()
        except (PermissionDenied, NotFound, SiteRefused) as error:
            self.findings.append(self._missing_list(noun, str(error)))
            found = []
        self._listed += 1
        return found

    def _find_sprints(self, named: NamedInMacros) -> tuple[list[jira_model.Board], list[jira_model.Sprint]]:
        """The sprints that macros name, with their boards. Boards are looked through only for sprints named by name."""
        if not named.sprints:
            return [], []
        boards = {board.id: board for board in self._list("boards", self._catalogue.list_boards)}
        if not boards:
            return [], []
        sprints: dict[str, jira_model.Sprint] = {}
        names = {word.lower() for word in named.sprints if not word.isdigit()}
        for word in sorted(named.sprints):
            if word.isdigit() and (sprint := self._catalogue.find_sprint(word)) is not None:
                sprints[sprint.id] = sprint
        if names:
            for board in boards.values():
                for sprint in self._list(f"sprints of board {board.name}", _listing(self._catalogue, board.id)):
                    if sprint.name.lower() in names:
                        sprints[sprint.id] = sprint
        self._note_missing("sprint", named.sprints, {w for s in sprints.values() for w in (s.id, s.name.lower())})
        used = {sprint.board_id for sprint in sprints.values()}
        return [board for board in boards.values() if board.id in used], list(sprints.values())

    def _find_users(self, named: NamedInMacros) -> list[JiraRecord]:
        """The people that macros name, by account id or by display name."""
        if not named.users:
            return []
        words = sorted(named.users)
        try:
            users = self._catalogue.find_users(words)
            for word in words:
                if word not in users:
                    users.update((user.account_id, user) for user in self._catalogue.find_users_named(word))
        except (PermissionDenied, NotFound, SiteRefused) as error:
            self.findings.append(self._missing_list("users", str(error)))
            return []
        self._note_missing("user", named.users, {w for u in users.values() for w in (u.account_id, u.display_name)})
        return [UserRecord(user.account_id, user.display_name) for user in users.values()]

    def _missing_list(self, noun: str, reason: str) -> Finding:
        if self._is_source:
            action = "They are not in the file; give the account the right and export again, or map them by a CSV."
            return Finding("not-exported", noun, reason, action)
        action = "They cannot be matched; give the account the right and plan again."
        return Finding("not-listed", f"{noun} of this site's Jira", reason, action)

    def _note_missing(self, noun: str, named: Iterable[str], known: set[str]) -> None:
        if not self._is_source:
            # What the destination does not have, matching tells.
            return
        missing = sorted(word for word in named if word not in known and word.lower() not in known)
        if missing:
            shown = ", ".join(missing[:_NAMED_IN_A_FINDING])
            more = f" and {len(missing) - _NAMED_IN_A_FINDING} more" if len(missing) > _NAMED_IN_A_FINDING else ""
            self.findings.append(
                Finding(
                    "named-but-not-found",
                    f"{noun}s",
                    f"macros name {shown}{more}, which Jira does not show to this account",
                    "Correct the macros, or let the account see them and export again.",
                )
            )


def _listing(catalogue: JiraCatalogue, board_id: str) -> Callable[[], list[jira_model.Sprint]]:
    return lambda: catalogue.list_sprints(board_id)


def _field_record(field: Field) -> FieldRecord:
    return FieldRecord(
        field.id,
        field.name,
        field.schema_type or "",
        field.schema_items or "",
        field.schema_custom or "",
        tuple(field.clause_names),
        field.project_id,
    )


def _link_record(link: LinkType) -> LinkTypeRecord:
    return LinkTypeRecord(link.id, link.name, link.inward, link.outward)
