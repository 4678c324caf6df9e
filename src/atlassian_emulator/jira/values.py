"""Values of fields as a caller sends them, put into an issue, and as the history of changes shows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

import msgspec

from atlassian_emulator.jira.document import is_document, plain_text
from atlassian_emulator.jira.fields import Field
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.timetracking import parse_duration
from atlassian_emulator.jira.write import IssueRow
from atlassian_emulator.moments import parse_iso

LONGEST_SUMMARY: Final = 255


class FieldRefused(Exception):
    """A value that Jira does not take for a field; `str()` is the sentence it puts beside the field."""


Setter = Callable[[IssueRow, Any, Field, Scope], None]


def set_value(issue: IssueRow, field: Field, value: Any, scope: Scope) -> None:
    """Put a value as it came in JSON into the issue. Raises FieldRefused."""
    setter = _SETTERS.get(field.id) or _CUSTOM_SETTERS.get(field.kind if field.custom_type else "")
    if setter is None:
        raise FieldRefused(f"Field '{field.id}' cannot be set. It is not on the appropriate screen, or unknown.")
    setter(issue, value, field, scope)


def _set_summary(issue: IssueRow, value: Any, _: Field, __: Scope) -> None:
    if not isinstance(value, str) or not value.strip():
        raise FieldRefused("You must specify a summary of the issue.")
    if len(value) > LONGEST_SUMMARY:
        raise FieldRefused(f"Summary can't exceed {LONGEST_SUMMARY} characters.")
    if "\n" in value or "\r" in value:
        raise FieldRefused("The summary is invalid because it contains newline characters.")
    issue.summary = value


def _set_document(issue: IssueRow, value: Any, field: Field, _: Scope) -> None:
    if value is not None and not is_document(value):
        raise FieldRefused("Operation value must be an Atlassian Document (see the Atlassian Document Format)")
    raw = msgspec.Raw(msgspec.json.encode(value))
    if field.id == "description":
        issue.stored.description, issue.description_text = raw, plain_text(value)
    else:
        issue.stored.environment, issue.environment_text = raw, plain_text(value)


def _set_type(issue: IssueRow, value: Any, _: Field, scope: Scope) -> None:
    issue.type_id = _one_of(scope.catalogue.types, value, "Specify a valid issue type")


def _set_priority(issue: IssueRow, value: Any, _: Field, scope: Scope) -> None:
    refusal = "Specify the Priority (id or name) in string format"
    issue.priority_id = None if value is None else _one_of(scope.catalogue.priorities, value, refusal)


def _set_resolution(issue: IssueRow, value: Any, _: Field, scope: Scope) -> None:
    refusal = "Specify a valid resolution (id or name)"
    issue.resolution_id = None if value is None else _one_of(scope.catalogue.resolutions, value, refusal)
    issue.resolved = None if value is None else scope.now


def _set_person(issue: IssueRow, value: Any, field: Field, scope: Scope) -> None:
    account_id = None
    if value is not None:
        account_id = _text_of(value, "accountId", "id")
        if account_id is None or scope.users.find(account_id) is None:
            raise FieldRefused("Specify a valid value for " + field.id)
    elif field.id == "reporter":
        raise FieldRefused("Reporter is required.")
    setattr(issue, field.id, account_id)


def _set_labels(issue: IssueRow, value: Any, _: Field, __: Scope) -> None:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise FieldRefused("data was not an array")
    for label in value:
        if re.search(r"\s", label):
            raise FieldRefused(f"The label '{label}' contains spaces which is invalid.")
    issue.stored.labels = list(dict.fromkeys(value))


def _set_of_project(attribute: str, noun: str) -> Setter:
    """Components and versions: lists of things that belong to the issue's project."""

    def put(issue: IssueRow, value: Any, _: Field, scope: Scope) -> None:
        shelf = scope.catalogue.components if noun == "Component" else scope.catalogue.versions
        project = scope.catalogue.project_by_key[issue.project_key]
        if not isinstance(value, list):
            raise FieldRefused("data was not an array")
        found = []
        for each in value:
            name = _text_of(each, "id", "name")
            matches = [thing for thing in (shelf.find(name) if name else []) if thing.project_id == project.id]
            if not matches:
                raise FieldRefused(f"{noun} name '{name}' is not valid")
            found.append(matches[0].id)
        setattr(issue.stored, attribute, list(dict.fromkeys(found)))

    return put


