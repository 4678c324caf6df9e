"""Macros in a body in storage format: finding them, and giving an id to those that have none.

A body is XML without a root, with the prefixes ac: and ri: undeclared and HTML's named entities. Macros are
classic (`ac:structured-macro`) or Forge's (`ac:adf-extension`), whose id is the local-id among its parameters.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from html.entities import html5
from xml.parsers import expat

_PREFIX = b"<storage>"
_CLASSIC_START = re.compile(rb"<ac:(?:structured-)?macro\b")


class MalformedBody(Exception):
    """The body is not well-formed; `str()` says where, as Confluence does."""


@dataclass(slots=True)
class Macro:
    """A macro: its name (for Forge the last part of the extension key), id, parameters, inner body, and `source`,
    the whole of it as it is stored."""

    name: str
    macro_id: str
    parameters: dict[str, str] = field(default_factory=dict)
    body: str = ""
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class MacroScan:
    """A body in which every classic macro has an id, and its macros in order."""

    body: str
    macros: list[Macro]


def scan_macros(body: str) -> MacroScan:
    """Find the macros; give a new id to a classic one that has none or whose id was met before in this body.

    Raises MalformedBody.
    """
    scanner = _Scanner(body.encode("utf-8", "surrogatepass"))
    return MacroScan(scanner.settled().decode("utf-8", "surrogatepass"), scanner.macros)


class _Scanner:
    """One pass of expat over a body."""

    def __init__(self, data: bytes) -> None:
        self.macros: list[Macro] = []
        self._data = data
        self._insertions: list[tuple[int, int, str]] = []
        self._ids: set[str] = set()
        self._open: list[tuple[str, Macro | None, int]] = []
        self._text: list[str] = []
        self._fallback_depth = 0
        self._parser = expat.ParserCreate("utf-8")
        # With a foreign DTD, entities that are not declared are reported as skipped instead of being errors.
        self._parser.UseForeignDTD(True)
        self._parser.SkippedEntityHandler = self._skipped
        self._parser.ExternalEntityRefHandler = lambda *_: 1
        self._parser.StartElementHandler = self._started
        self._parser.EndElementHandler = self._ended
        self._parser.CharacterDataHandler = self._text.append
        try:
            self._parser.Parse(_PREFIX + data + b"</storage>", True)
        except expat.ExpatError as error:
            column = error.offset - len(_PREFIX) if error.lineno == 1 else error.offset
            reason = expat.errors.messages[error.code]
            raise MalformedBody(f"Error parsing xhtml: {reason}\n at [row,col]: [{error.lineno},{column}]") from error

    def settled(self) -> bytes:
        """Return the body with the new ids written into the start tags they belong to."""
        data = self._data
        for start, end, macro_id in reversed(self._insertions):
            tag = re.sub(rb'\s+ac:macro-id\s*=\s*("[^"]*"|\'[^\']*\')', b"", data[start:end])
            name = _CLASSIC_START.match(tag)
            assert name is not None
            tag = tag[: name.end()] + f' ac:macro-id="{macro_id}"'.encode() + tag[name.end() :]
            data = data[:start] + tag + data[end:]
        return data

    def _position(self) -> int:
        return self._parser.CurrentByteIndex - len(_PREFIX)

    def _skipped(self, name: str, is_parameter_entity: bool) -> None:
        if f"{name};" not in html5 and not is_parameter_entity:
            raise MalformedBody(f'Error parsing xhtml: Undeclared general entity "{name}"')

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        macro: Macro | None = None
        self._text.clear()
        if name in ("ac:structured-macro", "ac:macro"):
            macro = Macro(attributes.get("ac:name", ""), self._settle_id(attributes.get("ac:macro-id", "")))
            self.macros.append(macro)
        elif name == "ac:adf-extension":
            macro = Macro("", "")
        elif name == "ac:adf-fallback":
            self._fallback_depth += 1
        self._open.append((attributes.get("ac:name", "") or attributes.get("key", ""), macro, self._position()))

    def _settle_id(self, macro_id: str) -> str:
        if macro_id and macro_id not in self._ids:
            self._ids.add(macro_id)
            return macro_id
        macro_id = str(uuid.uuid4())
        self._ids.add(macro_id)
        start = self._position()
        self._insertions.append((start, _end_of_tag(self._data, start), macro_id))
        return macro_id

    def _ended(self, name: str) -> None:
        key, macro, start = self._open.pop()
        if macro is not None:
            macro.source = self._source(start)
        text = "".join(self._text)
        if name == "ac:parameter":
            owner = self._nearest()
            if owner is not None:
                owner.parameters[key] = text
        elif name in ("ac:rich-text-body", "ac:plain-text-body"):
            self._keep_body(name, start, text)
        elif name in ("ac:adf-attribute", "ac:adf-parameter"):
            self._keep_forge(name, key, text)
        elif name == "ac:adf-fallback":
            self._fallback_depth -= 1
        elif name == "ac:adf-extension" and macro is not None and macro.name:
            self.macros.append(macro)
        self._text.clear()

    def _source(self, start: int) -> str:
        """Return the element that starts at `start`; the parser stands at its end tag, or after it when it is empty."""
        end = self._position()
        if self._data[end : end + 2] == b"</":
            end = _end_of_tag(self._data, end)
        return self._data[start:end].decode("utf-8", "replace")

    def _nearest(self) -> Macro | None:
        """Return the innermost macro that is still open."""
        return next((macro for _, macro, _ in reversed(self._open) if macro is not None), None)

    def _keep_body(self, name: str, start: int, text: str) -> None:
        owner = self._nearest()
        if owner is not None and name == "ac:plain-text-body":
            owner.body = text
        elif owner is not None:
            # An empty element ends where it starts.
            owner.body = self._data[_end_of_tag(self._data, start) : self._position()].decode("utf-8", "replace")

    def _keep_forge(self, name: str, key: str, text: str) -> None:
        owner = self._nearest()
        if owner is None or self._fallback_depth:
            return
        parents = [parent for parent, _, _ in self._open]
        if key == "extension-key" and name == "ac:adf-attribute":
            owner.name = text.rsplit("/", 1)[-1]
        elif name == "ac:adf-parameter" and key == "local-id" and parents[-1] == "parameters":
            owner.macro_id = text
        elif name == "ac:adf-parameter" and "guest-params" in parents:
            owner.parameters[key] = text


def _end_of_tag(data: bytes, start: int) -> int:
    """Return the position after the start tag at `start`; a > may stand inside an attribute's value."""
    quote = 0
    for position in range(start, len(data)):
        byte = data[position]
        if quote:
            quote = 0 if byte == quote else quote
        elif byte in b"\"'":
            quote = byte
        elif byte == ord(">"):
            return position + 1
    return len(data)
