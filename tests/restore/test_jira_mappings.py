"""What became of a Jira's data is restored with the site, undone with it, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from snapshots.errors import DamageError
from snapshots.registry import jira_mappings
from snapshots.registry.engine import Registry
from snapshots.registry.records import JiraMappingRecord, MappedThingRecord
from snapshots.registry.sites import SiteRow
from snapshots.restore.jira_mappings import decide_mappings
from snapshots.restore.undo import choose_restore, plan_undo, undo_restore

Dump = Callable[..., dict[str, list[tuple[Any, ...]]]]
KINDS = ("jira_mapping", "mapped_thing")


def of_jira(totals: dict[str, Any]) -> dict[str, Any]:
    return {kind: totals[kind] for kind in KINDS if kind in totals}


def test_imports_come_with_the_site_once_and_go_with_the_undo(
    registry: Registry, any_site: SiteRow, made_up: Any, dump: Dump
) -> None:
    archive = made_up(pages_count=2, versions_each=2, mapped=(3, 2600))
    before = dump(registry, logs=False)
    plan = archive.plan(registry, any_site)
    expected = {"jira_mapping": {"created": 2}, "mapped_thing": {"created": 2603}}
    assert of_jira(plan.totals) == expected
    assert dump(registry, logs=False) == before
    report = archive.apply(registry, any_site, plan)
    assert of_jira(report.totals) == expected
    with registry.read() as conn:
        kept = jira_mappings.list_mappings(conn, any_site.id)
        assert [(row.mapping_id, row.numbers_kept) for row in kept] == [(f"mapping-{n}", ("PUMP",)) for n in (0, 1)]
        assert [jira_mappings.count_things(conn, row) for row in kept] == [{"issue": 3}, {"issue": 2600}]
        (found,) = jira_mappings.find_things(conn, kept[1], "issue", ids=["2600"])
        assert (found.destination_id, found.destination_key) == ("52600", "INF-2600")
    restored = dump(registry, logs=False)
    again = archive.apply(registry, any_site, archive.plan(registry, any_site))
    assert of_jira(again.totals) == {"jira_mapping": {"already_there": 2}, "mapped_thing": {"already_there": 2603}}
    assert dump(registry, logs=False) == restored
    for _ in range(2):
        restore = choose_restore(registry, any_site, None)
        undone = plan_undo(registry, restore).totals
        assert undo_restore(registry, restore).totals == undone
    assert of_jira(undone) == {"jira_mapping": {"removed": 2}, "mapped_thing": {"removed": 2603}}
    assert dump(registry, logs=False) == before


def test_an_import_that_is_here_already_stays_and_a_later_one_is_added(
    registry: Registry, any_site: SiteRow, made_up: Any
) -> None:
    archive = made_up(pages_count=1, versions_each=1, mapped=(2, 3))
    archive.apply(registry, any_site, archive.plan(registry, any_site))
    with registry.write() as conn:
        assert jira_mappings.remove_mapping(conn, any_site.id, "mapping-1")
        conn.execute(sa.text("UPDATE jira_mapping SET source_url = 'https://elsewhere.example'"))
    plan = archive.plan(registry, any_site)
    assert of_jira(plan.totals) == {
        "jira_mapping": {"created": 1, "different": 1},
        "mapped_thing": {"created": 3, "different": 2},
    }
    assert [finding.kind for finding in plan.findings] == ["already-there-different"]
    archive.apply(registry, any_site, plan)
    with registry.read() as conn:
        assert [row.source_url for row in jira_mappings.list_mappings(conn, any_site.id)] == [
            "https://elsewhere.example",
            "https://old.example",
        ]


class Records:
    """A source of these records alone."""

    def __init__(self, *records: Any) -> None:
        self._records = records

    def iter_batches(self, kind: str) -> Any:
        wanted = JiraMappingRecord if kind == "jira_mapping" else MappedThingRecord
        yield [record for record in self._records if isinstance(record, wanted)]


def test_records_that_do_not_fit_are_damage(registry: Registry, any_site: SiteRow) -> None:
    mapping = JiraMappingRecord(1, "m", "https://a", "", "https://b", "", "[]", "Mia", 1)
    stray = MappedThingRecord(1, 7, "issue", "1", "A-1", "", "2", "B-1", "", "", "certain", "[]")
    with registry.read() as conn:
        with pytest.raises(DamageError, match="jira_mapping 7"):
            decide_mappings(conn, any_site.id, Records(mapping, stray))  # type: ignore[arg-type]
        twice = msgspec.structs.replace(mapping, id=2)
        with pytest.raises(DamageError, match="one id"):
            decide_mappings(conn, any_site.id, Records(mapping, twice))  # type: ignore[arg-type]
