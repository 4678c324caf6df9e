"""Snapshots' own references in a query, and changes that touch only what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from snapshots.errors import InvalidInput
from snapshots.jql.parser import parse_jql
from snapshots.jql.tree import Clause, Function, List, Node, Predicate, Query, Reference, ReferenceKind, iter_nodes
from snapshots.jql.words import quote_jql

ReferenceValue = str | int | float | Sequence[str | int | float]
Edit = tuple[int, int, str]

_FOR_SEVERAL = {"=": "IN", "!=": "NOT IN"}


def iter_references(query: Query) -> Iterator[Reference]:
    """From left to right. A `$name` inside a quoted string is text and no reference."""
    return (node for node in iter_nodes(query) if isinstance(node, Reference))


def replace(query: Query, edits: Iterable[tuple[Node, str]]) -> str:
    """The text with these nodes written anew; every other character stays. Nodes must not overlap."""
    return _splice(query.text, [(node.start, node.end, text) for node, text in edits])


def substitute(text: str, values: Mapping[tuple[ReferenceKind, str], ReferenceValue]) -> str:
    """The query with a value in the place of each reference, as a JQL string: never spliced in raw.

    Values are looked up by `Reference.target`. A reference may stand for several values in a list and behind `IN`;
    behind `=` and `!=` several turn the operator into `IN` and `NOT IN`. Elsewhere, and where a reference has no
    value at all, `InvalidInput` is raised: whatever went out then would ask Jira something else.
    """
    query = parse_jql(text)
    edits: list[Edit] = []
    for node in iter_nodes(query):
        match node:
            case Clause(operand=Reference() as reference):
                edits.append(_edit_clause(query, node, reference, values))
            case List():
                for item in node.items:
                    if isinstance(item, Reference):
                        edits.append((item.start, item.end, ", ".join(_values_of(query, item, values))))
            case Function():
                edits.extend(
                    (argument.start, argument.end, _one_value(query, argument, values))
                    for argument in node.arguments
                    if isinstance(argument, Reference)
                )
            case Predicate(operand=Reference() as reference):
                edits.append((reference.start, reference.end, _one_value(query, reference, values)))
    return _splice(text, edits)


def _edit_clause(
    query: Query,
    clause: Clause,
    reference: Reference,
    values: Mapping[tuple[ReferenceKind, str], ReferenceValue],
) -> Edit:
    written = _values_of(query, reference, values)
    listed = f"({', '.join(written)})"
    if clause.operator.endswith("IN"):
        return reference.start, reference.end, listed
    if len(written) > 1 and clause.operator in _FOR_SEVERAL:
        return clause.field.end, reference.end, f" {_FOR_SEVERAL[clause.operator]} {listed}"
    return reference.start, reference.end, _one_value(query, reference, values)


def _one_value(query: Query, reference: Reference, values: Mapping[tuple[ReferenceKind, str], ReferenceValue]) -> str:
    written = _values_of(query, reference, values)
    if len(written) > 1:
        raise InvalidInput(
            f"The JQL cannot be filled in: {query.text_of(reference)} has {len(written)} values where only one can "
            "stand; put it into a list behind IN."
        )
    return written[0]


def _values_of(
    query: Query, reference: Reference, values: Mapping[tuple[ReferenceKind, str], ReferenceValue]
) -> list[str]:
    value = values.get(reference.target)
    several = [value] if isinstance(value, str | int | float) else list(value or ())
    if not several:
        raise InvalidInput(
            f"The JQL cannot be filled in: {query.text_of(reference)} has no value here; take it out of the query or "
            "give it a value."
        )
    return [str(one) if type(one) is int else quote_jql(str(one)) for one in several]


def _splice(text: str, edits: Iterable[Edit]) -> str:
    parts: list[str] = []
    done = 0
    for start, end, new in sorted(edits):
        if start < done:
            raise ValueError("two changes to the same part of a query")
        parts += (text[done:start], new)
        done = end
    return "".join((*parts, text[done:]))
