from __future__ import annotations

import hashlib
from typing import Any

from snapshots.atlassian.macro import attachment_name, format_attachment_comment
from snapshots.restore.apply import apply_restore
from snapshots.restore.plan import RestoreOptions
from snapshots.restore.planning import plan_restore

M1, M2 = "11111111-aaaa-4aaa-8aaa-000000000001", "11111111-aaaa-4aaa-8aaa-000000000002"


def prepare(move: Any) -> Any:
    """One page with two macros, three captures and a sticker."""
    move.source.add_space("ACME")
    page = move.source.add_page("ACME", "Release 1", M1, M2)
    move.source.take(page, M1)
    second = move.source.take(page, M1)
    move.source.take(page, M2)
    move.source.stick(page, second, "signed off")
    return page


def test_whole_history_comes_back(move_anywhere: Any, dump: Any) -> None:
    move = move_anywhere
    page = prepare(move)
    ids = move.carry("ACME")
    plan, report = move.restore()
    assert plan.pages[0].target.page_id == ids[page.id] != page.id
    assert plan.pages[0].rule == "macro id"
    assert "title agrees" in plan.pages[0].evidence
    assert move.destination.history("Release 1") == move.source.history("Release 1")
    assert report.totals["version"] == {"created": 3}
    assert report.totals == plan.totals
    assert report.restore.state == "done"
    assert dump(move.destination.registry)["parked_record"] == []


def test_second_restore_changes_nothing(move_anywhere: Any, dump: Any) -> None:
    move = move_anywhere
    prepare(move)
    move.carry("ACME")
    plan, first = move.restore()
    everything = dump(move.destination.registry)
    assert move.apply(plan).totals == first.totals
    assert dump(move.destination.registry) == everything
    again, report = move.restore()
    assert {kind: dict(counts) for kind, counts in report.totals.items()} == {
        "page": {"already_there": 1},
        "macro": {"already_there": 2},
        "version": {"already_there": 3},
        "sticker": {"already_there": 1},
        "sticker_assignment": {"already_there": 1},
    }
    assert dump(move.destination.registry, logs=False) == {
        name: rows for name, rows in everything.items() if not name.startswith("restore")
    }
    assert again.requests_sent < plan.requests_sent


def test_plan_writes_nothing(move: Any, dump: Any) -> None:
    prepare(move)
    move.carry("ACME")
    before = dump(move.destination.registry)
    move.plan()
    assert dump(move.destination.registry) == before
    assert not [entry for entry in move.destination.server.requests() if entry.method in ("PUT", "DELETE")]


def test_without_history_older_versions_wait_until_it_arrives(move: Any, dump: Any) -> None:
    page = prepare(move)
    ids = move.carry("ACME", current_version_only=True)
    archive = move.archive()
    _, report = move.restore(archive)
    assert report.totals["version"] == {"created": 2, "parked": 1}
    assert report.parked_reasons == {"its payload is not on the page: history was not carried": 1}
    first = move.source.history("Release 1")[0]
    restored = move.destination.history("Release 1")
    assert first[1] not in [row[1] for row in restored]
    assert [row[0] for row in restored] == [2, 1], "numbers are kept, whatever is missing"
    # The missing payload is put on the page by hand.
    data = f"payload {first[1]}".encode()
    move.destination.confluence.put_attachment(
        ids[page.id],
        attachment_name(M1),
        data,
        format_attachment_comment(first[1], hashlib.sha256(data).hexdigest()),
    )
    _, report = move.restore(archive)
    assert report.totals["version"] == {"already_there": 2, "created": 1}
    assert dump(move.destination.registry)["parked_record"] == []
    assert [row[:2] for row in move.destination.history("Release 1")] == [
        row[:2] for row in move.source.history("Release 1")
    ]


def test_page_that_arrives_later_is_taken_up_without_the_archive(move_anywhere: Any, dump: Any) -> None:
    move = move_anywhere
    prepare(move)
    plan, report = move.restore()
    assert [finding.kind for finding in plan.findings] == ["space-not-here"]
    assert report.totals["page"] == {"parked": 1}
    assert sum(report.parked_reasons.values()) == 1 + 2 + 3 + 1 + 1
    parked = dump(move.destination.registry)["parked_record"]
    _, report = move.restore()
    assert dump(move.destination.registry)["parked_record"] == parked, "waiting twice is waiting once"
    move.carry("ACME")
    site = move.destination
    source = move.parked_source()
    plan = plan_restore(site.registry, site.confluence, site.row, source, RestoreOptions())
    report = apply_restore(site.registry, site.row, source, plan)
    assert report.totals["version"] == {"created": 3}
    assert report.parked_reasons == {}
    assert dump(site.registry)["parked_record"] == []
    assert site.history("Release 1") == move.source.history("Release 1")


