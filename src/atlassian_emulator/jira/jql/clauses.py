"""One clause to one condition."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from atlassian_emulator.jira.fields import Field
from atlassian_emulator.jira.jql.conditions import (
    EVERYTHING,
    NOTHING,
    Condition,
    Members,
    SideMembers,
    Sql,
    join,
    to_sql,
)
from atlassian_emulator.jira.jql.functions import call_function, find_function
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.jql.syntax import Clause, Empty, FunctionCall, JqlValueError, ListOf, Single, Value
from atlassian_emulator.jira.jql.times import day_of
from atlassian_emulator.jira.jql.values import text_query, values_of

_EQUAL: Final = ("=", "!=", "in", "not in")
_COMPARE: Final = ("<", "<=", ">", ">=")
_IS: Final = ("is", "is not")
_ORDERED_KINDS: Final = ("key", "priority", "version", "moment", "day", "number", "custom day", "custom moment")
NEGATED: Final = {
    "=": "!=",
    "in": "not in",
    "~": "!~",
    "is": "is not",
    "<": ">=",
    ">": "<=",
} | {"!=": "=", "not in": "in", "!~": "~", "is not": "is", ">=": "<", "<=": ">"}


def operators_of(field: Field) -> tuple[str, ...]:
    """The operators Jira allows for a field, in Jira's order."""
    if field.kind == "attachment":
        return _IS
    if field.kind == "filter":
        return _EQUAL
    if field.kind in ("text", "custom text"):
        return ("~",) if field.id == "text" else ("~", "!~") if field.id == "comment" else ("~", "!~", *_IS)
    return (*_EQUAL, *_COMPARE, *_IS) if field.kind in _ORDERED_KINDS else (*_EQUAL, *_IS)


def check_clause(clause: Clause, field: Field) -> None:
    """Refuse an operator that the field or the operand does not go with."""
    name, operator, operand = clause.field.name, clause.operator, clause.operand
    if operator not in operators_of(field):
        raise JqlValueError(f"The operator '{operator}' is not supported by the '{name}' field.")
    is_list = isinstance(operand, ListOf) or (isinstance(operand, FunctionCall) and find_function(operand.name).is_list)
    if operator in ("in", "not in"):
        if not is_list:
            shown = f'"{operand.text}"' if isinstance(operand, Value) else operand.encoded
            raise JqlValueError(
                f"Operator '{operator}' does not support the non-list value '{shown}' for field '{name}'."
            )
    elif is_list:
        raise JqlValueError(
            f"Operator '{operator}' does not support the list value '{operand.encoded}' for field '{name}'."
        )
    if operator in _IS and not isinstance(operand, Empty):
        raise JqlValueError(
            f"The operator '{operator}' does not support the value '{operand.encoded}' for field '{name}'; "
            "it goes with EMPTY or NULL."
        )
    if operator in (*_COMPARE, "~", "!~") and isinstance(operand, Empty):
        raise JqlValueError(f"The operator '{operator}' does not support searching for empty values in field '{name}'.")


def clause_condition(clause: Clause, field: Field, scope: Scope) -> Condition:
    """The condition of a clause whose operator is already negated where a NOT stands above it."""
    check_clause(clause, field)
    operator = clause.operator
    if operator in _IS or (isinstance(clause.operand, Empty) and operator in ("=", "!=")):
        return _present(field, scope) if operator in ("is not", "!=") else _absent(field, scope)
    if field.kind in ("text", "custom text"):
        return _text_condition(clause, field, scope)
    operands = clause.operand.items if isinstance(clause.operand, ListOf) else (clause.operand,)
    if operator in _COMPARE:
        return _comparison(operator, _values(operands, clause, field, scope), field, scope)
    return _membership(operands, clause, field, scope)


