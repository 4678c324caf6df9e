"""Stored plans as files: of which site, under which name, and how many are kept."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from snapshots.access.actors import Actor
from snapshots.acts import restore_plans
from snapshots.app import App
from snapshots.errors import NotFound
from snapshots.restore.plan import Destination, Plan, RestoreOptions
from snapshots.restore.plan_store import PlanFacts, PlanWriter, RecordFilter
from snapshots.restore.source import SourceFacts


def store(app: App, plan_id: str, site: str = "acme") -> Path:
    """A plan of nothing."""
    plan = Plan(
        format="snapshots-restore-plan",
        format_version=1,
        made_at=1,
        source=SourceFacts("elsewhere", "old", "", "", {}),
        destination=Destination(f"cloud-{site}", site),
        options=RestoreOptions(),
        requests_sent=0,
        findings=[],
        pages=[],
    )
    path = app.config.plans_dir / f"{plan_id}.plan"
    with PlanWriter(path) as writer:
        writer.finish(plan, PlanFacts(site=site, name="old.zip", archive="", cloud_id="elsewhere"))
    return path


def test_a_plan_is_its_own_sites_alone(app: App, ada: Actor) -> None:
    plan_id = "0123456789abcdef"
    store(app, plan_id)
    assert restore_plans.get_plan_summary(app, "acme", plan_id).source_site == "old"
    assert [plan.id for plan in restore_plans.list_plans(app, "acme")] == [plan_id]
    assert restore_plans.list_plans(app, "globex") == []
    for site, name in (("globex", plan_id), ("acme", "f" * 16), ("acme", "../registry.sqlite"), ("acme", "x")):
        with pytest.raises(NotFound):
            restore_plans.get_plan_summary(app, site, name)
        with pytest.raises(NotFound):
            restore_plans.list_plan_records(app, site, name, RecordFilter())
    with pytest.raises(NotFound, match="parked"):
        restore_plans.start_plan_parked(app, "acme", "elsewhere", RestoreOptions(), ada)


def test_a_plan_that_cannot_be_read_is_in_nobodys_way(app: App) -> None:
    store(app, "0" * 16).write_bytes(b"cut short")
    store(app, "1" * 16)
    assert [plan.id for plan in restore_plans.list_plans(app, "acme")] == ["1" * 16]


def test_only_so_many_plans_are_kept(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore_plans, "KEPT_PLANS", 2)
    now = time.time()
    for age in range(4):
        path = store(app, f"{age:016}")
        os.utime(path, (now - age, now - age))
    restore_plans.prune_plans(app)
    assert sorted(plan.id for plan in restore_plans.list_plans(app, "acme")) == [f"{age:016}" for age in range(2)]
    too_old = now - (restore_plans.KEPT_DAYS + 1) * 86_400
    os.utime(app.config.plans_dir / f"{0:016}.plan", (too_old, too_old))
    restore_plans.prune_plans(app)
    assert [plan.id for plan in restore_plans.list_plans(app, "acme")] == [f"{1:016}"]
