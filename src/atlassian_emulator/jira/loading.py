"""Issues from a file in the shape of Jira Data Center, into a Cloud site.

One JSON object a line: `id`, `key`, `fields` (wiki markup, people by name and key), and optionally
`custom`: the name of a custom field to its value (a number, a text for a select field, a list of
texts for a multi-select), and `changelog` with its `histories`. Ids of the file are not kept: this
site gives its own. Whatever an issue refers to (project, type, status, person, version, sprint) is
made when it is not there yet.
"""

from __future__ import annotations

import gc
import gzip
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from atlassian_emulator.dataset import iter_issues
from atlassian_emulator.jira.beside import Beside
from atlassian_emulator.jira.document import plain_text
from atlassian_emulator.jira.naming import Namer
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.jira.stored import StoredAttachment, StoredFields
from atlassian_emulator.jira.wiki import wiki_to_document
from atlassian_emulator.jira.write import IssueRow, add_issues
from atlassian_emulator.markup_sources import sources_kept
from atlassian_emulator.moments import parse_iso
from atlassian_emulator.site import Site

_CHUNK: Final = 2_000
_DOCUMENTS_KEPT: Final = 10_000
"""Trackers are full of texts made from templates; so many are remembered, to be read once only."""

DEMO_SEED: Final = 7
DEMO_ISSUES: Final = 600


def load_issues(site: Site, path: Path) -> int:
    """Load a .jsonl or .jsonl.gz file; returns the number of issues that were not there yet.

    All or none: ValueError names the line that is not an issue.
    """
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        return put_issues(site, _decoded(lines))


def load_demo(site: Site) -> int:
    """Load the made-up data set that demonstrations and tests start from."""
    return put_issues(site, iter_issues(DEMO_SEED, DEMO_ISSUES))


def put_issues(site: Site, issues: Iterable[dict[str, Any]]) -> int:
    """Load issues that are not there yet, all or none; links and parents that lead nowhere are dropped."""
    with _without_collector(), site.part(Jira).change_catalogue() as c:
        loader = _Loader(site, c)
        with _indexes_afterwards(c), sources_kept(site, c, issues) as kept:
            count = loader.load(enumerate(kept, start=1))
            loader.connect()
        c.execute("ANALYZE")
    return count


@contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of small values without a single cycle are made here: looking for cycles took a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def _indexes_afterwards(c: sqlite3.Connection) -> Iterator[None]:
    """Into tables that hold no issue yet, issues go without indexes, which are then made in one sweep each."""
    if c.execute("SELECT 1 FROM jira_issues LIMIT 1").fetchone():
        yield
        return
    indexes = c.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name GLOB 'jira_*' AND sql IS NOT NULL"
    ).fetchall()
    for index in indexes:
        c.execute(f"DROP INDEX {index['name']}")
    yield
    for index in indexes:
        c.execute(index["sql"])


