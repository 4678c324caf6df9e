"""Exporting the source's Jira into a Jira-data file.

Requests, beside those of `captured`: about a dozen for the lists, one for each sprint or board that macros name,
and one for every hundred captured issues. Issues pass through and are not kept.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from snapshots.atlassian import jira_model
from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.jira_catalogue import JiraCatalogue
from snapshots.atlassian.model import Field, Issue, LinkType
from snapshots.errors import NotFound, PermissionDenied, SiteRefused, StorageError
from snapshots.findings import Finding
from snapshots.jiradata.captured import CapturedIssues
from snapshots.jiradata.file import FileWriter, JiraSource, WrittenFile, make_head
from snapshots.jiradata.named import NamedInMacros, find_named
from snapshots.jiradata.records import (
    BoardRecord,
    FieldRecord,
    FilterRecord,
    IssueRecord,
    IssueTypeRecord,
    JiraRecord,
    LinkTypeRecord,
    PriorityRecord,
    ProjectRecord,
    ResolutionRecord,
    SprintRecord,
    StatusRecord,
    UserRecord,
    record_order,
)
from snapshots.progress import Progress, silent
from snapshots.registry.sites import SiteRow

ISSUE_FIELDS = ("summary", "issuetype", "created")

_NAMED_IN_A_FINDING = 10
_Thing = TypeVar("_Thing")


def export_jira(
    site: SiteRow,
    jira: JiraClient,
    catalogue: JiraCatalogue,
    definitions: Iterable[str],
    issues: CapturedIssues,
    path: Path,
    created_at: int,
    progress: Progress = silent,
) -> WrittenFile:
    """Write the Jira of the site to `path`, replacing what was there when the new file is whole.

    `definitions` are those of the site's macros. What the account may not see, or this Jira does not have, is left
    out and becomes a finding in the file. Raises StorageError when it cannot be written.
    """
    export = _Export(jira, catalogue, issues, progress)
    info = jira.get_server_info()
    source = JiraSource(site.name, site.confluence_url, site.jira_url, site.cloud_id, info.title)
    with _new_file(path) as file:
        writer = FileWriter(file, make_head(source, created_at))
        for records in export.iter_lists(definitions):
            writer.add(sorted(records, key=record_order))
        for batch in export.iter_issues():
            writer.add(batch)
        return writer.finish(path, [*issues.findings, *export.findings])


class _Export:
    """One export: the lists in the file's order, then the issues; what could not be had gathers in `findings`."""

    def __init__(self, jira: JiraClient, catalogue: JiraCatalogue, issues: CapturedIssues, progress: Progress) -> None:
        self._jira = jira
        self._catalogue = catalogue
        self._issues = issues
        self._progress = progress
        self._listed = 0
        self.findings: list[Finding] = []

    def iter_lists(self, definitions: Iterable[str]) -> Iterator[list[JiraRecord]]:
        """Everything but issues, a list for each kind, in the order of kinds."""
        catalogue = self._catalogue
        fields = self._jira.list_fields()
        named = find_named(definitions, fields)
        yield [ProjectRecord(p.id, p.key, p.name, p.type) for p in self._list("projects", catalogue.list_projects)]
        yield [
            IssueTypeRecord(t.id, t.name, t.level, t.project_id)
            for t in self._list("issue types", catalogue.list_issue_types)
        ]
        yield [_field_record(field) for field in self._list("fields", lambda: fields)]
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
        if named.unread:
            self.findings.append(
                Finding(
                    "unreadable-definition",
                    f"{named.unread} macros",
                    "their definition or JQL cannot be read, so what they name is not known",
                    "Nothing here; the plan at the destination names each of them.",
                )
            )

    def iter_issues(self) -> Iterator[list[JiraRecord]]:
        """The captured issues in the order of their ids, a hundred at a time."""
        keys = self._issues.keys
        done = gone = 0
        self._progress("reading issues", 0, len(keys), "issues")
        for asked, answered in self._catalogue.iter_issues(map(str, sorted(keys)), ISSUE_FIELDS):
            found = {issue.id: issue for issue in answered}
            batch: list[JiraRecord] = []
            for issue_id in map(int, asked):
                issue = found.get(issue_id)
                gone += issue is None
                batch.append(
                    IssueRecord(str(issue_id), keys[issue_id], "", "", None) if issue is None else describe_issue(issue)
                )
            yield batch
            done += len(asked)
            self._progress("reading issues", done, len(keys), "issues")
        if gone:
            self.findings.append(
                Finding(
                    "issues-gone",
                    f"{gone:,} captured issues",
                    "Jira no longer shows them to this account",
                    "They are in the file by id and key, and can be matched by key or number only.",
                )
            )

    def _list(self, noun: str, ask: Callable[[], list[_Thing]]) -> list[_Thing]:
        """A list of Jira; one that the account may not have, or that this Jira does not know, is empty."""
        self._progress("listing what Jira has", self._listed, None, "lists")
        try:
            found = ask()
        except (PermissionDenied, NotFound, SiteRefused) as error:
            self.findings.append(
                Finding(
                    "not-exported",
                    noun,
                    str(error),
                    "They are not in the file; give the account the right and export again, or map them by a CSV.",
                )
            )
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
            self.findings.append(
                Finding("not-exported", "users", str(error), "Let the account browse users, and export again.")
            )
            return []
        self._note_missing("user", named.users, {w for u in users.values() for w in (u.account_id, u.display_name)})
        return [UserRecord(user.account_id, user.display_name) for user in users.values()]

    def _note_missing(self, noun: str, named: Iterable[str], known: set[str]) -> None:
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


def describe_issue(issue: Issue) -> IssueRecord:
    """The issue as a file has it; it must have been read with `ISSUE_FIELDS`."""
    kind, summary, created = (_value(issue.fields.get(name)) for name in ("issuetype", "summary", "created"))
    return IssueRecord(
        str(issue.id),
        issue.key,
        kind.get("name", "") if isinstance(kind, dict) else "",
        summary if isinstance(summary, str) else "",
        _moment(created),
    )


def _value(raw: msgspec.Raw | None) -> object:
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        # Half an emoji, as some programs write them, is no character; the mark for that stands in its place.
        whole = json.dumps(json.loads(bytes(raw)), ensure_ascii=False)
        return json.loads(whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def _moment(text: object) -> int:
    if not isinstance(text, str):
        return 0
    try:
        since = datetime.fromisoformat(text) - _EPOCH
    except (ValueError, TypeError):
        return 0
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A file beside `path` that takes its name at the end, or goes away when the block raises."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    if path.exists() and not path.is_file():
        raise StorageError(f"The Jira-data file cannot be written to {path} (it is not a file); choose another place.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise StorageError(
            f"The Jira-data file {path} cannot be written: {error.strerror or error}; free space or choose another "
            "folder."
        ) from error
    finally:
        part.unlink(missing_ok=True)
