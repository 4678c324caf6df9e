"""Taking an exported Jira project in: ids are given, names looked up, references put right."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from atlassian_emulator.jira.store import Jira
from atlassian_emulator.jira.stored import StoredAttachment
from atlassian_emulator.jira.write import IssueRow, add_issues, comment_text
from atlassian_emulator.moving.ledger import Origin, note_move, read_origin
from atlassian_emulator.moving.projects.catalogue import CatalogueArrival, ImportRefused
from atlassian_emulator.moving.projects.history import history_with_new_ids, items_with_new_ids
from atlassian_emulator.moving.projects.tables import BESIDE, ISSUE_ENTITY, PROJECT_ENTITY, insert
from atlassian_emulator.site import Site


@dataclass(frozen=True)
class Wishes:
    """What is to be different at the destination: the project's key, names of custom fields and of link types."""

    rename_to: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    link_types: Mapping[str, str] = field(default_factory=dict)


def import_project(site: Site, lines: Iterable[bytes], wishes: Wishes | None = None) -> dict[str, Any]:
    """Add an exported project to the site and return the report: its key and id, and every old id with its new one.

    All or nothing. Refused with 409 when the site has a project with this key or an issue under it.
    """
    with site.part(Jira).change_catalogue() as c:
        arrival = _Arrival(site, c, wishes or Wishes())
        for line in lines:
            arrival.take(line)
        return arrival.finish()


