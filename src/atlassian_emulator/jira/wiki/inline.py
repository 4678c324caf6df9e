"""The markup inside a line: emphasis, monospace, links, people, line breaks.

What is not understood stays as the text it was, so that nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from atlassian_emulator.jira.document import Node, mark, text

AccountOf: TypeAlias = Callable[[str], str | None]
"""User name or key, as wiki markup names people, to account id."""

_URL = r"(?:https?|ftp)://[^\s|\]<>\"']+[^\s|\]<>\"'.,;:!?)]|mailto:[^\s|\]]+"
_TOKEN = re.compile(
    rf"""
      \{{\{{(?P<code>.+?)\}}\}}
    | \[~(?P<person>[^\]\s|]+)\]
    | \[(?P<label>[^\[\]|]+)\|(?P<target>(?:{_URL}|\#[^\]|]+|/[^\]|]+))(?:\|[^\]]*)?\]
    | \[(?P<bare>{_URL})\]
    | (?P<url>{_URL})
    | (?P<break>\\\\(?=\s|$)|\n)
    | \\(?P<escaped>[*_\-+^~?{{}}\[\]!|\#\\])
    | (?<![\w*_+^~-])(?P<sign>[*_+^~-]|\?\?)(?P<marked>\S(?:[^\n]*?\S)??)(?P=sign)(?![\w*_+^~-])
    """,
    re.VERBOSE,
)
_SPECIAL = re.compile(r"[\[{\\\n*_+^~-]|\?\?|://|mailto:")
"""Whatever _TOKEN finds holds one of these, and looking for them is several times faster."""

_MARKS: Final[dict[str, Node]] = {
    "*": mark("strong"),
    "_": mark("em"),
    "-": mark("strike"),
    "+": mark("underline"),
    "^": mark("subsup", type="sup"),
    "~": mark("subsup", type="sub"),
    "??": mark("em"),
}


def inline_nodes(source: str, account_of: AccountOf, marks: Sequence[Node] = ()) -> list[Node]:
    """Text, mention and hardBreak nodes, adjacent text with the same marks joined."""
    if not _SPECIAL.search(source):
        return [text(source, marks)] if source else []
    nodes: list[Node] = []
    at = 0
    for found in _TOKEN.finditer(source):
        _add_text(nodes, source[at : found.start()], marks)
        _add_token(nodes, found, account_of, marks)
        at = found.end()
    _add_text(nodes, source[at:], marks)
    return nodes


def _add_token(nodes: list[Node], found: re.Match[str], account_of: AccountOf, marks: Sequence[Node]) -> None:
    links = [m for m in marks if m["type"] == "link"]
    if found["code"]:
        # The document format lets `code` stand with a link only, never with emphasis.
        _add_text(nodes, found["code"], [*links, mark("code")])
    elif found["person"]:
        account_id = account_of(found["person"])
        if account_id is None:
            _add_text(nodes, found[0], marks)
        else:
            nodes.append({"type": "mention", "attrs": {"id": account_id, "text": "@" + found["person"]}})
    elif found["label"] and not links:
        nodes.extend(inline_nodes(found["label"], account_of, [*marks, mark("link", href=found["target"])]))
    elif (address := found["bare"] or found["url"]) and not links:
        _add_text(nodes, address, [*marks, mark("link", href=address)])
    elif found["break"]:
        nodes.append({"type": "hardBreak"})
    elif found["escaped"]:
        _add_text(nodes, found["escaped"], marks)
    elif found["sign"] and not any(m["type"] == _MARKS[found["sign"]]["type"] for m in marks):
        # A mark never holds itself, which also bounds the recursion.
        nodes.extend(inline_nodes(found["marked"], account_of, [*marks, _MARKS[found["sign"]]]))
    else:
        _add_text(nodes, found[0], marks)


def _add_text(nodes: list[Node], value: str, marks: Sequence[Node]) -> None:
    if not value:
        return
    last = nodes[-1] if nodes else None
    if last and last["type"] == "text" and last.get("marks", []) == list(marks):
        last["text"] += value
    else:
        nodes.append(text(value, marks))
