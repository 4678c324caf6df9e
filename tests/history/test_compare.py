"""Laws of comparing, and what people see in particular cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.capture.definition import Definition, Level
from snapshots.capture.payload import CaptureHeader, Column, OpenPayload, Row, decode_row, open_payload, write_payload
from snapshots.errors import DamageError
from snapshots.history.compare import Comparison, compare_payloads
from snapshots.history.pairing import longest_increasing

SUMMARY = Column("summary", "Summary", "string")
STATUS = Column("status", "Status", "status")


def make_payload(
    rows: Iterable[Row],
    *,
    levels: Sequence[tuple[Column, ...]] | None = None,
    depth: int = 1,
    jira_url: str = "https://acme.atlassian.net",
) -> OpenPayload:
    columns = tuple(levels or [(SUMMARY,)] * depth)
    header = CaptureHeader(1_700_000_000_000_000, "557058:a", "Ada", "c-1", jira_url, "m-1", "person")
    definition = Definition(tuple(Level(f"level {number}") for number in range(len(columns))))
    return open_payload(write_payload(header, definition, columns, rows).data)


def row(level: int, issue: int | str, *values: object, key: str | None = None) -> Row:
    return Row(level, str(issue), key or f"ACME-{issue}", values or ("as it was",))  # type: ignore[arg-type]


def kinds(comparison: Comparison) -> list[tuple[str, str]]:
    return [(change.row.key, change.kind) for change in comparison.rows]


def decoded(payload: OpenPayload) -> list[Row]:
    return [decode_row(line) for line in payload.row_lines]


def apply(comparison: Comparison, old: list[Row]) -> list[Row]:
    """Turn the old rows into the new ones, knowing nothing but the comparison."""
    changes = {change.old_index: change for change in comparison.rows if change.old_index is not None}
    kept: list[Row] = []
    travelling: dict[int, list[Row]] = {}
    carriers: list[int | None] = []
    for index, former in enumerate(old):
        change = changes.get(index)
        del carriers[former.level - 1 :]
        carrier = carriers[-1] if carriers else None
        if change is not None and change.new is not None:
            assert former.level == change.new.level
            values = list(former.values)
            for cell in change.cells:
                values[[SUMMARY, STATUS].index(cell.column)] = cell.new
            former = Row(former.level, former.issue_id, change.new.key, tuple(values))  # type: ignore[arg-type]
        if change is not None and change.moved:
            carrier = change.new_index
            assert carrier is not None
        carriers.append(carrier)
        if change is not None and change.kind == "removed":
            continue
        (kept if carrier is None else travelling.setdefault(carrier, [])).append(former)
    arriving = {change.new_index: [change.new] for change in comparison.rows if change.kind == "added"} | travelling
    for index in sorted(arriving):  # type: ignore[type-var]
        kept[index:index] = arriving[index]  # type: ignore[misc,index]
    return kept


@st.composite
def tables(draw: st.DrawFn, depth: int, *, repeated: bool = True) -> list[Row]:
    """Rows of a few issues, so that two tables drawn apart have much in common."""
    rows: list[Row] = []
    level = 0
    for _ in range(draw(st.integers(0, 12))):
        level = draw(st.integers(1, min(level + 1, depth)))
        issue = draw(st.integers(1, 6))
        rows.append(row(level, issue, draw(st.sampled_from(["one", "two", 3, True, None]))))
    return rows


@st.composite
def table_pairs(draw: st.DrawFn) -> tuple[OpenPayload, OpenPayload]:
    depth = draw(st.integers(1, 3))
    old, new = draw(tables(depth)), draw(tables(depth))
    if depth == 1 and draw(st.booleans()):
        new = draw(st.permutations(old))
    return make_payload(old, depth=depth), make_payload(new, depth=depth)


@given(table_pairs())
def test_a_payload_does_not_differ_from_itself(pair: tuple[OpenPayload, OpenPayload]) -> None:
    comparison = compare_payloads(pair[0], pair[0])
    assert not comparison
    assert comparison.total.unchanged == len(pair[0].row_lines)


@given(table_pairs())
def test_swapping_the_sides_swaps_added_and_removed(pair: tuple[OpenPayload, OpenPayload]) -> None:
    there, back = compare_payloads(*pair), compare_payloads(*reversed(pair))
    for forth, again in zip(there.counts, back.counts, strict=True):
        assert (forth.added, forth.removed) == (again.removed, again.added)
        assert forth.moved + forth.moved_and_changed == again.moved + again.moved_and_changed
        assert forth.changed + forth.moved_and_changed == again.changed + again.moved_and_changed


@given(table_pairs())
def test_the_comparison_leads_from_the_old_rows_to_the_new(pair: tuple[OpenPayload, OpenPayload]) -> None:
    old, new = pair
    assert apply(compare_payloads(old, new), decoded(old)) == decoded(new)


@given(table_pairs())
def test_counts_add_up_to_the_rows_of_both_sides(pair: tuple[OpenPayload, OpenPayload]) -> None:
    old, new = pair
    total = compare_payloads(old, new).total
    paired = total.changed + total.moved + total.moved_and_changed + total.unchanged
    assert paired + total.added == len(new.row_lines)
    assert paired + total.removed == len(old.row_lines)


@given(table_pairs())
def test_rows_are_shown_in_the_order_of_the_new_version(pair: tuple[OpenPayload, OpenPayload]) -> None:
    rows = compare_payloads(*pair).rows
    assert [change.position for change in rows] == sorted(change.position for change in rows)
    present = [change.new_index for change in rows if change.new_index is not None]
    assert present == sorted(present)  # type: ignore[type-var]


@given(table_pairs())
def test_a_removed_row_is_shown_beneath_the_row_it_stood_beneath(pair: tuple[OpenPayload, OpenPayload]) -> None:
    old, new = pair
    comparison = compare_payloads(old, new)
    at = {change.position: [] for change in comparison.rows}  # type: ignore[var-annotated]
    for change in comparison.rows:
        if change.kind == "removed":
            at[change.position].append(change.row)
    shown: list[Row] = []
    for index, present in enumerate([*decoded(new), None]):
        shown.extend(at.get(index, []))
        if present is not None:
            shown.append(present)
    above: list[Row] = []
    removed = {id(gone): change for change in comparison.rows if (gone := change.row) and change.kind == "removed"}
    for one in shown:
        del above[one.level - 1 :]
        if id(one) in removed:
            assert [parent.key for parent in above[-1:]] == list(removed[id(one)].old_path[-1:])
            assert len(above) == one.level - 1
        above.append(one)


@given(st.permutations(range(6)))
def test_the_fewest_rows_are_called_moved(order: list[int]) -> None:
    fewest = next(
        size
        for size in range(len(order) + 1)
        if any(
            (rest := [value for value in order if value not in chosen]) == sorted(rest)
            for chosen in combinations(order, size)
        )
    )
    stayed = longest_increasing(order)
    assert len(order) - len(stayed) == fewest
    assert [value for value in order if value in stayed] == sorted(stayed)
    comparison = compare_payloads(make_payload(map(row_of, range(6))), make_payload(map(row_of, order)))
    assert comparison.total.moved == fewest


def row_of(issue: int) -> Row:
    return row(1, issue)


def test_a_changed_cell_has_both_values_and_an_unchanged_one_is_left_out() -> None:
    levels = [(SUMMARY, STATUS)]
    old = make_payload([row(1, 1, "Pay by card", "Open")], levels=levels)
    new = make_payload([row(1, 1, "Pay by card", "Done")], levels=levels)
    (change,) = compare_payloads(old, new).rows
    assert [(cell.column.id, cell.old, cell.new) for cell in change.cells] == [("status", "Open", "Done")]


def test_an_issue_under_a_new_key_is_one_row_renamed() -> None:
    old = make_payload([row(1, 7, key="ACME-7")])
    new = make_payload([row(1, 7, key="SHOP-1")])
    (change,) = compare_payloads(old, new).rows
    assert change.kind == "changed" and change.renamed and not change.cells


def test_issues_of_two_jiras_are_told_apart_by_key() -> None:
    old = make_payload([row(1, 7, key="ACME-7"), row(1, 8, key="ACME-8")])
    new = make_payload(
        [row(1, 90, key="ACME-8"), row(1, 91, "changed", key="ACME-7")], jira_url="https://other.atlassian.net"
    )
    assert kinds(compare_payloads(old, new)) in (
        [("ACME-8", "moved"), ("ACME-7", "changed")],
        [("ACME-7", "moved_and_changed")],
    )
    assert compare_payloads(old, new).total.removed == 0


def test_a_row_beneath_another_parent_moved_and_takes_its_own_rows_along() -> None:
    old = make_payload([row(1, 1), row(2, 5), row(3, 6), row(1, 2)], depth=3)
    new = make_payload([row(1, 1), row(1, 2), row(2, 5), row(3, 6)], depth=3)
    (change,) = compare_payloads(old, new).rows
    assert (change.row.key, change.kind) == ("ACME-5", "moved")
    assert (change.old_path, change.new_path) == (("ACME-1",), ("ACME-2",))


def test_an_issue_beneath_several_parents_is_not_guessed_to_have_moved() -> None:
    old = make_payload([row(1, 1), row(2, 5), row(1, 2), row(2, 5), row(1, 3)], depth=2)
    new = make_payload([row(1, 1), row(1, 2), row(2, 5), row(1, 3), row(2, 5)], depth=2)
    assert kinds(compare_payloads(old, new)) == [("ACME-5", "removed"), ("ACME-5", "added")]


def test_the_same_issue_twice_beneath_one_parent_is_numbered() -> None:
    old = make_payload([row(1, 1, "first"), row(1, 1, "second")])
    new = make_payload([row(1, 1, "first"), row(1, 1, "changed"), row(1, 1, "third")])
    assert [(change.kind, change.new_index) for change in compare_payloads(old, new).rows] == [
        ("changed", 1),
        ("added", 2),
    ]


def test_columns_are_compared_by_id() -> None:
    points, due = Column("p", "Points", "number"), Column("d", "Due", "date")
    old = make_payload([row(1, 1, "x", 3), row(1, 2, "y", 5)], levels=[(SUMMARY, points)])
    renamed = Column("p", "Story Points", "number")
    new = make_payload([row(1, 1, 3, "x", None), row(1, 2, 8, "y", None)], levels=[(renamed, SUMMARY, due)])
    comparison = compare_payloads(old, new)
    (columns,) = comparison.columns
    assert (columns.added, columns.removed, columns.renamed) == ((due,), (), ((points, renamed),))
    assert columns.reordered
    (change,) = comparison.rows
    assert [(cell.column, cell.old, cell.new) for cell in change.cells] == [(renamed, 5, 8)]


def test_equal_bytes_under_exchanged_columns_are_a_change() -> None:
    old = make_payload([row(1, 1, "a", "b")], levels=[(SUMMARY, STATUS)])
    new = make_payload([row(1, 1, "a", "b")], levels=[(STATUS, SUMMARY)])
    assert compare_payloads(old, new).total.changed == 1


def test_a_level_that_came_is_all_new() -> None:
    comparison = compare_payloads(make_payload([row(1, 1)]), make_payload([row(1, 1), row(2, 2)], depth=2))
    assert kinds(comparison) == [("ACME-2", "added")]
    assert comparison.definition_changed


@pytest.mark.parametrize(("old", "new"), [(1, True), (0, False), ([1], [True]), (None, ""), ("1", 1)])
def test_values_that_python_calls_equal_but_a_reader_does_not(old: object, new: object) -> None:
    comparison = compare_payloads(make_payload([row(1, 1, old)]), make_payload([row(1, 1, new)]))
    assert comparison.total.changed == 1


def test_ids_that_hide_a_quote_are_not_mixed_up() -> None:
    old = make_payload([row(1, '1"0', key="A-1"), row(1, '1"1', key="A-2")])
    new = make_payload([row(1, '1"1', key="A-2")])
    assert kinds(compare_payloads(old, new)) == [("A-1", "removed")]


def test_more_than_nine_levels() -> None:
    rows = [row(level, level) for level in range(1, 13)]
    comparison = compare_payloads(make_payload(rows, depth=12), make_payload(rows[:11], depth=12))
    assert kinds(comparison) == [("ACME-12", "removed")]
    assert comparison.counts[11].removed == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [(b'[1,"1","ACME-1", "as it was"]', "canonical"), (b'[1,"1","ACME-1"]', "columns"), (b"[1]", "key")],
)
def test_a_damaged_row_is_named(line: bytes, words: str) -> None:
    old, new = make_payload([row(1, 1)]), make_payload([row(1, 1)])
    new.row_lines[0] = line
    with pytest.raises(DamageError, match=words):
        compare_payloads(old, new)
