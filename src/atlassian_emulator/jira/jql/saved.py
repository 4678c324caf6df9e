"""Saved filters, as a query names them."""

from __future__ import annotations

from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.jql.syntax import JqlUnknownValue


def find_jql(name_or_id: str, field_name: str, scope: Scope) -> str:
    """The query of a filter that this user may see, named by id or, among several of one name, the oldest."""
    row = scope.connection.execute(
        "SELECT jql FROM jira_filters WHERE (CAST(id AS TEXT) = ?1 OR name = ?1 COLLATE NOCASE)"
        " AND (owner = ?2 OR shares <> '[]') ORDER BY id",
        (name_or_id, scope.account_id),
    ).fetchone()
    if row is None:
        raise JqlUnknownValue(f"The value '{name_or_id}' does not exist for the field '{field_name}'.")
    return str(row[0])
