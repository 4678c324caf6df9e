"""JSON read with the place of every value, so that a change replaces spans and leaves every other character. Pure.

document = read_json('{"a": [1, "x"]}')
document.get("a").items[1].text        # 'x'
document.get("a").items[1].start       # 11

Nothing here recurses: JSON nested a hundred thousand deep is read like any other, in time linear in its length.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from snapshots.errors import InvalidInput

Edit: TypeAlias = tuple[int, int, str]
"""Characters `[start:end]` to be replaced."""

Sort: TypeAlias = Literal["object", "array", "string", "other"]

# Possessive, as in the lexer of JQL: never back over what was taken.
_TOKEN = re.compile(
    r"[ \t\r\n]*+(?:"
    r'("(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+")'
    r"|([{}\[\],:])"
    r"|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)"
    r"|(.)|)",
    re.DOTALL,
)
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotJson(InvalidInput):
    """The text is not JSON. `offset` counts characters from 0."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        super().__init__(f"The text is not JSON at character {offset + 1}; write it anew.")


class Json:
    """A value, where it stands (`[start:end]`), and what is in it: `members` of an object, `items` of an array.

    Of a name that an object has twice the last counts, as every reader of JSON has it.
    """

    __slots__ = ("_whole", "end", "items", "members", "sort", "start")

    def __init__(self, sort: Sort, whole: str, start: int, end: int) -> None:
        self.sort = sort
        self.start = start
        self.end = end
        self.members: list[tuple[Json, Json]] = []
        self.items: list[Json] = []
        self._whole = whole

    @property
    def written(self) -> str:
        """The value as it stands there."""
        return self._whole[self.start : self.end]

    @property
    def text(self) -> str | None:
        """What a string means; `None` for everything else."""
        return str(json.loads(self.written)) if self.sort == "string" else None

    def get(self, *path: str) -> Json | None:
        """The member at the end of the path of names; `None` where there is none."""
        found: Json | None = self
        for name in path:
            members = () if found is None else found.members
            found = next((value for key, value in reversed(members) if key.text == name), None)
        return found

    def get_text(self, *path: str) -> str | None:
        """The string at the end of the path; `None` where there is none."""
        found = self.get(*path)
        return None if found is None else found.text

    def iter(self) -> Iterator[Json]:
        """This value and all in it, from left to right, outer before inner."""
        waiting = [self]
        while waiting:
            value = waiting.pop()
            yield value
            waiting.extend(reversed(value.items or [member for _, member in value.members]))


def write_string(text: str) -> str:
    """A string of JSON, whatever characters it holds."""
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def splice(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made, which do not overlap."""
    parts: list[str] = []
    done = 0
    for start, end, new in sorted(edits):
        parts += (text[done:start], new)
        done = end
    return "".join((*parts, text[done:]))


def read_json(text: str) -> Json:
    """The value that the text is. Raises `NotJson`."""
    # A loop over the tokens; what is open is kept on a stack, and `wanted` names what may come next.
    opened: list[Json] = []
    names: list[Json] = []
    wanted = "value"
    for match in _TOKEN.finditer(text):
        group = match.lastindex
        if group is None:
            if wanted == "end":
                return names[0]
            raise NotJson(match.end())
        start, end = match.span(group)
        sign = text[start]
        if group == 1 and wanted in ("name", "first name"):
            names.append(Json("string", text, start, end))
            wanted = ":"
            continue
        done: Json | None = None
        if sign in "{[" and wanted in ("value", "first value"):
            opened.append(Json("object" if sign == "{" else "array", text, start, start))
            wanted = "first name" if sign == "{" else "first value"
        elif group in (1, 3) and wanted in ("value", "first value"):
            done = Json("string" if group == 1 else "other", text, start, end)
        elif sign == ":" and wanted == ":":
            wanted = "value"
        elif sign == "," and wanted == "next":
            wanted = "name" if opened[-1].sort == "object" else "value"
        elif sign in "}]" and wanted in ("next", "first name" if sign == "}" else "first value"):
            done = opened.pop()
            if (done.sort == "object") != (sign == "}"):
                raise NotJson(start)
            done.end = end
        else:
            raise NotJson(start)
        if done is not None:
            if not opened:
                names.append(done)
            elif opened[-1].sort == "object":
                opened[-1].members.append((names.pop(), done))
            else:
                opened[-1].items.append(done)
            wanted = "next" if opened else "end"
    raise NotJson(len(text))