def _membership(operands: Sequence[Single], clause: Clause, field: Field, scope: Scope) -> Condition:
    named = [each for each in operands if not _is_empty(each, field)]
    values = _values(named, clause, field, scope)
    among = clause.operator in ("=", "in")
    parts: list[Condition] = []
    if len(named) < len(operands):
        parts.append(_absent(field, scope) if among else _present(field, scope))
    if named:
        parts.append(inside(values, field, scope) if among else _outside(values, field, scope))
    return join("or" if among else "and", parts)


def _is_empty(operand: Single, field: Field) -> bool:
    unresolved = field.kind == "resolution" and isinstance(operand, Value) and operand.text.lower() == "unresolved"
    return isinstance(operand, Empty) or unresolved


def _values(operands: Sequence[Single], clause: Clause, field: Field, scope: Scope) -> list[Any]:
    found: list[Any] = []
    for operand in operands:
        if isinstance(operand, FunctionCall):
            answers = call_function(operand, field.kind, clause.field.name, scope)
            found.extend(map(day_of, answers) if field.kind in ("day", "custom day") else answers)
        elif isinstance(operand, Value):
            found.extend(values_of(operand.text, field, clause.field.name, scope))
    return found


# -- where a field's values lie --------------------------------------------------------------------

_LINK_SIDES: Final = (
    "(SELECT source_id AS issue_id, type_id || '/1' AS side FROM jira_links"
    " UNION ALL SELECT target_id, type_id || '/0' FROM jira_links)"
)


def _side(field: Field) -> tuple[str, str, str] | None:
    """Table, column and restriction of a field with a side table."""
    match field.kind:
        case "label":
            return "jira_issue_labels", "label", ""
        case "component":
            return "jira_issue_components", "component_id", ""
        case "version":
            return "jira_issue_versions", "version_id", f"role = '{field.column}'"
        case "sprint":
            return "jira_issue_sprints", "sprint_id", ""
        case "link type":
            return _LINK_SIDES, "side", ""
        case "option" | "number" | "custom day" | "custom moment" | "custom user" | "custom label" | "custom text":
            return "jira_custom_values", "value", f"field = {field.custom_number}"
        case "security":
            return "jira_secured", "level_id", ""
        case "attachment":
            return "jira_files", "id", ""
        case "follower" if field.column == "worklog":
            return "jira_worklogs", "author", ""
        case "follower":
            return "jira_followers", "account_id", f"kind = '{field.column}'"
        case _:
            return None


def _epics(scope: Scope) -> str:
    """The issues that are epics, as SQL for IN."""
    types = ", ".join(str(each.id) for each in scope.catalogue.types.all if each.level > 0)
    return f"(SELECT id FROM jira_issues WHERE type_id IN ({types}))"


def inside(values: Sequence[Any], field: Field, scope: Scope) -> Condition:
    """The field holds one of these values, in the form of its column."""
    side = _side(field)
    if side:
        table, column, only = side
        return SideMembers(table, column, frozenset(values), only)
    if field.kind == "key":
        return Members("id", frozenset(values))
    if field.kind == "epic":
        children = to_sql(Members("parent_id", frozenset(values)))
        # The parameters of both look-ups are the same; the second stands in a query of its own row `p`.
        below = children.text.replace("i.", "p.")
        return Sql(
            f"({children.text} OR i.parent_id IN (SELECT p.id FROM jira_issues p WHERE {below}))",
            children.parameters * 2,
        )
    if field.kind == "parent" and field.custom_type:
        return join("and", [Members("parent_id", frozenset(values)), Sql(f"i.parent_id IN {_epics(scope)}")])
    return Members(field.column, frozenset(values))


def _outside(values: Sequence[Any], field: Field, scope: Scope) -> Condition:
    if _side(field) or field.kind == "epic":
        found = to_sql(inside(values, field, scope))
        return join("and", [_present(field, scope), Sql(f"NOT {found.text}", found.parameters)])
    outside = Members("id" if field.kind == "key" else field.column, frozenset(values), inside=False)
    return join("and", [outside, _present(field, scope)]) if field.custom_type else outside


