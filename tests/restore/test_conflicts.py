from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.restore.conflicts import find_differences, move_numbers, settle_conflict

HERE = {"colour": "green", "note": "", "by": "5b10"}
COMING = {"colour": "red", "note": "n", "by": "5b10"}


@pytest.mark.parametrize(
    ("policy", "coming_at", "written"),
    [
        ("skip", 9, {}),
        ("overwrite", 1, {"colour": "red", "note": "n"}),
        ("newest", 9, {"colour": "red", "note": "n"}),
        ("newest", 5, {}),
        ("merge", 9, {"note": "n"}),
    ],
)
def test_policies(policy: str, coming_at: int, written: dict[str, str]) -> None:
    differences = find_differences(HERE, COMING)
    assert differences == {"colour": "red", "note": "n"}
    assert settle_conflict(policy, HERE, differences, here_at=5, coming_at=coming_at) == written  # type: ignore[arg-type]


def test_captures_taken_here_go_behind_in_their_order() -> None:
    here = {"x": 1, "y": 2, "z": 7}
    assert move_numbers(here, {"a": 1, "b": 2, "c": 3}) == {"x": 8, "y": 9}


def test_number_of_a_missing_version_stays_free_and_is_not_taken_from_anybody() -> None:
    assert move_numbers({"x": 2}, {"a": 1, "c": 3}) == {}


histories = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 9), max_size=6).filter(
    lambda numbers: len(set(numbers.values())) == len(numbers)
)


@given(histories, histories)
def test_numbers_never_collide_and_a_second_run_moves_nothing(here: dict[str, int], wanted: dict[str, int]) -> None:
    moved = move_numbers(here, wanted)
    after = {**here, **wanted, **moved}
    assert len(set(after.values())) == len(after)
    assert all(after[capture] == number for capture, number in wanted.items()), "restored versions keep their numbers"
    strangers = sorted(
        (number, capture) for capture, number in here.items() if capture in moved and capture not in wanted
    )
    assert [moved[capture] for _, capture in strangers] == sorted(moved[capture] for _, capture in strangers)
    assert move_numbers(after, wanted) == {}
