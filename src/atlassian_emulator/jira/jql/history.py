"""WAS and CHANGED: conditions on what a field held once.

The history tells of changes; between two changes a value stood. A value therefore stood from its coming until its
going, and one that the history never mentions as coming stood from the day the issue was made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from atlassian_emulator.jira.fields import Field
from atlassian_emulator.jira.jql.clauses import inside
from atlassian_emulator.jira.jql.conditions import Sql, to_sql
from atlassian_emulator.jira.jql.functions import call_function
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.jql.syntax import (
    Empty,
    FunctionCall,
    HistoryClause,
    JqlValueError,
    ListOf,
    Operand,
    Predicate,
    Single,
)
from atlassian_emulator.jira.jql.times import boundary, moment_of
from atlassian_emulator.jira.jql.values import user_values, values_of

HISTORY_FIELDS: Final = ("assignee", "fixVersions", "priority", "reporter", "resolution", "status")
"""The fields that Jira searches the history of."""

_LATEST: Final = 2**62
_DAY_US: Final = 86_400_000_000


@dataclass
class _Predicates:
    """What must hold of the time and the author; `low` and `high` are µs UTC, both taken in."""

    low: int = -_LATEST
    high: int = _LATEST
    authors: list[str] | None = None
    come_from: list[str] | None = None
    go_to: list[str] | None = None


def history_condition(clause: HistoryClause, field: Field, scope: Scope, *, negated: bool) -> Sql:
    """The condition of `field WAS …` or `field CHANGED …`, turned round when `negated`."""
    system = {"fixVersion": "fixVersions"}.get(field.id, field.id)
    if system not in HISTORY_FIELDS:
        raise JqlValueError(f"History searches do not support the '{clause.field.name}' field.")
    limits = _limits(clause, field, scope)
    if clause.operand is None:
        found = _changed(system, limits)
    else:
        is_list = isinstance(clause.operand, ListOf | FunctionCall)
        if clause.operator.endswith("in") and not is_list:
            encoded = clause.operand.encoded
            raise JqlValueError(
                f"Operator '{clause.operator}' does not support the non-list value '{encoded}' for field "
                f"'{clause.field.name}'."
            )
        found = _was(system, clause.operand, clause, field, scope, limits)
    turned = ("not" in clause.operator) != negated
    return Sql(f"NOT {found.text}", found.parameters) if turned else found


def _limits(clause: HistoryClause, field: Field, scope: Scope) -> _Predicates:
    limits = _Predicates()
    for predicate in clause.predicates:
        word = predicate.operator
        if word in ("from", "to"):
            if clause.operator != "changed":
                raise JqlValueError(f"The predicate '{word}' is not supported by the operator '{clause.operator}'.")
            values = _ids(predicate.operand, clause, field, scope)
            if word == "from":
                limits.come_from = values
            else:
                limits.go_to = values
        elif word == "by":
            limits.authors = _authors(predicate.operand, scope)
        else:
            _limit_time(limits, predicate, clause, scope)
    return limits


def _limit_time(limits: _Predicates, predicate: Predicate, clause: HistoryClause, scope: Scope) -> None:
    moments = [_moment(each, clause, scope) for each in _singles(predicate.operand)]
    if len(moments) != (2 if predicate.operator == "during" else 1):
        raise JqlValueError(f"The predicate '{predicate.operator}' was given the wrong number of dates.")
    match predicate.operator:
        case "after":
            limits.low = max(limits.low, moments[0] + 1)
        case "before":
            limits.high = min(limits.high, moments[0] - 1)
        case "on":
            start = moments[0] // _DAY_US * _DAY_US
            limits.low, limits.high = max(limits.low, start), min(limits.high, start + _DAY_US - 1)
        case _:
            limits.low, limits.high = max(limits.low, moments[0]), min(limits.high, moments[1])


def _moment(operand: Single, clause: HistoryClause, scope: Scope) -> int:
    if isinstance(operand, FunctionCall):
        if operand.name.lower() == "now":
            return scope.now
        # Any function of dates goes; that of another kind is refused in the words for a date field.
        call_function(operand, "moment", clause.field.name, scope)
        return boundary(operand.name, operand.arguments[0] if operand.arguments else None, scope.now)
    if isinstance(operand, Empty):
        raise JqlValueError(f"The value '{operand.encoded}' is not a date.")
    return moment_of(operand.text, clause.field.name, scope.now)


def _authors(operand: Operand, scope: Scope) -> list[str]:
    found: list[str] = []
    for each in _singles(operand):
        if isinstance(each, FunctionCall):
            found += call_function(each, "user", "by", scope)
        elif isinstance(each, Empty):
            raise JqlValueError("The predicate 'by' does not support empty values.")
        else:
            named = user_values(each.text, scope)
            if not named:
                raise JqlValueError(f"The user '{each.text}' does not exist and cannot be used in the 'by' predicate.")
            found += named
    return found


def _singles(operand: Operand) -> Iterable[Single]:
    return operand.items if isinstance(operand, ListOf) else (operand,)


def _ids(operand: Operand, clause: HistoryClause, field: Field, scope: Scope) -> list[str]:
    """Values as the history holds them: ids as text, nothing as ''."""
    return [str(each) if each is not None else "" for each in _values(operand, clause, field, scope)]


def _values(operand: Operand, clause: HistoryClause, field: Field, scope: Scope) -> list[Any]:
    found: list[Any] = []
    for each in _singles(operand):
        if isinstance(each, Empty) or (
            field.kind == "resolution" and each.encoded.strip("'\"").lower() == "unresolved"
        ):
            found.append(None)
        elif isinstance(each, FunctionCall):
            found += call_function(each, field.kind, clause.field.name, scope)
        else:
            found += values_of(each.text, field, clause.field.name, scope)
    return found


def _changed(field_id: str, limits: _Predicates) -> Sql:
    conditions, parameters = ["h.field = ?", "h.created BETWEEN ? AND ?"], [field_id, limits.low, limits.high]
    for column, values in (("author", limits.authors), ("from_id", limits.come_from), ("to_id", limits.go_to)):
        if values is not None:
            conditions.append(f"h.{column} IN ({_marks(values)})")
            parameters += values
    return Sql(f"i.id IN (SELECT h.issue_id FROM jira_history h WHERE {' AND '.join(conditions)})", tuple(parameters))


def _was(
    field_id: str, operand: Operand, clause: HistoryClause, field: Field, scope: Scope, limits: _Predicates
) -> Sql:
    values = _values(operand, clause, field, scope)
    if not values:
        return Sql("(0)")
    ids = ["" if each is None else str(each) for each in values]
    low, high, by, marks = limits.low, limits.high, limits.authors, _marks(ids)
    author = "" if by is None else f" AND h.author IN ({_marks(by)})"
    creator = "" if by is None else f" AND o.creator IN ({_marks(by)})"
    people = by or []
    # It came by a change, and went by the next one that says so, or never.
    came = (
        f"SELECT h.issue_id FROM jira_history h WHERE h.field = ? AND h.to_id IN ({marks}) AND h.created <= ?"
        f" AND coalesce((SELECT min(g.created) FROM jira_history g WHERE g.issue_id = h.issue_id AND g.field = h.field"
        f" AND g.from_id = h.to_id AND g.change_id > h.change_id), {_LATEST}) >= ?{author}"
    )
    # It stood there from the beginning, and went by a change before which the history has not seen it come.
    went = (
        f"SELECT h.issue_id FROM jira_history h JOIN jira_issues o ON o.id = h.issue_id"
        f" WHERE h.field = ? AND h.from_id IN ({marks}) AND h.created >= ? AND o.created <= ?"
        f" AND NOT EXISTS (SELECT 1 FROM jira_history g WHERE g.issue_id = h.issue_id AND g.field = h.field"
        f" AND g.to_id = h.from_id AND g.change_id < h.change_id){creator}"
    )
    # It has stood there from the beginning until now: it is there, and the history has not seen it come.
    current = [to_sql(inside([value], field, scope)) for value in values if value is not None]
    if None in values:
        current.append(Sql(f"i.{field.column} IS NULL" if field.kind != "version" else "0"))
    stands = " OR ".join(each.text for each in current)
    still = (
        f"(({stands}) AND i.created <= ? AND NOT EXISTS (SELECT 1 FROM jira_history g WHERE g.issue_id = i.id"
        f" AND g.field = ? AND g.to_id IN ({marks})){creator.replace('o.', 'i.')})"
    )
    return Sql(
        f"(i.id IN ({came} UNION {went}) OR {still})",
        (
            *(field_id, *ids, high, low, *people),
            *(field_id, *ids, low, high, *people),
            *(parameter for each in current for parameter in each.parameters),
            *(high, field_id, *ids, *people),
        ),
    )


def _marks(values: list[str]) -> str:
    return ", ".join("?" * len(values))
