"""From tokens to the syntax tree: recursive descent, except where a query can nest, where a stack of our own is used.

So a query of ten thousand parentheses is as good as any other, and time and memory stay linear. The grammar:

    query     = [condition] ["ORDER" "BY" field ["ASC" | "DESC"] {"," field ["ASC" | "DESC"]}]
    condition = {"NOT" | "!"} ("(" condition ")" | clause), joined by AND, then by OR
    clause    = field ("=" | "!=" | "~" | "!~") (value | function | EMPTY)
              | field ("<" | ">" | "<=" | ">=") (value | function)
              | field ["NOT"] "IN" (list | function)
              | field "IS" ["NOT"] EMPTY
              | field "WAS" ["NOT"] (value | function | EMPTY) {predicate}
              | field "WAS" ["NOT"] "IN" (list | function) {predicate}
              | field "CHANGED" {predicate}
    predicate = ("AFTER" | "BEFORE" | "ON" | "DURING" | "BY") operand; FROM and TO behind CHANGED only
    field     = number | (name | "cf" "[" digits "]") {"[" name "]" {name}}
    function  = name "(" [argument {"," argument}] ")"
    list      = "(" operand {"," operand} ")"
    operand   = value | function | list | EMPTY

A reference of Snapshots (`$key`) stands wherever a value, a list or an argument does.
"""

from __future__ import annotations

from typing import cast

from snapshots.jql.lexer import END, NOTHING, NUMBER, QUOTED, REFERENCE, RESERVED, WORD, explain_nothing, read_tokens
from snapshots.jql.syntax_error import JqlSyntaxError
from snapshots.jql.tree import (
    And,
    Clause,
    Condition,
    Empty,
    Field,
    Function,
    Group,
    List,
    Not,
    Operand,
    Operator,
    Or,
    OrderBy,
    OrderItem,
    Predicate,
    PredicateName,
    Property,
    Query,
    Reference,
    Value,
)
from snapshots.jql.words import KEYWORDS, unescape

_VALUES = frozenset({WORD, NUMBER, QUOTED})
_ORDERS = frozenset({"<", ">", "<=", ">="})
_SIMPLE_OPERATORS = frozenset({"=", "!=", "~", "!~"}) | _ORDERS
_PREDICATES = ("AFTER", "BEFORE", "ON", "DURING", "BY", "FROM", "TO")
_WAS_PREDICATES = frozenset(_PREDICATES[:5])
_CHANGED_PREDICATES = frozenset(_PREDICATES)

_OPERATOR = "an operator (=, !=, ~, !~, <, >, <=, >=, IN, NOT IN, IS, IS NOT, WAS, CHANGED)"
_LONGEST_ID = 19
"""Jira's ids are 64 bits; and Python reads no number of thousands of digits."""

_FIELD = "a field"
_CONDITION = "a field, NOT or ("
_VALUE = "a value or a function"
_VALUE_OR_EMPTY = "a value, a function or EMPTY"
_VALUE_IN_LIST = "a value, a function, EMPTY or a list"
_ARGUMENT = "an argument"
_WORDS_EXPECTED = (_FIELD, "a value", _ARGUMENT)
_BEHIND_OPERATOR = {
    "WAS": "a value, a function, EMPTY, NOT or IN",
    "WAS NOT": "a value, a function, EMPTY or IN",
    "IS": "EMPTY, NULL or NOT",
}


def parse_jql(text: str) -> Query:
    """Understand a query; raises `JqlSyntaxError`. Only its form is judged: which fields exist, Jira knows."""
    return _Parser(text).parse()


