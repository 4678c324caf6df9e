from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from atlassian_emulator.jira import Jira, load_issues
from atlassian_emulator.weather import Disturbance
from snapshots.capture.definition import parse_definition
from snapshots.capture.payload import CaptureHeader, Row, measure_payload, write_payload
from snapshots.errors import InvalidInput, SiteRefused, SiteUnavailable

# The fixture's class lives in conftest.py, which tests do not import.
Bench = Any

PARENTS = 1_100
REAL_ISSUES = Path(__file__).parents[3] / "shared" / "data" / "jira-issues.jsonl.gz"
EPICS = {"jql": "project = ACME AND type = Epic ORDER BY key"}


def tree(reading: Any) -> list[str]:
    """The rows as keys, indented by level."""
    return ["  " * (row.level - 1) + row.key for row in reading.iter_rows()]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (
            [{"jql": "project = BUG ORDER BY key DESC"}],
            ["BUG-3", "BUG-2", "BUG-1"],
        ),
        (
            [EPICS, {"jql": "parent = $key ORDER BY key DESC"}, {"jql": "parent in ($key)"}],
            ["ACME-1", "  ACME-11", "  ACME-10", "    ACME-20", "ACME-2", "  ACME-12", "    ACME-21", "ACME-3"],
        ),
        (
            [EPICS, {"jql": '"Epic Link" = $key AND status != Done ORDER BY key'}],
            ["ACME-1", "  ACME-11", "ACME-2", "  ACME-12", "ACME-3"],
        ),
        (
            [EPICS, {"jql": 'issue in linkedIssues($key, "is tested by") ORDER BY key'}],
            ["ACME-1", "  TEST-1", "  TEST-2", "ACME-2", "  TEST-1", "ACME-3"],
        ),
        (
            [EPICS, {"jql": "status = Done AND key in (linkedIssues($key))"}],
            ["ACME-1", "  TEST-2", "ACME-2", "  TEST-2", "ACME-3"],
        ),
        (
            [{"jql": "project = TEST ORDER BY key"}, {"jql": 'issue in linkedIssues($key, "tests") ORDER BY key'}],
            ["TEST-1", "  ACME-1", "  ACME-2", "TEST-2", "  ACME-1"],
        ),
        (
            [{"jql": "project = TEST ORDER BY key"}, {"jql": 'issue in linkedIssues($key, "is tested by")'}],
            ["TEST-1", "  ACME-10", "TEST-2"],
        ),
        (
            [EPICS, {"jql": "project = BUG AND status != Done ORDER BY key"}],
            ["ACME-1", "  BUG-1", "  BUG-2", "ACME-2", "  BUG-1", "  BUG-2", "ACME-3", "  BUG-1", "  BUG-2"],
        ),
        (
            [EPICS, {"jql": "project = BUG AND Team = $Team ORDER BY key DESC"}],
            ["ACME-1", "  BUG-3", "  BUG-1", "ACME-2", "  BUG-2", "ACME-3"],
        ),
        (
            [EPICS, {"jql": "affectedVersion in ($fixVersions)"}],
            ["ACME-1", "  TEST-1", "ACME-2", "  TEST-1", "ACME-3"],
        ),
        (
            [EPICS, {"jql": "parent = $key OR issue in linkedIssues($key, blocks) ORDER BY key"}],
            ["ACME-1", "  ACME-10", "  ACME-11", "ACME-2", "  ACME-12", "ACME-3"],
        ),
        (
            [EPICS, {"jql": "key = BUG-1"}, {"jql": "parent = $key"}],
            ["ACME-1", "  BUG-1", "ACME-2", "  BUG-1", "ACME-3", "  BUG-1"],
        ),
    ],
)
def test_rows_stand_beneath_their_parents_in_the_order_of_the_jql(
    quiet_bench: Bench, levels: list[dict[str, Any]], expected: list[str]
) -> None:
    reading = quiet_bench.read(*levels)
    assert tree(reading) == expected
    counts = [sum(len(key) - len(key.lstrip()) == 2 * depth for key in expected) for depth in range(len(levels))]
    assert reading.row_counts == tuple(counts)


