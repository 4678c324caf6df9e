"""Comparing versions of two Jiras: names that a move gave are no changes, and everything else is what it would be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from snapshots.capture.definition import Definition, Level
from snapshots.capture.jiras import KnownJiras
from snapshots.capture.payload import CaptureHeader, Column, OpenPayload, Row, decode_row, open_payload, write_payload
from snapshots.history.compare import Comparison, compare_payloads
from snapshots.history.crossing import Crossing, Names, Side, make_names
from snapshots.history.document import render_json
from snapshots.history.following import follow
from snapshots.history.page import render_page
from snapshots.history.subject import Subject
from snapshots.history.terminal import plain_lines, print_comparison
from snapshots.history.versions import HistoryEntry
from snapshots.registry import jira_mappings, sites
from snapshots.registry.engine import Registry
from snapshots.registry.jira_mappings import MappedThing, NewJiraMapping
from snapshots.registry.versions import VersionRow

ACME, GLEX, INIT = "https://acme.example", "https://globex.example", "https://initech.example"

SUMMARY = Column("summary", "Summary", "string")
STATUS = Column("status", "Status", "status")
LINKS = Column("issuelinks", "Linked issues", "array:issuelinks")
TEAM = Column("customfield_10010", "Team", "option")
TEAM_THERE = Column("customfield_10411", "Squad", "option")
WHO = Column("assignee", "Assignee", "user")


def payload(
    rows: Iterable[Row], *columns: Column, jira: str = ACME, levels: Sequence[tuple[Column, ...]] = ()
) -> OpenPayload:
    shown = tuple(levels or (columns or (SUMMARY,),))
    header = CaptureHeader(1_700_000_000_000_000, "557058:a", "Ada", "c-1", jira, "m-1", "person")
    definition = Definition(tuple(Level(f"level {number}") for number in range(len(shown))))
    return open_payload(write_payload(header, definition, shown, rows).data)


def row(level: int, issue: int, *values: object, key: str = "", there: bool = False) -> Row:
    """An issue of PUMP in the old Jira, and of INF in the new one, with another id."""
    issue_id, known_as = (str(50_000 + issue), f"INF-{issue}") if there else (str(issue), f"PUMP-{issue}")
    return Row(level, issue_id, key or known_as, values or ("as it was",))  # type: ignore[arg-type]


def issue(number: int) -> MappedThing:
    return MappedThing("issue", str(number), f"PUMP-{number}", "", str(50_000 + number), f"INF-{number}", "")


def named(kind: str, old: str, new: str, **words: Any) -> MappedThing:
    return MappedThing(kind, f"1{old}", "", old, f"2{new}", "", new, **words)


def field(old: Column, new: Column) -> MappedThing:
    return MappedThing("field", old.id, "", old.name, new.id, "", new.name)


EVERYTHING = make_names(
    [
        *map(issue, range(1, 10)),
        named("status", "Open", "To Do"),
        named("status", "Done", "Done"),
        named("link_type", "Tests", "Verifies", words=(("is tested by", "is verified by"),)),
        field(TEAM, TEAM_THERE),
    ]
)
CROSSING = Crossing(Side(EVERYTHING), Side())


def compare(old: OpenPayload, new: OpenPayload, names: Names = EVERYTHING) -> Comparison:
    return compare_payloads(old, new, Crossing(Side(names), Side()))


def kinds(comparison: Comparison) -> list[tuple[str, str]]:
    return [(change.row.key.rpartition("-")[2], change.kind) for change in comparison.rows]


def cells(comparison: Comparison) -> list[tuple[str, object, object, str]]:
    return [(cell.column.id, cell.old, cell.new, cell.note) for change in comparison.rows for cell in change.cells]


# Laws


@st.composite
def tables(draw: st.DrawFn, depth: int) -> list[Row]:
    rows: list[Row] = []
    level = 0
    for _ in range(draw(st.integers(0, 12))):
        level = draw(st.integers(1, min(level + 1, depth)))
        status = draw(st.sampled_from(["Open", "Done"]))
        links = draw(st.lists(st.integers(1, 9).map(lambda number: f"is tested by PUMP-{number}"), max_size=2))
        rows.append(row(level, draw(st.integers(1, 6)), draw(st.sampled_from(["one", 2, None])), status, links))
    return rows


def moved(rows: list[Row]) -> list[Row]:
    """The same issues in the other Jira, every name of them another one."""
    return [
        row(
            one.level,
            int(one.issue_id),
            one.values[0],
            {"Open": "To Do"}.get(one.values[1], one.values[1]),  # type: ignore[arg-type]
            [link.replace("tested by PUMP", "verified by INF") for link in one.values[2]],  # type: ignore[union-attr]
            there=True,
        )
        for one in rows
    ]


@st.composite
def pairs_of_tables(draw: st.DrawFn) -> tuple[list[Row], list[Row], int]:
    depth = draw(st.integers(1, 3))
    return draw(tables(depth)), draw(tables(depth)), depth


COLUMNS = (SUMMARY, STATUS, LINKS)


@given(pairs_of_tables())
def test_what_only_moved_does_not_differ(pair: tuple[list[Row], list[Row], int]) -> None:
    rows, _, depth = pair
    levels = [COLUMNS] * depth
    comparison = compare(payload(rows, levels=levels), payload(moved(rows), levels=levels, jira=GLEX))
    assert not comparison
    assert comparison.total.renamed == len(comparison.renamed) == len(rows)
    assert [(one.old_key[5:], one.new_key[4:]) for one in comparison.renamed] == [
        (one.key[5:], one.key[5:]) for one in rows
    ]


@given(pairs_of_tables())
def test_changes_across_a_move_are_those_within_one_jira(pair: tuple[list[Row], list[Row], int]) -> None:
    before, after, depth = pair
    levels = [COLUMNS] * depth
    old, new = payload(before, levels=levels), payload(after, levels=levels)
    there = payload(moved(after), levels=levels, jira=GLEX)
    at_home, across = compare_payloads(old, new), compare(old, there)
    assert kinds(across) == kinds(at_home)
    assert [[cell.column for cell in change.cells] for change in across.rows] == [
        [cell.column for cell in change.cells] for change in at_home.rows
    ]
    assert [change.position for change in across.rows] == [change.position for change in at_home.rows]
    assert across.total == replace(at_home.total, renamed=at_home.total.unchanged, unchanged=0)


@given(pairs_of_tables())
def test_looking_back_is_looking_back_within_one_jira(pair: tuple[list[Row], list[Row], int]) -> None:
    before, after, depth = pair
    levels = [COLUMNS] * depth
    old, new = payload(before, levels=levels), payload(after, levels=levels)
    there = payload(moved(after), levels=levels, jira=GLEX)
    at_home, back = compare_payloads(new, old), compare_payloads(there, old, Crossing(Side(), Side(EVERYTHING)))
    assert kinds(back) == kinds(at_home)
    assert back.total == replace(at_home.total, renamed=at_home.total.unchanged, unchanged=0)


# Cases


def test_a_new_key_is_a_rename_and_a_new_word_a_change() -> None:
    old = payload([row(1, 1, "alarm"), row(1, 2, "pump"), row(1, 3, "tube")])
    new = payload(
        [row(1, 1, "alarm", there=True), row(1, 2, "pump 2", there=True), row(1, 4, "new", there=True)], jira=GLEX
    )
    comparison = compare(old, new)
    assert kinds(comparison) == [("2", "changed"), ("3", "removed"), ("4", "added")]
    (changed,) = (change for change in comparison.rows if change.kind == "changed")
    assert (changed.former_key, changed.followed, changed.renamed) == ("PUMP-2", True, False)
    assert [(one.old_key, one.new_key) for one in comparison.renamed] == [("PUMP-1", "INF-1")]


def test_an_issue_that_went_elsewhere_since_the_move_is_still_the_same_row() -> None:
    comparison = compare(payload([row(1, 1)]), payload([row(1, 1, there=True, key="SHOP-7")], jira=GLEX))
    assert [(change.kind, change.former_key, change.renamed) for change in comparison.rows] == [
        ("changed", "PUMP-1", True)
    ]


def test_a_key_that_another_issue_bears_now_is_not_the_same_issue() -> None:
    """INF-1 was PUMP-1; that some other issue is PUMP-1 in the new Jira must not deceive anybody."""
    old = payload([row(1, 1, ["is tested by PUMP-2"])], LINKS)
    new = payload([row(1, 1, ["is tested by PUMP-2"], there=True)], LINKS, jira=GLEX)
    names = make_names([issue(1), issue(2)])
    assert cells(compare(old, new, names)) == [
        ("issuelinks", ["is tested by PUMP-2"], ["is tested by PUMP-2"], "another thing of this name")
    ]
    other = payload([row(1, 7, there=True, key="PUMP-1")], jira=GLEX)
    assert kinds(compare(payload([row(1, 1)]), other, names)) == [("1", "removed"), ("1", "added")]


def test_issues_that_nobody_mapped_are_the_same_by_key() -> None:
    old = payload([row(1, 20, "one"), row(1, 21, "two")])
    new = payload(
        [row(1, 8, "one", there=True, key="PUMP-20"), row(1, 9, "three", there=True, key="PUMP-21")], jira=GLEX
    )
    assert kinds(compare(old, new, make_names([issue(1)]))) == [("21", "changed")]


def test_a_link_that_was_renamed_and_one_that_was_added_are_told_apart() -> None:
    old = payload([row(1, 1, ["is tested by PUMP-2"])], LINKS)
    new = payload([row(1, 1, ["is verified by INF-2", "is verified by INF-3"], there=True)], LINKS, jira=GLEX)
    ((_, _, _, note),) = cells(compare(old, new))
    assert note == "in part renamed by the move"


def test_a_field_with_another_id_is_the_same_column() -> None:
    old = payload([row(1, 1, "x", "Red")], SUMMARY, TEAM)
    new = payload([row(1, 1, "x", "Blue", there=True)], SUMMARY, TEAM_THERE, jira=GLEX)
    comparison = compare(old, new)
    assert cells(comparison) == [("customfield_10411", "Red", "Blue", "")]
    (columns,) = comparison.columns
    assert (columns.renamed, columns.followed) == (((TEAM, TEAM_THERE),), ((TEAM, TEAM_THERE),))
    assert not columns


def test_a_custom_field_of_the_same_number_is_another_one_unless_its_name_agrees() -> None:
    other = replace_column(TEAM, name="Budget")
    old, names = payload([row(1, 1, "Red")], TEAM), make_names([issue(1)])
    (columns,) = compare(old, payload([row(1, 1, "7", there=True)], other, jira=GLEX), names).columns
    assert (columns.removed, columns.added) == ((TEAM,), (other,))
    (columns,) = compare(old, payload([row(1, 1, "7", there=True)], TEAM, jira=GLEX), names).columns
    assert not columns


def replace_column(column: Column, **changes: str) -> Column:
    return Column(**{"id": column.id, "name": column.name, "type": column.type} | changes)


def test_a_person_is_an_account_whatever_its_name() -> None:
    def one(account: str, name: str, there: bool) -> OpenPayload:
        value = {"accountId": account, "name": name}
        return payload([row(1, 1, value, there=there)], WHO, jira=GLEX if there else ACME)

    assert not compare(one("ada", "Ada", False), one("ada", "Ada Abel", True))
    assert kinds(compare(one("ada", "Ada", False), one("eve", "Ada", True))) == [("1", "changed")]
    names = make_names([issue(1), MappedThing("user", "ada", "", "Ada", "712020:ada", "", "Ada")])
    assert not compare(one("ada", "Ada", False), one("712020:ada", "Ada", True), names)


def test_a_status_of_which_there_were_two_stays_as_it_reads() -> None:
    names = make_names([issue(1), named("status", "Open", "To Do"), named("status", "Open", "Waiting")])
    old, new = payload([row(1, 1, "Open")], STATUS), payload([row(1, 1, "To Do", there=True)], STATUS, jira=GLEX)
    assert kinds(compare(old, new, names)) == [("1", "changed")]


# From the registry


def add_site(conn: sa.Connection) -> sites.SiteRow:
    return sites.add_site(
        conn,
        name="globex",
        deployment="cloud",
        confluence_url="https://globex.example/wiki",
        jira_url=GLEX,
        cloud_id="globex",
        account="ada@globex.example",
        secret="env:T",
        created_at=1,
    )


def keep(
    conn: sa.Connection, site_id: int, source: str, destination: str, things: Iterable[MappedThing], **more: Any
) -> None:
    count = len(jira_mappings.list_mappings(conn, site_id))
    new = NewJiraMapping(
        site_id=site_id,
        mapping_id=f"m-{count}",
        source_url=source,
        destination_url=destination,
        made_by="Ada",
        made_at=1_790_000_000_000_000 + count,
        **more,
    )
    jira_mappings.add_mapping(conn, new, things)


def crossing_of(conn: sa.Connection, site: sites.SiteRow, old: OpenPayload, new: OpenPayload) -> Crossing:
    jiras = KnownJiras(site.jira_url, [], jira_mappings.list_mappings(conn, site.id))
    route = jiras.find_route(old.header.jira_url, new.header.jira_url)
    assert route is not None
    return follow(conn, route, old, new)


def test_moves_in_waves_and_one_after_another_are_followed(registry: Registry) -> None:
    project = MappedThing("project", "1", "LAB", "Lab", "2", "LAC", "Lac")
    onwards = [
        MappedThing("issue", str(50_000 + n), f"INF-{n}", "", str(90_000 + n), f"ZED-{n}", "") for n in range(1, 7)
    ]
    third = replace_column(TEAM_THERE, id="customfield_7", name="Crew")
    with registry.write() as conn:
        site = add_site(conn)
        keep(conn, site.id, ACME, GLEX, [*map(issue, range(1, 4)), field(TEAM, TEAM_THERE)])
        keep(conn, site.id, ACME, GLEX, [*map(issue, range(4, 7)), project], numbers_kept=("LAB",))
        keep(conn, site.id, GLEX, INIT, [*onwards, field(TEAM_THERE, third)])
        old = payload([row(1, n, [f"blocks PUMP-{n + 1}", "blocks LAB-7"], "Red") for n in range(1, 6)], LINKS, TEAM)
        rows = [
            Row(1, str(90_000 + n), f"ZED-{n}", ([f"blocks ZED-{n + 1}", "blocks LAC-7"], "Red")) for n in range(1, 6)
        ]
        new = payload(rows, LINKS, third, jira=INIT)
        crossing = crossing_of(conn, site, old, new)
        comparison = compare_payloads(old, new, crossing)
        back = compare_payloads(new, old, crossing_of(conn, site, new, old))
    assert not comparison and not back
    assert comparison.total.renamed == back.total.renamed == 5
    assert [mapping.mapping_id for mapping in crossing.mappings] == ["m-0", "m-1", "m-2"]
    assert comparison.columns[0].renamed == ((TEAM, third),)


# What people see


@pytest.fixture
def seen() -> tuple[Subject, Comparison]:
    rows = [row(1, n, f"Pump {n}", "Open", ["is tested by PUMP-9"]) for n in range(1, 6)]
    there = moved(rows)
    there[2] = replace(there[2], values=("Pump 3 <b>louder</b>", *there[2].values[1:]))
    old, new = payload(rows, *COLUMNS), payload(there, *COLUMNS, jira=GLEX)
    mapping = jira_mappings.JiraMappingRow(1, 1, "m-0", ACME, "", GLEX, "", (), "Ada <Admin>", 1_790_000_000_000_000)
    comparison = compare_payloads(old, new, Crossing(Side(EVERYTHING), Side(), ((mapping,),)))

    def entry(number: int) -> HistoryEntry:
        version = VersionRow(
            number, 1, f"c-{number}", number, 10**15, "ada", "Ada", "person", 1, 1, "aa", 1, f"{number}", "[5]"
        )
        return HistoryEntry(version, (5,), None)

    return Subject("globex", "REL", "Defects", "m-1", entry(1), entry(2)), comparison


def test_the_json_document_tells_the_move(seen: tuple[Subject, Comparison]) -> None:
    document = json.loads(render_json(*seen))
    assert (document["move"]["old_jira"], document["move"]["new_jira"]) == (ACME, GLEX)
    assert [one["mapping_id"] for one in document["move"]["imports"]] == ["m-0"]
    assert (document["counts"]["changed"], document["counts"]["renamed"], document["same"]) == (1, 4, False)
    (changed,) = document["rows"]
    assert [(cell["column"], cell["note"]) for cell in changed["renamed_cells"]] == [
        ("status", "renamed by the move"),
        ("issuelinks", "renamed by the move"),
    ]
    assert [(one["old"]["key"], one["new"]["key"]) for one in document["renamed"]] == [
        (f"PUMP-{n}", f"INF-{n}") for n in (1, 2, 4, 5)
    ]


def test_lines_for_a_pipe_tell_the_move(seen: tuple[Subject, Comparison]) -> None:
    lines = list(plain_lines(*seen))
    assert lines[1] == "1 changed, 4 only renamed by the move"
    assert any(ACME in line and GLEX in line for line in lines)
    assert any("mapping m-0" in line for line in lines)
    assert "= only renamed by the move PUMP-1 -> INF-1 (Status, Linked issues too)" in lines
    assert any(line.startswith("~ changed INF-3") and "(was PUMP-3)" in line for line in lines)


def test_a_terminal_tells_the_move(seen: tuple[Subject, Comparison]) -> None:
    console = Console(file=StringIO(), force_terminal=True, width=160, color_system=None)
    print_comparison(*seen, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "two Jiras" in text and "Only renamed by the move: PUMP-1 → INF-1" in text
    assert "renamed by the move" in text.partition("INF-3")[2]


def test_the_page_tells_the_move(seen: tuple[Subject, Comparison]) -> None:
    page = render_page(*seen)
    assert "two Jiras" in page and "Ada &lt;Admin&gt;" in page and "<b>louder" not in page
    assert "4 rows only renamed by the move" in page
    assert "<bdi>PUMP-1</bdi> → <bdi>INF-1</bdi>" in page


def test_a_definition_that_the_import_rewrote_asks_for_the_same(seen: tuple[Subject, Comparison]) -> None:
    subject, comparison = seen
    other = replace(comparison.old, definition=Definition((Level("project = INF"),)))
    changed = replace(comparison, old=other)
    followed = replace(changed, definition_followed=True)
    assert "the import rewrote the macro's definition" in list(plain_lines(subject, followed))
    assert "the macro's definition changed" in list(plain_lines(subject, changed))
    assert "it asks for the same" in render_page(subject, followed)
    assert json.loads(render_json(subject, followed))["definition_followed"] is True


def test_without_an_import_it_is_said_that_rows_are_the_same_by_key(seen: tuple[Subject, Comparison]) -> None:
    old, new = payload([row(1, 1)]), payload([row(1, 1, there=True, key="PUMP-1")], jira=GLEX)
    comparison = compare_payloads(old, new)
    assert not comparison and comparison.other_jira
    assert any("no import of Jira data says" in line for line in plain_lines(seen[0], comparison))
    assert json.loads(render_json(seen[0], comparison))["move"]["imports"] == []


def test_one_jira_under_two_addresses_is_one_jira() -> None:
    old, new = payload([row(1, 1)]), payload([Row(1, "1", "INF-1", ("as it was",))], jira=GLEX)
    comparison = compare_payloads(old, new, same_jira=True)
    assert not comparison.other_jira
    assert kinds(comparison) == [("1", "changed")]
    assert decode_row(new.row_lines[0]).key == "INF-1"
