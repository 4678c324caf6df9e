from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snapshots.atlassian.model import Field
from snapshots.capture.levels import SortBy
from snapshots.capture.payload import Value
from snapshots.capture.siblings import order_siblings

PRIORITY = Field("priority", "Priority")
POINTS = Field("points", "Points")


def order(cells: dict[int, dict[str, Value]], *sort: SortBy) -> list[int]:
    return order_siblings(list(cells), sort, lambda issue, by: cells[issue][by.field.id if by.field else "key"])


def test_ties_keep_the_order_they_came_in() -> None:
    cells: dict[int, dict[str, Value]] = {
        3: {"priority": "Low", "points": 2},
        1: {"priority": "High", "points": 2},
        2: {"priority": "Low", "points": 1},
        9: {"priority": "High", "points": 2},
    }
    assert order(cells, SortBy(PRIORITY)) == [1, 9, 3, 2]
    assert order(cells, SortBy(PRIORITY, descending=True)) == [3, 2, 1, 9]
    assert order(cells, SortBy(PRIORITY), SortBy(POINTS)) == [1, 9, 2, 3]
    assert order(cells) == [3, 1, 2, 9]


def test_keys_sort_by_number_and_empty_values_come_last() -> None:
    keys: dict[int, dict[str, Value]] = {1: {"key": "ACME-10"}, 2: {"key": "ACME-9"}, 3: {"key": "ABC-11"}}
    assert order(keys, SortBy(None)) == [3, 2, 1]
    points: dict[int, dict[str, Value]] = {
        1: {"points": None},
        2: {"points": 3},
        3: {"points": 20.5},
        4: {"points": []},
    }
    assert order(points, SortBy(POINTS)) == [2, 3, 1, 4]
    assert order(points, SortBy(POINTS, descending=True)) == [3, 2, 1, 4]


shown = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.lists(st.text())


@given(st.lists(shown | st.fixed_dictionaries({"accountId": st.text(), "name": st.text()})), st.booleans())
def test_any_values_can_be_ordered_and_none_is_lost(values: list[Value], descending: bool) -> None:
    cells: dict[int, dict[str, Value]] = {number: {"points": value} for number, value in enumerate(values)}
    ordered = order(cells, SortBy(POINTS, descending))
    assert sorted(ordered) == sorted(cells)
    assert order({issue: cells[issue] for issue in ordered}, SortBy(POINTS, descending)) == ordered
