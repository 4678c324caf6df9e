"""Literals of a query, looked up as the values a field holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from atlassian_emulator.jira.catalogue import CATEGORIES
from atlassian_emulator.jira.fields import Field
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.jql.syntax import JqlUnknownValue, JqlValueError
from atlassian_emulator.jira.jql.times import day_of, moment_of

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?$")
_TERM = re.compile(r'"([^"]*)"|(\S+)')


def values_of(text: str, field: Field, field_name: str, scope: Scope) -> list[Any]:
    """What `text` names, in the form the field's column holds. Raises in Jira's words when there is no such thing."""
    values = _LOOK_UPS[field.kind](text, field, field_name, scope)
    if not values:
        raise JqlUnknownValue(f"The value '{text}' does not exist for the field '{field_name}'.")
    return values


def text_query(text: str, column: str, field_name: str) -> str:
    """A full-text query: all terms, `word*` as a beginning, and a quoted phrase word for word."""
    terms = []
    for found in _TERM.finditer(text.replace("\0", " ")):
        phrase = found[1] if found[2] is None else found[2].rstrip("*?").replace('"', " ")
        if re.search(r"[^\W_]", phrase):
            terms.append(f'"{phrase}"' + (" *" if found[2] and found[2].endswith("*") else ""))
    if not terms:
        raise JqlValueError(f"The text query '{text}' for field '{field_name}' is not valid.")
    query = " AND ".join(terms)
    return f"{{{column}}} : ({query})" if column else query


def _project(text: str, _: Field, __: str, scope: Scope) -> list[Any]:
    project = scope.find_project(text)
    return [project.key] if project else []


def _issue(text: str, field: Field, field_name: str, scope: Scope) -> list[Any]:
    issue_id = scope.find_issue_id(text)
    if issue_id is not None:
        return [issue_id]
    if text.isdigit():
        raise JqlUnknownValue(f"A value with ID '{text}' does not exist for the field '{field_name}'.")
    raise JqlUnknownValue(f"An issue with key '{text}' does not exist for field '{field_name}'.")


def _category(text: str, _: Field, __: str, scope: Scope) -> list[Any]:
    wanted = text.lower()
    keys = [key for key, (number, name, _) in CATEGORIES.items() if wanted in (key, name.lower(), str(number))]
    if not keys:
        return []
    # A category that no status has is still a value; it holds no issue.
    return [each.id for each in scope.catalogue.statuses.all if each.category in keys] or [-1]


def _project_category(text: str, _: Field, __: str, scope: Scope) -> list[Any]:
    return [
        each.key
        for each in scope.catalogue.projects.all
        if (each.category or "").lower() == text.lower() and each.id not in scope.hidden
    ]


def _resolution(text: str, _: Field, __: str, scope: Scope) -> list[Any]:
    found = scope.catalogue.resolutions.find(text)
    return [each.id for each in found]


def _user(text: str, _: Field, __: str, scope: Scope) -> list[Any]:
    return list(user_values(text, scope))


def user_values(text: str, scope: Scope) -> list[str]:
    """The account ids of whoever is named so: by account id, address, or name."""
    if scope.users.find(text):
        return [text]
    by_email = scope.users.find_by_email(text)
    if by_email:
        return [by_email.account_id]
    return [user.account_id for user in scope.users.list_all() if user.display_name.lower() == text.lower()]


def _component(text: str, _: Field, __: str, scope: Scope) -> list[Any]:
    return [each.id for each in scope.catalogue.components.find(text) if each.project_id not in scope.hidden]


def _version(text: str, _: Field, __: str, scope: Scope) -> list[Any]:
    return [each.id for each in scope.catalogue.versions.find(text) if each.project_id not in scope.hidden]


def _link_type(text: str, _: Field, __: str, scope: Scope) -> list[Any]:
    """Type id and side: an issue is the source (1) of links that it reads outwards, the target (0) of others."""
    wanted = text.lower()
    found = []
    for each in scope.catalogue.link_types.all:
        if wanted in (each.name.lower(), each.outward.lower()):
            found.append(f"{each.id}/1")
        if wanted in (each.name.lower(), each.inward.lower()):
            found.append(f"{each.id}/0")
    return found


def _number(text: str, _: Field, field_name: str, __: Scope) -> list[Any]:
    if not _NUMBER.match(text):
        raise JqlValueError(f"Value '{text}' for field '{field_name}' is not a valid number.")
    return [float(text)]


def _option(text: str, field: Field, field_name: str, scope: Scope) -> list[Any]:
    options = [each for each in scope.catalogue.options.values() if each.field == field.custom_number]
    found = [each.id for each in options if text.lower() in (each.value.lower(), str(each.id))]
    if not found:
        raise JqlUnknownValue(f"The option '{text}' for field '{field_name}' does not exist.")
    return found


_LOOK_UPS: Final[dict[str, Callable[[str, Field, str, Scope], list[Any]]]] = {
    "project": _project,
    "key": _issue,
    "parent": _issue,
    "epic": _issue,
    "type": lambda text, _, __, scope: [each.id for each in scope.catalogue.types.find(text)],
    "status": lambda text, _, __, scope: [each.id for each in scope.catalogue.statuses.find(text)],
    "category": _category,
    "priority": lambda text, _, __, scope: [each.id for each in scope.catalogue.priorities.find(text)],
    "resolution": _resolution,
    "user": _user,
    "custom user": _user,
    "follower": _user,
    "custom day": lambda text, _, field_name, scope: [day_of(moment_of(text, field_name, scope.now))],
    "custom moment": lambda text, _, field_name, scope: [moment_of(text, field_name, scope.now)],
    "custom label": lambda text, _, __, ___: [text],
    "security": lambda text, _, __, scope: [
        each.id for each in scope.catalogue.levels.find(text) if each.id not in scope.hidden_levels
    ],
    "project category": _project_category,
    "label": lambda text, _, __, ___: [text],
    "component": _component,
    "version": _version,
    "sprint": lambda text, _, __, scope: [each.id for each in scope.catalogue.sprints.find(text)],
    "link type": _link_type,
    "number": _number,
    "option": _option,
    "moment": lambda text, _, field_name, scope: [moment_of(text, field_name, scope.now)],
    "day": lambda text, _, field_name, scope: [day_of(moment_of(text, field_name, scope.now))],
}
