"""Storage format and Atlassian's Document Format (ADF), converted into each other.

What both know: paragraphs, headings, lists, rules, code, quotes, tables, links, the usual marks, classic and
Forge macros. What only one knows is kept as the text in it.
"""

from __future__ import annotations

from html import escape, unescape
from typing import Any
from xml.parsers import expat

from atlassian_emulator.confluence.extensions import ExtensionReader, extension_storage

_BLOCK_OF_NODE = {
    "paragraph": "p",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
    "blockquote": "blockquote",
    "tableRow": "tr",
    "tableHeader": "th",
    "tableCell": "td",
}
_NODE_OF_BLOCK = {tag: node for node, tag in _BLOCK_OF_NODE.items()}
_TAG_OF_MARK = {"strong": "strong", "em": "em", "code": "code", "underline": "u", "strike": "del"}
_MARK_OF_TAG = {**{tag: mark for mark, tag in _TAG_OF_MARK.items()}, "b": "strong", "i": "em", "s": "strike"}
_CLASSIC = "com.atlassian.confluence.macro.core"
_IN_EXTENSION = ("ac:adf-node", "ac:adf-attribute", "ac:adf-parameter")
# Where ADF keeps the plain text in a classic macro.
_PLAIN_BODY = "__bodyContent"
_DEEPEST = 100


def storage_from_adf(document: Any) -> str:
    """Return a document as storage format; ValueError when it is not an ADF document."""
    if not isinstance(document, dict) or document.get("type") != "doc":
        raise ValueError("it is not an ADF document: type is not 'doc'")
    return "".join(_storage_of(node, 0) for node in _children(document))


def _children(node: dict[str, Any]) -> list[dict[str, Any]]:
    content = node.get("content", [])
    if not isinstance(content, list) or not all(isinstance(child, dict) for child in content):
        raise ValueError("content must be a list of nodes")
    return content


def _attributes(node: dict[str, Any]) -> dict[str, Any]:
    attributes = node.get("attrs") or {}
    if not isinstance(attributes, dict):
        raise ValueError("attrs must be an object")
    return attributes


def _storage_of(node: dict[str, Any], depth: int) -> str:
    if depth > _DEEPEST:
        raise ValueError("nodes are nested too deep")
    kind = node.get("type")
    if kind == "text":
        return _marked_text(node)
    if kind == "hardBreak":
        return "<br />"
    if kind == "rule":
        return "<hr />"
    inner = "".join(_storage_of(child, depth + 1) for child in _children(node))
    if kind in ("extension", "inlineExtension", "bodiedExtension"):
        return _macro_of(node, inner)
    if kind == "heading":
        level = _attributes(node).get("level", 1)
        return f"<h{level}>{inner}</h{level}>" if level in range(1, 7) else inner
    if kind == "codeBlock":
        language = str(_attributes(node).get("language") or "")
        row = f'<ac:parameter ac:name="language">{escape(language, quote=False)}</ac:parameter>' if language else ""
        code = f"{row}<ac:plain-text-body>{_cdata(unescape(inner))}</ac:plain-text-body>"
        return f'<ac:structured-macro ac:name="code" ac:schema-version="1">{code}</ac:structured-macro>'
    if kind == "table":
        return f"<table><tbody>{inner}</tbody></table>"
    tag = _BLOCK_OF_NODE.get(str(kind))
    return f"<{tag}>{inner}</{tag}>" if tag else inner


def _marked_text(node: dict[str, Any]) -> str:
    text = escape(str(node.get("text", "")), quote=False)
    marks = node.get("marks") or []
    if not isinstance(marks, list) or not all(isinstance(mark, dict) for mark in marks):
        raise ValueError("marks must be a list of marks")
    for mark in marks:
        if mark.get("type") == "link":
            text = f'<a href="{escape(str(_attributes(mark).get("href", "")))}">{text}</a>'
        elif mark.get("type") in _TAG_OF_MARK:
            tag = _TAG_OF_MARK[mark["type"]]
            text = f"<{tag}>{text}</{tag}>"
    return text


def _macro_of(node: dict[str, Any], inner: str) -> str:
    attributes = _attributes(node)
    key = str(attributes.get("extensionKey", ""))
    given = attributes.get("parameters")
    parameters: dict[str, Any] = given if isinstance(given, dict) else {}
    if attributes.get("extensionType") != _CLASSIC:
        return extension_storage(str(node["type"]), attributes, inner)
    given = parameters.get("macroParams")
    values = dict(given) if isinstance(given, dict) else {}
    plain = values.pop(_PLAIN_BODY, None)
    metadata = parameters.get("macroMetadata") or {}
    identified = metadata.get("macroId") if isinstance(metadata, dict) else None
    macro_id = _value_of(identified) if identified else ""
    rows = "".join(
        f'<ac:parameter ac:name="{escape(str(name))}">{escape(_value_of(value), quote=False)}</ac:parameter>'
        for name, value in values.items()
    )
    identity = f' ac:macro-id="{escape(str(macro_id))}"' if macro_id else ""
    if attributes.get("localId"):
        identity = f' ac:local-id="{escape(str(attributes["localId"]))}"{identity}'
    body = f"<ac:rich-text-body>{inner}</ac:rich-text-body>" if inner else ""
    if plain is not None:
        body = f"<ac:plain-text-body>{_cdata(_value_of(plain))}</ac:plain-text-body>"
    start = f'<ac:structured-macro ac:name="{escape(key)}" ac:schema-version="1"{identity}>'
    return f"{start}{rows}{body}</ac:structured-macro>"


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _value_of(value: Any) -> str:
    return str(value.get("value", "")) if isinstance(value, dict) else str(value)


