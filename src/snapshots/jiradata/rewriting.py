"""A query of the source Jira, rewritten for the destination: the words that are meant, and nothing else. Pure.

rewriter = JqlRewriter(mapping, source_fields, destination_fields)
rewritten = rewriter.rewrite('project = ACME AND "Story Points" > 3 AND summary ~ "ACME-12"')
rewritten.text          # 'project = GLX AND "Story point estimate" > 3 AND summary ~ "ACME-12"'
rewritten.edits         # (Edit('project', 10, 14, 'ACME', 'GLX', 'certain'), …)
rewritten.left_alone    # what the mapping says nothing of, each with its place and the reason

Every character outside the edits stays. There and back gives the original where the mapping is one to one, nothing
was left alone, no name had to become `cf[…]`, and the words were written as Jira writes them: `acme` becomes `GLX` and
then `ACME`, and a bare word whose partner needed quotes keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from snapshots import jql
from snapshots.atlassian.model import Field
from snapshots.jiradata.mapping import Certainty, JiraMapping
from snapshots.jiradata.meanings import FieldWords
from snapshots.jiradata.meant_words import DEEPEST_QUERY_IN_QUERY, Subject, iter_meant_words
from snapshots.jiradata.new_words import Answer, NewWord, NewWords, Reason, Stays
from snapshots.jql.spelling import is_number, respell, word_of

_WORD_END = re.compile(r"[\w.\\-]$")
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Edit:
    """`before`, at `[start:end]` of the old text, as it is written there, and what is written instead."""

    kind: Subject
    start: int
    end: int
    before: str
    after: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A word at `[start:end]` that was meant and not changed; without quotes and escapes, and a field of `cf[…]` by its
    id, so that whoever decides about it finds it by the name it has.

    `unmapped`: the mapping has no such thing. `ambiguous`: it has several. `unknown-field`, `unknown-function`: what
    the word means is not known. `order-lost`: behind `<` or `>` the issue's new key would mean other issues.
    `id-unknown`: the id of a version, component, option or category, which no mapping holds. `unreadable`: the whole
    query cannot be parsed; `word` is then the parser's sentence.
    """

    kind: Subject
    start: int
    end: int
    word: str
    reason: Reason | Literal["unreadable"]


class Segment(NamedTuple):
    """A stretch of both texts (`same`), of the old (`deleted`) or of the new one (`inserted`)."""

    part: Literal["same", "deleted", "inserted"]
    text: str


