"""Words as the search knows them, for CQL's ~: whole words in any case, * and ? for letters, "a phrase" as it is."""

from __future__ import annotations

import functools
import re
import sqlite3
from fnmatch import fnmatchcase
from html import unescape

from atlassian_emulator.confluence.macros import MalformedBody, scan_macros

_WORD = re.compile(r"\w+")
_WANTED = re.compile(r'"([^"]*)"|([\w*?]+)')
_TAG = re.compile(r"<[^>]*>")
_LONGEST_TEXT = 1_000_000


def add_functions(c: sqlite3.Connection) -> None:
    """Let SQL on this connection call cql_matches(text, wanted), cql_plain(body) and cql_holds_macro(body, name)."""
    c.create_function("cql_matches", 2, matches, deterministic=True)
    c.create_function("cql_plain", 1, plain, deterministic=True)
    c.create_function("cql_holds_macro", 2, _holds_macro, deterministic=True)


def matches(text: str, wanted: str) -> bool:
    """Say whether all that is wanted is in the text; nothing wanted is nothing found."""
    terms = _read_terms(wanted)
    words = [_stem(word) for word in _WORD.findall(text[:_LONGEST_TEXT].lower())]
    return bool(terms) and all(_has(words, term) for term in terms)


def plain_words(wanted: str) -> list[str]:
    """Return words that must stand in the text letter for letter, as far as SQLite can look for them."""
    return [word for term in _read_terms(wanted) for word in term if word.isascii() and word.isalnum()]


def plain(body: str) -> str:
    """Return the text of a body in storage format, without its tags."""
    return unescape(_TAG.sub(" ", body))


@functools.lru_cache(maxsize=256)
def _read_terms(wanted: str) -> tuple[tuple[str, ...], ...]:
    """Cut what is wanted into terms: a phrase of several words, or one word."""
    terms: list[tuple[str, ...]] = []
    for phrase, word in _WANTED.findall(wanted.lower()):
        words = _WORD.findall(phrase) if phrase else [word]
        if words:
            terms.append(tuple(_stem(one) for one in words))
    return tuple(terms)


def _stem(word: str) -> str:
    """Make singular and plural one word, which is the least that an English index does."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _has(words: list[str], term: tuple[str, ...]) -> bool:
    if len(term) > 1:
        return any(tuple(words[at : at + len(term)]) == term for at in range(len(words) - len(term) + 1))
    (word,) = term
    if "*" in word or "?" in word:
        return any(fnmatchcase(one, word) for one in words)
    return word in words


def _holds_macro(body: str, name: str) -> bool:
    try:
        return any(macro.name == name for macro in scan_macros(body).macros)
    except MalformedBody:
        return False
