"""Page properties: the tables of Confluence's "details" macro. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from snapshots.atlassian.macro.body import is_adf
from snapshots.atlassian.macro.properties_in_adf import iter_tables
from snapshots.atlassian.macro.storage import Element, encode_body, find_elements

_BLOCKS = frozenset({"p", "br", "li", "div", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "ac:task"})
"""Elements that stand apart from their neighbours, so that their texts do not run together."""

_LINK_TEXTS = frozenset({"ac:plain-text-link-body", "ac:link-body"})


def read_page_properties(body: str) -> dict[str, str]:
    """The properties of a page by name, in order: each row's heading and the text of the cell beside it.

    A table of one row of headings over one row of cells is read downwards. Text is what a reader sees,
    spaces joined: a status by its title, a date as YYYY-MM-DD, a user by account id, a link
    without words by its page's title. Of a name that
    stands twice the first counts. Raises `InvalidInput` naming the line for a malformed body.
    """
    properties: dict[str, str] = {}
    if "details" not in body:
        return properties
    if is_adf(body):
        for rows in iter_tables(body):
            for name, value in _pairs_of_texts(rows):
                if name:
                    properties.setdefault(name, value)
        return properties
    for macro in find_elements(encode_body(body), _is_details):
        for table in macro.iter(into=_is_not_table):
            if table.name == "table":
                for heading, cell in _iter_pairs(table):
                    name = _shown_text(heading)
                    if name:
                        properties.setdefault(name, _shown_text(cell))
    return properties


def _pairs_of_texts(rows: list[list[tuple[bool, str]]]) -> Iterator[tuple[str, str]]:
    """As `_iter_pairs`, of cells that are (heading, text)."""
    if len(rows) == 2 and all(heading for heading, _ in rows[0]) and not any(heading for heading, _ in rows[1]):
        yield from ((name, value) for (_, name), (_, value) in zip(*rows, strict=False))
        return
    for cells in rows:
        if len(cells) >= 2 and cells[0][0] and not cells[1][0]:
            yield cells[0][1], cells[1][1]


def _is_details(name: str, attributes: Mapping[str, str]) -> bool:
    return name == "ac:structured-macro" and attributes.get("ac:name") == "details"


def _is_not_table(element: Element) -> bool:
    """Tables within cells are part of a value."""
    return element.name != "table"


def _iter_pairs(table: Element) -> Iterator[tuple[Element, Element]]:
    rows = [[cell for cell in row.children() if cell.name in ("th", "td")] for row in _iter_rows(table)]
    if len(rows) == 2 and all(cell.name == "th" for cell in rows[0]) and all(cell.name == "td" for cell in rows[1]):
        yield from zip(*rows, strict=False)
        return
    for cells in rows:
        if len(cells) >= 2 and cells[0].name == "th" and cells[1].name == "td":
            yield cells[0], cells[1]


def _iter_rows(table: Element) -> Iterator[Element]:
    for child in table.children():
        if child.name == "tr":
            yield child
        elif child.name in ("tbody", "thead", "tfoot"):
            yield from child.children("tr")


def _shown_text(element: Element) -> str:
    """What a reader sees in a cell, on one line."""
    texts: list[str] = []
    waiting: list[Element | str] = [element]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            texts.append(part)
            continue
        if part.name in _BLOCKS:
            texts.append(" ")
            # Comes back when all below is done.
            waiting.append(" ")
        if part.name == "ac:parameter" and part.attributes.get("ac:name") != "title":
            continue
        texts.append(_stands_for(part))
        waiting.extend(reversed(part.parts))
    return " ".join("".join(texts).split())


def _stands_for(element: Element) -> str:
    """The text that an element without any is shown as."""
    match element.name:
        case "time":
            return element.attributes.get("datetime", "")
        case "ri:user":
            return element.attributes.get("ri:account-id", "")
        case "ac:link" if not any(child.name in _LINK_TEXTS for child in element.children()):
            return next((page.attributes.get("ri:content-title", "") for page in element.children("ri:page")), "")
    return ""
