"""The words of a query that stand for things of Jira, wherever they stand. Pure.

One walk serves both whoever collects them at the source and whoever rewrites them for the destination, so that
nothing is rewritten that was never exported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from snapshots import jql
from snapshots.jiradata.meanings import FieldWords, Meaning, is_known_function, meaning_of_argument
from snapshots.jql.spelling import bare_kind

Subject: TypeAlias = Meaning | Literal["function"]
"""What a word stands for; `function` is an argument of a function nobody knows."""

DEEPEST_QUERY_IN_QUERY = 8
_ORDERS = frozenset({"<", ">", "<=", ">="})
_TEXT_OPERATORS = frozenset({"~", "!~"})


class MeantWord(NamedTuple):
    """A value that stands for something. `ordered` says that it stands behind `<` or the like."""

    subject: Subject
    value: jql.Value
    ordered: bool = False


def iter_meant_words(query: jql.Query, fields: FieldWords) -> Iterator[MeantWord]:
    """Every value whose meaning its field or function tells. `fields` are those of the Jira the query is for.

    A query in a string is one word, `jql`, to be parsed in its turn, `DEEPEST_QUERY_IN_QUERY` levels at most.
    """
    for node in jql.iter_nodes(query):
        if isinstance(node, jql.Clause):
            yield from _in_clause(node, fields)
        elif isinstance(node, jql.Function):
            yield from _in_function(node)


def _in_clause(clause: jql.Clause, fields: FieldWords) -> Iterator[MeantWord]:
    meaning = None if clause.field.properties else fields.values_of(clause.field.name)
    if meaning is not None and clause.operator not in _TEXT_OPERATORS:
        yield from _in_operand(clause.operand, meaning, clause.operator in _ORDERS)
    for predicate in clause.predicates:
        if predicate.name == "BY":
            yield from _in_operand(predicate.operand, "user", False)
        elif predicate.name in ("FROM", "TO") and meaning is not None:
            yield from _in_operand(predicate.operand, meaning, False)


def _in_operand(operand: jql.Operand | None, meaning: Meaning, ordered: bool) -> Iterator[MeantWord]:
    """Values, and the values in lists; functions and references are looked at wherever they stand."""
    waiting = [operand]
    while waiting:
        node = waiting.pop()
        if isinstance(node, jql.List):
            waiting.extend(node.items)
        elif isinstance(node, jql.Value):
            yield MeantWord(meaning, node, ordered)


def _in_function(function: jql.Function) -> Iterator[MeantWord]:
    known = is_known_function(function.name.text)
    for place, argument in enumerate(function.arguments):
        if not isinstance(argument, jql.Value):
            continue
        meaning = meaning_of_argument(function.name.text, place)
        if meaning == "jql" and bare_kind(argument.text) is not None:
            # Functions that take a query also take a key in its place.
            yield MeantWord("issue", argument)
        elif meaning is not None:
            yield MeantWord(meaning, argument)
        elif not known:
            yield MeantWord("function", argument)
