"""What the issues of a moved project refer to: found at the destination by name, or made there."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from atlassian_emulator.moving.projects.tables import OF_PROJECT, SHARED, Shared, insert
from atlassian_emulator.refusals import ProductError
from atlassian_emulator.site import Site

_TABLES = {each.table: each for each in (*SHARED, *OF_PROJECT)}


class ImportRefused(ProductError):
    """The project cannot be taken in; the body is {"message": …}."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, {"message": message})


class CatalogueArrival:
    """Old ids to new ids, table by table. `fields` and `link_types`: names there to names here, where they differ."""

    def __init__(
        self, site: Site, c: sqlite3.Connection, fields: Mapping[str, str], link_types: Mapping[str, str]
    ) -> None:
        self._site, self._c = site, c
        self._names = {"jira_custom_fields": dict(fields), "jira_link_types": dict(link_types)}
        self._new_ids: dict[str, dict[int, int]] = {}
        self._is_option: dict[int, bool] = {}
        self.project_id = self.source_project_id = 0

    def add_project(self, project: dict[str, Any]) -> None:
        key = project["key"]
        taken = self._c.execute("SELECT 1 FROM jira_projects WHERE key = ?", (key,)).fetchone()
        if taken or self._c.execute("SELECT 1 FROM jira_issues WHERE project_key = ?", (key,)).fetchone():
            message = f"{self._site.name} already has a project with key {key}; copy it under another key"
            raise ImportRefused(409, message)
        self.source_project_id, self.project_id = project["id"], self._site.ids.take("jira.project")
        lead = project.get("lead")
        lead = lead if lead and self._site.users.find(lead) else None
        insert(self._c, "jira_projects", {**project, "id": self.project_id, "lead": lead})

    def add_rows(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Find or make what a table of the source holds, and remember both ids."""
        known = _TABLES.get(table)
        if known is None or not self.project_id:
            raise ImportRefused(400, f"{table} was not expected here; send what export-project answers")
        new_ids = self._new_ids.setdefault(table, {})
        for row in rows:
            old_id = row[known.id_column]
            if table == "jira_custom_fields":
                self._is_option[old_id] = row["kind"] in ("select", "multiselect", "radio", "checkboxes")
            new_ids[old_id] = self._settle(known, self._here(known, row))

    def _here(self, known: Shared, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row with this site's names and ids in it."""
        row = dict(row)
        if "name" in row:
            row["name"] = self._names.get(known.table, {}).get(row["name"], row["name"])
        if "project_id" in row:
            row["project_id"] = self.project_id
        if known.table == "jira_options":
            row["field"] = self.new_id("jira_custom_fields", row["field"])
        if known.table == "jira_sprints" and row["board_id"] is not None:
            row["board_id"] = self._new_ids.get("jira_boards", {}).get(row["board_id"])
        return row

    def _settle(self, known: Shared, row: dict[str, Any]) -> int:
        same = " AND ".join(f"{key} = ?" for key in known.keys)
        found = self._c.execute(
            f"SELECT {known.id_column} FROM {known.table} WHERE {same}",  # noqa: S608 - names of this program
            tuple(row[key] for key in known.keys),
        ).fetchone()
        if found and known.table == "jira_boards":
            # Boards may be called alike on a real site; here the name tells them apart.
            return self._settle(known, {**row, "name": f"{row['name']} (migrated)"})
        if found:
            if known.table == "jira_sprints" and row["board_id"] is not None:
                # It came with the issues of another project, before its board did.
                sql = "UPDATE jira_sprints SET board_id = coalesce(board_id, ?) WHERE id = ?"
                self._c.execute(sql, (row["board_id"], found[0]))
            return int(found[0])
        if "rank" in row:
            # A priority that the site does not have yet ranks below those it has.
            row["rank"] = self._c.execute("SELECT coalesce(max(rank), 0) + 1 FROM jira_priorities").fetchone()[0]
        new_id = self._site.ids.take(known.sequence)
        insert(self._c, known.table, {**row, known.id_column: new_id})
        return new_id

    def new_id(self, table: str, old_id: int) -> int:
        """Return this site's id; refused with 400 when the source did not say what the old one was."""
        new_id = self._new_ids.get(table, {}).get(old_id)
        if new_id is None:
            raise ImportRefused(400, f"{table} has no {old_id}; send what export-project answers")
        return new_id

    def find_new_id(self, table: str, old_id: str) -> str:
        """Return this site's id as text; an id that the source has no more is left as it is."""
        known = self._new_ids.get(table, {})
        return str(known.get(int(old_id), old_id)) if old_id.isdigit() else old_id

    def custom_value(self, number: int, value: Any) -> Any:
        """Return the value of a custom field, options by this site's ids."""
        if self._is_option.get(number) and isinstance(value, list):
            return [self.new_id("jira_options", each) for each in value]
        return value

    def field_id(self, field_id: str) -> str:
        """Return what a custom field is called here: customfield_ and a number."""
        prefix, _, number = field_id.partition("_")
        if prefix != "customfield":
            return field_id
        return f"customfield_{self.find_new_id('jira_custom_fields', number)}"

    def entities(self) -> dict[str, dict[str, str]]:
        return {
            _TABLES[table].entity: {str(old): str(new) for old, new in ids.items()}
            for table, ids in self._new_ids.items()
        }
