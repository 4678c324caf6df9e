"""Values of fields as the history of changes shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from atlassian_emulator.jira.document import plain_text
from atlassian_emulator.jira.fields import Field
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.write import IssueRow
from atlassian_emulator.moments import iso_offset


@dataclass(frozen=True)
class Shown:
    """A value in the history: the id of what it refers to, and its text; None and None when there is no value."""

    id: str | None
    text: str | None


def shown_value(issue: IssueRow, field: Field, scope: Scope) -> Shown:
    """What the history of changes says of a field."""
    catalogue = scope.catalogue
    match field.id if not field.custom_type else field.kind:
        case "summary":
            return Shown(None, issue.summary)
        case "description":
            return Shown(None, issue.description_text or None)
        case "environment":
            return Shown(None, issue.environment_text or None)
        case "issuetype":
            return _named(catalogue.types, issue.type_id)
        case "status":
            return _named(catalogue.statuses, issue.status_id)
        case "priority":
            return _named(catalogue.priorities, issue.priority_id)
        case "resolution":
            return _named(catalogue.resolutions, issue.resolution_id)
        case "assignee" | "reporter":
            user = scope.users.find(getattr(issue, field.id) or "")
            return Shown(user.account_id, user.display_name) if user else Shown(None, None)
        case "labels":
            return Shown(None, " ".join(issue.stored.labels))
        case "components":
            return _several(catalogue.components, issue.stored.components)
        case "fixVersions":
            return _several(catalogue.versions, issue.stored.fix_versions)
        case "versions":
            return _several(catalogue.versions, issue.stored.affected_versions)
        case "sprint":
            return _several(catalogue.sprints, issue.stored.sprints)
        case "duedate":
            return Shown(issue.due, issue.due)
        case "parent":
            return _issue_key(issue.parent_id, scope)
        case "security":
            return _named(catalogue.levels, issue.level_id)
        case "timetracking":
            seconds = issue.stored.original_estimate
            return Shown(None, None) if seconds is None else Shown(str(seconds), str(seconds))
        case "custom user":
            user = scope.users.find(issue.stored.custom.get(field.custom_number or 0) or "")
            return Shown(user.account_id, user.display_name) if user else Shown(None, None)
        case "custom moment":
            moment = issue.stored.custom.get(field.custom_number or 0)
            return Shown(None, None) if moment is None else Shown(iso_offset(moment), iso_offset(moment))
        case "option":
            values = issue.stored.custom.get(field.custom_number or 0) or []
            names = ", ".join(catalogue.options[each].value for each in values)
            return Shown(", ".join(map(str, values)), names) if values else Shown(None, None)
        case _:
            return Shown(None, _text_shown(issue.stored.custom.get(field.custom_number or 0)))


def _text_shown(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return plain_text(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _named(shelf: Any, thing_id: int | None) -> Shown:
    thing = shelf.by_id.get(thing_id)
    return Shown(str(thing.id), thing.name) if thing else Shown(None, None)


def _several(shelf: Any, ids: list[int]) -> Shown:
    if not ids:
        return Shown(None, None)
    return Shown(", ".join(map(str, ids)), ", ".join(shelf.by_id[each].name for each in ids))


def _issue_key(issue_id: int | None, scope: Scope) -> Shown:
    row = scope.connection.execute("SELECT project_key, number FROM jira_issues WHERE id = ?", (issue_id,)).fetchone()
    return Shown(str(issue_id), f"{row[0]}-{row[1]}") if row else Shown(None, None)
