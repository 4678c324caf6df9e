"""Atlassian Document Format: nodes made, text taken out.

A document is a plain JSON value, `{"type": "doc", "version": 1, "content": […]}`. Blocks hold
blocks or inline nodes; a text node may carry marks and is never empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

Node: TypeAlias = dict[str, Any]

_SEPARATORS = dict.fromkeys(("paragraph", "heading", "codeBlock", "tableRow", "rule"), "\n") | {
    "tableCell": " ",
    "tableHeader": " ",
}
"""What follows a block of text."""

_SPEAKING = frozenset({"mention", "emoji", "status", "inlineCard"})
"""Inline nodes whose attributes hold their text."""


def document(blocks: Sequence[Node]) -> Node:
    return {"type": "doc", "version": 1, "content": list(blocks)}


def block(kind: str, content: Sequence[Node], **attributes: Any) -> Node:
    made: Node = {"type": kind}
    if attributes:
        made["attrs"] = attributes
    made["content"] = list(content)
    return made


def text(value: str, marks: Sequence[Node] = ()) -> Node:
    made: Node = {"type": "text", "text": value}
    if marks:
        made["marks"] = list(marks)
    return made


def mark(kind: str, **attributes: Any) -> Node:
    return {"type": kind, "attrs": attributes} if attributes else {"type": kind}


def is_document(value: object) -> bool:
    return isinstance(value, dict) and value.get("type") == "doc" and isinstance(value.get("content"), list)


def plain_text(value: Any) -> str:
    """The words of a document, a line for each block; what text search and change history show."""
    if not is_document(value):
        return value if isinstance(value, str) else ""
    pieces: list[str] = []
    stack: list[Any] = value["content"][::-1]
    while stack:
        node = stack.pop()
        if not isinstance(node, dict):
            pieces.append(node if isinstance(node, str) else "")
            continue
        kind = node.get("type")
        if kind == "text":
            pieces.append(str(node.get("text", "")))
            continue
        if not isinstance(kind, str):
            kind = ""
        if kind in _SPEAKING or kind == "hardBreak":
            pieces.append(_own_text(node, kind))
        if kind in _SEPARATORS:
            stack.append(_SEPARATORS[kind])
        content = node.get("content")
        if isinstance(content, list):
            stack += content[::-1]
    return "\n".join(line for line in map(str.strip, "".join(pieces).splitlines()) if line)


def _own_text(node: Node, kind: str) -> str:
    if kind == "hardBreak":
        return "\n"
    attributes = node.get("attrs")
    if isinstance(attributes, dict):
        return str(attributes.get("text") or attributes.get("shortName") or attributes.get("url") or "")
    return ""
