"""Reading CQL: words, operators, clauses, and what they become in SQL.

A query is a row of clauses joined by and, or, not and parentheses, with an order at its end. The fields (fields.py,
users.py) say what a clause is in SQL. As on the real site a negative clause may not come first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from atlassian_emulator.confluence.cql.functions import Asker, CqlError, call_function

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<sign>!=|!~|<=|>=|[=~<>(),])|(?P<word>[^\s"'=!~<>(),]+))"""
)
_DEEPEST = 50
NEGATIVE = ("!=", "!~", "not in")

# What a field makes of an operator and its values: a condition in SQL.
Maker = Callable[["Parser", str, list[str]], str]


@dataclass(frozen=True, slots=True)
class Query:
    """A query as SQL: a condition, its parameters, an order (empty when none was asked for)."""

    where: str
    parameters: Mapping[str, Any]
    order: str


@dataclass
class Parser:
    """One pass over the tokens of a query. `is_late`: the index is behind, and knows the state at :indexed_until."""

    tokens: list[tuple[str, str]]
    fields: Mapping[str, Maker]
    orders: Mapping[str, str]
    asker: Asker
    is_late: bool = False
    position: int = 0
    depth: int = 0
    clauses: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)

    def parse(self) -> Query:
        where = self.alternatives() if not self._at_order() else "1"
        return Query(where, self.parameters, self.order())

    def _at_order(self) -> bool:
        return self.peek()[0] == "word" and self.peek()[1].lower() == "order"

    def names(self, *fields: str) -> bool:
        """Say whether one of these fields is spoken of anywhere."""
        return any(kind == "word" and text.lower() in fields for kind, text in self.tokens)

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.position += 1
        return token

    def take_word(self, *words: str) -> bool:
        """Take the next token if it is one of these keywords."""
        kind, text = self.peek()
        if kind == "word" and text.lower() in words:
            self.position += 1
            return True
        return False

    def take_sign(self, sign: str) -> bool:
        if self.peek() == ("sign", sign):
            self.position += 1
            return True
        return False

    def bind(self, value: Any) -> str:
        name = f"cql{len(self.parameters)}"
        self.parameters[name] = value
        return f":{name}"

    def bind_all(self, values: list[str]) -> str:
        return ", ".join(self.bind(value) for value in values)

    def alternatives(self) -> str:
        parts = [self.conjunction()]
        while self.take_word("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"

    def conjunction(self) -> str:
        parts = [self.negation()]
        while self.take_word("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"

    def negation(self) -> str:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise CqlError("the query is nested too deep")
        condition = self._negated_or_clause()
        self.depth -= 1
        return condition

    def _negated_or_clause(self) -> str:
        if self.take_word("not"):
            self._demand_not_first()
            return f"NOT {self.negation()}"
        if not self.take_sign("("):
            return self.clause()
        inner = self.alternatives()
        if not self.take_sign(")"):
            raise CqlError(f"expected ')' but found {_shown(self.peek())}")
        return f"({inner})"

    def _demand_not_first(self) -> None:
        if self.clauses == 0:
            raise CqlError("a negative clause may not come first")

    def clause(self) -> str:
        kind, name = self.take()
        if kind != "word":
            raise CqlError(f"expected a field but found {_shown((kind, name))}")
        make = self.fields.get(name.lower())
        if make is None:
            raise CqlError(f"No field exists with name '{name}'")
        operator = self.operator()
        if operator in NEGATIVE:
            self._demand_not_first()
        values = self.values() if operator in ("in", "not in") else self.value()
        self.clauses += 1
        return make(self, operator, values)

    def operator(self) -> str:
        kind, text = self.take()
        if kind == "sign" and text not in "(),":
            return text
        if kind == "word" and text.lower() == "in":
            return "in"
        if kind == "word" and text.lower() == "not" and self.take_word("in"):
            return "not in"
        raise CqlError(f"expected an operator but found {_shown((kind, text))}")

    def values(self) -> list[str]:
        """Read the list after `in`: values between parentheses, or a function that is one."""
        if self.peek()[0] == "word":
            return self.value()
        if not self.take_sign("("):
            raise CqlError(f"expected '(' but found {_shown(self.peek())}")
        values = self.value()
        while self.take_sign(","):
            values += self.value()
        if not self.take_sign(")"):
            raise CqlError(f"expected ')' but found {_shown(self.peek())}")
        return values

    def value(self) -> list[str]:
        """Read a value, or a function, which may stand for several."""
        kind, text = self.take()
        if kind == "word":
            return self.function(text) if self.take_sign("(") else [text]
        if kind == "quoted":
            return [_unquoted(text)]
        raise CqlError(f"expected a value but found {_shown((kind, text))}")

    def function(self, name: str) -> list[str]:
        arguments: list[str] = []
        while not self.take_sign(")"):
            if arguments and not self.take_sign(","):
                raise CqlError(f"expected ')' but found {_shown(self.peek())}")
            kind, text = self.take()
            if kind not in ("word", "quoted"):
                raise CqlError(f"expected an argument but found {_shown((kind, text))}")
            arguments.append(_unquoted(text) if kind == "quoted" else text)
        return call_function(self.asker, name, arguments)

    def order(self) -> str:
        """Read what follows `order by`, and the end."""
        parts = []
        if self.take_word("order"):
            if not self.take_word("by"):
                raise CqlError("expected 'by' after 'order'")
            parts.append(self.order_field())
            while self.take_sign(","):
                parts.append(self.order_field())
        if self.peek()[0] != "end":
            raise CqlError(f"expected the end of the query but found {_shown(self.peek())}")
        return ", ".join(parts)

    def order_field(self) -> str:
        kind, name = self.take()
        column = self.orders.get(name.lower()) if kind == "word" else None
        if column is None:
            raise CqlError(f"cannot order by {_shown((kind, name))}")
        direction = "DESC" if self.take_word("desc") else "ASC"
        if direction == "ASC":
            self.take_word("asc")
        return f"{column} {direction}"


def read_tokens(text: str) -> list[tuple[str, str]]:
    """Cut a query into ("quoted" | "sign" | "word", text); CqlError when it cannot be or is empty."""
    tokens: list[tuple[str, str]] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise CqlError(f"unexpected character at position {position}: {text[position : position + 10]!r}")
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    if not tokens:
        raise CqlError("the query is empty")
    return tokens


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _shown(token: tuple[str, str]) -> str:
    return "the end of the query" if token[0] == "end" else f"'{token[1]}'"


def negated(operator: str, condition: str) -> str:
    return f"NOT ({condition})" if operator in NEGATIVE else condition


def demand_operator(name: str, operator: str, *allowed: str) -> None:
    if operator not in allowed:
        raise CqlError(f"Operator '{operator}' is not supported for field '{name}'")
