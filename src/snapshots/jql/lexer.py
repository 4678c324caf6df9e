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

_SIGN = r"!=|!~|<=|>=|&&|\|\||[=~<>(),\[\]!&|]"
_REFERENCE = rf"\$(?:metadata:|(?!metadata:))(?:{_WORD}|{_DOUBLE}|{_SINGLE})"

# Blanks, a token, or else a character that begins none. Possessive quantifiers (`++`, `*+`) never go back over what
# they took, which makes the whole linear.
_TOKEN = re.compile(
    rf"([{_BLANKS}]*+)(?:({_WORD}|{_SIGN}|{_DOUBLE}|{_SINGLE}|{_REFERENCE})|(.))?",
    re.DOTALL,
)
_NUMBER = re.compile(r"-?[0-9]++")

_KEYWORD_KINDS = {word: word for word in KEYWORDS} | {"NULL": "EMPTY"} | dict.fromkeys(RESERVED_WORDS, RESERVED)
# Signs, and the two spellings of keywords that nearly everybody uses.
_KINDS_BY_TEXT = (
    {sign: sign for sign in ("!=", "!~", "<=", ">=", "=", "~", "<", ">", "(", ")", ",", "[", "]", "!")}
    | {"&": "AND", "&&": "AND", "|": "OR", "||": "OR"}
    | {spelled: kind for word, kind in _KEYWORD_KINDS.items() for spelled in (word, word.lower())}
)


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
    at = 0
    # `findall` makes no match objects, which takes a third off; the offsets follow from the lengths.
    for blanks, token, nothing in _TOKEN.findall(text):
        at += len(blanks)
        starts.append(at)
        if token:
            kinds.append(_KINDS_BY_TEXT.get(token) or _kind_of(token))
            at += len(token)
            ends.append(at)
        else:
            kinds.append(NOTHING if nothing else END)
            at += len(nothing)
            ends.append(at)
            if not nothing:
                break
    return Tokens(kinds, starts, ends)


def _kind_of(token: str) -> str:
    first = token[0]
    if first in "\"'":
        return QUOTED
    if first == "$":
        return REFERENCE
    if first in "-0123456789" and _NUMBER.fullmatch(token):
        return NUMBER
    # In Unicode some letters beyond ASCII have upper cases in it: ı and ſ would make keywords of ıs and ſet.
    return _KEYWORD_KINDS.get(token.upper(), WORD) if token.isascii() else WORD


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
