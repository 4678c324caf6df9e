"""Documents to Jira's wiki markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

_SIGNS: Final = {"strong": "*", "em": "_", "strike": "-", "underline": "+"}
_DEEPEST: Final = 100


def document_to_wiki(document: dict[str, Any], name_of: Callable[[str], str]) -> str:
    """Return a document as wiki markup; `name_of` is how markup names the person of an account id."""
    return _Writer(name_of).blocks(_children(document), 0)


def _children(node: Any) -> list[dict[str, Any]]:
    content = node.get("content") if isinstance(node, dict) else None
    return [child for child in content if isinstance(child, dict)] if isinstance(content, list) else []


def _attributes(node: dict[str, Any]) -> dict[str, Any]:
    attributes = node.get("attrs")
    return attributes if isinstance(attributes, dict) else {}


class _Writer:
    def __init__(self, name_of: Callable[[str], str]) -> None:
        self._name_of = name_of

    def blocks(self, nodes: list[dict[str, Any]], depth: int) -> str:
        return "\n\n".join(text for node in nodes if (text := self._block(node, depth)))

    def _block(self, node: dict[str, Any], depth: int) -> str:
        kind, inner = node.get("type"), _children(node)
        if depth > _DEEPEST:
            return ""
        match kind:
            case "heading":
                return f"h{_attributes(node).get('level', 1)}. {self._line(inner)}"
            case "bulletList" | "orderedList" | "taskList" | "decisionList":
                return "\n".join(self._items(node, ""))
            case "codeBlock":
                language = _attributes(node).get("language")
                text = "".join(str(child.get("text", "")) for child in inner)
                return f"{{code:{language}}}\n{text}\n{{code}}" if language else f"{{code}}\n{text}\n{{code}}"
            case "blockquote":
                return f"{{quote}}\n{self.blocks(inner, depth + 1)}\n{{quote}}"
            case "panel" | "expand" | "nestedExpand":
                title = _attributes(node).get("title")
                opening = f"{{panel:title={title}}}" if title else "{panel}"
                return f"{opening}\n{self.blocks(inner, depth + 1)}\n{{panel}}"
            case "table":
                return "\n".join(self._row(row, depth) for row in inner)
            case "rule":
                return "----"
            case "paragraph":
                return self._line(inner)
            case _:
                text = self._inline(node)
                return text or self.blocks(inner, depth + 1)

    def _items(self, node: dict[str, Any], signs: str) -> list[str]:
        signs += "#" if node.get("type") == "orderedList" else "*"
        lines: list[str] = []
        for item in _children(node):
            own = [child for child in _children(item) if child.get("type") not in ("bulletList", "orderedList")]
            text = self._line(own) if all(child.get("type") == "text" for child in own) else self.blocks(own, 0)
            # A blank line would end the list.
            lines.append(f"{signs} " + text.replace("\n\n", "\n"))
            if len(signs) < _DEEPEST:
                for child in _children(item):
                    if child not in own:
                        lines += self._items(child, signs)
        return lines

    def _row(self, row: dict[str, Any], depth: int) -> str:
        cells = _children(row)
        sign = "|"
        line = ""
        for cell in cells:
            sign = "||" if cell.get("type") == "tableHeader" else "|"
            line += sign + (self.blocks(_children(cell), depth + 1).replace("\n\n", "\n") or " ")
        return line + sign

    def _line(self, nodes: list[dict[str, Any]]) -> str:
        return "".join(self._inline(node) for node in nodes)

    def _inline(self, node: dict[str, Any]) -> str:
        attributes = _attributes(node)
        match node.get("type"):
            case "text":
                return _marked(str(node.get("text", "")), node.get("marks"))
            case "hardBreak":
                return "\n"
            case "mention":
                account_id = str(attributes.get("id", ""))
                return f"[~{self._name_of(account_id)}]" if account_id else ""
            case "emoji":
                return str(attributes.get("text") or attributes.get("shortName") or "")
            case "status":
                return f"{{color}}{attributes.get('text', '')}{{color}}"
            case "inlineCard" | "blockCard" | "embedCard":
                return f"[{attributes.get('url', '')}]"
            case _:
                return ""


def _marked(text: str, marks: Any) -> str:
    for mark in marks if isinstance(marks, list) else ():
        if not isinstance(mark, dict):
            continue
        kind, attributes = str(mark.get("type")), _attributes(mark)
        if kind == "code":
            text = f"{{{{{text}}}}}"
        elif kind == "link":
            address = str(attributes.get("href", ""))
            text = f"[{address}]" if address == text else f"[{text}|{address}]"
        elif kind == "subsup":
            sign = "^" if attributes.get("type") == "sup" else "~"
            text = f"{sign}{text}{sign}"
        elif kind in _SIGNS and text.strip() == text:
            text = f"{_SIGNS[kind]}{text}{_SIGNS[kind]}"
    return text
