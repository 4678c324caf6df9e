"""Documents as HTML: what `renderedFields` shows."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from atlassian_emulator.jira.document import is_document

_BLOCKS: Final = {
    "paragraph": "p",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
    "blockquote": "blockquote",
    "table": "table",
    "tableRow": "tr",
    "tableHeader": "th",
    "tableCell": "td",
    "panel": "div",
}
_MARKS: Final = {"strong": "b", "em": "em", "code": "tt", "strike": "del", "underline": "ins"}


def document_to_html(value: Any) -> str:
    """HTML of a document; nodes that are not known give their content. An empty text for anything else."""
    if not is_document(value):
        return ""
    pieces: list[str] = []
    # Closing tags wait on the stack as texts: a document may be nested deeper than Python likes to recurse.
    stack: list[Any] = value["content"][::-1]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif isinstance(node, dict):
            _open(node, pieces, stack)
    return "".join(pieces)


def _open(node: dict[str, Any], pieces: list[str], stack: list[Any]) -> None:
    kind, attributes = node.get("type"), node.get("attrs")
    attributes = attributes if isinstance(attributes, dict) else {}
    match kind:
        case "text":
            pieces.append(_marked(escape(str(node.get("text", ""))), node.get("marks")))
            return
        case "hardBreak":
            pieces.append("<br/>")
            return
        case "rule":
            pieces.append("<hr />")
            return
        case "mention" | "emoji" | "status" | "inlineCard":
            shown = attributes.get("text") or attributes.get("shortName") or attributes.get("url") or ""
            pieces.append(escape(str(shown)))
            return
        case "heading":
            tag = f"h{attributes.get('level', 1)}"
        case "codeBlock":
            tag = "pre"
        case _:
            tag = _BLOCKS.get(str(kind), "")
    content = node.get("content")
    if tag:
        pieces.append(f"<{escape(tag)}>")
        stack.append(f"</{escape(tag)}>")
    if isinstance(content, list):
        stack.extend(each for each in content[::-1] if isinstance(each, dict))


def _marked(text: str, marks: Any) -> str:
    for mark in marks if isinstance(marks, list) else ():
        if not isinstance(mark, dict):
            continue
        kind, attributes = mark.get("type"), mark.get("attrs")
        if kind == "link" and isinstance(attributes, dict):
            text = f'<a href="{escape(str(attributes.get("href", "")))}">{text}</a>'
        elif tag := _MARKS.get(str(kind)):
            text = f"<{tag}>{text}</{tag}>"
    return text
