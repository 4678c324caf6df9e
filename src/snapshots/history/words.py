"""Which words changed inside a cell. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from diff_match_patch import diff_match_patch
from rapidfuzz.distance import LCSseq

from snapshots.history.text import is_rich_text, readable_text

Part: TypeAlias = Literal["same", "deleted", "inserted"]
Note: TypeAlias = Literal["", "formatting changed", "another account of this name", "kind of value changed"]

EXACT_TOKENS = 5_000
"""Up to so many tokens on either side the fewest changed words are found; it costs their product."""

MOST_TOKENS = 200_000
"""Above this a text is shown as replaced as a whole, apart from how it begins and ends."""

DEADLINE_SECONDS = 1.0
"""How long the search in a longer text may take before it is content with more marks than needed."""

# Chinese and Japanese write words without spaces between them, so there each character is a token.
_IDEOGRAPH = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# An accent may be a character of its own (U+0300 …); it belongs to its letter.
_TOKEN = re.compile(rf"[{_IDEOGRAPH}]|(?:(?![{_IDEOGRAPH}])[\w\u0300-\u036f])+|[^\S\n]+|.", re.DOTALL)

_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text: in both (`same`), only in the old (`deleted`), only in the new (`inserted`)."""

    part: Part
    text: str


@dataclass(frozen=True, slots=True)
class CellDifference:
    """How a cell reads on both sides, and where the readings differ.

    `same` and `deleted` segments joined are the old text, `same` and `inserted` ones the new. Where
    both read the same although the values differ, `note` says why.
    """

    old_text: str
    new_text: str
    segments: tuple[Segment, ...]
    note: Note


def cell_difference(old: object, new: object) -> CellDifference:
    """The difference of two unequal values of a cell, in words."""
    old_text, new_text = readable_text(old), readable_text(new)
    note: Note = ""
    if old_text == new_text:
        note = _reason_for_same_text(old, new)
    return CellDifference(old_text, new_text, word_difference(old_text, new_text), note)


def word_difference(old: str, new: str) -> tuple[Segment, ...]:
    """The texts as segments, with every deletion before the insertion that took its place."""
    old_tokens, new_tokens = _TOKEN.findall(old), _TOKEN.findall(new)
    begin = _common_length(old_tokens, new_tokens)
    end = _common_length(reversed(old_tokens[begin:]), reversed(new_tokens[begin:]))
    middle_old = old_tokens[begin : len(old_tokens) - end]
    middle_new = new_tokens[begin : len(new_tokens) - end]
    segments = [Segment("same", "".join(old_tokens[:begin]))]
    longest = max(len(middle_old), len(middle_new))
    if not middle_old or not middle_new or longest > MOST_TOKENS:
        segments += [Segment("deleted", "".join(middle_old)), Segment("inserted", "".join(middle_new))]
    elif longest <= EXACT_TOKENS:
        segments += _fewest_changes(middle_old, middle_new)
    else:
        segments += _changes_before_deadline(middle_old, middle_new)
    segments.append(Segment("same", "".join(old_tokens[len(old_tokens) - end :])))
    return tuple(_joined(segments))


def _reason_for_same_text(old: object, new: object) -> Note:
    if is_rich_text(old) and is_rich_text(new):
        return "formatting changed"
    # Only a user, alone or in a list, reads the same while its account differs.
    if _holds_user(old) and _holds_user(new):
        return "another account of this name"
    return "kind of value changed"


def _holds_user(value: object) -> bool:
    if isinstance(value, list):
        return any(map(_holds_user, value))
    return isinstance(value, dict) and "accountId" in value


def _common_length(old: Iterable[str], new: Iterable[str]) -> int:
    length = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        length += 1
    return length


def _fewest_changes(old: list[str], new: list[str]) -> Iterator[Segment]:
    for step in LCSseq.opcodes(old, new):
        if step.tag == "equal":
            yield Segment("same", "".join(old[step.src_start : step.src_end]))
        else:
            yield Segment("deleted", "".join(old[step.src_start : step.src_end]))
            yield Segment("inserted", "".join(new[step.dest_start : step.dest_end]))


def _changes_before_deadline(old: list[str], new: list[str]) -> Iterator[Segment]:
    """diff-match-patch compares characters, so each distinct token is given a character of its own."""
    characters: dict[str, str] = {}
    for token in (*old, *new):
        if token not in characters:
            place = len(characters)
            characters[token] = chr(place if place < _SURROGATES.start else place + len(_SURROGATES))
    tokens = {character: token for token, character in characters.items()}
    search = diff_match_patch()
    search.Diff_Timeout = DEADLINE_SECONDS
    parts: dict[int, Part] = {0: "same", -1: "deleted", 1: "inserted"}
    old_line, new_line = ("".join(map(characters.__getitem__, side)) for side in (old, new))
    for operation, line in search.diff_main(old_line, new_line, checklines=False):
        yield Segment(parts[operation], "".join(map(tokens.__getitem__, line)))


def _joined(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Neighbours of one part become one; a lone space between two changes joins them.

    Two sentences that share nothing but spaces would otherwise read as confetti.
    """
    waiting = [segment for segment in segments if segment.text]
    deleted = inserted = ""
    for place, segment in enumerate(waiting):
        if segment.part == "deleted":
            deleted += segment.text
        elif segment.part == "inserted":
            inserted += segment.text
        elif segment.text.isspace() and deleted and inserted and place + 1 < len(waiting) and "\n" not in segment.text:
            deleted += segment.text
            inserted += segment.text
        else:
            yield from _change(deleted, inserted)
            deleted = inserted = ""
            yield segment
    yield from _change(deleted, inserted)


def _change(deleted: str, inserted: str) -> Iterator[Segment]:
    if deleted:
        yield Segment("deleted", deleted)
    if inserted:
        yield Segment("inserted", inserted)
