"""A cell's value → the text a reader sees. Pure.

Rich text arrives as an ADF document (https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/).
A node that is not known here gives the text of what it holds: new kinds of nodes appear, and evidence
must not vanish from view because of that.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

_DEEPEST = 100
"""Documents people write nest less than twenty deep; below this, only the words are gathered."""


def readable_text(value: Any) -> str:
    """The value as text: users and options by name, lists joined by commas, ADF as plain lines."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case {"type": "doc"}:
            return document_text(value)
        case {"accountId": _, "name": str(name)}:
            return name
        case {"author": author, "body": body, "created": created}:
            who = ", ".join(part for part in map(readable_text, (author, created)) if part)
            return f"{who or 'somebody'}: {readable_text(body)}"
        case list():
            # Comments are paragraphs of their own; names of versions or labels fit on one line.
            return ("\n" if any(map(_is_comment, value)) else ", ").join(map(readable_text, value))
        case dict():
            return ", ".join(f"{name}: {readable_text(part)}" for name, part in value.items())
    return msgspec.json.encode(value).decode()


def is_rich_text(value: object) -> bool:
    """Whether the value is an ADF document, or a list of comments with one."""
    match value:
        case {"type": "doc"} | {"body": {"type": "doc"}}:
            return True
        case list():
            return any(map(is_rich_text, value))
    return False


def document_text(document: Mapping[str, Any]) -> str:
    """An ADF document as lines of plain text, without a newline at the end."""
    return _blocks(document, 0).strip("\n")


# A terminal obeys control characters, and a reader sees text in another order than it is stored when
# it holds marks of direction (CVE-2021-42574). Evidence must show both; newline and tab are harmless.
_UNSEEN = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f"
    "\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)


def visible(text: str) -> str:
    """The text with every control character and mark of direction written out, as in `⟨U+202E⟩`."""
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def _is_comment(value: object) -> bool:
    return isinstance(value, dict) and "author" in value and "body" in value


def _children(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = node.get("content")
    return [child for child in content if isinstance(child, dict)] if isinstance(content, list) else []


def _attribute(node: Mapping[str, Any], *names: str) -> str:
    """The first of the node's attributes that says anything."""
    attributes = node.get("attrs")
    if isinstance(attributes, dict):
        for name in names:
            if attributes.get(name) not in (None, ""):
                return str(attributes[name])
    return ""


def _node_text(node: Mapping[str, Any], depth: int) -> str:
    if depth > _DEEPEST:
        return _words_below(node)
    write = _WRITERS.get(str(node.get("type")))
    if write is not None:
        return write(node, depth + 1)
    parts = [str(node.get("text") or ""), _attribute(node, "text", "title"), _blocks(node, depth + 1)]
    return "\n".join(part for part in parts if part)


def _blocks(node: Mapping[str, Any], depth: int) -> str:
    """Children under one another, or in one line where they are parts of a line."""
    children = _children(node)
    between = "" if all(str(child.get("type")) in _INLINE for child in children) else "\n"
    return between.join(_node_text(child, depth) for child in children)


def _words_below(node: Mapping[str, Any]) -> str:
    """All `text` below a node, without recursion."""
    words: list[str] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current.get("text"):
            words.append(str(current["text"]))
        waiting.extend(reversed(_children(current)))
    return " ".join(words)


def _text(node: Mapping[str, Any], depth: int) -> str:
    text = str(node.get("text") or "")
    marks = node.get("marks")
    for mark in marks if isinstance(marks, list) else []:
        if isinstance(mark, dict) and mark.get("type") == "link":
            address = _attribute(mark, "href")
            # Where a link leads is part of what it says, unless its words are the address.
            if address and address != text:
                text = f"{text} ({address})"
    return text


def _list(mark: Callable[[int, Mapping[str, Any]], str]) -> Callable[[Mapping[str, Any], int], str]:
    def write(node: Mapping[str, Any], depth: int) -> str:
        lines = []
        for place, item in enumerate(_children(node)):
            begin = mark(place, node if item.get("type") == "listItem" else item)
            lines.append(begin + _blocks(item, depth).replace("\n", "\n" + " " * len(begin)))
        return "\n".join(lines)

    return write


def _number_of(place: int, node: Mapping[str, Any]) -> str:
    first = _attribute(node, "order")
    return f"{(int(first) if first.isdecimal() else 1) + place}. "


def _box_of(_place: int, item: Mapping[str, Any]) -> str:
    return "[x] " if _attribute(item, "state") in ("DONE", "DECIDED") else "[ ] "


def _table_row(node: Mapping[str, Any], depth: int) -> str:
    return " | ".join(_blocks(cell, depth).replace("\n", " / ") for cell in _children(node))


def _panel(node: Mapping[str, Any], depth: int) -> str:
    return f"{_attribute(node, 'panelType').capitalize() or 'Panel'}: {_blocks(node, depth)}"


def _quote(node: Mapping[str, Any], depth: int) -> str:
    return "> " + _blocks(node, depth).replace("\n", "\n> ")


def _titled(node: Mapping[str, Any], depth: int) -> str:
    return "\n".join(part for part in (_attribute(node, "title"), _blocks(node, depth)) if part)


def _media(node: Mapping[str, Any], _depth: int) -> str:
    return f"[{_attribute(node, 'alt', '__fileName', 'url', 'id') or 'media'}]"


def _date(node: Mapping[str, Any], _depth: int) -> str:
    """ADF keeps a date as milliseconds since 1970 in UTC, in text."""
    moment = _attribute(node, "timestamp")
    try:
        return datetime.datetime.fromtimestamp(int(moment) / 1000, datetime.UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return moment


def _attribute_writer(*names: str) -> Callable[[Mapping[str, Any], int], str]:
    return lambda node, _depth: _attribute(node, *names)


_WRITERS: Mapping[str, Callable[[Mapping[str, Any], int], str]] = {
    "blockCard": _attribute_writer("url"),
    "blockquote": _quote,
    "bulletList": _list(lambda _place, _item: "• "),
    "date": _date,
    "decisionList": _list(_box_of),
    "embedCard": _attribute_writer("url"),
    "emoji": _attribute_writer("text", "shortName"),
    "expand": _titled,
    "hardBreak": lambda _node, _depth: "\n",
    "inlineCard": _attribute_writer("url"),
    "media": _media,
    "mediaInline": _media,
    "mention": _attribute_writer("text", "id"),
    "nestedExpand": _titled,
    "orderedList": _list(_number_of),
    "panel": _panel,
    "placeholder": _attribute_writer("text"),
    "rule": lambda _node, _depth: "———",
    "status": _attribute_writer("text"),
    "tableRow": _table_row,
    "taskList": _list(_box_of),
    "text": _text,
}

_INLINE = frozenset(
    {
        "date",
        "emoji",
        "hardBreak",
        "inlineCard",
        "inlineExtension",
        "mediaInline",
        "mention",
        "placeholder",
        "status",
        "text",
    }
)
