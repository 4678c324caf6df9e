"""Parameters of a macro: elements with a key and a text, below a holder. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from snapshots.atlassian.macro.storage import Edit, Element
from snapshots.errors import InvalidInput

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 has no way to write."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one form of macro writes a parameter."""

    tag: str
    key: str

    def write(self, name: str, text: str) -> str:
        return f"<{self.tag} {self.key}={quoteattr(name)}>{escape_text(text)}</{self.tag}>"


CLASSIC = Spelling("ac:parameter", "ac:name")
FORGE = Spelling("ac:adf-parameter", "key")


@dataclass(frozen=True, slots=True)
class Holder:
    """The element that holds parameters, or that will hold the one named `inside`, which will hold them."""

    element: Element
    spelling: Spelling
    inside: str | None = None

    def find(self, name: str) -> Element | None:
        """The parameter of this name; where there are several, the first, as Confluence reads them."""
        if self.inside is not None:
            return None
        return find_parameter(self.element, self.spelling, name)

    def read(self, name: str) -> str | None:
        """The text of a parameter; `None` when there is none."""
        parameter = self.find(name)
        return None if parameter is None else parameter.text()


def find_parameter(element: Element, spelling: Spelling, *path: str) -> Element | None:
    """The parameter at the end of the path of names, each directly below the one before."""
    current: Element | None = element
    for name in path:
        if current is None:
            return None
        siblings = current.children(spelling.tag)
        current = next((child for child in siblings if child.attributes.get(spelling.key) == name), None)
    return current


def plan_edits(data: bytes, holder: Holder, texts: Mapping[str, str]) -> Iterator[Edit]:
    """The edits that give the parameters these texts: changed in place, or added after the last one."""
    added = []
    for name, text in texts.items():
        parameter = holder.find(name)
        if parameter is None:
            added.append(holder.spelling.write(name, text))
        elif parameter.text() != text:
            yield _replace_content(data, parameter, escape_text(text))
    if added:
        written = "".join(added)
        if holder.inside is not None:
            tag = holder.spelling.tag
            written = f"<{tag} {holder.spelling.key}={quoteattr(holder.inside)}>{written}</{tag}>"
        yield _append(data, holder, written)


def escape_text(text: str) -> str:
    """Text as XML character data. A carriage return is written as a reference: XML would read it as a newline.

    Raises `InvalidInput` for characters that XML cannot hold.
    """
    refuse_unwritable(text)
    return escape(text, {"\r": "&#13;"})


def refuse_unwritable(text: str) -> None:
    """Raise `InvalidInput` for characters that no page can hold: Confluence keeps every page as XML."""
    if match := _NOT_XML.search(text):
        raise InvalidInput(f"A page cannot hold the character U+{ord(match[0]):04X}; take it out of the definition.")


def _replace_content(data: bytes, element: Element, content: str) -> Edit:
    if not element.empty_tag:
        return Edit(element.content_start, element.content_end, content.encode())
    start_tag = data[element.start : element.end].removesuffix(b"/>").rstrip() + b">"
    return Edit(element.start, element.end, start_tag + f"{content}</{element.name}>".encode())


def _append(data: bytes, holder: Holder, written: str) -> Edit:
    """Add parameters behind those that are there, but before a body of the macro."""
    if holder.element.empty_tag:
        return _replace_content(data, holder.element, written)
    position = holder.element.content_start
    for parameter in holder.element.children(holder.spelling.tag):
        position = parameter.end
    return Edit(position, position, written.encode())
