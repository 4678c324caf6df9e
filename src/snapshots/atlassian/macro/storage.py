"""A body in Confluence's storage format, as elements that know where they stand. Pure.

A body is XML without a root: the prefixes ac:, ri: and at: are declared nowhere, and HTML's named entities
are used as if they were. It is read by expat, below a root that declares what is missing, and never written
by a serializer: edits replace spans of the bytes, so that the rest stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.entities import name2codepoint
from xml.parsers import expat

from snapshots.errors import InvalidInput

_BUILT_IN = frozenset({"amp", "lt", "gt", "quot"})
_ENTITIES = "".join(
    f'<!ENTITY {name} "&#{codepoint};">' for name, codepoint in name2codepoint.items() if name not in _BUILT_IN
)
# One line, so that the lines of errors are the lines of the body. Without namespace processing a prefix is
# part of the name. A body below a root cannot declare entities of its own.
_BEFORE = f"<!DOCTYPE body [{_ENTITIES}]><body>".encode("ascii")
_AFTER = b"</body>"


@dataclass(slots=True, eq=False)
class Element:
    """An element of a body and its span there, in bytes of UTF-8.

    `[start:end]` is all of it, `[content_start:content_end]` what stands between its tags. Where it is
    written `<a/>` there is nothing in between: then both are `end`, and `empty_tag` is true.
    """

    name: str
    attributes: Mapping[str, str]
    start: int
    content_start: int = -1
    content_end: int = -1
    end: int = -1
    empty_tag: bool = False
    parts: list[Element | str] = field(default_factory=list)

    def children(self, name: str | None = None) -> Iterator[Element]:
        """The elements directly below, in order."""
        for part in self.parts:
            if isinstance(part, Element) and name in (None, part.name):
                yield part

    def iter(self, *, into: Callable[[Element], bool] = lambda element: True) -> Iterator[Element]:
        """All elements below, outer before inner, in order; not those below one that `into` rejects."""
        waiting = list(reversed(list(self.children())))
        while waiting:
            element = waiting.pop()
            yield element
            if into(element):
                waiting.extend(reversed(list(element.children())))

    def text(self) -> str:
        """All character data below."""
        texts: list[str] = []
        waiting: list[Element | str] = [self]
        while waiting:
            part = waiting.pop()
            if isinstance(part, str):
                texts.append(part)
            else:
                waiting.extend(reversed(part.parts))
        return "".join(texts)


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes `[start:end]` of a body to be replaced."""

    start: int
    end: int
    replacement: bytes


def find_elements(data: bytes, wanted: Callable[[str, Mapping[str, str]], bool]) -> list[Element]:
    """The outermost elements, by name and attributes, that are wanted, with all that is below them.

    Takes time in proportion to the body. Raises `InvalidInput` naming the line when it is not well-formed.
    """
    return _Reader(data, wanted).found


def apply_edits(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The body with the edits made; their spans do not overlap."""
    pieces = []
    position = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        pieces += [data[position : edit.start], edit.replacement]
        position = edit.end
    return b"".join([*pieces, data[position:]])


def encode_body(body: str) -> bytes:
    """The body as the bytes that spans count. `InvalidInput` for half a surrogate pair, which no XML may hold."""
    try:
        return body.encode()
    except UnicodeEncodeError as error:
        line = body.count("\n", 0, error.start) + 1
        raise InvalidInput(f"The page body holds a broken character in line {line}; save the page again.") from error


class _Reader:
    """One pass of expat, which keeps the wanted elements."""

    def __init__(self, data: bytes, wanted: Callable[[str, Mapping[str, str]], bool]) -> None:
        self.found: list[Element] = []
        self._data = data
        self._wanted = wanted
        self._open: list[Element] = []
        self._unfinished: Element | None = None
        """The element whose start tag was read last; where the next thing begins, its tag has ended."""

        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        try:
            self._parser.Parse(_BEFORE + data + _AFTER, True)
        except expat.ExpatError as error:
            reason = expat.errors.messages[error.code]
            raise InvalidInput(
                f"The page body cannot be read, {reason} in line {error.lineno}; save the page in Confluence's editor."
            ) from error
        finally:
            # Its handlers are bound methods: parser and reader would keep each other, and the tree, alive.
            del self._parser

    def _listen(self, kept: bool) -> None:
        """Hear what stands between tags only inside a wanted element: most of a body is nobody's."""
        self._parser.CharacterDataHandler = self._text if kept else None
        self._parser.StartCdataSectionHandler = self._finish_tag if kept else None
        self._parser.CommentHandler = self._finish_tag if kept else None
        self._parser.ProcessingInstructionHandler = self._finish_tag if kept else None

    def _position(self) -> int:
        return self._parser.CurrentByteIndex - len(_BEFORE)

    def _finish_tag(self, *_: str) -> None:
        if self._unfinished is not None:
            self._unfinished.content_start = self._position()
            self._unfinished = None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open:
            if not self._wanted(name, attributes):
                return
            self._listen(True)
        self._finish_tag()
        element = Element(name, attributes, self._position())
        (self._open[-1].parts if self._open else self.found).append(element)
        self._open.append(element)
        self._unfinished = element

    def _end(self, name: str) -> None:
        if not self._open:
            return
        position = self._position()
        element = self._open.pop()
        # Of `<a/>` expat tells the end behind its tag, and of `</a>` where that tag begins. A slash before the
        # > of a start tag can be nothing else: values are quoted.
        element.empty_tag = self._unfinished is element and self._data[position - 2 : position] == b"/>"
        self._finish_tag()
        element.content_end = position
        element.end = position if element.empty_tag else self._data.index(b">", position) + 1
        if not self._open:
            self._listen(False)

    def _text(self, text: str) -> None:
        self._finish_tag()
        self._open[-1].parts.append(text)
