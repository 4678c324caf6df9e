"""The functions JQL may call: names in, values out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.jql.syntax import FunctionCall, JqlValueError
from atlassian_emulator.jira.jql.times import boundary


@dataclass(frozen=True)
class Function:
    """`kinds` are the kinds of field it answers for; `fewest` and `most` count its arguments."""

    name: str
    kinds: tuple[str, ...]
    is_list: bool
    answer: Callable[[FunctionCall, Scope], Iterable[Any]]
    fewest: int = 0
    most: int = 0


def find_function(name: str) -> Function:
    function = FUNCTIONS.get(name.lower())
    if function is None:
        raise JqlValueError(f"Unable to find JQL function '{name}()'.")
    return function


def call_function(call: FunctionCall, kind: str, field_name: str, scope: Scope) -> list[Any]:
    """The values of a call, already in the form that the field's column holds."""
    function = find_function(call.name)
    if kind not in function.kinds:
        raise JqlValueError(f"A value provided by the function '{call.name}' is invalid for the field '{field_name}'.")
    if not function.fewest <= len(call.arguments) <= function.most:
        expected = f"{function.fewest}" if function.fewest == function.most else f"{function.fewest} - {function.most}"
        raise JqlValueError(
            f"Function '{call.name}' expected '{expected}' arguments but received '{len(call.arguments)}'."
        )
    return list(function.answer(call, scope))


def _linked_issues(call: FunctionCall, scope: Scope) -> Iterable[int]:
    issue_id = scope.find_issue_id(call.arguments[0])
    if issue_id is None:
        raise JqlValueError(f"Issue '{call.arguments[0]}' could not be found in function '{call.name}'.")
    if len(call.arguments) == 1:
        rows = scope.connection.execute(
            "SELECT target_id FROM jira_links WHERE source_id = ?1 UNION "
            "SELECT source_id FROM jira_links WHERE target_id = ?1",
            (issue_id,),
        )
        return [row[0] for row in rows]
    wanted = call.arguments[1].lower()
    outward = [each.id for each in scope.catalogue.link_types.all if each.outward.lower() == wanted]
    inward = [each.id for each in scope.catalogue.link_types.all if each.inward.lower() == wanted]
    if not outward and not inward:
        raise JqlValueError(f"Issue link type '{call.arguments[1]}' could not be found in function '{call.name}'.")
    found: set[int] = set()
    for type_id in outward:
        found |= _ids(scope, "SELECT target_id FROM jira_links WHERE source_id = ? AND type_id = ?", issue_id, type_id)
    for type_id in inward:
        found |= _ids(scope, "SELECT source_id FROM jira_links WHERE target_id = ? AND type_id = ?", issue_id, type_id)
    return found


def _ids(scope: Scope, sql: str, *parameters: int) -> set[int]:
    return {row[0] for row in scope.connection.execute(sql, parameters)}


def _current_user(_: FunctionCall, scope: Scope) -> Iterable[str]:
    return [] if scope.account_id is None else [scope.account_id]


def _members_of(call: FunctionCall, scope: Scope) -> Iterable[str]:
    wanted = call.arguments[0].lower()
    for group in scope.users.groups:
        if wanted in (group.name.lower(), group.group_id):
            return [user.account_id for user in scope.users.members_of(group)]
    raise JqlValueError(
        f"Function '{call.name}' can not generate a list of usernames for group '{call.arguments[0]}'; "
        "the group does not exist."
    )


def _sprints(*states: str) -> Callable[[FunctionCall, Scope], Iterable[int]]:
    return lambda _, scope: [each.id for each in scope.catalogue.sprints.all if each.state in states]


def _versions(released: bool) -> Callable[[FunctionCall, Scope], Iterable[int]]:
    def answer(call: FunctionCall, scope: Scope) -> Iterable[int]:
        projects = set()
        for name in call.arguments:
            project = scope.find_project(name)
            if project is None:
                raise JqlValueError(f"Could not resolve the project '{name}' provided to function '{call.name}'.")
            projects.add(project.id)
        return [
            each.id
            for each in scope.catalogue.versions.all
            if each.released is released
            and not each.archived
            and each.project_id not in scope.hidden
            and (not projects or each.project_id in projects)
        ]

    return answer


def _types(subtasks: bool) -> Callable[[FunctionCall, Scope], Iterable[int]]:
    return lambda _, scope: [each.id for each in scope.catalogue.types.all if (each.level < 0) is subtasks]


def _boundary(call: FunctionCall, scope: Scope) -> Iterable[int]:
    return [boundary(call.name, call.arguments[0] if call.arguments else None, scope.now)]


_DATES: Final = ("moment", "day", "custom moment", "custom day")
_PEOPLE: Final = ("user", "custom user", "follower")
_BOUNDARY_NAMES: Final = tuple(
    f"{edge}Of{span}" for edge in ("start", "end") for span in ("Day", "Week", "Month", "Year")
)

FUNCTIONS: Final[dict[str, Function]] = {
    function.name.lower(): function
    for function in (
        Function("linkedIssues", ("key",), True, _linked_issues, 1, 2),
        Function("currentUser", _PEOPLE, False, _current_user),
        Function("membersOf", _PEOPLE, True, _members_of, 1, 1),
        Function("openSprints", ("sprint",), True, _sprints("active")),
        Function("closedSprints", ("sprint",), True, _sprints("closed")),
        Function("futureSprints", ("sprint",), True, _sprints("future")),
        Function("releasedVersions", ("version",), True, _versions(True), 0, 100),
        Function("unreleasedVersions", ("version",), True, _versions(False), 0, 100),
        Function("standardIssueTypes", ("type",), True, _types(False)),
        Function("subtaskIssueTypes", ("type",), True, _types(True)),
        Function("now", _DATES, False, lambda _, scope: [scope.now]),
        *(Function(name, _DATES, False, _boundary, 0, 1) for name in _BOUNDARY_NAMES),
    )
}
"""By name in lower case."""
