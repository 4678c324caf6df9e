"""A stored plan says of every record what the plan counts, and gives the plan back as it was."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from snapshots.backup.read import open_archive
from snapshots.errors import DamageError, InvalidInput, NotFound
from snapshots.registry.engine import Registry
from snapshots.registry.sites import SiteRow
from snapshots.restore.plan import Plan, RestoreOptions
from snapshots.restore.plan_store import PlanFacts, PlanWriter, RecordFilter, StoredPlan, load_stored_plan, open_plan
from snapshots.restore.planning import plan_restore
from snapshots.restore.source import ArchiveSource

M1, M2 = "11111111-aaaa-4aaa-8aaa-000000000001", "11111111-aaaa-4aaa-8aaa-000000000002"


def store(
    registry: Registry, site: SiteRow, confluence: Any, archive: Path, path: Path, **options: Any
) -> tuple[Plan, StoredPlan]:
    facts = PlanFacts(site=site.name, name="acme.zip", archive=str(archive), cloud_id="made-up-cloud")
    with open_archive(archive) as opened, PlanWriter(path) as writer:
        source = ArchiveSource(opened)
        plan = plan_restore(registry, confluence, site, source, RestoreOptions(**options), keep=writer.add_page)
        writer.finish(plan, facts)
    return plan, open_plan(path)


@pytest.mark.parametrize("policy", ["skip", "overwrite"])
def test_every_record_once_as_the_plan_counts(
    sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any, tmp_path: Path, policy: str
) -> None:
    archive = made_up(pages_count=9, versions_each=3, missing=2)
    archive.apply(sqlite_registry, sqlite_site, archive.plan(sqlite_registry, sqlite_site))
    with sqlite_registry.write() as conn:
        conn.exec_driver_sql("UPDATE version SET captured_by_name = 'Somebody' WHERE number = 2")
        conn.exec_driver_sql("DELETE FROM sticker_assignment WHERE id = 2")
        conn.exec_driver_sql("DELETE FROM version WHERE macro_id = 5")
        conn.exec_driver_sql("UPDATE sticker SET colour = 'red' WHERE id = 1")
    plan, stored = store(
        sqlite_registry, sqlite_site, archive.site, archive.archive, tmp_path / "a.plan", conflict=policy
    )
    with stored:
        assert stored.load() == plan
        assert stored.digest == plan.digest
        assert stored.count_outcomes() == plan.totals
        everything = stored.list_records(RecordFilter(), limit=1000)
        counted: dict[str, Counter[str]] = {}
        for record in everything:
            counted.setdefault(record.kind, Counter())[record.outcome] += 1
        assert counted == plan.totals
        # Page by page and without a gap, however small the pieces are.
        pieces, after = [], 0
        while piece := stored.list_records(RecordFilter(), after=after, limit=7):
            pieces += piece
            after = piece[-1].id
        assert pieces == everything
        for kind, outcomes in plan.totals.items():
            for outcome, number in outcomes.items():
                wanted = RecordFilter(kind=kind, outcome=outcome)
                assert stored.count_records(wanted) == len(stored.list_records(wanted, limit=1000)) == number
        (changed,) = stored.list_records(RecordFilter(kind="sticker", outcome="different"))
        assert changed.reason.startswith("Differs in colour")
        assert all(record.reason for record in everything if record.outcome != "created")
        assert stored.count_spaces() == {"ACME": len(everything)}
    assert load_stored_plan(tmp_path / "a.plan").digest == plan.digest


def test_records_are_found_by_their_words(
    sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any, tmp_path: Path
) -> None:
    archive = made_up(pages_count=3, versions_each=2)
    _, stored = store(sqlite_registry, sqlite_site, archive.site, archive.archive, tmp_path / "a.plan")
    with stored:
        found = stored.list_records(RecordFilter(text="PAGE 2", kind="version"))
        assert [(record.page.title, record.name) for record in found] == [
            ("Page 2", "Version 1"),
            ("Page 2", "Version 2"),
        ]
        assert stored.count_records(RecordFilter(text="capture-3-1")) == 1
        for nothing in ("100%_", "%", "page_2", "ünknown", "PAGE ß"):
            assert stored.count_records(RecordFilter(text=nothing)) == 0
        assert stored.count_records(RecordFilter(space="NOWHERE")) == 0
        assert "attachment" in found[0].reason and "macro id" in found[0].page.rule


def test_an_ambiguous_page_is_decided_among_its_candidates(move: Any, tmp_path: Path) -> None:
    move.source.add_space("ACME")
    page = move.source.add_page("ACME", "Release 1", M1)
    move.source.take(page, M1)
    ids = move.carry("ACME")
    here = move.destination
    here.add_space("OTHER")
    twin = here.confluence.create_page(here.spaces["OTHER"], "Twin", here.confluence.get_page(ids[page.id]).body)
    options = {"space_map": {"ACME": "NOWHERE"}}
    archive = move.archive()
    _, stored = store(here.registry, here.row, here.confluence, archive, tmp_path / "a.plan", **options)
    with stored:
        (waiting,) = stored.list_ambiguous()
        assert {each.page_id for each in waiting.plan.candidates} == {twin.id, ids[page.id]}
        assert waiting.choice is None and stored.get_decisions() == {}
        for number, choice in ((waiting.id, "17"), (waiting.id + 1, twin.id)):
            with pytest.raises(InvalidInput):
                stored.decide({number: choice})
        stored.decide({waiting.id: twin.id})
        stored.decide({waiting.id: ""})
        assert stored.list_ambiguous()[0].choice == ""
        stored.decide({waiting.id: ids[page.id]})
        assert stored.get_decisions() == {page.id: ids[page.id]}
        again, _ = store(
            here.registry,
            here.row,
            here.confluence,
            archive,
            tmp_path / "b.plan",
            **options,
            page_map=stored.get_decisions(),
        )
    assert again.pages[0].target.page_id == ids[page.id]


def test_a_plan_is_there_whole_or_not_at_all(
    sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any, tmp_path: Path
) -> None:
    path = tmp_path / "plans" / "a.plan"
    with pytest.raises(KeyboardInterrupt), PlanWriter(path):
        raise KeyboardInterrupt
    assert list(path.parent.iterdir()) == []
    with pytest.raises(NotFound):
        open_plan(path)
    path.write_bytes(b"no plan at all")
    with pytest.raises(DamageError, match="make it again"):
        open_plan(path)


def test_a_stored_plan_with_a_changed_byte_is_not_carried_out(
    sqlite_registry: Registry, sqlite_site: SiteRow, made_up: Any, tmp_path: Path
) -> None:
    archive, path = made_up(pages_count=3, versions_each=2), tmp_path / "a.plan"
    plan, stored = store(sqlite_registry, sqlite_site, archive.site, archive.archive, path)
    stored.close()
    sound = path.read_bytes()
    target = plan.pages[0].target
    assert target is not None
    wrong = ("9" * len(target.page_id)).encode()
    path.write_bytes(sound.replace(target.page_id.encode(), wrong))
    with pytest.raises(DamageError, match="is damaged"):
        load_stored_plan(path)
    for damage in (sound[: len(sound) // 2], sound[:4096] + bytes(len(sound) - 4096)):
        path.write_bytes(damage)
        with pytest.raises(DamageError, match="make it again"), open_plan(path) as opened:
            opened.count_outcomes()
            opened.list_records(RecordFilter())
            opened.load()
    path.write_bytes(sound)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE page SET plan = 'x' WHERE id = 2")
    db.close()
    with pytest.raises(DamageError, match="is damaged"), open_plan(path) as opened:
        opened.list_records(RecordFilter())
