"""From text to tokens. One pass; every character belongs to a token or is a blank between two."""

from __future__ import annotations

import re
from typing import NamedTuple

from snapshots.jql.syntax_error import JqlSyntaxError
from snapshots.jql.words import CONTROL_CHARACTERS, ESCAPE, KEYWORDS, RESERVED_WORDS

WORD, NUMBER, QUOTED, REFERENCE, RESERVED = "word", "number", "quoted", "reference", "reserved"
NOTHING, END = "nothing", "end"

_BLANKS = r" \t\r\n"
_SPECIAL = r"""\\"'=!<>()~,\[\]|&"""
_UNUSED_SPECIAL = r"{}*/%+^$#@?;"
_WORD_CHARACTER = rf"[^{_BLANKS}{CONTROL_CHARACTERS}{_SPECIAL}{_UNUSED_SPECIAL}]"
_WORD = rf"(?:{_WORD_CHARACTER}++|{ESCAPE})++"
_DOUBLE = rf'"(?:[^"\\{CONTROL_CHARACTERS}]++|{ESCAPE})*+"'
_SINGLE = rf"'(?:[^'\\{CONTROL_CHARACTERS}]++|{ESCAPE})*+'"

# Possessive quantifiers (`++`, `*+`) never go back over what they took, which makes the whole linear.
_NUMBER = rf"-?[0-9]++(?!{_WORD_CHARACTER}|\\)"
_SIGN = r"!=|!~|<=|>=|&&|\|\||[=~<>(),\[\]!&|]"
_REFERENCE = rf"\$(?:metadata:|(?!metadata:))(?:{_WORD}|{_DOUBLE}|{_SINGLE})"
_TOKEN = re.compile(
    rf"[{_BLANKS}]*+(?:({_NUMBER})|({_WORD})|({_DOUBLE}|{_SINGLE})|({_SIGN})|({_REFERENCE})|(.))?", re.DOTALL
)
_NUMBER_GROUP, _WORD_GROUP, _QUOTED_GROUP, _SIGN_GROUP, _REFERENCE_GROUP, _NOTHING_GROUP = range(1, 7)

_KIND_OF_GROUP = {_NUMBER_GROUP: NUMBER, _QUOTED_GROUP: QUOTED, _REFERENCE_GROUP: REFERENCE, _NOTHING_GROUP: NOTHING}
_KIND_OF_SIGN = {sign: sign for sign in ("!=", "!~", "<=", ">=", "=", "~", "<", ">", "(", ")", ",", "[", "]", "!")} | {
    "&": "AND",
    "&&": "AND",
    "|": "OR",
    "||": "OR",
}
_KIND_OF_WORD = {word: word for word in KEYWORDS} | {"NULL": "EMPTY"} | dict.fromkeys(RESERVED_WORDS, RESERVED)


class Tokens(NamedTuple):
    """Token number `n` is of `kinds[n]` and covers `text[starts[n]:ends[n]]`; the last is `END`, which covers nothing.

    A character that begins no token is of kind `NOTHING`, which the parser accepts nowhere. So of two mistakes the
    first in the text is reported, whichever of the two finds it. Keywords and signs are kinds of their own (`AND`
    also for `&&`). Three lists instead of a list of objects halve the time of the lexer.
    """

    kinds: list[str]
    starts: list[int]
    ends: list[int]


def read_tokens(text: str) -> Tokens:
    kinds: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _TOKEN.finditer(text):
        group = match.lastindex
        if group is None:
            break
        start, end = match.span(group)
        if group == _WORD_GROUP:
            kinds.append(_KIND_OF_WORD.get(match[group].upper(), WORD))
        elif group == _SIGN_GROUP:
            kinds.append(_KIND_OF_SIGN[match[group]])
        else:
            kinds.append(_KIND_OF_GROUP[group])
        starts.append(start)
        ends.append(end)
    kinds.append(END)
    starts.append(len(text))
    ends.append(len(text))
    return Tokens(kinds, starts, ends)


_CONTROL = re.compile(f"[{CONTROL_CHARACTERS}]")


def explain_nothing(text: str, offset: int) -> JqlSyntaxError:
    """Why no token begins at `offset`."""
    character = text[offset]
    if character in "\"'":
        return _explain_string(text, offset)
    if character == "\\":
        return JqlSyntaxError(text, offset, "an escape: one of \\t \\n \\r \\\" \\' \\\\ '\\ ' \\uXXXX")
    if character == "$":
        offset += len("$metadata:" if text.startswith("$metadata:", offset) else "$")
        return JqlSyntaxError(text, offset, "the name of what is to be put in here, in quotes if it has blanks")
    if _CONTROL.match(character):
        return JqlSyntaxError(text, offset, f"\\u{ord(character):04x} inside quotes for this invisible character")
    return JqlSyntaxError(text, offset, f"no {character} outside quotes, where JQL reserves it")


def _explain_string(text: str, offset: int) -> JqlSyntaxError:
    quote = text[offset]
    inside = re.compile(rf"(?:[^{quote}\\{CONTROL_CHARACTERS}]++|{ESCAPE})*+").match(text, offset + 1)
    end = inside.end() if inside else offset + 1
    if end == len(text):
        return JqlSyntaxError(text, end, f"{quote} to close the string that begins at character {offset + 1}")
    if text[end] == "\\":
        return JqlSyntaxError(text, end, "an escape: one of \\t \\n \\r \\\" \\' \\\\ '\\ ' \\uXXXX")
    return JqlSyntaxError(text, end, f"\\u{ord(text[end]):04x} for this invisible character")
