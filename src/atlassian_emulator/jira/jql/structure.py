"""A parsed query as `POST /rest/api/3/jql/parse` shows it."""

from __future__ import annotations

from typing import Any

from atlassian_emulator.jira.jql.syntax import (
    Clause,
    Empty,
    FieldName,
    FunctionCall,
    HistoryClause,
    Junction,
    ListOf,
    Node,
    Not,
    Operand,
    Query,
    Value,
)

Json = dict[str, Any]


def structure_of(query: Query) -> Json:
    """The tree of the query; an absent part has no key."""
    shown: Json = {}
    if query.where is not None:
        shown["where"] = _node(query.where)
    if query.order_by:
        shown["orderBy"] = {
            "fields": [
                {"field": _field(sort.field)} | ({"direction": sort.direction} if sort.direction else {})
                for sort in query.order_by
            ]
        }
    return shown


def _node(node: Node) -> Json:
    match node:
        case Junction(word, parts):
            return {"operator": word, "clauses": [_node(part) for part in parts]}
        case Not(part):
            return {"operator": "not", "clauses": [_node(part)]}
        case HistoryClause():
            shown: Json = {"field": _field(node.field), "operator": node.operator}
            if node.operand is not None:
                shown["operand"] = _operand(node.operand)
            predicates = [{"operator": each.operator, "operand": _operand(each.operand)} for each in node.predicates]
            return shown | {"predicates": predicates}
        case Clause():
            return {"field": _field(node.field), "operator": node.operator, "operand": _operand(node.operand)}


def _field(field: FieldName) -> Json:
    return {"name": field.name, "encodedName": field.encoded}


def _operand(operand: Operand) -> Json:
    match operand:
        case Value():
            return {"value": operand.text, "encodedValue": operand.encoded}
        case Empty():
            return {"keyword": "empty", "encodedOperand": operand.encoded}
        case FunctionCall():
            return {
                "function": operand.name,
                "arguments": list(operand.arguments),
                "encodedOperand": operand.encoded,
            }
        case ListOf():
            return {"values": [_operand(item) for item in operand.items], "encodedOperand": operand.encoded}