class _Frame:
    """A condition whose closing parenthesis has not come yet."""

    __slots__ = ("alternatives", "negations", "parts", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.alternatives: list[Condition] = []
        self.parts: list[Condition] = []
        self.negations: list[int] = []

    def end_alternative(self) -> None:
        parts = self.parts
        whole = parts[0] if len(parts) == 1 else And(parts[0].start, parts[-1].end, tuple(parts))
        self.alternatives.append(whole)
        self.parts = []

    def end(self) -> Condition:
        self.end_alternative()
        alternatives = self.alternatives
        if len(alternatives) == 1:
            return alternatives[0]
        return Or(alternatives[0].start, alternatives[-1].end, tuple(alternatives))


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.kinds, self.starts, self.ends = read_tokens(text)
        self.at = 0
        self.predicates_until = -1
        """Where the last predicates ended, and which might have gone on there."""
        self.predicates_allowed = ""

    def parse(self) -> Query:
        where = None if self.kinds[0] in ("ORDER", END) else self.condition()
        order_by = self.order_by() if self.kinds[self.at] == "ORDER" else None
        if self.kinds[self.at] != END:
            raise self.error(self.after_condition("ORDER BY or the end") if order_by is None else self.after_sort())
        return Query(self.text, where, order_by)

    def condition(self) -> Condition:
        kinds = self.kinds
        frame = _Frame(0)
        outer: list[_Frame] = []
        while True:
            kind = kinds[self.at]
            if kind in ("NOT", "!"):
                frame.negations.append(self.starts[self.at])
                self.at += 1
                continue
            if kind == "(":
                outer.append(frame)
                frame = _Frame(self.starts[self.at])
                self.at += 1
                continue
            part: Condition = self.clause()
            while True:
                while frame.negations:
                    part = Not(frame.negations.pop(), part.end, part)
                frame.parts.append(part)
                kind = kinds[self.at]
                if kind != ")" or not outer:
                    break
                part = Group(frame.start, self.ends[self.at], frame.end())
                frame = outer.pop()
                self.at += 1
            if kind == "OR":
                frame.end_alternative()
            elif kind != "AND":
                if outer:
                    raise self.error(self.after_condition(")"))
                return frame.end()
            self.at += 1

    def clause(self) -> Clause:
        field = self.field(_CONDITION)
        kind = self.kinds[self.at]
        operand: Operand | None
        if kind in _SIMPLE_OPERATORS:
            self.at += 1
            operand = self.single(_VALUE if kind in _ORDERS else _VALUE_OR_EMPTY, may_be_empty=kind not in _ORDERS)
            return Clause(field.start, operand.end, field, cast(Operator, kind), operand, ())
        operator = self.word_operator()
        predicates: tuple[Predicate, ...] = ()
        if operator == "CHANGED":
            operand = None
            predicates = self.predicates(_CHANGED_PREDICATES)
        elif operator in ("IS", "IS NOT"):
            operand = self.empty(_BEHIND_OPERATOR.get(operator, "EMPTY or NULL"))
        else:
            operand = self.several() if operator.endswith("IN") else self.single(_BEHIND_OPERATOR[operator])
            if operator.startswith("WAS"):
                predicates = self.predicates(_WAS_PREDICATES)
        return Clause(field.start, self.ends[self.at - 1], field, operator, operand, predicates)

    def word_operator(self) -> Operator:
        """`IN`, `NOT IN`, `IS [NOT]`, `WAS [NOT] [IN]` or `CHANGED`, however its words are spelled and spaced."""
        kinds, at = self.kinds, self.at
        words = [kinds[at]]
        if words[0] not in ("IN", "NOT", "IS", "WAS", "CHANGED"):
            raise self.error(_OPERATOR)
        if words[0] in ("IS", "WAS") and kinds[at + 1] == "NOT" and self.text[self.starts[at + 1]] != "!":
            words.append("NOT")
        if words[0] in ("NOT", "WAS") and kinds[at + len(words)] == "IN":
            words.append("IN")
        self.at += len(words)
        if words == ["NOT"]:
            raise self.error("IN behind NOT")
        return cast(Operator, " ".join(words))

    def field(self, expected: str = _FIELD) -> Field:
        at = self.at
        kind = self.kinds[at]
        start, end = self.starts[at], self.ends[at]
        custom_field_id = None
        if kind == WORD:
            name = unescape(self.text[start:end])
        elif kind == QUOTED:
            name = unescape(self.text[start + 1 : end - 1])
        elif kind == NUMBER:
            self.at += 1
            return Field(start, end, self.text[start:end], None, (), False)
        elif kind == "CF":
            custom_field_id, end = self.custom_field()
            name = f"cf[{custom_field_id}]"
        else:
            raise self.error(expected)
        self.at += 1
        if self.kinds[self.at] != "[":
            return Field(start, end, name, custom_field_id, (), kind == QUOTED)
        properties = self.properties()
        return Field(start, properties[-1].end, name, custom_field_id, properties, kind == QUOTED)

    def custom_field(self) -> tuple[int, int]:
        """Id and end of `cf[10010]`; leaves the closing bracket to the caller."""
        self.at += 1
        self.take("[")
        start, end = self.starts[self.at], self.ends[self.at]
        if self.kinds[self.at] != NUMBER or self.text[start] == "-" or end - start > _LONGEST_ID:
            raise self.error("the number of a custom field")
        self.at += 1
        if self.kinds[self.at] != "]":
            raise self.error("]")
        return int(self.text[start:end]), self.ends[self.at]

    def properties(self) -> tuple[Property, ...]:
        found = []
        while self.kinds[self.at] == "[":
            start = self.starts[self.at]
            self.at += 1
            key = self.name("the key of a property")
            end = self.take("]")
            path = []
            while self.kinds[self.at] in _VALUES:
                path.append(self.name("a path"))
                end = path[-1].end
            found.append(Property(start, end, key, tuple(path)))
        return tuple(found)

    def single(self, expected: str, may_be_empty: bool = True) -> Operand:
        """What stands behind an operator that compares with one thing."""
        at = self.at
        kind = self.kinds[at]
        if kind in _VALUES:
            return self.function() if self.kinds[at + 1] == "(" else self.value()
        if kind == REFERENCE:
            return self.reference()
        if kind == "EMPTY" and may_be_empty:
            return self.empty()
        raise self.error(expected)

    def several(self) -> Operand:
        """What stands behind `IN`."""
        kind = self.kinds[self.at]
        if kind == "(":
            return self.list()
        if kind == REFERENCE:
            return self.reference()
        if kind in _VALUES and self.kinds[self.at + 1] == "(":
            return self.function()
        raise self.error("a list in parentheses or a function")

    def operand(self) -> Operand:
        return self.list() if self.kinds[self.at] == "(" else self.single(_VALUE_IN_LIST)

    def list(self) -> List:
        starts = [self.starts[self.at]]
        open_lists: list[list[Operand]] = [[]]
        self.at += 1
        while True:
            if self.kinds[self.at] == "(":
                starts.append(self.starts[self.at])
                open_lists.append([])
                self.at += 1
                continue
            open_lists[-1].append(self.single(_VALUE_IN_LIST))
            while self.kinds[self.at] == ")":
                done = List(starts.pop(), self.ends[self.at], tuple(open_lists.pop()))
                self.at += 1
                if not open_lists:
                    return done
                open_lists[-1].append(done)
            self.take(",", "a comma or )")

    def function(self) -> Function:
        name = self.value()
        self.take("(")
        arguments: list[Value | Reference] = []
        while self.kinds[self.at] != ")" or arguments:
            if self.kinds[self.at] == REFERENCE:
                arguments.append(self.reference())
            else:
                arguments.append(self.name(_ARGUMENT if arguments else f"{_ARGUMENT} or )"))
            if self.kinds[self.at] == ")":
                break
            self.take(",", "a comma or )")
        return Function(name.start, self.take(")"), name, tuple(arguments))

    def predicates(self, allowed: frozenset[str]) -> tuple[Predicate, ...]:
        found: list[Predicate] = []
        while (kind := self.kinds[self.at]) in _CHANGED_PREDICATES:
            if kind not in allowed:
                raise self.error("a predicate of WAS (AFTER, BEFORE, ON, DURING, BY)")
            start = self.starts[self.at]
            self.at += 1
            operand = self.operand()
            found.append(Predicate(start, operand.end, cast(PredicateName, kind), operand))
        self.predicates_until = self.at
        self.predicates_allowed = ", ".join(name for name in _PREDICATES if name in allowed)
        return tuple(found)

    def name(self, expected: str) -> Value:
        if self.kinds[self.at] not in _VALUES:
            raise self.error(expected)
        return self.value()

    def value(self) -> Value:
        at = self.at
        start, end = self.starts[at], self.ends[at]
        self.at = at + 1
        if self.kinds[at] == QUOTED:
            return Value(start, end, unescape(self.text[start + 1 : end - 1]), True)
        return Value(start, end, unescape(self.text[start:end]), False)

    def reference(self) -> Reference:
        start, end = self.starts[self.at], self.ends[self.at]
        self.at += 1
        name = self.text[start + 1 : end]
        is_metadata = name.startswith("metadata:")
        if is_metadata:
            name = name.removeprefix("metadata:")
        name = unescape(name[1:-1] if name[0] in "\"'" else name)
        if is_metadata:
            return Reference(start, end, "metadata", name)
        return Reference(start, end, "key", "key") if name.lower() == "key" else Reference(start, end, "field", name)

    def empty(self, expected: str = "EMPTY or NULL") -> Empty:
        if self.kinds[self.at] != "EMPTY":
            raise self.error(expected)
        self.at += 1
        return Empty(self.starts[self.at - 1], self.ends[self.at - 1])

    def order_by(self) -> OrderBy:
        start = self.starts[self.at]
        self.at += 1
        self.take("BY", "BY behind ORDER")
        items: list[OrderItem] = []
        while not items or self.kinds[self.at] == ",":
            self.at += 1 if items else 0
            field = self.field()
            kind = self.kinds[self.at]
            if kind in ("ASC", "DESC"):
                items.append(OrderItem(field.start, self.ends[self.at], field, kind == "DESC"))
                self.at += 1
            else:
                items.append(OrderItem(field.start, field.end, field, None))
        return OrderBy(start, items[-1].end, tuple(items), self.text[start : items[-1].end])

    def after_condition(self, end: str) -> str:
        """What may follow a condition: more predicates if it has some, another condition, or the end."""
        joined = f"AND, OR{', ' if ' ' in end else ' or '}{end}"
        return f"{self.predicates_allowed}, {joined}" if self.predicates_until == self.at else joined

    def after_sort(self) -> str:
        """What may follow a field in `ORDER BY`."""
        return "a comma or the end" if self.kinds[self.at - 1] in ("ASC", "DESC") else "ASC, DESC, a comma or the end"

    def take(self, kind: str, expected: str = "") -> int:
        """Go past a token of this kind and answer where it ends."""
        if self.kinds[self.at] != kind:
            raise self.error(expected or kind)
        self.at += 1
        return self.ends[self.at - 1]

    def error(self, expected: str) -> JqlSyntaxError:
        """That something else was expected where the parser stands."""
        at = self.at
        if self.kinds[at] == NOTHING:
            return explain_nothing(self.text, self.starts[at])
        if expected.startswith(_WORDS_EXPECTED) and (self.kinds[at] == RESERVED or self.kinds[at] in KEYWORDS):
            expected += " (in quotes, if this reserved word is meant)"
        return JqlSyntaxError(self.text, self.starts[at], expected, self.ends[at])
