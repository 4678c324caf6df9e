from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snapshots.registry.records import VersionRecord
from snapshots.restore.locating import (
    LocatedVersions,
    Location,
    PageHistory,
    Run,
    find_location,
    make_runs,
)


def version(number: int, page_version: int | None = None, attachment_version: int | None = None) -> VersionRecord:
    return VersionRecord(
        id=number,
        macro_id=1,
        capture_id=f"c{number}",
        number=number,
        captured_at=number,
        captured_by="5b10",
        captured_by_name="Mia",
        trigger="person",
        page_version=page_version,
        attachment_version=attachment_version or number,
        payload_sha256=f"{number:064x}",
        payload_bytes=10,
        data_sha256=f"{number:064x}",
        row_counts="[1]",
        jira_url=None,
    )


def test_digest_decides_and_number_does_not() -> None:
    history = PageHistory({"a.json": {f"{2:064x}": 3}}, {("m", "c2"): 5})
    assert find_location(version(2), "m", "a.json", history) == Location(3, 5)
    assert find_location(version(1), "m", "a.json", history) is None
    assert find_location(version(2), "m", "b.json", history) is None
    assert find_location(version(2), "other", "a.json", history) == Location(3, None)


def test_history_that_was_carried_whole_is_one_run() -> None:
    located = [(version(n, n + 1), Location(n + 3, n + 8)) for n in range(1, 1001)]
    assert make_runs(located) == [Run(1, 1000, 3, 7)]


places = st.tuples(st.integers(1, 9), st.none() | st.integers(1, 9))


@given(st.dictionaries(st.integers(1, 40), st.tuples(places, places), max_size=20))
def test_runs_give_back_exactly_what_was_located(
    found: dict[int, tuple[tuple[int, int | None], tuple[int, int | None]]],
) -> None:
    located = [(version(number, there[1], there[0]), Location(*here)) for number, (there, here) in found.items()]
    runs = LocatedVersions(make_runs(reversed(located)))
    assert [runs.find(each) for each, _ in located] == [place for _, place in located]
    missing = set(range(45)) - found.keys()
    assert all(runs.find(version(number)) is None for number in missing)
