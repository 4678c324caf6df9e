"""Names in a loaded file to ids of this site: found when they are there, made when they are not."""

from __future__ import annotations

import sqlite3
from typing import Any

from atlassian_emulator.site import Site
from atlassian_emulator.users import User, account_id_of

Json = dict[str, Any]


class Namer:
    """Keeps what it found for the time of one load, because a file names the same few things over and over."""

    def __init__(self, site: Site, c: sqlite3.Connection) -> None:
        self._site = site
        self._c = c
        self._known: dict[tuple[Any, ...], int] = {}
        self._people: dict[str, str] = {}
        self._vague: set[int] = set()

    # -- people --------------------------------------------------------------------------------

    def person(self, person: Json | None) -> str | None:
        """The account id of a person; a new one is added to the site, without a token."""
        if not person:
            return None
        name = person.get("name") or person["key"]
        known = self._people.get(name)
        if known is None:
            email = person.get("emailAddress") or f"{name}@example.com"
            existing = self._site.users.find_by_email(email)
            if existing is None:
                existing = User(
                    account_id_of(email), email, person["displayName"], "person", person.get("active", True)
                )
                self._site.users.put_all([(existing, "")])
            known = existing.account_id
            for alias in (name, person.get("key")):
                if alias:
                    self._people[alias] = known
        return known

    def find_person(self, name_or_key: str) -> str | None:
        """The account id of somebody whom the file named before."""
        return self._people.get(name_or_key)

    # -- things that the whole site shares -----------------------------------------------------

    def project(self, project: Json) -> int:
        category = (project.get("projectCategory") or {}).get("name")
        row = {"key": project["key"], "name": project["name"], "description": project.get("description") or ""}
        return self._put("jira_projects", "jira.project", {"key": row["key"]}, row | {"category": category})

    def issue_type(self, issue_type: Json) -> int:
        name = issue_type["name"]
        level = -1 if issue_type.get("subtask") else int(name == "Epic")
        return self._named("jira_issue_types", "jira.type", issue_type, level=level)

    def status(self, status: Json) -> int:
        category = (status.get("statusCategory") or {}).get("key", "undefined")
        status_id = self._named("jira_statuses", "jira.status", status, category=category)
        if category == "undefined":
            self._vague.add(status_id)
        elif status_id in self._vague:
            # A history named it before an issue told what kind of status it is.
            self._vague.remove(status_id)
            self._c.execute("UPDATE jira_statuses SET category = ? WHERE id = ?", (category, status_id))
        return status_id

    def priority(self, priority: Json | None) -> int | None:
        if not priority:
            return None
        known = self._known.get(("jira_priorities", priority["name"]))
        # A priority the site does not have yet ranks below those it has.
        rank = 0 if known else self._c.execute("SELECT coalesce(max(rank), 0) + 1 FROM jira_priorities").fetchone()[0]
        return self._named("jira_priorities", "jira.priority", priority, rank=rank)

    def resolution(self, resolution: Json | None) -> int | None:
        return self._named("jira_resolutions", "jira.resolution", resolution) if resolution else None

    def link_type(self, name: str, inward: str, outward: str) -> int:
        row = {"name": name, "inward": inward, "outward": outward}
        return self._put("jira_link_types", "jira.link-type", {"name": name}, row)

    # -- things of a project -------------------------------------------------------------------

    def component(self, project_id: int, component: Json) -> int:
        key = {"project_id": project_id, "name": component["name"]}
        return self._put(
            "jira_components", "jira.component", key, key | {"description": component.get("description") or ""}
        )

    def version(self, project_id: int, version: Json) -> int:
        key = {"project_id": project_id, "name": version["name"]}
        row = {
            "description": version.get("description") or "",
            "archived": bool(version.get("archived")),
            "released": bool(version.get("released")),
            "release_date": version.get("releaseDate"),
        }
        return self._put("jira_versions", "jira.version", key, key | row)

    def sprint(self, project_id: int, sprint: Json) -> int:
        key = {"name": sprint["name"]}
        row = {
            "board_id": self._board(project_id),
            "state": sprint["state"].lower(),
            "start_date": sprint.get("startDate"),
            "end_date": sprint.get("endDate"),
            "complete_date": sprint.get("completeDate"),
            "goal": sprint.get("goal") or "",
        }
        return self._put("jira_sprints", "jira.sprint", key, key | row)

    def _board(self, project_id: int) -> int:
        known = self._known.get(("board", project_id))
        if known is None:
            key = self._c.execute("SELECT key FROM jira_projects WHERE id = ?", (project_id,)).fetchone()[0]
            row = {"name": f"{key} board", "project_id": project_id}
            known = self._known["board", project_id] = self._put(
                "jira_boards", "jira.board", {"name": row["name"]}, row
            )
        return known

    # -- custom fields -------------------------------------------------------------------------

    def custom(self, values: Json) -> dict[int, Any]:
        """Values by field name to values by field number, options as ids."""
        found: dict[int, Any] = {}
        for name, value in values.items():
            if value is None:
                continue
            if isinstance(value, (int, float)):
                found[self._custom_field(name, "number")] = float(value)
            elif isinstance(value, list):
                number = self._custom_field(name, "multiselect")
                found[number] = [self._option(number, each) for each in value]
            elif name == "Epic Name":
                found[self._custom_field(name, "epic name")] = value
            else:
                number = self._custom_field(name, "select")
                found[number] = [self._option(number, value)]
        return found

    def _custom_field(self, name: str, kind: str) -> int:
        row = {"name": name, "kind": kind}
        return self._put("jira_custom_fields", "jira.field", row, row, id_column="number")

    def _option(self, number: int, value: str) -> int:
        row = {"field": number, "value": value}
        return self._put("jira_options", "jira.option", row, row)

    # -- finding and making --------------------------------------------------------------------

    def _named(self, table: str, sequence: str, thing: Json, **more: Any) -> int:
        key = {"name": thing["name"]}
        return self._put(table, sequence, key, key | {"description": thing.get("description") or ""} | more)

    def _put(self, table: str, sequence: str, key: Json, row: Json, *, id_column: str = "id") -> int:
        known_as = (table, *key.values())
        known = self._known.get(known_as)
        if known is None:
            same = " AND ".join(f"{column} = ?" for column in key)
            sql = f"SELECT {id_column} FROM {table} WHERE {same}"
            found = self._c.execute(sql, tuple(key.values())).fetchone()
            known = int(found[0]) if found else self._insert(table, sequence, row, id_column)
            self._known[known_as] = known
        return known

    def _insert(self, table: str, sequence: str, row: Json, id_column: str) -> int:
        new_id = self._site.ids.take(sequence)
        columns = ", ".join((id_column, *row))
        marks = ", ".join("?" * (len(row) + 1))
        self._c.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", (new_id, *row.values()))
        return new_id