def _set_due(issue: IssueRow, value: Any, _: Field, __: Scope) -> None:
    try:
        issue.due = None if value is None else date.fromisoformat(value).isoformat()
    except (ValueError, TypeError) as error:
        raise FieldRefused(f"Error parsing date string: {value}") from error


def _set_parent(issue: IssueRow, value: Any, field: Field, scope: Scope) -> None:
    name = value if isinstance(value, str) else None if value is None else _text_of(value, "key", "id")
    if name is None and value is not None:
        raise FieldRefused("Could not find issue by id or key.")
    parent_id = scope.find_issue_id(name) if name else None
    if name and (parent_id is None or parent_id == issue.id):
        raise FieldRefused("Could not find issue by id or key.")
    issue.parent_id = parent_id


def _set_sprint(issue: IssueRow, value: Any, _: Field, scope: Scope) -> None:
    if value is not None and (not isinstance(value, int) or value not in scope.catalogue.sprints.by_id):
        raise FieldRefused("Number value expected as the Sprint id.")
    sprints = scope.catalogue.sprints.by_id
    closed = [each for each in issue.stored.sprints if sprints[each].state == "closed" and each != value]
    issue.stored.sprints = [*closed, *([value] if value is not None else [])]


def _set_number(issue: IssueRow, value: Any, field: Field, _: Scope) -> None:
    if value is not None and (not isinstance(value, (int, float)) or isinstance(value, bool)):
        raise FieldRefused("Operation value must be a number")
    _put_custom(issue, field, None if value is None else float(value))


def _set_time_tracking(issue: IssueRow, value: Any, _: Field, __: Scope) -> None:
    if not isinstance(value, dict):
        raise FieldRefused("Operation value must be an object with originalEstimate or remainingEstimate")
    for name, attribute in (("originalEstimate", "original_estimate"), ("remainingEstimate", "remaining_estimate")):
        if (given := value.get(name)) is None:
            continue
        try:
            seconds = parse_duration(str(given))
        except ValueError as error:
            raise FieldRefused(f"'{given}' is not a valid duration.") from error
        setattr(issue.stored, attribute, seconds)
        if attribute == "original_estimate" and issue.stored.remaining_estimate is None:
            issue.stored.remaining_estimate = seconds


def _set_security(issue: IssueRow, value: Any, _: Field, scope: Scope) -> None:
    project = scope.catalogue.project_by_key[issue.project_key]
    if value is None:
        issue.level_id = None
        return
    name = _text_of(value, "id", "name")
    found = [each for each in (scope.catalogue.levels.find(name) if name else []) if each.project_id == project.id]
    if not found or found[0].id in scope.hidden_levels:
        raise FieldRefused("Specify a valid security level.")
    issue.level_id = found[0].id


def _set_day(issue: IssueRow, value: Any, field: Field, _: Scope) -> None:
    try:
        _put_custom(issue, field, None if value is None else date.fromisoformat(value).isoformat())
    except (ValueError, TypeError) as error:
        raise FieldRefused(f"Error parsing date string: {value}") from error


def _set_moment(issue: IssueRow, value: Any, field: Field, _: Scope) -> None:
    try:
        _put_custom(issue, field, None if value is None else parse_iso(value))
    except (ValueError, TypeError, OverflowError) as error:
        raise FieldRefused(f"Error parsing time: {value}") from error


