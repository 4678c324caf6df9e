"""The page Audit log."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from snapshots.access import audit
from snapshots.access.actors import Actor
from snapshots.app import App
from snapshots.config import read_config

TAB = "/sites/acme/audit"
DAY = 24 * 60 * 60 * 1_000_000
KEY = Actor("key", "7", "nightly <script>", "10.0.0.9")
ADA = Actor("person", "5b10", "Ada Admin")


@pytest.fixture(scope="module", autouse=True)
def events(served: Any) -> None:
    """120 downloads on two days, and something refused whose words are odd."""
    with App(read_config({"SNAPSHOTS_HOME": str(served.home)})) as app, app.registry.write() as conn:
        site = app.get_site("acme").id
        for number in range(120):
            at = (20_000 + number // 60) * DAY + number
            audit.record(conn, ADA, "backup.downloaded", site_id=site, subject=f"file-{number}.zip", at=at)
        odd = {"reason": "<img src=x onerror=alert(1)>", "spaces": ["A", "B"]}
        audit.record(conn, KEY, "key.refused", site_id=site, outcome="refused", at=20_005 * DAY, details=odd)


def test_the_log_is_filtered_and_paged_in_the_browser(page: Any, shoot: Callable[[Any, str], None]) -> None:
    page.goto(TAB)
    shoot(page, "audit")
    page.get_by_label("Action").select_option("Downloaded a backup")
    page.get_by_label("Who").select_option("Ada Admin")
    page.get_by_role("button", name="Filter").click()
    page.get_by_text("120 events").wait_for()
    assert page.locator("tbody tr").count() == 50
    page.get_by_role("link", name="Next").click()
    page.get_by_text("file-69.zip").wait_for()
    assert page.get_by_label("Who").input_value() == "Ada Admin"
    page.get_by_role("link", name="Next").click()
    page.get_by_text("file-0.zip").wait_for()
    assert page.locator("tbody tr").count() == 20
    page.get_by_label("Words").fill("nobody wrote this")
    page.keyboard.press("Enter")
    page.get_by_text("No event fits").wait_for()
    shoot(page, "audit-empty")


def test_words_of_others_are_shown_and_not_obeyed(page: Any) -> None:
    page.goto(f"{TAB}?outcome=refused")
    page.get_by_text("<img src=x onerror=alert(1)>").wait_for()
    page.locator("tbody").get_by_text("nightly <script>").wait_for()


def test_days_are_both_included(visitor: Any) -> None:
    first, second = "2024-10-04", "2024-10-05"
    assert "60 events" in visitor.get(f"{TAB}?since={first}&until={first}").text
    assert "120 events" in visitor.get(f"{TAB}?since={first}&until={second}").text


def test_the_export_holds_what_the_filter_lets_through(visitor: Any) -> None:
    answer = visitor.get(f"{TAB}/export.json?outcome=refused")
    assert answer.headers["content-disposition"].startswith("attachment")
    exported = json.loads(answer.content)
    assert exported["site"] == "acme"
    assert [event["actor"]["name"] for event in exported["events"]] == ["nightly <script>"]
    assert exported["events"][0]["details"]["spaces"] == ["A", "B"]
    assert len(json.loads(visitor.get(f"{TAB}/export.json?words=file-").content)["events"]) == 120
    assert json.loads(visitor.get(f"{TAB}/export.json?words=none-at-all").content)["events"] == []


@pytest.mark.parametrize(
    "query", ["since=yesterday", "until=9999-12-31", "before=x", "words=" + "x" * 300, "since=2026-13-01"]
)
def test_odd_questions_are_answered(visitor: Any, query: str) -> None:
    assert visitor.get(f"{TAB}?{query}").status_code == 400