class _Arrival:
    """A project on its way into a site. Lines come in the order in which they are exported."""

    def __init__(self, site: Site, c: sqlite3.Connection, wishes: Wishes) -> None:
        self._site, self._c, self._wishes = site, c, wishes
        self._origin: Origin | None = None
        self._catalogue = CatalogueArrival(site, c, wishes.fields, wishes.link_types)
        self._source_key = self._key = ""
        self._parents: list[tuple[int, str]] = []
        self._links: list[list[Any]] = []
        self._new_ids: dict[str, dict[int, int]] = {ISSUE_ENTITY: {}}

    def take(self, data: bytes) -> None:
        line = msgspec.json.decode(data)
        if "site" in line:
            self._origin = read_origin(line["site"])
        elif "project" in line:
            self._source_key = line["project"]["key"]
            self._key = self._wishes.rename_to or self._source_key
            self._catalogue.add_project({**line["project"], "key": self._key})
        elif "table" in line:
            self._catalogue.add_rows(line["table"], line["rows"])
        elif "user" in line:
            account_id, email, display_name = line["user"]
            if self._site.users.find(account_id) is None:
                self._site.users.put(email, display_name, account_id=account_id)
        elif "link" in line:
            self._links.append(line["link"])
        else:
            # Decoded as what it is, so that documents stay the bytes they were.
            self._add_issue(msgspec.json.decode(data, type=_IssueLine).issue, line)

    # -- issues ------------------------------------------------------------------------------------

    def _add_issue(self, issue: IssueRow, line: dict[str, Any]) -> None:
        if not self._key:
            raise ImportRefused(400, "The project must come before its issues; send what export-project answers")
        old_id = issue.id
        issue.id = self._new_ids[ISSUE_ENTITY][old_id] = self._site.ids.take("jira.issue")
        issue.project_key, issue.parent_id = self._key, None
        if line["parent"]:
            self._parents.append((issue.id, line["parent"]))
        self._refer(issue)
        files = self._files(issue)
        issue.comments_text = "\n".join(comment_text(row["body"]) for row in line.get("jira_comments", []))
        add_issues(self._c, [issue])
        for table, (sequence, entity) in BESIDE.items():
            for row in line.get(table, []):
                self._add_beside(table, sequence, entity, {**row, "issue_id": issue.id}, files)
        if self._site.deployment == "data-center":
            self._keep_markup(old_id, line["markup"])

    def _refer(self, issue: IssueRow) -> None:
        """Give the issue this site's ids of what it refers to."""
        new_id, stored = self._catalogue.new_id, issue.stored
        issue.type_id = new_id("jira_issue_types", issue.type_id)
        issue.status_id = new_id("jira_statuses", issue.status_id)
        if issue.priority_id is not None:
            issue.priority_id = new_id("jira_priorities", issue.priority_id)
        if issue.resolution_id is not None:
            issue.resolution_id = new_id("jira_resolutions", issue.resolution_id)
        # Security levels are not moved.
        issue.level_id = None
        stored.components = [new_id("jira_components", each) for each in stored.components]
        stored.fix_versions = [new_id("jira_versions", each) for each in stored.fix_versions]
        stored.affected_versions = [new_id("jira_versions", each) for each in stored.affected_versions]
        stored.sprints = [new_id("jira_sprints", each) for each in stored.sprints]
        stored.custom = {
            new_id("jira_custom_fields", number): self._catalogue.custom_value(number, value)
            for number, value in stored.custom.items()
        }

    def _files(self, issue: IssueRow) -> dict[int, int]:
        files = {each.id: self._site.ids.take("jira.attachment") for each in issue.stored.attachments}
        issue.stored.attachments = [
            msgspec.structs.replace(each, id=files[each.id]) for each in issue.stored.attachments
        ]
        assert all(isinstance(each, StoredAttachment) for each in issue.stored.attachments)
        self._new_ids.setdefault("jira:fileAttachment", {}).update(files)
        return files

    def _add_beside(self, table: str, sequence: str, entity: str, row: dict[str, Any], files: dict[int, int]) -> None:
        row = {name: base64.b64decode(v["base64"]) if isinstance(v, dict) else v for name, v in row.items()}
        if table == "jira_changes":
            row["items"] = items_with_new_ids(row["items"], self._catalogue)
        elif table == "jira_history":
            row = history_with_new_ids(row, self._catalogue, self._new_ids.get("jira_changes", {}))
        if table == "jira_files":
            row["id"] = files.get(row["id"]) or self._site.ids.take(sequence)
        elif sequence:
            old_id, row["id"] = row["id"], self._site.ids.take(sequence)
            self._new_ids.setdefault(entity or table, {})[old_id] = row["id"]
        insert(self._c, table, row)

    def _keep_markup(self, old_issue_id: int, texts: list[list[Any]]) -> None:
        for kind, owner_id, digest, source in texts:
            ids = self._new_ids.get(f"jira:{kind}") if kind in ("comment", "worklog") else self._new_ids[ISSUE_ENTITY]
            row = (kind, (ids or {})[owner_id], base64.b64decode(digest), source)
            self._c.execute("INSERT INTO jira_markup (kind, owner_id, digest, source) VALUES (?, ?, ?, ?)", row)

    # -- what connects issues ----------------------------------------------------------------------

    def finish(self) -> dict[str, Any]:
        if not self._key:
            raise ImportRefused(400, "There is no project in what was sent; send what export-project answers")
        for issue_id, key in self._parents:
            parent_id = self._find_issue(key)
            self._c.execute("UPDATE jira_issues SET parent_id = ? WHERE id = ?", (parent_id, issue_id))
        dropped = [link for link in self._links if not self._add_link(*link)]
        entities = self._entities()
        if self._origin is not None:
            note_move(self._site, self._c, "JIRA", self._origin.url, self._site.base_url, entities)
        shown = {"key": self._key, "id": str(self._catalogue.project_id)}
        counts = {kind: ids for kind, ids in entities.items() if kind in (ISSUE_ENTITY, "jira:comment")}
        left = [[source, target] for _, _, source, target in dropped]
        return {"project": shown, "ids": counts, "entities": entities, "links_left_behind": left}

    def _find_issue(self, key: str) -> int | None:
        """Find an issue by the key it had: of this project, or of one that came earlier under the same key."""
        project_key, _, number = key.rpartition("-")
        project_key = self._key if project_key == self._source_key else project_key
        row = self._c.execute(
            "SELECT id FROM jira_issues WHERE project_key = ? AND number = ?", (project_key, int(number))
        ).fetchone()
        return int(row[0]) if row else None

    def _add_link(self, old_id: int, type_id: int, source: str, target: str) -> bool:
        source_id, target_id = self._find_issue(source), self._find_issue(target)
        if source_id is None or target_id is None:
            return False
        link_id = self._site.ids.take("jira.link")
        self._c.execute(
            "INSERT OR IGNORE INTO jira_links (id, type_id, source_id, target_id) VALUES (?, ?, ?, ?)",
            (link_id, self._catalogue.new_id("jira_link_types", type_id), source_id, target_id),
        )
        self._new_ids.setdefault("jira:issueLink", {})[old_id] = link_id
        return True

    def _entities(self) -> dict[str, dict[str, str]]:
        entities = {
            PROJECT_ENTITY: {str(self._catalogue.source_project_id): str(self._catalogue.project_id)},
            **self._catalogue.entities(),
            **{
                entity: {str(old): str(new) for old, new in ids.items()}
                for entity, ids in self._new_ids.items()
                if not entity.startswith("jira_")
            },
        }
        return {entity: ids for entity, ids in entities.items() if ids}


class _IssueLine(msgspec.Struct):
    issue: IssueRow
