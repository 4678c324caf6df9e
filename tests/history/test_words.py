"""Words that changed in a cell."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.history import words
from snapshots.history.words import Segment, cell_difference, word_difference

TEXTS = st.one_of(
    st.text(max_size=40), st.lists(st.sampled_from(["the", "a", " ", "\n", ",", "cat", "猫"])).map("".join)
)


def sides(segments: tuple[Segment, ...]) -> tuple[str, str]:
    return (
        "".join(segment.text for segment in segments if segment.part != "inserted"),
        "".join(segment.text for segment in segments if segment.part != "deleted"),
    )


@given(TEXTS, TEXTS)
def test_segments_join_to_both_texts(old: str, new: str) -> None:
    segments = word_difference(old, new)
    assert sides(segments) == (old, new)
    assert all(segment.text for segment in segments)
    assert all(one.part != other.part for one, other in pairwise(segments))


@given(TEXTS)
def test_equal_texts_have_nothing_to_mark(text: str) -> None:
    assert all(segment.part == "same" for segment in word_difference(text, text))


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("Pay by card", "Pay by bank", "Pay by [card→bank]"),
        ("Pay by card", "Pay by credit card", "Pay by [→credit ]card"),
        ("one two three", "uno dos tres", "[one two three→uno dos tres]"),
        ("支払いは猫", "支払いは犬", "支払いは[猫→犬]"),
        ("café", "cafe\u0301", "[café→cafe\u0301]"),
        ("", "new", "[→new]"),
    ],
)
def test_whole_words_are_marked(old: str, new: str, marked: str) -> None:
    shown, segments = "", list(word_difference(old, new))
    while segments:
        segment = segments.pop(0)
        if segment.part == "same":
            shown += segment.text
            continue
        deleted = segment.text if segment.part == "deleted" else ""
        if segment.part == "deleted" and segments and segments[0].part == "inserted":
            segment = segments.pop(0)
        shown += f"[{deleted}→{segment.text if segment.part == 'inserted' else ''}]"
    assert shown == marked


def test_a_long_text_is_still_compared_by_words() -> None:
    old = [f"word{number}" for number in range(words.EXACT_TOKENS)]
    new = list(old)
    new[2], new[-3] = "begin", "end"
    segments = word_difference(" ".join(old), " ".join(new))
    assert sides(segments) == (" ".join(old), " ".join(new))
    assert [segment.text for segment in segments if segment.part == "inserted"] == ["begin", "end"]


def test_more_distinct_words_than_there_are_characters_below_the_surrogates() -> None:
    old = " ".join(f"w{number}" for number in range(56_000))
    new = old.replace("w3 ", "x3 ").replace("w55990 ", "x55990 ")
    assert sides(word_difference(old, new)) == (old, new)


def test_a_search_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "DEADLINE_SECONDS", 0.05)
    old = " ".join(str(number * 7919 % 9973) for number in range(9000))
    new = " ".join(str(number * 6101 % 9967) for number in range(9000))
    began = time.monotonic()
    assert sides(word_difference(old, new)) == (old, new)
    # Without a deadline this takes minutes; the bound only tells an end from none.
    assert time.monotonic() - began < 30


def test_above_the_cap_the_middle_is_replaced_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "MOST_TOKENS", 3)
    assert word_difference("a b c d e f", "a 1 c 2 e f") == (
        Segment("same", "a "),
        Segment("deleted", "b c d"),
        Segment("inserted", "1 c 2"),
        Segment("same", " e f"),
    )


def paragraph(*parts: dict[str, object]) -> dict[str, object]:
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": list(parts)}]}


BOLD = [{"type": "strong"}]


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        (
            paragraph({"type": "text", "text": "Hi"}),
            paragraph({"type": "text", "text": "Hi", "marks": BOLD}),
            "formatting changed",
        ),
        ({"accountId": "1", "name": "Ada"}, {"accountId": "2", "name": "Ada"}, "another account of this name"),
        ([{"accountId": "1", "name": "Ada"}], [{"accountId": "2", "name": "Ada"}], "another account of this name"),
        (5, "5", "kind of value changed"),
        (None, "", "kind of value changed"),
        (None, "x", ""),
    ],
)
def test_values_that_read_the_same_say_why_they_differ(old: object, new: object, note: str) -> None:
    assert cell_difference(old, new).note == note


def test_people_are_compared_by_name() -> None:
    difference = cell_difference({"accountId": "1", "name": "Ada Byron"}, {"accountId": "2", "name": "Ada Lovelace"})
    assert difference.segments == (
        Segment("same", "Ada "),
        Segment("deleted", "Byron"),
        Segment("inserted", "Lovelace"),
    )