def test_cycles_end_with_the_levels(quiet_bench: Bench) -> None:
    level = {
        "jql": "issue in linkedIssues($key, \"tests\") OR issue in linkedIssues($key, 'is tested by') ORDER BY key"
    }
    reading = quiet_bench.read({"jql": "key = TEST-2"}, level, level)
    assert tree(reading) == ["TEST-2", "  ACME-1", "    TEST-1", "    TEST-2"]


def test_an_issue_on_several_levels_is_read_once(quiet_bench: Bench) -> None:
    reading = quiet_bench.read(EPICS, {"jql": "project = ACME"}, {"jql": "project = ACME"})
    assert sum(reading.row_counts) == 3 + 3 * 8 + 3 * 8 * 8
    assert reading.issue_count == 8
    assert quiet_bench.count("/bulkfetch") == 2


def test_cells_show_what_a_reader_saw(quiet_bench: Bench) -> None:
    columns = ["key", "summary", "status", "Team", "Story Points", "fixVersions", "assignee", "Linked Issues", "parent"]
    reading = quiet_bench.read({"jql": "key in (ACME-1, ACME-11) ORDER BY key", "columns": columns})
    rows = list(reading.iter_rows())
    first, second = (row.values for row in rows)
    assert first == (
        "Summary of ACME-1",
        "To Do",
        "Red",
        3,
        ["1.0"],
        None,
        ["is tested by TEST-1", "is tested by TEST-2"],
        None,
    )
    assert second == ("Summary of ACME-11", "To Do", None, None, [], None, ["blocks ACME-12"], "ACME-1")
    assert isinstance(rows[0], Row)
    assert [column.name for column in reading.columns[0]] == [
        "Summary", "Status", "Team", "Story Points", "Fix versions", "Assignee", "Linked Issues", "Parent",
    ]  # fmt: skip


def test_grouping_comes_before_sorting_and_ties_keep_the_order_of_the_jql(quiet_bench: Bench) -> None:
    level = {"jql": "project = BUG ORDER BY key", "group_by": "Team", "sort": [{"column": "status"}]}
    assert quiet_bench.read_tree(level) == ["BUG-2", "BUG-3", "BUG-1"]
    level = {"jql": "project = BUG ORDER BY key DESC", "group_by": "Team"}
    assert quiet_bench.read_tree(level) == ["BUG-2", "BUG-3", "BUG-1"]


def test_page_properties_reach_the_jql(quiet_bench: Bench) -> None:
    reading = quiet_bench.read({"jql": "project = BUG AND Team = $metadata:team"}, properties={"team": "Blue"})
    assert tree(reading) == ["BUG-2"]


def test_a_row_with_an_empty_field_has_no_children_and_a_finding(quiet_bench: Bench) -> None:
    reading = quiet_bench.read(EPICS, {"jql": "project = BUG AND (Team = $Team OR Team IS EMPTY)"})
    assert [(finding.kind, finding.record) for finding in reading.findings] == [("empty-reference", "level 2")]
    assert "ACME-3" in reading.findings[0].evidence
    assert "  BUG" not in tree(reading)[-1]


