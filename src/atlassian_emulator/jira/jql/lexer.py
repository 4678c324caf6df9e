"""Cuts JQL text into tokens, and refuses what Jira's own lexer refuses, in its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from atlassian_emulator.jira.jql.syntax import JqlSyntaxError

RESERVED_CHARACTERS: Final = frozenset("{}*/%+$#@?;^`")
"""May not stand in an unquoted word."""

_RESERVED_WORDS = """
abort access add after alias all alter and any are as asc at audit avg be before begin between boolean break
by byte catch cf char character check checkpoint collate collation column commit connect continue count create
current date decimal declare default defaults define delete delimiter desc difference distinct divide do
double drop else empty encoding end equals escape exclusive exec execute exists explain false fetch file field
first float for from function go goto grant greater group having identified if immediate in increment index
initial inner inout input insert int integer intersect intersection into is isempty isnull it join last left
less like limit lock long max min minus mode modify modulo more multiply next no noaudit not notin nowait null
number object of on option or order outer output power previous prior privileges public raise raw remainder
rename resource return returns revoke right row rowid rownum rows select session set share size sqrt start
strict string subtract such sum synonym table that the their then there these they this to trans transaction
trigger true uid union unique update user validate values view was when whenever where while with
"""
RESERVED_WORDS: Final = frozenset(_RESERVED_WORDS.split())

KEYWORDS: Final = frozenset({"and", "or", "not", "in", "is", "empty", "null", "order", "by", "asc", "desc"})
HISTORY_KEYWORDS: Final = frozenset({"was", "changed", "after", "before", "on", "during", "from", "to"})

_SPACE = re.compile(r"\s+")
_OPERATOR = re.compile(r"!=|!~|<=|>=|&&|\|\||[=<>~!&|(),\[\]]")
_WORD = re.compile(r"(?:[^\s=!<>~&|(),\[\]'\"{}*/%+$#@?;^`\\]|\\.)+")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_SIMPLE_ESCAPES: Final = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\", "'": "'", '"': '"', " ": " "}


@dataclass(frozen=True)
class Token:
    """`kind` is `word`, `string`, `end`, or the operator itself; `text` is unescaped, `raw` is as typed."""

    kind: str
    text: str
    raw: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


def tokenize(text: str) -> list[Token]:
    """All tokens, closed by one of kind `end`. Raises `JqlSyntaxError`."""
    tokens: list[Token] = []
    at = 0
    while True:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        if at >= len(text):
            tokens.append(Token("end", "", "", at, at))
            return tokens
        token = _read_string(text, at) if text[at] in "'\"" else _read_bare(text, at)
        tokens.append(token)
        at = token.end


def place_of(text: str, offset: int) -> tuple[int, int]:
    """Line and character, both from 1, as Jira counts them."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _read_bare(text: str, start: int) -> Token:
    operator = _OPERATOR.match(text, start)
    if operator:
        kind = {"&&": "&", "||": "|"}.get(operator[0], operator[0])
        return Token(kind, operator[0], operator[0], start, operator.end())
    word = _WORD.match(text, start)
    if word is None or (word.end() < len(text) and text[word.end()] in RESERVED_CHARACTERS):
        at = start if word is None else word.end()
        character = text[at]
        raise JqlSyntaxError(
            f"The character '{character}' is a reserved JQL character. You must enclose it in a string "
            f"or use the escape '\\u{ord(character):04x}' instead.",
            place_of(text, at),
        )
    return Token("word", _unescape(text, word[0], start), word[0], start, word.end())


def _read_string(text: str, start: int) -> Token:
    quote = text[start]
    at = start + 1
    while at < len(text) and text[at] != quote:
        at += 2 if text[at] == "\\" else 1
    if at >= len(text):
        begun = text[start + 1 :]
        raise JqlSyntaxError(f"The quoted string '{begun}' has not been completed.", place_of(text, start))
    raw = text[start : at + 1]
    return Token("string", _unescape(text, raw[1:-1], start + 1), raw, start, at + 1)


def _unescape(text: str, raw: str, start: int) -> str:
    if "\\" not in raw:
        return raw

    def plain(found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        if found[2] not in _SIMPLE_ESCAPES:
            raise JqlSyntaxError(
                f"'{found[0]}' is an illegal JQL escape sequence. The valid escape sequences are "
                "\\', \\\", \\t, \\n, \\r, \\\\, '\\ ' and \\uXXXX.",
                place_of(text, start + found.start()),
            )
        return _SIMPLE_ESCAPES[found[2]]

    # Half of a surrogate pair is no character, and no database would take it.
    return _ESCAPE.sub(plain, raw).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
