"""What lies beside the issues of one page, fetched by one query for each kind of thing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from atlassian_emulator.jira.mentions import brief_issue, show_comment, show_worklog
from atlassian_emulator.jira.render import Json, Renderer

WORKLOGS_SHOWN: Final = 20
"""An issue shows so many of its worklogs; the rest is asked for."""


@dataclass(frozen=True)
class Unseen:
    """Who reads, and what is kept from them: projects by key, security levels by id."""

    account_id: str | None = None
    project_keys: frozenset[str] = frozenset()
    levels: frozenset[int] = frozenset()


class Neighbours:
    """What other rows say about the issues of one page: parents, sub-tasks, links, comments, time, followers.

    Issues that the reader may not see are not mentioned, as on the real site.
    """

    def __init__(
        self,
        c: sqlite3.Connection,
        renderer: Renderer,
        rows: Sequence[sqlite3.Row],
        wanted: frozenset[str],
        unseen: Unseen,
    ) -> None:
        self._c = c
        self._renderer = renderer
        self._unseen = unseen
        self._types: dict[int, int] = {}
        self._ids = json.dumps([row["id"] for row in rows])
        self._found: dict[str, dict[int, list[Any]]] = {}
        if "subtasks" in wanted:
            self._found["subtasks"] = self._subtasks()
        if "comment" in wanted:
            self._found["comment"] = self._comments()
        for field_id, read in (
            ("worklog", self._worklogs),
            ("timespent", self._spent),
            ("watches", self._watches),
            ("votes", self._votes),
            ("security", self._levels),
        ):
            if field_id in wanted or (field_id == "timespent" and "timetracking" in wanted):
                self._found[field_id] = read()
        links = self._links() if "issuelinks" in wanted else []
        self._briefs = self._read_briefs(
            {row["parent_id"] for row in rows if row["parent_id"]} | {link["other"] for link in links}
        )
        if "issuelinks" in wanted:
            self._found["issuelinks"] = self._group_links(links)

    def of(self, field_id: str, row: sqlite3.Row) -> Any:
        if field_id == "parent":
            return self._briefs.get(row["parent_id"])
        found = self._found[field_id].get(row["id"], [])
        size = len(found)
        match field_id:
            case "comment":
                address = self._renderer.url(f"issue/{row['id']}/comment")
                return {"comments": found, "self": address, "maxResults": size, "total": size, "startAt": 0}
            case "worklog":
                shown = found[:WORKLOGS_SHOWN]
                return {"startAt": 0, "maxResults": WORKLOGS_SHOWN, "total": size, "worklogs": shown}
            case "watches":
                address = self._renderer.url(f"issue/{row['id']}/watchers")
                return {"self": address, "watchCount": size, "isWatching": self._unseen.account_id in found}
            case "votes":
                address = self._renderer.url(f"issue/{row['id']}/votes")
                return {"self": address, "votes": size, "hasVoted": self._unseen.account_id in found}
            case "timespent" | "security":
                return found[0] if found else None
            case _:
                return found

    def seconds_spent(self, row: sqlite3.Row) -> int | None:
        found = self._found["timespent"].get(row["id"])
        return int(found[0]) if found else None

    def epic_key(self, row: sqlite3.Row) -> str | None:
        """The key of the parent if that is an epic: what the Epic Link field holds."""
        parent = self._briefs.get(row["parent_id"])
        if parent is None:
            return None
        level = self._renderer.catalogue.types.by_id[self._types[row["parent_id"]]].level
        return str(parent["key"]) if level > 0 else None

    def _subtasks(self) -> dict[int, list[Any]]:
        sql = (
            "SELECT parent_id, id, project_key, number, summary, type_id, status_id, priority_id FROM jira_issues"
            f" WHERE parent_id IN (SELECT value FROM json_each(?)) AND type_id IN ({self._subtask_types()})"
            " ORDER BY project_key, number"
        )
        found: dict[int, list[Any]] = {}
        rows = self._c.execute(sql, (self._ids,)).fetchall()
        secured = self._secured({row["id"] for row in rows})
        for row in rows:
            if row["id"] not in secured:
                found.setdefault(row["parent_id"], []).append(brief_issue(row, self._renderer))
        return found

    def _secured(self, ids: set[int]) -> set[int]:
        """Those of the issues that a security level keeps from the reader."""
        if not self._unseen.levels:
            return set()
        rows = self._c.execute(
            "SELECT issue_id FROM jira_secured WHERE issue_id IN (SELECT value FROM json_each(?))"
            " AND level_id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(ids)), json.dumps(sorted(self._unseen.levels))),
        )
        return {row[0] for row in rows}

    def _grouped(self, sql: str) -> dict[int, list[Any]]:
        """Rows of (issue, value) as the values of each issue; the ids of the page stand for `{ids}`."""
        found: dict[int, list[Any]] = {}
        for row in self._c.execute(sql.format(ids="(SELECT value FROM json_each(?))"), (self._ids,)):
            found.setdefault(row[0], []).append(row[1])
        return found

    def _spent(self) -> dict[int, list[Any]]:
        sql = "SELECT issue_id, sum(seconds) FROM jira_worklogs WHERE issue_id IN {ids} GROUP BY issue_id"
        return self._grouped(sql)

    def _watches(self) -> dict[int, list[Any]]:
        sql = "SELECT issue_id, account_id FROM jira_followers WHERE kind = 'watch' AND issue_id IN {ids}"
        return self._grouped(sql)

    def _votes(self) -> dict[int, list[Any]]:
        return self._grouped(
            "SELECT issue_id, account_id FROM jira_followers WHERE kind = 'vote' AND issue_id IN {ids}"
        )

    def _levels(self) -> dict[int, list[Any]]:
        found = self._grouped("SELECT issue_id, level_id FROM jira_secured WHERE issue_id IN {ids}")
        levels, show = self._renderer.catalogue.levels.by_id, self._renderer.security_level
        return {issue_id: [self._renderer.raw(levels[each], show) for each in ids] for issue_id, ids in found.items()}

    def _worklogs(self) -> dict[int, list[Any]]:
        sql = "SELECT * FROM jira_worklogs WHERE issue_id IN (SELECT value FROM json_each(?)) ORDER BY started, id"
        found: dict[int, list[Any]] = {}
        for row in self._c.execute(sql, (self._ids,)):
            found.setdefault(row["issue_id"], []).append(show_worklog(row, self._renderer))
        return found

    def _subtask_types(self) -> str:
        return ", ".join(str(each.id) for each in self._renderer.catalogue.types.all if each.level < 0)

    def _comments(self) -> dict[int, list[Any]]:
        sql = (
            "SELECT id, issue_id, author, update_author, created, updated, body FROM jira_comments"
            " WHERE issue_id IN (SELECT value FROM json_each(?)) ORDER BY created, id"
        )
        found: dict[int, list[Any]] = {}
        for row in self._c.execute(sql, (self._ids,)):
            found.setdefault(row["issue_id"], []).append(show_comment(row, self._renderer))
        return found

    def _links(self) -> list[sqlite3.Row]:
        sql = (
            "SELECT source_id AS owner, target_id AS other, type_id, id, 1 AS outward FROM jira_links"
            " WHERE source_id IN (SELECT value FROM json_each(?1))"
            " UNION ALL SELECT target_id, source_id, type_id, id, 0 FROM jira_links"
            " WHERE target_id IN (SELECT value FROM json_each(?1)) ORDER BY id"
        )
        return self._c.execute(sql, (self._ids,)).fetchall()

    def _group_links(self, links: Sequence[sqlite3.Row]) -> dict[int, list[Any]]:
        renderer = self._renderer
        found: dict[int, list[Any]] = {}
        for link in links:
            if link["other"] not in self._briefs:
                continue
            link_type = renderer.catalogue.link_types.by_id[link["type_id"]]
            shown = {
                "id": str(link["id"]),
                "self": renderer.url(f"issueLink/{link['id']}"),
                "type": renderer.raw(link_type, renderer.link_type),
                "outwardIssue" if link["outward"] else "inwardIssue": self._briefs[link["other"]],
            }
            found.setdefault(link["owner"], []).append(shown)
        return found

    def _read_briefs(self, ids: set[int]) -> dict[int, Json]:
        sql = (
            "SELECT id, project_key, number, summary, type_id, status_id, priority_id FROM jira_issues"
            " WHERE id IN (SELECT value FROM json_each(?))"
        )
        found = {}
        secured = self._secured(ids)
        for row in self._c.execute(sql, (json.dumps(sorted(ids)),)):
            if row["project_key"] not in self._unseen.project_keys and row["id"] not in secured:
                found[row["id"]] = brief_issue(row, self._renderer)
                self._types[row["id"]] = row["type_id"]
        return found