def test_no_rows_above_ask_for_no_children(quiet_bench: Bench) -> None:
    reading = quiet_bench.read(
        {"jql": "project = BUG AND type = Epic"}, {"jql": "parent = $key"}, {"jql": "project = BUG"}
    )
    assert tree(reading) == []
    assert quiet_bench.count("/search/jql") == 1


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ([{"jql": "universe = 42"}], r"level 1, 'universe = 42': .*universe"),
        ([EPICS, {"jql": "parent = $key AND universe = 42"}], r"level 2, .*universe"),
        ([EPICS, {"jql": "universe = $key"}], r"level 2, 'universe = \$key': .*universe"),
        ([EPICS, {"jql": 'issue in linkedIssues($key, "is unknown to")'}], r"level 2, .*is unknown to"),
        ([{"jql": "ORDER BY key"}], r"level 1, 'ORDER BY key'"),
    ],
)
def test_a_refused_jql_is_told_with_its_level_and_in_jiras_words(
    quiet_bench: Bench, levels: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(SiteRefused, match=words) as refused:
        quiet_bench.read(*levels)
    assert refused.value.status == 400


def test_what_a_person_must_change_is_told_before_any_issue_is_read(quiet_bench: Bench) -> None:
    with pytest.raises(InvalidInput, match="Level 2 shows 'colour'"):
        quiet_bench.read(EPICS, {"jql": "parent = $key", "columns": ["colour"]})
    assert quiet_bench.count("/search/jql") == quiet_bench.count("/bulkfetch") == 0


def test_issues_that_vanish_stop_the_reading(quiet_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    search = quiet_bench.jira.search_ids
    monkeypatch.setattr(quiet_bench.jira, "search_ids", lambda jql: [*search(jql), 999_999])
    with pytest.raises(SiteUnavailable, match=r"1 issues for level 1 .*ids 999999.*take the snapshot again"):
        quiet_bench.read(EPICS)
    assert quiet_bench.count("/bulkfetch") == 2


def test_issues_that_a_second_look_finds_are_kept(quiet_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = quiet_bench.jira.fetch_issues
    lost: list[int] = []

    def lose_one(ids: list[int], *rest: Any) -> Any:
        issues = fetch(ids, *rest)
        if not lost:
            lost.append(max(issues))
            del issues[lost[0]]
        return issues

    monkeypatch.setattr(quiet_bench.jira, "fetch_issues", lose_one)
    assert quiet_bench.read_tree(EPICS) == ["ACME-1", "ACME-2", "ACME-3"]
    assert lost


def test_children_that_name_no_parent_are_matched_by_jira(quiet_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = quiet_bench.jira.fetch_issues

    def without_parent(*arguments: Any) -> Any:
        issues = fetch(*arguments)
        for issue in issues.values():
            issue.fields.pop("parent", None)
        return issues

    monkeypatch.setattr(quiet_bench.jira, "fetch_issues", without_parent)
    reading = quiet_bench.read(EPICS, {"jql": "parent = $key ORDER BY key DESC"})
    assert tree(reading) == ["ACME-1", "  ACME-11", "  ACME-10", "ACME-2", "  ACME-12", "ACME-3"]
    assert quiet_bench.count("/jql/match") == 1


def test_a_row_that_belongs_beneath_no_parent_stops_the_reading(
    quiet_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiet_bench.jira, "match_issues", lambda jqls, ids: [frozenset(ids[:1]) for _ in jqls])
    with pytest.raises(SiteUnavailable, match=r"2 issues for level 2 .*BUG-2, BUG-3.*take the snapshot again"):
        quiet_bench.read(EPICS, {"jql": "project = BUG AND Team = $Team ORDER BY key"})


def test_rows_that_ask_for_the_same_are_asked_for_once(quiet_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    match = quiet_bench.jira.match_issues
    asked: list[list[str]] = []

    def note(jqls: list[str], ids: list[int]) -> Any:
        asked.append(jqls)
        return match(jqls, ids)

    monkeypatch.setattr(quiet_bench.jira, "match_issues", note)
    rows = quiet_bench.read_tree({"jql": "project = BUG ORDER BY key"}, {"jql": "type = Epic AND Team = $Team"})
    assert rows == ["BUG-1", "  ACME-1", "BUG-2", "  ACME-2", "BUG-3", "  ACME-1"]
    assert asked == [['Team = "Red"', 'Team = "Blue"']]


def test_half_an_emoji_does_not_stop_a_capture(quiet_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = quiet_bench.jira.fetch_issues

    def with_half_an_emoji(*arguments: Any) -> Any:
        issues = fetch(*arguments)
        for issue in issues.values():
            issue.fields["summary"] = msgspec.Raw(b'"half \\ud83d, whole \\ud83d\\ude00"')
        return issues

    monkeypatch.setattr(quiet_bench.jira, "fetch_issues", with_half_an_emoji)
    (row,) = quiet_bench.read({"jql": "key = BUG-1"}).iter_rows()
    assert row.values == ("half \ufffd, whole \U0001f600",)


@pytest.mark.parametrize(
    "weather",
    [
        Disturbance(kind="rate-limit", count=3, path="/rest/api/3/*", retry_after_seconds=1),
        Disturbance(kind="unavailable", count=3, path="/rest/api/3/*", retry_after_seconds=1),
        Disturbance(kind="drop", count=2, path="/rest/api/3/*"),
        Disturbance(kind="cut", count=2, path="/rest/api/3/*"),
    ],
    ids=lambda weather: weather.kind,
)
def test_bad_weather_is_waited_out(quiet_bench: Bench, weather: Disturbance) -> None:
    quiet_bench.server.set_weather(weather)
    reading = quiet_bench.read(EPICS, {"jql": "parent = $key ORDER BY key"})
    assert tree(reading) == ["ACME-1", "  ACME-10", "  ACME-11", "ACME-2", "  ACME-12", "ACME-3"]


def test_weather_that_does_not_end_is_told(quiet_bench: Bench) -> None:
    quiet_bench.server.set_weather(Disturbance(kind="unavailable", path="/rest/api/3/search/jql"))
    with pytest.raises(SiteUnavailable):
        quiet_bench.read(EPICS)


def test_projects_that_the_account_may_not_see_are_not_read(bench: Bench) -> None:
    viewer = bench.server.site.users.find_by_email("viewer@example.com")
    assert viewer is not None
    bench.server.site.part(Jira).hide_project("TEST", viewer.account_id)
    with bench.as_account("viewer@example.com") as seen:
        rows = seen.read_tree(EPICS, {"jql": "issue in linkedIssues($key)"})
    assert rows == ["ACME-1", "ACME-2", "ACME-3"]


# -- the budget of requests ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "children_each"),
    [
        ("parent = $key ORDER BY key", 3),
        ('issue in linkedIssues($key, "is tested by") AND status != Done', 1),
        ("issue in linkedIssues($key)", 1),
        ("project = BUG AND labels in ($labels)", 1),
    ],
)
def test_requests_stay_within_the_budget(large_bench: Bench, second: str, children_each: int) -> None:
    sent_before, logged_before = large_bench.transport.requests_sent, len(large_bench.server.requests())
    reading = large_bench.read({"jql": "project = BIG ORDER BY key"}, {"jql": second})
    assert reading.row_counts == (PARENTS, PARENTS * children_each)
    issues = reading.issue_count
    budget = 1.1 * (issues / 100 + issues / 5_000 + PARENTS / 250) + 20
    assert large_bench.transport.requests_sent - sent_before <= budget
    assert len(large_bench.server.requests()) - logged_before <= budget


def test_three_levels_stay_within_the_budget(large_bench: Bench) -> None:
    sent_before = large_bench.transport.requests_sent
    reading = large_bench.read(
        {"jql": "project = BUG ORDER BY key"}, {"jql": "issue in linkedIssues($key, tests)"}, {"jql": "parent = $key"}
    )
    assert reading.row_counts == (PARENTS, PARENTS, PARENTS * 3)
    parents = 2 * PARENTS
    budget = 1.1 * (reading.issue_count / 100 + reading.issue_count / 5_000 + parents / 250) + 20
    assert large_bench.transport.requests_sent - sent_before <= budget


@pytest.mark.documents
@pytest.mark.skipif(not REAL_ISSUES.exists(), reason="the real issues are not part of the project")
def test_real_issues_are_read_with_every_field(bench: Bench) -> None:
    loaded = load_issues(bench.server.site, REAL_ISSUES)
    columns = [field.id for field in bench.jira.list_fields() if field.id != "issuekey"]
    header = CaptureHeader(1, "a", "A", "c", bench.server.url, "m", "person")
    level = {"jql": "project NOT IN (ACME, TEST, BUG) ORDER BY key", "columns": columns}
    definition = parse_definition(json.dumps({"levels": [level]}))
    reading = bench.read(level)
    payload = write_payload(header, definition, reading.columns, reading.iter_rows())
    assert payload.row_counts == (loaded,)
    assert measure_payload(payload.data) == payload
