"""Marks in a stored body that tie inline comments to the text they are about."""

from __future__ import annotations

import re
from html import escape

_MARKUP = re.compile(
    r"<!\[CDATA\[.*?\]\]>|<ac:parameter\b.*?</ac:parameter>|<ac:adf-extension\b.*?</ac:adf-extension>|<[^>]*>", re.S
)


class NotFoundInText(Exception):
    """The selection does not occur as was said; `str()` is for the answer's message."""


def mark_text(body: str, selection: str, count: int, index: int, reference: str) -> str:
    """Put a marker around occurrence `index` of a text that occurs `count` times, outside of tags and macros' inside.

    Raises NotFoundInText. A selection that reaches over a tag is not found, as it is on the real site with markup.
    """
    wanted = escape(selection, quote=False)
    places: list[int] = []
    position = 0
    for start, end in [*(match.span() for match in _MARKUP.finditer(body)), (len(body), len(body))]:
        while (found := body.find(wanted, position, start)) >= 0:
            places.append(found)
            position = found + len(wanted)
        position = max(position, end)
    if len(places) != count or not 0 <= index < count:
        raise NotFoundInText(
            f"The text selection was found {len(places)} times, and textSelectionMatchCount is {count} with"
            f" textSelectionMatchIndex {index}"
        )
    start, end = places[index], places[index] + len(wanted)
    marked = f'<ac:inline-comment-marker ac:ref="{reference}">{wanted}</ac:inline-comment-marker>'
    return body[:start] + marked + body[end:]