def adf_from_storage(storage: str) -> dict[str, Any]:
    """Return a stored body as an ADF document."""
    return {"type": "doc", "version": 1, "content": _Reader(storage).blocks}


class _Reader:
    """Builds nodes from a pass of expat; the stack holds the lists that children are added to."""

    def __init__(self, storage: str) -> None:
        self.blocks: list[dict[str, Any]] = []
        self._stack: list[tuple[str, list[dict[str, Any]]]] = [("", self.blocks)]
        self._marks: list[dict[str, Any]] = []
        self._macro: dict[str, Any] | None = None
        self._extension: ExtensionReader | None = None
        self._keys: list[str] = []
        self._skipped_depth = 0
        parser = expat.ParserCreate("utf-8")
        parser.UseForeignDTD(True)
        parser.ExternalEntityRefHandler = lambda *_: 1
        parser.SkippedEntityHandler = lambda name, _: self._text(unescape(f"&{name};"))
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.Parse(b"<storage>" + storage.encode() + b"</storage>", True)

    def _add(self, node: dict[str, Any]) -> None:
        self._stack[-1][1].append(node)

    def _open(self, name: str, node: dict[str, Any]) -> None:
        self._add(node)
        self._stack.append((name, node.setdefault("content", [])))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        parameter = attributes.get("ac:name", "") if name == "ac:parameter" else ""
        self._keys.append(_PLAIN_BODY if name == "ac:plain-text-body" else parameter)
        if name == "ac:adf-fallback":
            self._skipped_depth += 1
        elif self._skipped_depth:
            return
        elif name == "ac:adf-extension":
            self._extension = ExtensionReader()
            self._open(name, {"type": "extension"})
        elif self._extension is not None and name in _IN_EXTENSION:
            self._extension.start(name, attributes)
        elif name == "ac:structured-macro":
            self._start_macro(name, attributes)
        elif name in _MARK_OF_TAG:
            self._marks.append({"type": _MARK_OF_TAG[name]})
        elif name == "a":
            self._marks.append({"type": "link", "attrs": {"href": attributes.get("href", "")}})
        elif name in ("br", "hr"):
            self._add({"type": "hardBreak" if name == "br" else "rule"})
        elif name in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self._open(name, {"type": "heading", "attrs": {"level": int(name[1])}})
        elif name == "table":
            self._open(name, {"type": "table"})
        elif name in _NODE_OF_BLOCK:
            self._open(name, {"type": _NODE_OF_BLOCK[name]})

    def _start_macro(self, name: str, attributes: dict[str, str]) -> None:
        metadata = {
            "macroId": {"value": attributes.get("ac:macro-id", "")},
            "schemaVersion": {"value": attributes.get("ac:schema-version", "1")},
        }
        parameters = {"macroParams": {}, "macroMetadata": metadata}
        attrs = {"extensionType": _CLASSIC, "extensionKey": attributes.get("ac:name", ""), "parameters": parameters}
        if "ac:local-id" in attributes:
            attrs["localId"] = attributes["ac:local-id"]
        # A macro among the words of a paragraph is a node of its line.
        kind = "inlineExtension" if self._stack[-1][0] in ("p", "h1", "h2", "h3", "h4", "h5", "h6") else "extension"
        self._macro = {"type": kind, "attrs": attrs}
        self._open(name, self._macro)

    def _end(self, name: str) -> None:
        self._keys.pop()
        if name == "ac:adf-fallback":
            self._skipped_depth -= 1
        elif self._skipped_depth:
            return
        elif name in _MARK_OF_TAG or name == "a":
            self._marks.pop()
        elif self._extension is not None and name in _IN_EXTENSION:
            self._extension.end(name)
        elif self._stack[-1][0] == name and len(self._stack) > 1:
            _, content = self._stack.pop()
            if name in ("ac:structured-macro", "ac:adf-extension"):
                self._end_macro(content)

    def _end_macro(self, content: list[dict[str, Any]]) -> None:
        node = self._stack[-1][1][-1]
        if self._extension is not None:
            node |= {"type": self._extension.node_type, "attrs": self._extension.attrs()}
            self._extension = None
        elif content:
            node["type"] = "bodiedExtension"
        if not content:
            del node["content"]
        self._macro = None
        if node["attrs"]["extensionKey"] == "code" and node["attrs"]["extensionType"] == _CLASSIC:
            self._stack[-1][1][-1] = _code_block(node["attrs"]["parameters"]["macroParams"])

    def _text(self, text: str) -> None:
        if self._skipped_depth:
            return
        if self._extension is not None and self._extension.text(text):
            return
        if self._macro is not None and self._keys[-1]:
            parameters = self._macro["attrs"]["parameters"]["macroParams"]
            # Expat hands a text over in pieces.
            parameters.setdefault(self._keys[-1], {"value": ""})["value"] += text
        elif text.strip() or self._stack[-1][0] in ("p", "li", "td", "th", *_MARK_OF_TAG):
            self._add_text(text)

    def _add_text(self, text: str) -> None:
        node: dict[str, Any] = {"type": "text", "text": text}
        if self._marks:
            node["marks"] = list(self._marks)
        before = self._stack[-1][1][-1:]
        # Expat hands a text over in pieces, at entities for instance.
        if before and {**before[0], "text": ""} == {**node, "text": ""}:
            before[0]["text"] += text
        else:
            self._add(node)


def _code_block(parameters: dict[str, Any]) -> dict[str, Any]:
    """The code macro is a node of its own in ADF."""
    text = parameters.get(_PLAIN_BODY, {}).get("value", "")
    node: dict[str, Any] = {"type": "codeBlock", "content": [{"type": "text", "text": text}] if text else []}
    if "language" in parameters:
        node["attrs"] = {"language": parameters["language"]["value"]}
    return node
