"""How issues move: To Do, In Progress, In Review, Done and back; types with statuses of their own move freely."""

from __future__ import annotations

from typing import Any, Final

from atlassian_emulator.jira.catalogue import Catalogue, Status
from atlassian_emulator.jira.fieldmeta import describe_field
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.render import Renderer

STEPS: Final[dict[str, tuple[str, ...]]] = {
    "To Do": ("In Progress",),
    "In Progress": ("To Do", "In Review", "Done"),
    "In Review": ("In Progress", "Done"),
    "Done": ("To Do", "In Progress"),
}
"""Status to the statuses that follow it."""

_SCREEN: Final = ("resolution", "assignee")
"""What the screen of a step into the last status asks for."""


def first_status(catalogue: Catalogue) -> int:
    """The id of the status in which issues begin."""
    usual = catalogue.statuses.named("To Do")
    return usual[0].id if usual else next(each.id for each in catalogue.statuses.all if each.category == "new")


def list_targets(scope: Scope, issue_id: int) -> list[Status]:
    """The statuses to which an issue may go from where it is."""
    statuses = scope.catalogue.statuses
    used = {
        statuses.by_id[row[0]].name
        for row in scope.connection.execute(
            "SELECT DISTINCT other.status_id FROM jira_issues issue JOIN jira_issues other"
            " ON other.project_key = issue.project_key AND other.type_id = issue.type_id WHERE issue.id = ?",
            (issue_id,),
        )
    }
    row = scope.connection.execute("SELECT status_id FROM jira_issues WHERE id = ?", (issue_id,)).fetchone()
    here = statuses.by_id[row[0]].name
    names = set(STEPS[here]) if used <= STEPS.keys() else used - {here}
    return [each for each in statuses.all if each.name in names]


def transition_id(status: Status, catalogue: Catalogue) -> str:
    """The id of the step into a status: 11, 21, … as Jira numbers them."""
    others = [each.name for each in catalogue.statuses.all if each.name not in STEPS]
    return str(11 + 10 * [*STEPS, *others].index(status.name))


def show_transitions(
    scope: Scope, renderer: Renderer, issue_id: int, *, with_fields: bool = False
) -> list[dict[str, Any]]:
    """The steps that an issue may take, as REST shows them; with the fields of their screens if so asked."""
    shown = []
    for status in list_targets(scope, issue_id):
        last = status.category == "done"
        step: dict[str, Any] = {
            "id": transition_id(status, scope.catalogue),
            "name": status.name,
            "to": renderer.raw(status, renderer.status),
            "hasScreen": last,
            "isGlobal": False,
            "isInitial": False,
            "isAvailable": True,
            "isConditional": False,
            "looped": False,
        }
        if with_fields:
            fields = [scope.catalogue.field_by_id[each] for each in _SCREEN] if last else []
            step["fields"] = {each.id: describe_field(each, None, renderer) for each in fields}
        shown.append(step)
    return shown
