"""Page properties in a body in ADF: the tables of the "details" macro. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from snapshots.json_spans import Json, NotJson, read_json

_INLINE = frozenset({"text", "mention", "emoji", "status", "date", "inlineCard", "placeholder", "inlineExtension"})
"""Nodes that stand in a line; all others stand apart from their neighbours, so that their texts do not run together."""


def iter_tables(body: str) -> Iterator[list[list[tuple[bool, str]]]]:
    """Of each table of page properties the rows, of each row the cells: whether it is a heading, and its text.

    Tables within cells are part of a value. A body that cannot be read has none.
    """
    try:
        document = read_json(body)
    except NotJson:
        return
    for details in _iter_nodes(document, _is_details):
        for table in _iter_nodes(details, lambda node: node.get_text("type") == "table"):
            yield [
                [(cell.get_text("type") == "tableHeader", _shown_text(cell)) for cell in _content(row)]
                for row in _content(table)
                if row.get_text("type") == "tableRow"
            ]


def _is_details(node: Json) -> bool:
    return node.get_text("type") == "bodiedExtension" and node.get_text("attrs", "extensionKey") == "details"


def _content(node: Json) -> list[Json]:
    content = node.get("content")
    return [] if content is None else content.items


def _iter_nodes(outermost: Json, wanted: Callable[[Json], bool]) -> Iterator[Json]:
    """The nodes below that are wanted, in order, and none below those."""
    waiting = list(reversed(_content(outermost)))
    while waiting:
        node = waiting.pop()
        if wanted(node):
            yield node
        else:
            waiting.extend(reversed(_content(node)))


def _shown_text(cell: Json) -> str:
    """What a reader sees in a cell, on one line."""
    texts: list[str] = []
    waiting: list[Json | str] = [cell]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            texts.append(node)
            continue
        kind = node.get_text("type") or ""
        texts.append(_own_text(kind, node))
        if kind not in _INLINE:
            texts.append(" ")
            # Comes back when all below is done.
            waiting.append(" ")
        waiting.extend(reversed(_content(node)))
    return " ".join("".join(texts).split())


def _own_text(kind: str, node: Json) -> str:
    match kind:
        case "text":
            return node.get_text("text") or ""
        case "status" | "placeholder":
            return node.get_text("attrs", "text") or ""
        case "emoji":
            return node.get_text("attrs", "text") or node.get_text("attrs", "shortName") or ""
        case "mention":
            return node.get_text("attrs", "id") or ""
        case "inlineCard":
            return node.get_text("attrs", "url") or ""
        case "date":
            return _day(node)
    return ""


def _day(node: Json) -> str:
    """Milliseconds since 1970, written as text, as the day that Confluence shows."""
    written = node.get_text("attrs", "timestamp") or ""
    if not written.isdecimal() or len(written) > 14:
        return ""
    return datetime.fromtimestamp(int(written) / 1000, tz=UTC).date().isoformat()