@dataclass(frozen=True, slots=True)
class RewrittenJql:
    """The new text, and what was changed in the old one and what was not, from left to right."""

    before: str
    text: str
    edits: tuple[Edit, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()

    def segments(self) -> Iterator[Segment]:
        """Before and after, word by word: `same` and `deleted` are the old text, `same` and `inserted` the new one."""
        return segments_of(self.before, self.edits)


def segments_of(before: str, edits: Iterable[Edit]) -> Iterator[Segment]:
    """A text and what these edits make of it, as stretches that stayed, went and came."""
    done = 0
    for edit in edits:
        for part, text in (("same", before[done : edit.start]), ("deleted", edit.before), ("inserted", edit.after)):
            if text:
                yield Segment(part, text)  # type: ignore[arg-type]
        done = edit.end
    if done < len(before):
        yield Segment("same", before[done:])


class JqlRewriter:
    """Rewrites any number of queries by one mapping.

    `source_fields` are those of the Jira that the queries were written for: they say what each value is. With
    `destination_fields` a name that means several fields there, or another one, is written as `cf[…]`.
    """

    def __init__(
        self, mapping: JiraMapping, source_fields: Iterable[Field], destination_fields: Iterable[Field] = ()
    ) -> None:
        self.source_fields = FieldWords(source_fields)
        self.new_words = NewWords(mapping, self.source_fields, FieldWords(destination_fields))

    def rewrite(self, text: str) -> RewrittenJql:
        """The query for the destination. One that cannot be parsed stays as it is and is said to be `unreadable`."""
        return self._rewrite(text, 0)

    def _rewrite(self, text: str, depth: int) -> RewrittenJql:
        try:
            query = jql.parse_jql(text)
        except jql.JqlSyntaxError as error:
            unreadable = LeftAlone("jql", error.offset, len(text), str(error), "unreadable")
            return RewrittenJql(text, text, (), (unreadable,))
        edits: list[Edit] = []
        left: list[LeftAlone] = []
        for kind, start, end, answer in self._answers(query, depth):
            before = text[start:end]
            if isinstance(answer, _Written):
                if answer.text != before:
                    edits.append(Edit(kind, start, end, before, answer.text, answer.certainty))
                left.extend(answer.left_alone)
            elif answer.reason is not None:
                left.append(LeftAlone(kind, start, end, _meant(kind, before), answer.reason))
        edits.sort(key=lambda edit: edit.start)
        left.sort(key=lambda each: each.start)
        return RewrittenJql(text, apply_edits(text, edits), tuple(edits), tuple(left))

    def _answers(self, query: jql.Query, depth: int) -> Iterator[_Placed]:
        for subject, value, ordered in iter_meant_words(query, self.source_fields):
            yield subject, value.start, value.end, self._of_word(query, subject, value, ordered, depth)
        for node in jql.iter_nodes(query):
            match node:
                case jql.Field():
                    yield self._of_field(query, node)
                case jql.Reference(kind="field"):
                    yield self._of_reference(query, node)

    def _of_word(
        self, query: jql.Query, subject: Subject, value: jql.Value, ordered: bool, depth: int
    ) -> _Written | Stays:
        written = query.text_of(value)
        if subject == "function":
            return Stays("unknown-function" if self.new_words.is_mapped_thing(value.text) else None)
        if subject == "jql":
            return self._of_query(value, written, depth)
        answer = self.new_words.of_value(subject, value.text, is_number=is_number(written), ordered=ordered)
        return _respelled(written, value.text, answer)

    def _of_field(self, query: jql.Query, field: jql.Field) -> _Placed:
        end = field.properties[0].start if field.properties else field.end
        written = query.text[field.start : end].rstrip(" \t\r\n")
        end = field.start + len(written)
        if field.custom_field_id is not None:
            return self._of_custom_field(query, field, written)
        if is_number(written):
            return "field", field.start, end, Stays()
        answer = self.new_words.of_clause_field(field.name)
        if not isinstance(answer, NewWord):
            # `project.property[…]` and `development[…]` are no fields of an issue, and the same everywhere.
            is_entity = bool(field.properties) and answer.reason == "unknown-field"
            return "field", field.start, end, Stays() if is_entity else answer
        becomes_number = answer.word.startswith("cf[") and not field.name.lower().startswith("cf[")
        if becomes_number and not _WORD_END.search(query.text[: field.start][-1:]):
            return "field", field.start, end, _Written(answer.word, answer.certainty)
        return "field", field.start, end, _respelled(written, field.name, answer)

    def _of_custom_field(self, query: jql.Query, field: jql.Field, written: str) -> _Placed:
        """`cf[10010]`: only the number changes, unless the field is one of Jira's own there."""
        digits = _DIGITS.search(query.text, field.start)
        assert digits is not None
        answer = self.new_words.of_custom_number(str(field.custom_field_id))
        if isinstance(answer, NewWord):
            number = answer.word.removeprefix("customfield_")
            if number == answer.word:
                new = _Written(jql.quote_jql(answer.word), answer.certainty)
                return "field", field.start, field.start + len(written), new
            same = int(digits[0]) == int(number)
            return "field", *digits.span(), _Written(digits[0] if same else number, answer.certainty)
        return "field", *digits.span(), answer

    def _of_reference(self, query: jql.Query, reference: jql.Reference) -> _Placed:
        answer = self.new_words.of_column(reference.name)
        start = reference.start + len("$")
        written = query.text[start : reference.end]
        return "field", start, reference.end, _respelled(written, reference.name, answer)

    def _of_query(self, argument: jql.Value, written: str, depth: int) -> _Written | Stays:
        """The argument of a function that takes a query."""
        if depth >= DEEPEST_QUERY_IN_QUERY:
            return Stays("unknown-function")
        inner = self._rewrite(argument.text, depth + 1)
        left = tuple(
            LeftAlone(each.kind, argument.start, argument.end, each.word, each.reason) for each in inner.left_alone
        )
        if not inner.edits:
            return _Written(written, "certain", left)
        certainty: Certainty = "likely" if any(edit.certainty == "likely" for edit in inner.edits) else "certain"
        return _Written(respell(written, inner.text), certainty, left)


@dataclass(frozen=True, slots=True)
class _Written:
    """The characters that stand there from now on."""

    text: str
    certainty: Certainty
    left_alone: tuple[LeftAlone, ...] = ()


_Placed: TypeAlias = tuple[Subject, int, int, _Written | Stays]


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made, which come in order and do not overlap."""
    parts: list[str] = []
    done = 0
    for edit in edits:
        parts += (text[done : edit.start], edit.after)
        done = edit.end
    return "".join((*parts, text[done:]))


def _meant(kind: Subject, written: str) -> str:
    """What a thing is called: a field whose place in the text is a number stands in `cf[…]`."""
    return f"customfield_{written}" if kind == "field" and _DIGITS.fullmatch(written) else word_of(written)


def _respelled(written: str, word: str, answer: Answer) -> _Written | Stays:
    """The answer in the style of what was written. What differs in case alone is not touched: it finds the same."""
    if isinstance(answer, Stays):
        return answer
    same = answer.word == word or (answer.any_case and answer.word.lower() == word.strip().lower())
    return _Written(written if same else respell(written, answer.word), answer.certainty)
