"""CQL, the part of it that finds content: parsed, and turned into SQL.

    type, space, title, id (content), ancestor, parent, macro, label, creator, contributor, created, lastmodified

with = != in, not in; ~ !~ on title and text; < > <= >= on moments; and, or, not, parentheses; order by created,
lastmodified, title, id. What Confluence knows and this does not is refused with 400, as a text that does not parse
is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from atlassian_emulator.moments import parse_iso

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<sign>!=|!~|<=|>=|[=~<>(),])|(?P<word>[^\s"'=!~<>(),]+))"""
)
_DEEPEST = 50


class CqlError(Exception):
    """The query cannot be parsed or asks for what is not known; `str()` is for the answer's message."""


@dataclass
class Query:
    """A query as SQL over `content c JOIN spaces s`: a condition, its parameters, an order."""

    where: str
    parameters: dict[str, Any]
    order: str


@dataclass
class _Parser:
    tokens: list[tuple[str, str]]
    position: int = 0
    depth: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)

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

    def alternatives(self) -> str:
        parts = [self.conjunction()]
        while self.take_word("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"

    def conjunction(self) -> str:
        parts = [self.negation(first=True)]
        while self.take_word("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"

    def negation(self, first: bool = False) -> str:
        if self.take_word("not"):
            if first:
                raise CqlError("a negative clause may not come first")
            return f"NOT {self.negation()}"
        if self.take_sign("("):
            self.depth += 1
            if self.depth > _DEEPEST:
                raise CqlError("parentheses are nested too deep")
            inner = self.alternatives()
            if not self.take_sign(")"):
                raise CqlError(f"expected ')' but found {_shown(self.peek())}")
            self.depth -= 1
            return f"({inner})"
        return self.clause(first)

    def clause(self, first: bool) -> str:
        kind, name = self.take()
        make = _FIELDS.get(name.lower()) if kind == "word" else None
        if kind != "word":
            raise CqlError(f"expected a field but found {_shown((kind, name))}")
        if make is None:
            raise CqlError(f"No field exists with name '{name}'")
        operator = self.operator()
        if first and operator in ("!=", "!~", "not in") and self.position <= 2 + (operator == "not in"):
            raise CqlError("a negative clause may not come first")
        values = self.values() if operator in ("in", "not in") else [self.value()]
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
        if not self.take_sign("("):
            raise CqlError(f"expected '(' but found {_shown(self.peek())}")
        values = [self.value()]
        while self.take_sign(","):
            values.append(self.value())
        if not self.take_sign(")"):
            raise CqlError(f"expected ')' but found {_shown(self.peek())}")
        return values

    def value(self) -> str:
        kind, text = self.take()
        if kind == "word":
            return text
        if kind == "quoted":
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        raise CqlError(f"expected a value but found {_shown((kind, text))}")

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
        return ", ".join([*parts, "c.id"])

    def order_field(self) -> str:
        kind, name = self.take()
        column = _ORDERS.get(name.lower()) if kind == "word" else None
        if column is None:
            raise CqlError(f"cannot order by {_shown((kind, name))}")
        direction = "DESC" if self.take_word("desc") else "ASC"
        if direction == "ASC":
            self.take_word("asc")
        return f"{column} {direction}"


def parse_cql(text: str) -> Query:
    """Parse a query; CqlError when it cannot be."""
    parser = _Parser(_tokens(text))
    where = parser.alternatives() if parser.peek()[1].lower() != "order" else "1"
    order = parser.order()
    return Query(where, parser.parameters, order)


def _tokens(text: str) -> list[tuple[str, str]]:
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


def _shown(token: tuple[str, str]) -> str:
    return "the end of the query" if token[0] == "end" else f"'{token[1]}'"


Maker = Callable[[_Parser, str, list[str]], str]


def _negated(operator: str, condition: str) -> str:
    return f"NOT ({condition})" if operator in ("!=", "!~", "not in") else condition


def _demand(name: str, operator: str, *allowed: str) -> None:
    if operator not in allowed:
        raise CqlError(f"Operator '{operator}' is not supported for field '{name}'")


_EQUALITY = ("=", "!=", "in", "not in")


def _text_field(name: str, condition: str) -> Maker:
    """A field compared with names; `condition` holds {values}."""

    def make(parser: _Parser, operator: str, values: list[str]) -> str:
        _demand(name, operator, *_EQUALITY)
        return _negated(operator, condition.format(values=", ".join(parser.bind(value) for value in values)))

    return make


def _id_field(name: str, condition: str) -> Maker:
    """A field compared with content ids."""

    def make(parser: _Parser, operator: str, values: list[str]) -> str:
        _demand(name, operator, *_EQUALITY)
        ids = []
        for value in values:
            digits = value.removeprefix("att")
            if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
                raise CqlError(f"Could not parse '{value}' as a content id")
            ids.append(digits)
        return _negated(operator, condition.format(values=", ".join(ids)))

    return make


def _title_field(parser: _Parser, operator: str, values: list[str]) -> str:
    _demand("title", operator, *_EQUALITY, "~", "!~")
    if operator in ("~", "!~"):
        # Every word must be there; a * at a word's end stands for the rest of it, as it would anyway here.
        words = [word.strip("*") for word in re.findall(r"[^\s\"]+", values[0])]
        found = " AND ".join(f"instr(lower(c.title), {parser.bind(word.lower())})" for word in words) or "1"
        return _negated(operator, found)
    names = ", ".join(parser.bind(value) for value in values)
    return _negated(operator, f"c.title COLLATE NOCASE IN ({names})")


def _full_text_field(parser: _Parser, operator: str, values: list[str]) -> str:
    _demand("text", operator, "~", "!~")
    body = "(SELECT v.body FROM content_versions v WHERE v.content_id = c.id AND v.number = c.version)"
    words = [word.strip("*").lower() for word in re.findall(r"[^\s\"]+", values[0])]
    found = " AND ".join(f"instr(lower(c.title || ' ' || coalesce({body}, '')), {parser.bind(w)})" for w in words)
    return _negated(operator, found or "1")


def _moment_field(name: str, column: str) -> Maker:
    def make(parser: _Parser, operator: str, values: list[str]) -> str:
        _demand(name, operator, "=", "!=", "<", ">", "<=", ">=")
        try:
            moment = parse_iso(values[0].replace("/", "-"))
        except (ValueError, OverflowError) as error:
            raise CqlError(f"Could not parse '{values[0]}' as a date") from error
        if operator in ("=", "!="):
            day = f"{column} BETWEEN {parser.bind(moment)} AND {parser.bind(moment + 86_400_000_000 - 1)}"
            return _negated(operator, day)
        return f"{column} {operator} {parser.bind(moment)}"

    return make


def _type_field(parser: _Parser, operator: str, values: list[str]) -> str:
    _demand("type", operator, *_EQUALITY)
    types: list[str] = []
    for value in values:
        if value.lower() not in _TYPES:
            raise CqlError(f"'{value}' is not a type of content that is known here")
        types += _TYPES[value.lower()]
    return _negated(operator, f"c.type IN ({', '.join(parser.bind(name) for name in types)})")


_TYPES = {
    "page": ["page"],
    "blogpost": ["blogpost"],
    "attachment": ["attachment"],
    "comment": ["footer-comment", "inline-comment"],
}
_ANCESTOR = """c.id IN (
    WITH RECURSIVE below (id) AS (
        SELECT id FROM content WHERE parent_id IN ({values}) AND type = 'page'
        UNION SELECT child.id FROM content child JOIN below ON child.parent_id = below.id AND child.type = 'page'
    ) SELECT id FROM below)"""
_LABEL = (
    """c.id IN (SELECT content_id FROM content_labels JOIN labels l ON l.id = label_id WHERE l.name IN ({values}))"""
)

_FIELDS: dict[str, Maker] = {
    "type": _type_field,
    "space": _text_field("space", "s.key COLLATE NOCASE IN ({values})"),
    "space.key": _text_field("space.key", "s.key COLLATE NOCASE IN ({values})"),
    "space.type": _text_field("space.type", "s.type IN ({values})"),
    "title": _title_field,
    "text": _full_text_field,
    "id": _id_field("id", "c.id IN ({values})"),
    "content": _id_field("content", "c.id IN ({values})"),
    "parent": _id_field("parent", "(c.type = 'page' AND c.parent_id IN ({values}))"),
    "container": _id_field("container", "(c.type != 'page' AND c.parent_id IN ({values}))"),
    "ancestor": _id_field("ancestor", _ANCESTOR),
    "macro": _text_field("macro", "c.id IN (SELECT content_id FROM content_macros WHERE name IN ({values}))"),
    "label": _text_field("label", _LABEL),
    "creator": _text_field("creator", "c.author_id IN ({values})"),
    "contributor": _text_field(
        "contributor", "c.id IN (SELECT content_id FROM content_versions WHERE author_id IN ({values}))"
    ),
    "created": _moment_field("created", "c.created_at"),
    "lastmodified": _moment_field("lastmodified", "c.modified_at"),
}
_ORDERS = {"created": "c.created_at", "lastmodified": "c.modified_at", "title": "c.title", "id": "c.id"}
