"""The syntax tree of a JQL query. It is lossless: every node knows which characters of the text it covers.

    Query ── where ── And | Or | Not | Group | Clause ── field, operator, operand, predicates
          └─ order_by ── OrderItem …          operand: Value | Function | List | Empty | Reference

Offsets count characters of the text as it was parsed (`text[start:end]`), so whatever stands between two nodes
(blanks, line ends, the spelling of a keyword) is kept by keeping the text. A change is made by replacing the
spans one means (`replace`), never by printing the tree again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

Operator = Literal[
    "=", "!=", "~", "!~", "<", ">", "<=", ">=", "IN", "NOT IN", "IS", "IS NOT",
    "WAS", "WAS NOT", "WAS IN", "WAS NOT IN", "CHANGED",
]  # fmt: skip
PredicateName = Literal["AFTER", "BEFORE", "ON", "DURING", "BY", "FROM", "TO"]
ReferenceKind = Literal["key", "field", "metadata"]


# msgspec's structs are made several times faster than frozen dataclasses, and parsing is mostly the making of nodes.
# Comparing or hashing a tree by value would go as deep as the query nests, in C; so a node is equal to itself only.
class Node(msgspec.Struct, frozen=True, eq=False):
    """A part of the query that covers `text[start:end]`."""

    start: int
    end: int


class Value(Node, frozen=True):
    """A word, a number, a relative date or a quoted string. `text` is what it means, without quotes and escapes."""

    text: str
    quoted: bool


class Empty(Node, frozen=True):
    """`EMPTY` or `NULL`."""


class Reference(Node, frozen=True):
    """What Snapshots puts in before Jira sees the query: `$key`, `$"Epic Link"`, `$metadata:'a name'`.

    `kind` is `key` for the key of the row above (`$key`, in any case), `field` for another field of that row and
    `metadata` for a page property. `name` is the name without `$`, `metadata:` and quotes.
    """

    kind: ReferenceKind
    name: str

    @property
    def target(self) -> tuple[ReferenceKind, str]:
        """What it stands for, wherever it is written; the key of the mapping that `substitute` takes."""
        return self.kind, self.name


class Function(Node, frozen=True):
    """`linkedIssues($key, "is tested by")`."""

    name: Value
    arguments: tuple[Value | Reference, ...]


class List(Node, frozen=True):
    """`(Open, "In Progress", currentUser())`. Lists may hold lists."""

    items: tuple[Operand, ...]


Operand = Value | Empty | Reference | Function | List


class Property(Node, frozen=True):
    """`[key].path` behind a field: an entity property, or a part of it. Quotes cut the path into several words."""

    key: Value
    path: tuple[Value, ...]


class Field(Node, frozen=True):
    """The left side of a clause. `custom_field_id` is 10010 for `cf[10010]`, and `name` is then `cf[10010]` too."""

    name: str
    custom_field_id: int | None
    properties: tuple[Property, ...]
    quoted: bool


class Predicate(Node, frozen=True):
    """`AFTER "2026/01/31"` behind `WAS` or `CHANGED`."""

    name: PredicateName
    operand: Operand


class Clause(Node, frozen=True):
    """`status WAS NOT IN (Open) BEFORE -1d`. Only `CHANGED` has no operand."""

    field: Field
    operator: Operator
    operand: Operand | None
    predicates: tuple[Predicate, ...]


class Not(Node, frozen=True):
    """`NOT` or `!` before a condition."""

    part: Condition


class Group(Node, frozen=True):
    """A condition in parentheses."""

    inner: Condition


class And(Node, frozen=True):
    """Two or more conditions that must all hold."""

    parts: tuple[Condition, ...]


class Or(Node, frozen=True):
    """Two or more conditions of which one must hold."""

    parts: tuple[Condition, ...]


Condition = And | Or | Not | Group | Clause


class OrderItem(Node, frozen=True):
    """A field to sort by. `descending` is `None` where the query does not say."""

    field: Field
    descending: bool | None


class OrderBy(Node, frozen=True):
    """`ORDER BY priority DESC, created`. `text` is the clause as written."""

    items: tuple[OrderItem, ...]
    text: str


class Query(msgspec.Struct, frozen=True, eq=False):
    """A query that was understood. `str(query)` is the text that was parsed, character for character."""

    text: str
    where: Condition | None
    order_by: OrderBy | None

    def __str__(self) -> str:
        return self.text

    def text_of(self, node: Node) -> str:
        """The characters that `node` covers."""
        return self.text[node.start : node.end]


def conjuncts(query: Query) -> tuple[Condition, ...]:
    """The conditions that must all hold: the parts of the outermost AND, looking through its parentheses."""
    if query.where is None:
        return ()
    found: list[Condition] = []
    waiting: list[Condition] = [query.where]
    while waiting:
        condition = waiting.pop()
        if isinstance(condition, And):
            waiting.extend(reversed(condition.parts))
        elif isinstance(condition, Group) and isinstance(condition.inner, And | Group):
            waiting.append(condition.inner)
        else:
            found.append(condition)
    return tuple(found)


def iter_nodes(query: Query) -> Iterator[Node]:
    """Every node, from left to right, an outer node before its inner ones."""
    waiting: list[Node] = [node for node in (query.order_by, query.where) if node is not None]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(_children(node)))


def _children(node: Node) -> tuple[Node, ...]:
    match node:
        case Clause():
            operand = () if node.operand is None else (node.operand,)
            return (node.field, *operand, *node.predicates)
        case And() | Or():
            return node.parts
        case Not():
            return (node.part,)
        case Group():
            return (node.inner,)
        case Function():
            return (node.name, *node.arguments)
        case List() | OrderBy():
            return node.items
        case Predicate():
            return (node.operand,)
        case OrderItem():
            return (node.field,)
        case Field():
            return node.properties
        case Property():
            return (node.key, *node.path)
        case _:
            return ()
