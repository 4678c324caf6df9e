"""How a word is written in the place of another one, in the style of what stood there."""

from __future__ import annotations

import re

from snapshots.jql.lexer import END, NUMBER, WORD, read_tokens
from snapshots.jql.words import quote_jql, unescape

_NUMBER = re.compile(r"-?[0-9]+")


def respell(written: str, word: str) -> str:
    """`word` in the place of what was `written` there: in the same quotes, or in none where JQL allows that.

    A word that reads as a number would become an id; it stays bare only where a number stood.
    """
    if written[:1] in ("'", '"'):
        return quote_jql(word, written[0])
    kind = bare_kind(word)
    if kind == WORD or (kind == NUMBER and is_number(written)):
        return word
    return quote_jql(word)


def word_of(written: str) -> str:
    """The word that is meant by what is written: without its quotes and escapes."""
    quoted = len(written) > 1 and written[0] in ("'", '"') and written[-1] == written[0]
    return unescape(written[1:-1] if quoted else written)


def is_number(written: str) -> bool:
    """Whether a word, as it is written, is a number to JQL."""
    return _NUMBER.fullmatch(written) is not None


def bare_kind(word: str) -> str | None:
    """`WORD` or `NUMBER` if the word means itself without quotes, `None` if it cannot stand so."""
    kinds, starts, ends = read_tokens(word)
    alone = len(kinds) == 2 and kinds[1] == END and (starts[0], ends[0]) == (0, len(word))
    return kinds[0] if alone and kinds[0] in (WORD, NUMBER) and unescape(word) == word else None
