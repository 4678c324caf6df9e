"""A comparison in a terminal: tables for people, plain lines for a pipe."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from snapshots.history import subject as words_of
from snapshots.history.compare import Comparison, Kind, RowChange
from snapshots.history.layout import Fold, ShownRow, lay_out
from snapshots.history.subject import KIND_SIGNS, KIND_WORDS, Subject
from snapshots.history.text import readable_text, visible
from snapshots.history.versions import HistoryEntry
from snapshots.history.words import CellDifference, Part, cell_difference

SIDE_BY_SIDE_COLUMNS = 140
"""From this width on, old and new stand beside each other."""

MOST_CHANGES = 1_000
"""Changed rows shown in a terminal, where nobody scrolls further; a pipe gets all of them."""

MOST_RENAMED = 12
"""Rows that a move of Jira only renamed, named in a terminal; a pipe gets all of them."""

EMPTY = "(empty)"
"""What stands for the side of a cell that says nothing, so that it does not look cut off."""

_KIND_STYLES: dict[Kind, str] = {
    "added": "bold green",
    "removed": "bold red",
    "changed": "bold blue",
    "moved": "bold magenta",
    "moved_and_changed": "bold magenta",
}
_PART_STYLES: dict[Part, str] = {"same": "", "deleted": "red strike", "inserted": "green underline"}


def print_comparison(subject: Subject, comparison: Comparison, console: Console) -> None:
    """Tables when `console` is a terminal, else one line for each fact, with nothing left out."""
    if not console.is_terminal:
        for line in plain_lines(subject, comparison):
            console.file.write(line + "\n")
        return
    for entry in _headings(subject, comparison):
        console.print(entry)
    for shown in lay_out(comparison, most_changes=MOST_CHANGES):
        console.print(_block(comparison, shown, wide=console.width >= SIDE_BY_SIDE_COLUMNS))
    if len(comparison.rows) > MOST_CHANGES:
        left_out = len(comparison.rows) - MOST_CHANGES
        console.print(Text(f"… {left_out:,} more changed rows: write the page or the JSON form to see them.", "yellow"))
    if comparison.renamed:
        console.print(_renamed_words(comparison))


def _renamed_words(comparison: Comparison) -> Text:
    """Names of the move, some of them: each of them says nothing new."""
    shown = [
        f"{row.old_key} → {row.new_key}" for row in comparison.renamed[:MOST_RENAMED] if row.old_key != row.new_key
    ]
    left_out = len(comparison.renamed) - len(shown)
    more = f" and {left_out:,} more" if left_out else ""
    return Text(_one_line(f"Only renamed by the move: {', '.join(shown)}{more}"), "dim")


def plain_lines(subject: Subject, comparison: Comparison) -> Iterator[str]:
    """The comparison for a pipe: no colour, no control character, one line for each row and each side of a cell."""
    yield f"{_one_line(subject.page_title)}: {_version_words(subject.old)} -> {_version_words(subject.new)}"
    yield words_of.count_words(comparison.total)
    if comparison.definition_followed:
        yield "the import rewrote the macro's definition"
    elif comparison.definition_changed:
        yield "the macro's definition changed"
    for level in range(1, len(comparison.columns) + 1):
        for sentence in words_of.column_words(comparison, level):
            yield _one_line(f"columns of {words_of.level_words(comparison, level)}: {sentence}")
    yield from map(_one_line, words_of.move_of_jira_words(comparison))
    for change in comparison.rows:
        indent = "  " * (change.level - 1)
        yield f"{KIND_SIGNS[change.kind]} {indent}{_one_line(' '.join(_row_words(comparison, change)))}"
        for cell in (*change.cells, *change.renamed_cells):
            difference = cell_difference(cell.old, cell.new)
            note = f" ({noted})" if (noted := cell.note or difference.note) else ""
            yield f"    {indent}{_one_line(cell.column.name)}{note}"
            yield f"    {indent}- {_one_line(difference.old_text) or EMPTY}"
            yield f"    {indent}+ {_one_line(difference.new_text) or EMPTY}"
        for name, text in _lone_values(comparison, change):
            yield f"    {indent}{_one_line(name)}: {_one_line(text)}"
    for renamed in comparison.renamed:
        names = ", ".join(cell.column.name for cell in renamed.cells)
        also = f" ({names} too)" if names else ""
        yield _one_line(f"= only renamed by the move {renamed.old_key} -> {renamed.new_key}{also}")


def _one_line(text: str) -> str:
    return visible(text).replace("\t", " ").replace("\n", " ⏎ ")


def _version_words(entry: HistoryEntry) -> str:
    stickers = "".join(f" [{sticker.name}]" for sticker in entry.version.stickers)
    when = words_of.moment_words(entry.version.captured_at)
    return _one_line(f"version {entry.number} ({when}, {entry.version.captured_by_name}){stickers}")


def _row_words(comparison: Comparison, change: RowChange) -> Iterator[str]:
    """Kind, key, title, and what happened to the row as a whole."""
    yield KIND_WORDS[change.kind].lower()
    yield change.row.key
    payload = comparison.old if change.new is None else comparison.new
    if title := words_of.row_title(payload, change.row):
        yield title
    if change.former_key is not None:
        yield f"(was {change.former_key})"
    if change.moved:
        yield f"({words_of.move_words(change)})"


def _headings(subject: Subject, comparison: Comparison) -> Iterator[RenderableType]:
    yield Text(visible(subject.page_title), "bold")
    yield Text(_one_line(f"{subject.site} / {subject.space_key} / macro {subject.macro_id}"), "dim")
    for side, entry in (("old", subject.old), ("new", subject.new)):
        yield Text.assemble((f"{side}  ", "dim"), _version_words(entry))
        yield Text(f"     payload sha256 {_one_line(entry.version.payload_sha256)}", "dim")
    style = "bold" if comparison else "bold green"
    yield Text(words_of.count_words(comparison.total).capitalize() + ".", style)
    for sentence in words_of.move_of_jira_words(comparison):
        yield Text(_one_line(sentence), "yellow")
    if words := words_of.definition_words(comparison):
        yield Text(words, "yellow")
    for level in range(1, len(comparison.columns) + 1):
        for sentence in words_of.column_words(comparison, level):
            yield Text(_one_line(f"Columns of {words_of.level_words(comparison, level)}: {sentence}."), "yellow")
    yield Text()


def _block(comparison: Comparison, shown: ShownRow | Fold, *, wide: bool) -> RenderableType:
    if isinstance(shown, Fold):
        return Rule(Text(f"{shown.rows:,} unchanged row{'' if shown.rows == 1 else 's'}", "dim"), style="dim")
    indent = (0, 0, 0, 2 * (shown.row.level - 1))
    change = shown.change
    if change is None:
        title = words_of.row_title(comparison.new, shown.row)
        return Padding(Text(f"  {_one_line(shown.row.key)}  {_one_line(title)}", "dim"), indent)
    kind, *words = _row_words(comparison, change)
    heading = Text.assemble(
        (f"{KIND_SIGNS[change.kind]} {kind}", _KIND_STYLES[change.kind]), "  ", _one_line(" ".join(words))
    )
    return Padding(Group(heading, *_cells(comparison, change, wide=wide)), indent)


def _cells(comparison: Comparison, change: RowChange, *, wide: bool) -> Iterator[RenderableType]:
    if lone := _lone_values(comparison, change):
        table = _table(["field", "value"])
        for name, text in lone:
            table.add_row(Text(_one_line(name)), Text(visible(text)))
        yield _beneath(table)
    if change.cells or change.renamed_cells:
        table = _table(["field", "old", "new"] if wide else ["field", "words"])
        for cell in (*change.cells, *change.renamed_cells):
            difference = cell_difference(cell.old, cell.new)
            label = Text(_one_line(cell.column.name))
            if note := cell.note or difference.note:
                label.append(f"\n{note}", "dim italic")
            old, new = _marked(difference, "inserted"), _marked(difference, "deleted")
            if wide:
                table.add_row(label, old, new)
            else:
                table.add_row(label, Text.assemble(("- ", "red"), old, "\n", ("+ ", "green"), new))
        yield _beneath(table)


def _lone_values(comparison: Comparison, change: RowChange) -> list[tuple[str, str]]:
    """Column and text of what a row that is only on one side says, except its title."""
    if change.old is not None and change.new is not None:
        return []
    payload = comparison.old if change.new is None else comparison.new
    values = [(column, readable_text(value)) for column, value in words_of.row_values(payload, change.row)]
    return [(column.name, text) for column, text in values if text and column.id != "summary"]


def _beneath(table: Table) -> Padding:
    return Padding(table, (0, 0, 1, 2))


def _table(columns: list[str]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, expand=True, padding=(0, 1))
    table.add_column(columns[0], ratio=1, style="dim")
    for column in columns[1:]:
        table.add_column(column, ratio=3, overflow="fold")
    return table


def _marked(difference: CellDifference, left_out: Part) -> Text:
    """One side of the cell, its own words marked; without colours strike and underline remain."""
    text = Text()
    for segment in difference.segments:
        if segment.part != left_out:
            text.append(visible(segment.text), _PART_STYLES[segment.part])
    return text if text.plain else Text(EMPTY, "dim italic")
