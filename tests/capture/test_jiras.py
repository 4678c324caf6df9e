"""Which Jiras are one, and which became which."""

from __future__ import annotations

from dataclasses import replace

from snapshots.capture.jiras import KnownJiras
from snapshots.registry.jira_mappings import JiraMappingRow

A, B, C, D = (f"https://{name}.example" for name in "abcd")


def move(source: str, destination: str, at: int = 1, source_id: str = "", destination_id: str = "") -> JiraMappingRow:
    return JiraMappingRow(at, 1, f"m{at}", source, source_id, destination, destination_id, (), "Ada", at)


def steps(jiras: KnownJiras, old: str, new: str) -> tuple[list[list[int]], list[list[int]]] | None:
    route = jiras.find_route(old, new)
    if route is None:
        return None
    old_ids, new_ids = ([[row.id for row in rows] for rows in side] for side in (route.old, route.new))
    return old_ids, new_ids


def test_an_address_is_the_same_whatever_its_case_and_slash() -> None:
    jiras = KnownJiras(A, [], [])
    assert jiras.is_same(A, "HTTPS://A.example/")
    assert jiras.leads(A, f"{A}/")
    assert not jiras.is_same(A, B)
    assert not jiras.leads(B, A)


def test_an_earlier_address_of_the_jira_is_the_same_jira() -> None:
    jiras = KnownJiras(B, [f"{A}/", D], [move(C, A)])
    assert jiras.is_same(A, B)
    assert jiras.is_same(A, D)
    assert jiras.leads(A, B)
    assert jiras.leads(C, B)
    assert not jiras.leads(B, C)


def test_waves_are_one_move_and_moves_follow_one_another() -> None:
    jiras = KnownJiras(C, [], [move(A, B, 3), move(B, C, 2), move(A, B, 1)])
    assert steps(jiras, A, C) == ([[1, 3], [2]], [])
    assert steps(jiras, C, A) == ([], [[1, 3], [2]])
    assert steps(jiras, B, B) == ([], [])
    assert steps(jiras, A, D) is None
    assert jiras.leads(A, C)
    assert not jiras.leads(C, A)


def test_two_jiras_that_became_one_meet_there() -> None:
    jiras = KnownJiras(C, [], [move(A, C, 1), move(B, C, 2)])
    assert steps(jiras, A, B) == ([[1]], [[2]])


def test_the_shortest_way_is_taken_and_circles_end() -> None:
    jiras = KnownJiras(C, [], [move(A, B, 1), move(B, C, 2), move(C, A, 3), move(A, C, 4)])
    assert steps(jiras, A, C) == ([[4]], [])
    assert steps(jiras, B, A) == ([], [[1]])


def test_a_cloud_id_makes_no_two_jiras_one() -> None:
    """A Confluence that read another site's Jira first, and then its own, has one cloud id."""
    jiras = KnownJiras(C, [], [move(A, B, 1, destination_id="cloud"), move(D, C, 2, source_id="cloud")])
    assert not jiras.is_same(B, D)
    assert steps(jiras, A, C) is None


def test_a_mapping_from_a_jira_to_itself_says_nothing() -> None:
    assert steps(KnownJiras(B, [A], [replace(move(A, B), source_url=A)]), A, B) == ([], [])
