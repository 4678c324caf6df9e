"""The words of JQL: quoting, escapes, and which words cannot stand unquoted.

Source: Atlassian's "Advanced search reference - JQL fields" and "Reserved words"
(https://support.atlassian.com/jira-software-cloud/docs/use-advanced-search-with-jira-query-language-jql/), and for
characters the behaviour of Jira's own JQL editor, whose grammar the corpus in tests/jql follows.
"""

from __future__ import annotations

import re

# Words with a meaning of their own. `&`, `&&`, `|`, `||` and `!` are spellings of the first three.
KEYWORDS = frozenset(
    """
    AND OR NOT EMPTY NULL IN IS WAS CHANGED CF AFTER BEFORE ON DURING BY FROM TO ORDER ASC DESC
    """.split()  # noqa: SIM905 — read like the list below
)

RESERVED_WORDS = frozenset(
    """
    abort access add alias all alter any as audit avg begin between boolean break byte catch char character check
    checkpoint collate collation column commit connect continue count create current date decimal declare decrement
    default defaults define delete delimiter difference distinct divide do double drop else encoding end equals escape
    exclusive exec execute exists explain false fetch file field first float for function go goto grant greater group
    having identified if immediate increment index initial inner inout input insert int integer intersect intersection
    into isempty isnull join last left less like limit lock long max min minus mode modify modulo more multiply next
    noaudit notin nowait number object of option outer output power previous prior privileges public raise raw
    remainder rename resource return returns revoke right row rowid rownum rows select session set share size sqrt
    start strict string subtract sum synonym table then trans transaction trigger true uid union unique update user
    validate values view when whenever where while with
    """.upper().split()
)

# Unicode's control and "not a character" code points; they may stand in a query only as \\uXXXX. Line ends may stand
# inside quotes.
CONTROL_CHARACTERS = "\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff"
ESCAPE = r"""\\(?:[tnr"'\\ ]|u[0-9a-fA-F]{4})"""

_ESCAPE = re.compile(rf"((?:\\u[0-9a-fA-F]{{4}})+)|{ESCAPE}")
_MUST_BE_ESCAPED = {quote: re.compile(rf"[{quote}\\\n\r{CONTROL_CHARACTERS}]") for quote in "\"'"}
_SHORT_ESCAPES = {"t": "\t", "n": "\n", "r": "\r"}
_SHORT_SPELLINGS = {"\t": r"\t", "\n": r"\n", "\r": r"\r", '"': r"\"", "'": r"\'", "\\": r"\\"}


def quote_jql(value: str, quote: str = '"') -> str:
    """`value` as a JQL string in quotes, double or single ones, whatever characters it holds."""
    return f"{quote}{_MUST_BE_ESCAPED[quote].sub(_spell, value)}{quote}"


def unescape(text: str) -> str:
    """What a word, or the inside of a quoted string, means."""
    return _ESCAPE.sub(_mean, text) if "\\" in text else text


def _spell(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT_SPELLINGS.get(character) or f"\\u{ord(character):04x}"


def _mean(match: re.Match[str]) -> str:
    if match[1] is None:
        return _SHORT_ESCAPES.get(match[0][1], match[0][1])
    # Characters beyond U+FFFF are written as two escapes, a UTF-16 surrogate pair.
    units = bytes.fromhex(match[1].replace("\\u", ""))
    return units.decode("utf-16-be", "surrogatepass")
