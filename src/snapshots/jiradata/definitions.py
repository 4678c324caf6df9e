"""A macro's definition rewritten for another Jira: its queries, columns, sorting and grouping. Pure.

The definition is JSON text in a page. Only the strings that change are written anew; blanks, order, unknown members
and the spelling of everything else stay as they are. What is no definition is left alone and said to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from snapshots.capture.definition import is_key, parse_definition
from snapshots.errors import InvalidInput
from snapshots.jiradata.new_words import NewWord, Stays
from snapshots.jiradata.rewriting import Edit, JqlRewriter, LeftAlone, RewrittenJql
from snapshots.json_spans import Json, NotJson, read_json, splice, write_string

Part: TypeAlias = Literal["jql", "columns", "sort", "group_by", ""]


@dataclass(frozen=True, slots=True)
class DefinitionEdit:
    """An edit of one string of the definition: level from 1, part, and for columns and sort the place from 1.

    `start` and `end` of the edit count characters of that string.
    """

    level: int
    part: Part
    place: int
    edit: Edit


@dataclass(frozen=True, slots=True)
class DefinitionLeftAlone:
    """As `DefinitionEdit`; level 0 and no part say that the whole definition cannot be understood."""

    level: int
    part: Part
    place: int
    left: LeftAlone


@dataclass(frozen=True, slots=True)
class LevelJql:
    """The query of one level before and after, for a preview."""

    level: int
    title: str
    rewritten: RewrittenJql


@dataclass(frozen=True, slots=True)
class RewrittenDefinition:
    """The new text of a definition, and what was changed in the old one and what was not."""

    before: str
    text: str
    edits: tuple[DefinitionEdit, ...] = ()
    left_alone: tuple[DefinitionLeftAlone, ...] = ()
    levels: tuple[LevelJql, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to write."""
        return self.text != self.before


def rewrite_definition(text: str, rewriter: JqlRewriter) -> RewrittenDefinition:
    """The definition for the destination. Never raises: one that nobody can parse stays as it is, and so does one
    that nobody could parse afterwards, because two of its columns became the same.
    """
    try:
        parse_definition(text)
        document = read_json(text)
        writing = _Writing(rewriter)
        for number, level in enumerate(_items(document.get("levels")), start=1):
            writing.rewrite_level(number, level)
        new_text = splice(text, writing.spans)
        parse_definition(new_text)
    except NotJson as error:
        return _unreadable(text, error.offset, error)
    except InvalidInput as error:
        return _unreadable(text, 0, error)
    return RewrittenDefinition(text, new_text, tuple(writing.edits), tuple(writing.left_alone), tuple(writing.levels))


def _unreadable(text: str, offset: int, error: InvalidInput) -> RewrittenDefinition:
    left = LeftAlone("jql", offset, len(text), str(error), "unreadable")
    return RewrittenDefinition(text, text, (), (DefinitionLeftAlone(0, "", 0, left),))


class _Writing:
    """What gathers while a definition is gone through."""

    def __init__(self, rewriter: JqlRewriter) -> None:
        self._rewriter = rewriter
        self.spans: list[tuple[int, int, str]] = []
        self.edits: list[DefinitionEdit] = []
        self.left_alone: list[DefinitionLeftAlone] = []
        self.levels: list[LevelJql] = []

    def rewrite_level(self, number: int, level: Json) -> None:
        query = level.get("jql")
        if query is not None and (jql := query.text) is not None:
            rewritten = self._rewriter.rewrite(jql)
            self.levels.append(LevelJql(number, level.get_text("title") or "", rewritten))
            self.edits.extend(DefinitionEdit(number, "jql", 0, edit) for edit in rewritten.edits)
            self.left_alone.extend(DefinitionLeftAlone(number, "jql", 0, left) for left in rewritten.left_alone)
            self._write(query, rewritten.text)
        for place, column in enumerate(_items(level.get("columns")), start=1):
            self._rewrite_column(number, "columns", place, column)
        for place, sort in enumerate(_items(level.get("sort")), start=1):
            self._rewrite_column(number, "sort", place, sort.get("column"))
        self._rewrite_column(number, "group_by", 0, level.get("group_by"))

    def _rewrite_column(self, number: int, part: Part, place: int, column: Json | None) -> None:
        """A field's id or name; the issue's key is called the same everywhere."""
        word = None if column is None else column.text
        if column is None or word is None or not word.strip() or is_key(word):
            return
        answer = self._rewriter.new_words.of_column(word)
        if isinstance(answer, Stays):
            if answer.reason is not None:
                left = LeftAlone("field", 0, len(word), word, answer.reason)
                self.left_alone.append(DefinitionLeftAlone(number, part, place, left))
            return
        new = _in_the_same_case(word, answer)
        if new != word:
            edit = Edit("field", 0, len(word), word, new, answer.certainty)
            self.edits.append(DefinitionEdit(number, part, place, edit))
            self._write(column, new)

    def _write(self, value: Json, text: str) -> None:
        if text != value.text:
            self.spans.append((value.start, value.end, write_string(text)))


def _items(value: Json | None) -> list[Json]:
    return [] if value is None else value.items


def _in_the_same_case(word: str, answer: NewWord) -> str:
    return word if answer.word.lower() == word.strip().lower() else answer.word
