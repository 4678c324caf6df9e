"""The markup of whole lines: headings, lists, tables, quotes, code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from atlassian_emulator.jira.document import Node, block, document, text
from atlassian_emulator.jira.wiki.inline import AccountOf, inline_nodes

_MACRO = re.compile(
    r"\{(?P<name>code|noformat|quote|panel)(?::(?P<parameters>[^}\n]*))?\}(?P<body>.*?)\{(?P=name)\}", re.DOTALL
)
_HEADING = re.compile(r"h([1-6])\.\s+(.*)")
_QUOTE_LINE = re.compile(r"bq\.\s+(.*)")
_LIST_ITEM = re.compile(r"([*#-]+)\s+(.*)")
_RULE = re.compile(r"-{4,5}$")
_CELL = re.compile(r"(\|\|?)((?:\[[^\]]*\]|\{\{.*?\}\}|[^|])*)")
_LIST_SIGNS: Final = frozenset("*#-")
_FIRST_SIGNS: Final = frozenset(("", "*", "#", "-", "|", "h", "b"))
"""How a line begins that may be more than a line of a paragraph."""

_LANGUAGE: Final = re.compile(r"(?:.*\blang(?:uage)?=)?([A-Za-z0-9+#]+)(?=\||$)")


def wiki_to_document(source: str, account_of: AccountOf) -> Node:
    """The document that says what `source` says; markup that is not known stays in it as text."""
    return document(list(_iter_blocks(source.replace("\r\n", "\n").replace("\r", "\n"), account_of)))


def _iter_blocks(source: str, account_of: AccountOf) -> Iterator[Node]:
    at = 0
    for found in _MACRO.finditer(source) if "{" in source else ():
        yield from _iter_line_blocks(source[at : found.start()], account_of)
        yield from _macro_blocks(found, account_of)
        at = found.end()
    yield from _iter_line_blocks(source[at:], account_of)


def _macro_blocks(found: re.Match[str], account_of: AccountOf) -> list[Node]:
    body, parameters = found["body"], found["parameters"] or ""
    if found["name"] in ("code", "noformat"):
        code = body.strip("\n")
        language = _LANGUAGE.match(parameters) if found["name"] == "code" else None
        content = [text(code)] if code else []
        title = _title(parameters, account_of)
        return [*title, block("codeBlock", content, **({"language": language[1].lower()} if language else {}))]
    inner = list(_iter_line_blocks(body, account_of)) or [block("paragraph", [])]
    if found["name"] == "quote":
        return [block("blockquote", [_plainer(node) for node in inner])]
    title = _title(parameters, account_of)
    return [block("panel", [*title, *(_plainer(node) for node in inner)], panelType="info")]


def _title(parameters: str, account_of: AccountOf) -> list[Node]:
    """A code block or panel has no title in a document; it becomes the paragraph before its content."""
    found = re.search(r"title=([^|]+)", parameters)
    return [block("paragraph", inline_nodes(found[1].strip(), account_of))] if found else []


def _plainer(node: Node) -> Node:
    """Quotes and panels may hold paragraphs and lists; what else there is becomes a paragraph."""
    allowed = ("paragraph", "bulletList", "orderedList", "codeBlock")
    if node["type"] in allowed:
        return node
    if node["type"] == "heading":
        return block("paragraph", node["content"])
    lines = [inline for line in _iter_inline(node) for inline in (*line, {"type": "hardBreak"})]
    return block("paragraph", lines[:-1])


def _iter_inline(node: Node) -> Iterator[list[Node]]:
    if node["type"] in ("paragraph", "heading"):
        yield node["content"]
    else:
        for child in node.get("content", []):
            yield from _iter_inline(child)


def _iter_line_blocks(source: str, account_of: AccountOf) -> Iterator[Node]:
    lines = source.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if not line:
            at += 1
        elif _starts_list(line):
            taken = _while(lines, at, _starts_list)
            yield from _lists([_list_item(each) for each in lines[at:taken]], account_of)
            at = taken
        elif line.startswith("|"):
            taken = _while(lines, at, lambda each: each.startswith("|"))
            yield _table(lines[at:taken], account_of)
            at = taken
        elif single := _single_line_block(line, account_of):
            yield single
            at += 1
        else:
            taken = _while(lines, at, _is_paragraph_line)
            yield block("paragraph", inline_nodes("\n".join(lines[at:taken]).strip(), account_of))
            at = taken


def _while(lines: list[str], at: int, belongs: Callable[[str], bool]) -> int:
    end = at + 1
    while end < len(lines) and belongs(lines[end].strip()):
        end += 1
    return end


def _starts_list(line: str) -> bool:
    # The first character decides for most lines, without a pattern.
    return line[:1] in _LIST_SIGNS and _LIST_ITEM.match(line) is not None and not _RULE.match(line)


def _is_paragraph_line(line: str) -> bool:
    if line[:1] not in _FIRST_SIGNS:
        return True
    special = _starts_list(line) or line.startswith("|") or _RULE.match(line) or _HEADING.match(line)
    return bool(line) and not special and not _QUOTE_LINE.match(line)


def _single_line_block(line: str, account_of: AccountOf) -> Node | None:
    if line[0] not in _FIRST_SIGNS:
        return None
    if _RULE.match(line):
        return {"type": "rule"}
    if heading := _HEADING.match(line):
        return block("heading", inline_nodes(heading[2], account_of), level=int(heading[1]))
    if quote := _QUOTE_LINE.match(line):
        return block("blockquote", [block("paragraph", inline_nodes(quote[1], account_of))])
    return None


def _list_item(line: str) -> tuple[str, str]:
    found = _LIST_ITEM.match(line.strip())
    assert found is not None
    return found[1], found[2]


def _lists(items: list[tuple[str, str]], account_of: AccountOf) -> list[Node]:
    """Nested lists from lines such as `*`, `**`, `*#`: the last sign says the kind, their number the depth."""
    top: list[Node] = []
    open_lists: list[Node] = []
    for signs, words in items:
        depth = min(len(signs), len(open_lists) + 1)
        kind = "orderedList" if signs[-1] == "#" else "bulletList"
        del open_lists[depth:]
        if len(open_lists) == depth and open_lists[-1]["type"] != kind:
            open_lists.pop()
        if len(open_lists) < depth:
            new = block(kind, [])
            (open_lists[-1]["content"][-1]["content"] if open_lists else top).append(new)
            open_lists.append(new)
        open_lists[-1]["content"].append(block("listItem", [block("paragraph", inline_nodes(words, account_of))]))
    return top


def _table(lines: list[str], account_of: AccountOf) -> Node:
    rows: list[Node] = []
    for line in lines:
        # The bar that closes a row opens no cell.
        cells = [(bar, words.strip()) for bar, words in _CELL.findall(line.strip().rstrip("|") or "|")]
        rows.append(
            block(
                "tableRow",
                [
                    block(
                        "tableHeader" if bar == "||" else "tableCell",
                        [block("paragraph", inline_nodes(words, account_of))],
                    )
                    for bar, words in cells
                ],
            )
        )
    return block("table", rows)
