"""A field's raw value → the value a reader of the issue saw. Pure.

Jira's schema says which shape a value has. Where a value has another shape than its schema promises,
or the schema is unknown, all of it is kept: a clumsy cell is better evidence than a lost one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from snapshots.atlassian.model import Field
from snapshots.capture.payload import Column, Value
from snapshots.errors import InvalidInput

SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"

_EXACT_FLOAT = 2**53
"""Below this every whole float is exactly an int."""


def make_column(field: Field) -> Column:
    """The column that shows this field; lists say what of (`array:version`)."""
    kind = f"array:{field.schema_items}" if field.schema_type == "array" else field.schema_type
    return Column(field.id, field.name, kind or "any")


def display_value(raw: Any, field: Field) -> Value:
    """The evidence in `raw`, the JSON value that Jira gave for `field`."""
    if raw is None or isinstance(raw, (str, bool, int)):
        return raw
    if field.schema_custom == SPRINT:
        return _each(_sprint, raw)
    if field.schema_type == "array":
        return _each(_SHOWN.get(field.schema_items or "", _everything), raw)
    return _SHOWN.get(field.schema_type or "", _everything)(raw)


def jql_value(raw: Any, field: Field) -> str | int | float | list[str] | None:
    """What a query may ask for when it refers to this value; `None` when the field is empty.

    `InvalidInput` when a value of this kind cannot stand in a JQL.
    """
    shown = display_value(raw, field)
    match shown:
        case None | "" | []:
            return None
        case bool():
            return str(shown).lower()
        case str() | int() | float():
            return shown
        case {"accountId": str(account)}:
            return account
        case list() if field.schema_items != "issuelinks" or field.id == "subtasks":
            items = [item["accountId"] if isinstance(item, dict) and "accountId" in item else item for item in shown]
            if all(isinstance(item, str) for item in items):
                return items
    raise InvalidInput(
        f"The values of {field.name} ({field.id}) cannot stand in a JQL; refer to another field of the row."
    )


def _each(show: Callable[[Any], Value], raw: Any) -> Value:
    return [show(item) for item in raw] if isinstance(raw, list) else _everything(raw)


def _everything(raw: Any) -> Value:
    """All of it; a whole number loses its point, so that 3 and 3.0 are the same bytes.

    Without recursion, for rich text may nest deeper than Python calls.
    """
    top: list[Any] = [raw]
    waiting: list[Any] = [top]
    while waiting:
        holder = waiting.pop()
        for place, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOAT:
                holder[place] = int(value)
            elif isinstance(value, (list, dict)):
                holder[place] = value.copy()
                waiting.append(holder[place])
    return top[0]  # type: ignore[no-any-return]


def _name(raw: Any) -> Value:
    match raw:
        case {"name": str(name)}:
            return name
    return _everything(raw)


def _option(raw: Any) -> Value:
    match raw:
        case {"value": str(value), "child": {"value": str(child)}}:
            return f"{value} > {child}"
        case {"value": str(value)}:
            return value
    return _name(raw)


def _user(raw: Any) -> Value:
    """Cloud knows people by accountId; Data Center by key, or by name on old releases."""
    match raw:
        case {"accountId": str(account), "displayName": str(name)}:
            return {"accountId": account, "name": name}
        case {"key": str(account), "displayName": str(name)} | {"name": str(account), "displayName": str(name)}:
            return {"accountId": account, "name": name}
        case {"accountId": str(account)}:
            return {"accountId": account, "name": account}
    return _everything(raw)


def _issue_or_link(raw: Any) -> Value:
    """Parent and sub-tasks are issues; links are issues with a type that reads differently from either end."""
    match raw:
        case {"type": {"outward": str(words)}, "outwardIssue": {"key": str(key)}}:
            return f"{words} {key}"
        case {"type": {"inward": str(words)}, "inwardIssue": {"key": str(key)}}:
            return f"{words} {key}"
        case {"key": str(key)}:
            return key
    return _everything(raw)


def _sprint(raw: Any) -> Value:
    """Data Center prints the Java object: `…Sprint@1f[id=7,state=ACTIVE,name=Sprint 3,startDate=…]`."""
    if isinstance(raw, str) and (printed := re.search(r"[\[,]name=(.*?)(?:,\w+=|\]$)", raw)):
        return printed[1]
    return _name(raw)


def _comments(raw: Any) -> Value:
    match raw:
        case {"comments": list(comments), **page}:
            shown: list[Value] = [_comment(comment) for comment in comments]
            total = page.get("total")
            if isinstance(total, int) and total > len(comments):
                missing = f"Jira did not give {total - len(comments)} more comments."
                shown.append({"author": None, "body": missing, "created": None})
            return shown
    return _everything(raw)


def _comment(raw: Any) -> Value:
    match raw:
        case {"body": body, "created": str(created), **others}:
            return {"author": _user(others.get("author")), "body": _everything(body), "created": created}
    return _everything(raw)


def _attachment(raw: Any) -> Value:
    match raw:
        case {"filename": str(name)}:
            return name
    return _everything(raw)


def _number(member: str) -> Callable[[Any], Value]:
    def show(raw: Any) -> Value:
        match raw:
            case {**members} if isinstance(number := members.get(member), int):
                return number
        return _everything(raw)

    return show


def _members(*names: str) -> Callable[[Any], Value]:
    def show(raw: Any) -> Value:
        if not isinstance(raw, dict):
            return _everything(raw)
        return {name: _everything(raw[name]) for name in names if name in raw}

    return show


_SHOWN: Mapping[str, Callable[[Any], Value]] = {
    "attachment": _attachment,
    "comments-page": _comments,
    "component": _name,
    "group": _name,
    "issuelink": _issue_or_link,
    "issuelinks": _issue_or_link,
    "issuetype": _name,
    "option": _option,
    "option-with-child": _option,
    "option2": _option,
    "priority": _name,
    "progress": _members("percent", "progress", "total"),
    "project": _name,
    "resolution": _name,
    "securitylevel": _name,
    "status": _name,
    "statusCategory": _name,
    "timetracking": _members("originalEstimate", "remainingEstimate", "timeSpent"),
    "user": _user,
    "version": _name,
    "votes": _number("votes"),
    "watches": _number("watchCount"),
}
"""How a value of each schema type is shown; other types show everything."""