def _set_custom_person(issue: IssueRow, value: Any, field: Field, scope: Scope) -> None:
    account_id = None if value is None else _text_of(value, "accountId", "id")
    if value is not None and (account_id is None or scope.users.find(account_id) is None):
        raise FieldRefused("Specify a valid value for " + field.id)
    _put_custom(issue, field, account_id)


def _set_custom_labels(issue: IssueRow, value: Any, field: Field, _: Scope) -> None:
    given = [] if value is None else value
    if not isinstance(given, list) or not all(isinstance(each, str) and each for each in given):
        raise FieldRefused("data was not an array")
    if spaced := [each for each in given if re.search(r"\s", each)]:
        raise FieldRefused(f"The label '{spaced[0]}' contains spaces which is invalid.")
    _put_custom(issue, field, list(dict.fromkeys(given)) or None)


def _set_words(issue: IssueRow, value: Any, field: Field, scope: Scope) -> None:
    """One line of text, or a document where the field has several lines."""
    if field.custom_type.endswith(":textarea"):
        if value is not None and not is_document(value):
            raise FieldRefused("Operation value must be an Atlassian Document (see the Atlassian Document Format)")
        _put_custom(issue, field, value)
    else:
        _set_text(issue, value, field, scope)


def _set_text(issue: IssueRow, value: Any, field: Field, _: Scope) -> None:
    if value is not None and not isinstance(value, str):
        raise FieldRefused("Operation value must be a string")
    _put_custom(issue, field, value)


def _set_option(issue: IssueRow, value: Any, field: Field, scope: Scope) -> None:
    given = value if field.type == "array" else [value] if value is not None else []
    if given is None:
        given = []
    if not isinstance(given, list):
        raise FieldRefused("data was not an array")
    known = [each for each in scope.catalogue.options.values() if each.field == field.custom_number]
    chosen = []
    for each in given:
        wanted = _text_of(each, "id", "value")
        matches = [option.id for option in known if wanted in (str(option.id), option.value)]
        if not matches:
            raise FieldRefused(f"Option value '{wanted}' is not valid")
        chosen.append(matches[0])
    _put_custom(issue, field, chosen or None)


def _put_custom(issue: IssueRow, field: Field, value: Any) -> None:
    assert field.custom_number is not None
    if value is None:
        issue.stored.custom.pop(field.custom_number, None)
    else:
        issue.stored.custom[field.custom_number] = value


def _one_of(shelf: Any, value: Any, refusal: str) -> int:
    name = _text_of(value, "id", "name")
    found = shelf.find(name) if name else []
    if not found:
        raise FieldRefused(refusal)
    return int(found[0].id)


def _text_of(value: Any, *names: str) -> str | None:
    """The first of these members that is there, as text."""
    if not isinstance(value, dict):
        return None
    found = (value[name] for name in names if isinstance(value.get(name), (str, int)))
    return next((str(each) for each in found), None)


_SETTERS: Final[dict[str, Setter]] = {
    "summary": _set_summary,
    "description": _set_document,
    "environment": _set_document,
    "issuetype": _set_type,
    "priority": _set_priority,
    "resolution": _set_resolution,
    "assignee": _set_person,
    "reporter": _set_person,
    "labels": _set_labels,
    "components": _set_of_project("components", "Component"),
    "fixVersions": _set_of_project("fix_versions", "Version"),
    "versions": _set_of_project("affected_versions", "Version"),
    "duedate": _set_due,
    "parent": _set_parent,
    "timetracking": _set_time_tracking,
    "security": _set_security,
}
_CUSTOM_SETTERS: Final[dict[str, Setter]] = {
    "parent": _set_parent,
    "sprint": _set_sprint,
    "number": _set_number,
    "option": _set_option,
    "hidden": _set_text,
    "custom text": _set_words,
    "custom day": _set_day,
    "custom moment": _set_moment,
    "custom user": _set_custom_person,
    "custom label": _set_custom_labels,
}

EDITABLE: Final = frozenset(_SETTERS)
"""System fields that create and edit take."""