def _decoded(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        try:
            yield msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise ValueError(f"line {number} is not a JSON object: {error}") from error


class _Loader:
    def __init__(self, site: Site, c: sqlite3.Connection) -> None:
        self._site = site
        self._c = c
        self._namer = Namer(site, c)
        self._ids: dict[str, int] = {}
        self._parents: list[tuple[int, str]] = []
        self._links: list[tuple[str, tuple[str, str, str], str]] = []
        self._numbers: dict[str, int] = {}
        self._documents: dict[str, tuple[msgspec.Raw, str]] = {}
        self._beside = Beside(site, c, self._namer, self._document)
        self._there = {
            f"{key}-{number}": issue_id
            for issue_id, key, number in c.execute("SELECT id, project_key, number FROM jira_issues")
        }
        self._ids.update(self._there)

    def load(self, numbered: Iterator[tuple[int, dict[str, Any]]]) -> int:
        count = 0
        while chunk := list(islice((each for each in numbered if each[1].get("key") not in self._there), _CHUNK)):
            first_id = self._site.ids.take("jira.issue", len(chunk))
            rows: list[IssueRow] = []
            comments: list[tuple[Any, ...]] = []
            for issue_id, (line, issue) in enumerate(chunk, start=first_id):
                try:
                    row = self._row(issue_id, issue)
                except (KeyError, TypeError, AttributeError, ValueError) as error:
                    raise ValueError(f"line {line} is not an issue: {type(error).__name__} {error}") from error
                bodies = self._comments(issue_id, issue["fields"])
                row.comments_text = "\n".join(text for _, text in bodies)
                rows.append(row)
                comments.extend(comment for comment, _ in bodies)
            add_issues(self._c, rows)
            self._add_comments(comments)
            self._beside.write()
            count += len(chunk)
        return count

    def connect(self) -> None:
        """Parents and links, once all issues have their ids."""
        self._c.executemany(
            "UPDATE jira_issues SET parent_id = ? WHERE id = ?",
            [(self._ids[key], issue_id) for issue_id, key in self._parents if key in self._ids],
        )
        present = [link for link in dict.fromkeys(self._links) if link[0] in self._ids and link[2] in self._ids]
        first_id = self._site.ids.take("jira.link", max(1, len(present)))
        # A link that both ends name, or that is named in both directions, is one link.
        self._c.executemany(
            "INSERT OR IGNORE INTO jira_links (id, type_id, source_id, target_id) VALUES (?, ?, ?, ?)",
            [
                (link_id, self._namer.link_type(*kind), self._ids[source], self._ids[target])
                for link_id, (source, kind, target) in enumerate(present, start=first_id)
            ],
        )
        self._c.executemany(
            "UPDATE jira_projects SET last_number = max(last_number, ?) WHERE key = ?",
            [(number, key) for key, number in self._numbers.items()],
        )

    def _row(self, issue_id: int, issue: dict[str, Any]) -> IssueRow:
        fields, namer = issue["fields"], self._namer
        project_key, _, number = issue["key"].rpartition("-")
        project_id = namer.project(fields["project"])
        attachments = [self._attachment(each) for each in fields.get("attachment") or []]
        estimates = self._beside.note(issue_id, issue, attachments)
        self._ids[issue["key"]] = issue_id
        self._numbers[project_key] = max(self._numbers.get(project_key, 0), int(number))
        self._note_relations(issue_id, issue["key"], fields)
        description, description_text = self._document(fields.get("description"))
        environment, environment_text = self._document(fields.get("environment"))
        sprints = [*(fields.get("closedSprints") or []), *([fields["sprint"]] if fields.get("sprint") else [])]
        return IssueRow(
            id=issue_id,
            project_key=project_key,
            number=int(number),
            type_id=namer.issue_type(fields["issuetype"]),
            status_id=namer.status(fields["status"]),
            priority_id=namer.priority(fields.get("priority")),
            resolution_id=namer.resolution(fields.get("resolution")),
            assignee=namer.person(fields.get("assignee")),
            reporter=namer.person(fields.get("reporter")),
            creator=namer.person(fields.get("creator") or fields.get("reporter")),
            created=parse_iso(fields["created"]),
            updated=parse_iso(fields.get("updated") or fields["created"]),
            resolved=parse_iso(fields["resolutiondate"]) if fields.get("resolutiondate") else None,
            due=fields.get("duedate"),
            summary=fields.get("summary") or "",
            description_text=description_text,
            environment_text=environment_text,
            stored=StoredFields(
                description=description,
                environment=environment,
                labels=fields.get("labels") or [],
                components=[namer.component(project_id, each) for each in fields.get("components") or []],
                fix_versions=[namer.version(project_id, each) for each in fields.get("fixVersions") or []],
                affected_versions=[namer.version(project_id, each) for each in fields.get("versions") or []],
                sprints=[namer.sprint(project_id, each) for each in sprints],
                attachments=attachments,
                original_estimate=estimates[0],
                remaining_estimate=estimates[1],
                custom=namer.custom(issue.get("custom") or {}),
            ),
        )

    def _note_relations(self, issue_id: int, key: str, fields: dict[str, Any]) -> None:
        parent = fields.get("parent") or fields.get("epic")
        if parent:
            self._parents.append((issue_id, parent["key"]))
        for link in fields.get("issuelinks") or []:
            kind = (link["type"]["name"], link["type"]["inward"], link["type"]["outward"])
            if "outwardIssue" in link:
                self._links.append((key, kind, link["outwardIssue"]["key"]))
            else:
                self._links.append((link["inwardIssue"]["key"], kind, key))

    def _document(self, source: str | None) -> tuple[msgspec.Raw, str]:
        """A text as JSON of its document, and its words."""
        if not source or not source.strip():
            return msgspec.Raw(b"null"), ""
        known = self._documents.get(source)
        if known is None:
            if len(self._documents) >= _DOCUMENTS_KEPT:
                self._documents.clear()
            document = wiki_to_document(source, self._namer.find_person)
            known = msgspec.Raw(msgspec.json.encode(document)), plain_text(document)
            # A text that names somebody may come out otherwise once that person is known.
            if "[~" not in source:
                self._documents[source] = known
        return known

    def _comments(self, issue_id: int, fields: dict[str, Any]) -> list[tuple[tuple[Any, ...], str]]:
        found = []
        for comment in (fields.get("comment") or {}).get("comments") or []:
            body, text = self._document(comment.get("body") or " ")
            author = self._namer.person(comment.get("author"))
            update_author = self._namer.person(comment.get("updateAuthor")) or author
            created = parse_iso(comment["created"])
            updated = parse_iso(comment.get("updated") or comment["created"])
            found.append(((issue_id, author, update_author, created, updated, bytes(body).decode()), text))
        return found

    def _add_comments(self, comments: list[tuple[Any, ...]]) -> None:
        if comments:
            first_id = self._site.ids.take("jira.comment", len(comments))
            self._c.executemany(
                "INSERT INTO jira_comments (id, issue_id, author, update_author, created, updated, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(comment_id, *comment) for comment_id, comment in enumerate(comments, start=first_id)],
            )

    def _attachment(self, attachment: dict[str, Any]) -> StoredAttachment:
        return StoredAttachment(
            id=self._site.ids.take("jira.attachment"),
            filename=attachment["filename"],
            author=self._namer.person(attachment.get("author")),
            created=parse_iso(attachment["created"]),
            size=attachment.get("size") or 0,
            mime_type=attachment.get("mimeType") or "application/octet-stream",
        )
