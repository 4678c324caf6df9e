"""The syntax tree of a JQL query, and the two ways a query can be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias


class JqlError(Exception):
    """A query Jira would refuse; `str()` is the sentence Jira answers with."""


class JqlSyntaxError(JqlError):
    """The text is not JQL. Jira puts "Error in the JQL Query: " before the sentence."""

    def __init__(self, sentence: str, place: tuple[int, int] | None = None) -> None:
        where = "" if place is None else f" (line {place[0]}, character {place[1]})"
        super().__init__(f"Error in the JQL Query: {sentence}{where}")


class JqlValueError(JqlError):
    """It is JQL, but names a field, value, operator or function that this site does not have."""


class JqlUnknownValue(JqlValueError):
    """The field exists, the value does not; the one mistake that jql/parse may let pass with a warning."""


@dataclass(frozen=True)
class Value:
    """A literal. `encoded` is how it was typed, quotation marks included."""

    text: str
    encoded: str


@dataclass(frozen=True)
class Empty:
    """The keyword EMPTY or NULL."""

    encoded: str = "EMPTY"


@dataclass(frozen=True)
class FunctionCall:
    name: str
    arguments: tuple[str, ...]
    encoded: str


@dataclass(frozen=True)
class ListOf:
    items: tuple[Single, ...]
    encoded: str


Single: TypeAlias = Value | Empty | FunctionCall
Operand: TypeAlias = Value | Empty | FunctionCall | ListOf


@dataclass(frozen=True)
class FieldName:
    name: str
    encoded: str


@dataclass(frozen=True)
class Clause:
    """`field operator operand`; the operator is in lower case, with one space in `not in` and `is not`."""

    field: FieldName
    operator: str
    operand: Operand


@dataclass(frozen=True)
class Predicate:
    operator: str
    operand: Operand


@dataclass(frozen=True)
class HistoryClause:
    """`field WAS operand …` or `field CHANGED …`. Understood, never evaluated."""

    field: FieldName
    operator: str
    operand: Operand | None
    predicates: tuple[Predicate, ...] = ()


@dataclass(frozen=True)
class Junction:
    """Clauses joined by one word, `and` or `or`, however many: a query of a thousand ORs is one flat node."""

    word: str
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    part: Node


Node: TypeAlias = Clause | HistoryClause | Junction | Not


@dataclass(frozen=True)
class Sort:
    field: FieldName
    direction: str | None
    """`asc`, `desc`, or None when the query leaves it to the field."""


@dataclass(frozen=True)
class Query:
    where: Node | None
    order_by: tuple[Sort, ...] = field(default=())


def iter_clauses(node: Node | None) -> Iterator[Clause | HistoryClause]:
    """Every clause, from left to right."""
    stack = [] if node is None else [node]
    while stack:
        here = stack.pop()
        match here:
            case Junction():
                stack.extend(reversed(here.parts))
            case Not():
                stack.append(here.part)
            case _:
                yield here
