"""A comparison as one HTML file that needs nothing else: no script, no other host, no server.

The file is evidence that people mail and archive, and its words come from Jira: every text goes
through `visible` and Jinja's escaping, and the Content-Security-Policy allows the page's own style
sheet, by its digest, and nothing more.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files

import jinja2
from markupsafe import Markup

from snapshots.capture.payload import OpenPayload, Row
from snapshots.history import subject as words_of
from snapshots.history.compare import CellChange, Comparison, Counts
from snapshots.history.layout import Fold, ShownRow, lay_out
from snapshots.history.subject import KIND_SIGNS, KIND_WORDS, Subject
from snapshots.history.text import readable_text, visible
from snapshots.history.words import Part, Segment, cell_difference

MOST_CHANGES = 2_000
"""Changed rows shown on one page; with more a browser becomes slow, and nobody reads them."""

MOST_RENAMED = 1_000
"""Rows that a move of Jira only renamed, listed at the end of a page; the JSON form has all of them."""

LONGEST_SAME = 400
"""Characters of unchanged text shown between two changes of a cell."""

LONGEST_LONE = 4_000
"""Characters shown of a cell of a row that is on one side only: nothing else on the page says what it held."""

_ENDS = 160


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A piece of a cell: text with a mark, or a note on how much is left out."""

    part: Part
    text: str
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class _CellLine:
    """A changed cell, ready to be shown."""

    column: str
    old: list[_Stretch]
    new: list[_Stretch]
    note: str


def render_page(subject: Subject, comparison: Comparison, *, most_changes: int = MOST_CHANGES) -> str:
    """The whole HTML document. Limits are stated on it; the JSON form has none."""
    style = _style(len(comparison.columns))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    shown = min(len(comparison.rows), most_changes)
    return (
        _environment()
        .get_template("compare.html.j2")
        .render(
            subject=subject,
            comparison=comparison,
            sides=(("Old", subject.old, comparison.old), ("New", subject.new, comparison.new)),
            entries=lay_out(comparison, most_changes=most_changes),
            chips=list(_chips(comparison.total)),
            levels=_levels(comparison),
            shown=shown,
            left_out=len(comparison.rows) - shown,
            longest_same=LONGEST_SAME,
            renamed=comparison.renamed[:MOST_RENAMED],
            style=Markup(style),
            style_digest=digest,
            title_of=partial(_title, comparison),
            cell_line=_cell_line,
            filled_cells=partial(_filled_cells, comparison),
            is_fold=lambda entry: isinstance(entry, Fold),
            words=words_of,
            kind_words=KIND_WORDS,
            kind_signs=KIND_SIGNS,
        )
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("snapshots.history"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    environment.filters["thousands"] = lambda number: f"{number:,}"
    return environment


def _style(depth: int) -> str:
    """The style sheet with a step of indentation for each level, of which there may be any number."""
    sheet = files("snapshots.history").joinpath("templates", "compare.css").read_text(encoding="utf-8")
    steps = (f".level-{level} {{ --depth: {level - 1}; }}" for level in range(1, depth + 1))
    return "\n".join((sheet, *steps))


def _chips(total: Counts) -> Iterator[tuple[str, str, int]]:
    """Kind, word and count of each filter; the rare kind is left out where there is none."""
    for kind, word in KIND_WORDS.items():
        count = getattr(total, kind)
        if count or kind != "moved_and_changed":
            yield kind, word, count


def _levels(comparison: Comparison) -> list[tuple[str, Counts, list[str]]]:
    """Title, counts and column changes of each level."""
    return [
        (
            words_of.level_words(comparison, level),
            comparison.counts[level - 1],
            words_of.column_words(comparison, level),
        )
        for level in range(1, len(comparison.columns) + 1)
    ]


def _side(comparison: Comparison, entry: ShownRow) -> OpenPayload:
    """The payload a shown row's cells are of."""
    gone = entry.change is not None and entry.change.new is None
    return comparison.old if gone else comparison.new


def _title(comparison: Comparison, entry: ShownRow) -> str:
    return words_of.row_title(_side(comparison, entry), entry.row)


def _filled_cells(comparison: Comparison, entry: ShownRow) -> list[tuple[str, list[_Stretch]]]:
    """Column and text of every cell that says something, except the summary, which is the row's title."""
    cells = []
    row: Row = entry.row
    for column, value in words_of.row_values(_side(comparison, entry), row):
        text = readable_text(value)
        if text and column.id != "summary":
            cells.append((column.name, _shortened([Segment("same", text)], LONGEST_LONE)))
    return cells


def _cell_line(cell: CellChange) -> _CellLine:
    difference = cell_difference(cell.old, cell.new)
    return _CellLine(
        cell.column.name,
        _shortened([segment for segment in difference.segments if segment.part != "inserted"]),
        _shortened([segment for segment in difference.segments if segment.part != "deleted"]),
        cell.note or difference.note,
    )


def _shortened(segments: list[Segment], longest: int = LONGEST_SAME) -> list[_Stretch]:
    """Long stretches without a change keep their ends; what changed is always whole."""
    stretches = []
    for segment in segments:
        text = segment.text
        if segment.part != "same" or len(text) <= longest:
            stretches.append(_Stretch(segment.part, text))
            continue
        ends = longest * _ENDS // LONGEST_SAME
        stretches.append(_Stretch("same", text[:ends]))
        stretches.append(_Stretch("same", "", left_out=len(text) - 2 * ends))
        stretches.append(_Stretch("same", text[-ends:]))
    return stretches
