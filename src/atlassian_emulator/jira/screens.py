"""The screen on which an issue is edited."""

from __future__ import annotations

import sqlite3

from atlassian_emulator.jira.fieldmeta import describe_field, is_required, list_fields_of
from atlassian_emulator.jira.render import Json, Renderer


def show_edit_fields(c: sqlite3.Connection, renderer: Renderer, issue_id: int) -> Json:
    """What editmeta says of an issue, by field id."""
    row = c.execute("SELECT type_id, project_key FROM jira_issues WHERE id = ?", (issue_id,)).fetchone()
    issue_type = renderer.catalogue.types.by_id[row[0]]
    project = renderer.catalogue.project_by_key[row[1]]
    fields = list_fields_of(renderer, issue_type, editing=True)
    return {each.id: describe_field(each, project, renderer, required=is_required(each, issue_type)) for each in fields}