def _present(field: Field, scope: Scope) -> Condition:
    side = _side(field)
    if side:
        table, _, only = side
        return Sql(f"EXISTS (SELECT 1 FROM {table} s WHERE s.issue_id = i.id{' AND s.' + only if only else ''})")
    if field.kind == "key" or field.id == "summary":
        return EVERYTHING
    if field.kind == "text":
        return Sql(f"EXISTS (SELECT 1 FROM jira_text t WHERE t.rowid = i.id AND t.{field.column} <> '')")
    if field.kind == "epic" or (field.kind == "parent" and field.custom_type):
        epics = _epics(scope)
        deeper = f" OR i.parent_id IN (SELECT p.id FROM jira_issues p WHERE p.parent_id IN {epics})"
        return Sql(f"(i.parent_id IN {epics}{deeper if field.kind == 'epic' else ''})")
    return Sql(f"i.{field.column} IS NOT NULL")


def _absent(field: Field, scope: Scope) -> Condition:
    column_field = not _side(field) and field.kind not in ("key", "text", "epic") and not field.custom_type
    if column_field:
        return Sql(f"i.{field.column} IS NULL")
    present = to_sql(_present(field, scope))
    # "Not known to be present": a parent that is NULL is in no set, and makes the inner condition unknown.
    return Sql(f"({present.text}) IS NOT TRUE", present.parameters)


# -- comparisons and words -------------------------------------------------------------------------


def _comparison(operator: str, values: Sequence[Any], field: Field, scope: Scope) -> Condition:
    if not values:
        return NOTHING
    value = values[0]
    match field.kind:
        case "key":
            return Sql(
                "EXISTS (SELECT 1 FROM jira_issues k WHERE k.id = ?"
                f" AND k.project_key = i.project_key AND i.number {operator} k.number)",
                (value,),
            )
        case "priority":
            # Rank 1 is the highest priority, so a greater priority has a smaller rank.
            rank = scope.catalogue.priorities.by_id[value].rank
            ranks = {each.id: -each.rank for each in scope.catalogue.priorities.all}
            return Members("priority_id", frozenset(i for i, each in ranks.items() if _holds(each, operator, -rank)))
        case "version":
            near = {scope.catalogue.versions.by_id[each].project_id: each for each in values}
            wanted = [
                each.id
                for each in scope.catalogue.versions.all
                if each.project_id in near and _holds(each.id, operator, near[each.project_id])
            ]
            return inside(wanted, field, scope)
        case "number" | "custom day" | "custom moment":
            return Sql(
                f"i.id IN (SELECT issue_id FROM jira_custom_values WHERE field = ? AND value {operator} ?)",
                (field.custom_number, value),
            )
        case _:
            return Sql(f"i.{field.column} {operator} ?", (value,))


def _holds(left: int, operator: str, right: int) -> bool:
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]


def _text_condition(clause: Clause, field: Field, scope: Scope) -> Condition:
    operand = clause.operand
    if not isinstance(operand, Value):
        raise JqlValueError(
            f"A value provided by the function '{operand.encoded}' is invalid for the field '{field.id}'."
        )
    query = text_query(operand.text, field.column, clause.field.name)
    if field.kind == "custom text":
        terms = re.findall(r"\w+", operand.text)
        holds = " AND ".join(["value LIKE '%' || ? || '%'"] * len(terms))
        found = Sql(
            f"i.id IN (SELECT issue_id FROM jira_custom_values WHERE field = {field.custom_number} AND {holds})",
            tuple(terms),
        )
    else:
        found = Sql("i.id IN (SELECT rowid FROM jira_text WHERE jira_text MATCH ?)", (query,))
    if clause.operator == "~":
        return found
    return join("and", [_present(field, scope), Sql(f"NOT {found.text}", found.parameters)])
