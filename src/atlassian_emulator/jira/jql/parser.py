"""JQL text to syntax tree, by recursive descent.

Written by hand rather than from a grammar, because half of what a query author sees of a parser
is its refusals, and Jira's own sentences depend on what was expected where. Only parentheses
recurse: chains of AND, OR and NOT are loops.
"""

from __future__ import annotations

from typing import Final

from atlassian_emulator.jira.jql.lexer import (
    HISTORY_KEYWORDS,
    KEYWORDS,
    RESERVED_WORDS,
    Token,
    place_of,
    tokenize,
)
from atlassian_emulator.jira.jql.syntax import (
    Clause,
    Empty,
    FieldName,
    FunctionCall,
    HistoryClause,
    JqlSyntaxError,
    Junction,
    ListOf,
    Node,
    Not,
    Operand,
    Predicate,
    Query,
    Single,
    Sort,
    Value,
)

MAXIMUM_DEPTH: Final = 100
MAXIMUM_SORTS: Final = 7
_OPERATORS: Final = ("=", "!=", "<", ">", "<=", ">=", "~", "!~")
_VALID_OPERATORS: Final = (
    "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'."
)
_PREDICATES: Final = ("after", "before", "on", "during", "by", "from", "to")


def parse(text: str) -> Query:
    """The query that `text` holds; empty text is the query without conditions. Raises `JqlSyntaxError`."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._at = 0
        self._depth = 0

    def query(self) -> Query:
        where = None
        if self._here.kind != "end" and not self._is_order_by():
            where = self._find_lone_text() or self._either()
        order_by = self._order_by() if self._is_order_by() else ()
        if self._here.kind != "end":
            raise self._refuse("Expecting either 'OR' or 'AND' but got '{}'.")
        return Query(where, order_by)

    # -- reading tokens ------------------------------------------------------------------------

    @property
    def _here(self) -> Token:
        return self._tokens[self._at]

    def _peek(self, ahead: int = 1) -> Token:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._here
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _take_if(self, *words: str) -> bool:
        found = self._here.is_word(*words) or self._here.kind in words
        if found:
            self._take()
        return found

    def _refuse(self, sentence: str, at_end: str | None = None) -> JqlSyntaxError:
        """The error for the token here; `{}` in `sentence` becomes its text."""
        if self._here.kind == "end":
            return JqlSyntaxError(at_end or sentence.replace(" but got '{}'", " before the end of the query"))
        return JqlSyntaxError(sentence.replace("{}", self._here.text), place_of(self._text, self._here.start))

    # -- conditions ----------------------------------------------------------------------------

    def _find_lone_text(self) -> Node | None:
        """A query of one word or string alone is a search for that text, as in Jira's search field."""
        after = self._peek()
        alone = after.kind == "end" or (after.is_word("order") and self._peek(2).is_word("by"))
        if not alone or self._here.kind not in ("word", "string") or self._is_reserved(self._here):
            return None
        token = self._take()
        return Clause(FieldName("text", "text"), "~", Value(token.text, token.raw))

    def _either(self) -> Node:
        parts = [self._both()]
        while self._take_if("or", "|"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Junction("or", tuple(parts))

    def _both(self) -> Node:
        parts = [self._negatable()]
        while self._take_if("and", "&"):
            parts.append(self._negatable())
        return parts[0] if len(parts) == 1 else Junction("and", tuple(parts))

    def _negatable(self) -> Node:
        negated = False
        while self._take_if("not", "!"):
            negated = not negated
        node = self._group() if self._here.kind == "(" else self._clause()
        return Not(node) if negated else node

    def _group(self) -> Node:
        self._take()
        self._depth += 1
        if self._depth > MAXIMUM_DEPTH:
            raise self._refuse("The query nests more than 100 parentheses, at '{}'.")
        node = self._either()
        self._close()
        self._depth -= 1
        return node

    def _close(self) -> None:
        if not self._take_if(")"):
            raise self._refuse("Expecting ')' but got '{}'.")

    def _clause(self) -> Node:
        name = self._field_name()
        if self._here.is_word("was", "changed"):
            return self._history(name)
        operator = self._operator()
        return Clause(name, operator, self._operand())

    def _field_name(self) -> FieldName:
        start = self._here.start
        if self._here.is_word("cf") and self._peek().kind == "[":
            self._take()
            self._take()
            number = self._take()
            if not number.text.isdigit() or not self._take_if("]"):
                raise JqlSyntaxError(
                    f"Expecting a number in 'cf[...]' but got '{number.text}'.", place_of(self._text, number.start)
                )
            return FieldName(f"cf[{number.text}]", self._text[start : self._tokens[self._at - 1].end])
        if self._here.kind not in ("word", "string") or self._here.is_word(*KEYWORDS):
            raise self._refuse(
                "Expecting a field name but got '{}'. You must surround '{}' in quotation marks to use it "
                "as a field name.",
                "Expecting a field name at the end of the query.",
            )
        self._check_reserved()
        token = self._take()
        return FieldName(token.text, token.raw)

    def _operator(self) -> str:
        token = self._here
        if token.kind in _OPERATORS:
            return self._take().kind
        if self._take_if("in"):
            return "in"
        if token.is_word("not") and self._peek().is_word("in"):
            self._take()
            self._take()
            return "not in"
        if self._take_if("is"):
            return "is not" if self._take_if("not") else "is"
        raise self._refuse(
            "Expecting operator but got '{}'. " + _VALID_OPERATORS,
            "Expecting operator before the end of the query. " + _VALID_OPERATORS,
        )

    def _operand(self) -> Operand:
        if self._here.kind != "(":
            return self._single()
        start = self._take().start
        items = [self._single()]
        while self._take_if(","):
            items.append(self._single())
        self._close()
        return ListOf(tuple(items), self._text[start : self._tokens[self._at - 1].end])

    def _single(self) -> Single:
        if self._here.is_word("empty", "null"):
            return Empty(self._take().raw)
        if self._here.kind not in ("word", "string") or self._here.is_word(*KEYWORDS):
            raise self._refuse(
                "Expecting either a value, list or function but got '{}'. You must surround '{}' in quotation marks "
                "to use it as a value.",
                "Expecting either a value, list or function before the end of the query.",
            )
        if self._peek().kind == "(":
            return self._function()
        self._check_reserved()
        token = self._take()
        return Value(token.text, token.raw)

    def _function(self) -> FunctionCall:
        name = self._take()
        self._take()
        arguments: list[str] = []
        while self._here.kind != ")":
            if self._here.kind not in ("word", "string"):
                raise self._refuse("Expecting ')' but got '{}'.")
            arguments.append(self._take().text)
            if not self._take_if(",") and self._here.kind != ")":
                raise self._refuse("Expecting ')' but got '{}'.")
        self._close()
        return FunctionCall(name.text, tuple(arguments), self._text[name.start : self._tokens[self._at - 1].end])

    def _history(self, name: FieldName) -> HistoryClause:
        word = self._take().text.lower()
        operand: Operand | None = None
        if word == "was":
            negation = " not" if self._take_if("not") else ""
            word += negation + (" in" if self._take_if("in") else "")
            operand = self._operand()
        predicates: list[Predicate] = []
        while self._here.is_word(*_PREDICATES):
            predicates.append(Predicate(self._take().text.lower(), self._operand()))
        return HistoryClause(name, word, operand, tuple(predicates))

    def _is_reserved(self, token: Token) -> bool:
        return token.kind == "word" and token.text.lower() in (RESERVED_WORDS | KEYWORDS | HISTORY_KEYWORDS)

    def _check_reserved(self) -> None:
        if self._here.is_word(*RESERVED_WORDS):
            raise self._refuse(
                "'{}' is a reserved JQL word. You must surround it in quotation marks to use it in a query."
            )

    # -- order ---------------------------------------------------------------------------------

    def _is_order_by(self) -> bool:
        return self._here.is_word("order") and self._peek().is_word("by")

    def _order_by(self) -> tuple[Sort, ...]:
        self._take()
        self._take()
        sorts = [self._sort()]
        while self._take_if(","):
            sorts.append(self._sort())
        if self._here.kind != "end":
            raise self._refuse("Expecting ',' or the end of the query but got '{}'.")
        if len(sorts) > MAXIMUM_SORTS:
            raise JqlSyntaxError(f"The maximum number of fields in 'ORDER BY' is {MAXIMUM_SORTS}.")
        return tuple(sorts)

    def _sort(self) -> Sort:
        name = self._field_name()
        direction = self._take().text.lower() if self._here.is_word("asc", "desc") else None
        return Sort(name, direction)
