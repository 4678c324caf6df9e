"""What is wrong with a query, and where."""

from __future__ import annotations

import re

from snapshots.errors import InvalidInput

_LINE_END = re.compile(r"\r\n|\r|\n")
_LONGEST_FOUND = 40


class JqlSyntaxError(InvalidInput):
    """A query that nobody can understand.

    `offset` counts characters from 0; `line` and `column` from 1, as people do. `expected` says what should have
    stood there, `found` what did.
    """

    def __init__(self, text: str, offset: int, expected: str, end: int | None = None) -> None:
        before = _LINE_END.split(text[:offset])
        self.offset = offset
        self.line = len(before)
        self.column = len(before[-1]) + 1
        self.expected = expected
        self.found = text[offset : offset + 1 if end is None else end][:_LONGEST_FOUND] or "the end"
        super().__init__(
            f"The JQL cannot be understood at line {self.line}, column {self.column}: expected {expected}, "
            f"found {self.found}."
        )