def test_renamed_space(move: Any) -> None:
    prepare(move)
    move.carry("ACME", rename_to="NEW")
    plan = move.plan()
    assert plan.pages[0].rule == "macro id", "other spaces are looked at when the page is not in its own"
    assert plan.findings == [], "a space whose pages were found elsewhere is missed by nobody"
    plan, _ = move.restore(space_map={"ACME": "NEW", "ACNE": "OTHER"})
    assert [(finding.kind, finding.record) for finding in plan.findings] == [("unknown-space", "space ACNE")]
    assert "title agrees" in plan.pages[0].evidence
    assert move.destination.history("Release 1") == move.source.history("Release 1")


def test_copied_page_is_told_by_its_title(move: Any) -> None:
    move.source.add_space("ACME")
    original, copy = (move.source.add_page("ACME", title, M1) for title in ("Release 1", "Release 2"))
    for page in (original, copy, original):
        move.source.take(page, M1)
    ids = move.carry("ACME")
    plan, _ = move.restore()
    assert {page.page_id: page.target.page_id for page in plan.pages} == {
        original.id: ids[original.id],
        copy.id: ids[copy.id],
    }
    for title in ("Release 1", "Release 2"):
        assert move.destination.history(title) == move.source.history(title)


def test_ambiguous_pages_are_left_to_a_person(move: Any, dump: Any) -> None:
    page = prepare(move)
    ids = move.carry("ACME")
    new = move.destination
    body = new.confluence.get_page(ids[page.id]).body
    new.add_space("OTHER")
    twin = new.confluence.create_page(new.spaces["OTHER"], "Twin", body)
    plan = move.plan(space_map={"ACME": "NOWHERE"})
    assert plan.pages[0].match == "ambiguous"
    assert {candidate.page_id for candidate in plan.pages[0].candidates} == {twin.id, ids[page.id]}
    assert plan.needs_decision == plan.pages
    report = move.apply(plan)
    assert report.totals["version"] == {"ambiguous": 3}
    assert move.destination.history("Release 1") == []
    # Decided by a mapping file; what waited is taken up.
    plan, report = move.restore(page_map={page.id: ids[page.id]})
    assert plan.pages[0].rule == "mapping file"
    assert report.totals["version"] == {"created": 3}
    assert dump(move.destination.registry)["parked_record"] == []


def test_mapping_against_the_evidence_is_followed_and_shown(move: Any) -> None:
    page = prepare(move)
    move.carry("ACME")
    other = move.destination.add_page("ACME", "Another")
    plan = move.plan(page_map={page.id: other.id})
    assert plan.pages[0].target.page_id == other.id
    assert [finding.kind for finding in plan.findings] == ["contradicting-evidence"]
    assert "macro id" in plan.findings[0].evidence
    assert plan.totals["version"] == {"parked": 3}, "its payloads are on the other page"


def test_mapping_to_a_page_that_is_not_there(move: Any) -> None:
    page = prepare(move)
    move.carry("ACME")
    plan = move.plan(page_map={page.id: "999999999"})
    assert plan.pages[0].match == "parked"
    assert [finding.kind for finding in plan.findings] == ["mapped-page-not-here"]


def test_capture_taken_here_before_the_restore_goes_behind(move_anywhere: Any) -> None:
    move = move_anywhere
    page = prepare(move)
    ids = move.carry("ACME")
    here = move.destination.confluence.get_page(ids[page.id])
    taken = move.destination.take(here, M1)
    assert taken.number == 1
    plan, _ = move.restore()
    assert [finding.kind for finding in plan.findings] == ["renumbered"]
    wanted = [row[1] for row in move.source.history("Release 1")]
    assert [(row[0], row[1]) for row in move.destination.history("Release 1")] == [
        (1, wanted[0]),
        (2, wanted[1]),
        (3, taken.capture_id),
        (1, wanted[2]),
    ]


def test_lost_comments_cost_downloads_and_nothing_else(move: Any) -> None:
    page = prepare(move)
    ids = move.carry("ACME")
    with move.destination.server.site.database.transaction() as c:
        c.execute("UPDATE attachment_versions SET comment = ''")
    plan, report = move.restore()
    assert report.totals["version"] == {"created": 3}
    assert move.destination.history("Release 1") == move.source.history("Release 1")
    assert plan.pages[0].target.page_id == ids[page.id]


def test_same_site_after_the_registry_was_lost(move: Any, dump: Any) -> None:
    prepare(move)
    archive = move.archive()
    history = move.source.history("Release 1")
    with move.source.registry.write() as conn:
        for name in ("sticker_assignment", "sticker", "version", "macro", "page", "space"):
            conn.exec_driver_sql(f"DELETE FROM {name}")
    assert move.source.history("Release 1") == []
    move.destination = move.source
    plan, _ = move.restore(archive)
    assert plan.pages[0].rule == "page id"
    assert move.source.history("Release 1") == history
