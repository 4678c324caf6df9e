"""What a comparison finds: columns, rows, cells, and what of it is only another name since a move of Jira. Values."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, TypeAlias

from snapshots.capture.payload import Column, OpenPayload, Row, Value
from snapshots.history.crossing import Crossing

Kind: TypeAlias = Literal["added", "removed", "changed", "moved", "moved_and_changed"]

CellNote: TypeAlias = Literal["", "renamed by the move", "in part renamed by the move", "another thing of this name"]


@dataclass(frozen=True, slots=True)
class ColumnChanges:
    """How the columns of one level differ; a renamed column has two names, old and new.

    It has one id, or, where the versions come from different Jiras, the ids that its field had in each. `followed`
    are the columns that have another id since the move, renamed or not.
    """

    added: tuple[Column, ...] = ()
    removed: tuple[Column, ...] = ()
    renamed: tuple[tuple[Column, Column], ...] = ()
    reordered: bool = False
    followed: tuple[tuple[Column, Column], ...] = ()

    def __bool__(self) -> bool:
        """Whether anything differs but names that the move gave."""
        by_hand = [pair for pair in self.renamed if pair not in self.followed]
        return bool(self.added or self.removed or by_hand or self.reordered)


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell whose value differs; `words.cell_difference` tells in which words.

    `note` tells what a move of Jira has to do with it, where it has.
    """

    column: Column
    old: Value
    new: Value
    note: CellNote = ""


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that is not what and where it was.

    `old_index` and `new_index` count rows from 0 in their payload. `moved` says that its place among
    the rows which both versions share beneath the same parent changed, or that its parent did (`parent_changed`);
    `old_path` and `new_path` are the keys of the rows it stands beneath, from level 1 down.
    `position` is how many rows of the new version stand above the place where it is shown.
    `followed` says that its new key is the one that a move of Jira gave it, `renamed_cells` which cells say the same
    since then by another name.
    """

    level: int
    old: Row | None
    new: Row | None
    old_index: int | None
    new_index: int | None
    moved: bool
    parent_changed: bool
    old_path: tuple[str, ...]
    new_path: tuple[str, ...]
    cells: tuple[CellChange, ...]
    position: int
    followed: bool = False
    renamed_cells: tuple[CellChange, ...] = ()

    @property
    def row(self) -> Row:
        """The row as it is now, or as it was when it is gone."""
        row = self.new or self.old
        assert row is not None
        return row

    @property
    def former_key(self) -> str | None:
        """The key it had, where that was another one."""
        if self.old is None or self.new is None or self.old.key == self.new.key:
            return None
        return self.old.key

    @property
    def renamed(self) -> bool:
        """The same issue under another key: it went to another project of its Jira."""
        return self.former_key is not None and not self.followed

    @property
    def kind(self) -> Kind:
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        if not self.moved:
            return "changed"
        return "moved_and_changed" if self.cells or self.renamed else "moved"


@dataclass(frozen=True, slots=True)
class RenamedRow:
    """A row that says what it said, by other names: the move gave them to its issue or to what its cells name."""

    level: int
    old_index: int
    new_index: int
    old_issue_id: str
    new_issue_id: str
    old_key: str
    new_key: str
    cells: tuple[CellChange, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by what became of them. Each row counts once: `changed` and `moved` leave out those that did both."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    moved: int = 0
    moved_and_changed: int = 0
    renamed: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences between two payloads. `rows` are in the order in which they are shown:
    that of the new version, each removed row where it used to stand. `columns` and `counts` have an
    entry for each level.

    `other_jira` says that the payloads were captured from different Jiras. Then `crossing` is what imports of Jira
    data say of both, `None` where there was none; and `renamed` are the rows that differ in names of the move alone.
    """

    old: OpenPayload
    new: OpenPayload
    columns: tuple[ColumnChanges, ...]
    counts: tuple[Counts, ...]
    rows: tuple[RowChange, ...]
    other_jira: bool = False
    crossing: Crossing | None = None
    renamed: tuple[RenamedRow, ...] = ()
    definition_followed: bool = False
    """Whether all that changed in the definition is what an import rewrote: the macro asks for the same."""

    @property
    def total(self) -> Counts:
        return sum(self.counts, Counts())

    @property
    def definition_changed(self) -> bool:
        """The macro asked for something else, which may be why rows came and went."""
        return self.old.definition != self.new.definition

    def __bool__(self) -> bool:
        """Whether anything in the data differs, names that a move of Jira gave aside."""
        return bool(self.rows) or any(self.columns)
