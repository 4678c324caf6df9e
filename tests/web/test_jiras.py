"""The tick "same Jira site, URL only changed": in the tab by mouse and keyboard, and by REST."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from snapshots.acts import sites, taking
from snapshots.errors import InvalidInput
from snapshots.registry import jira_mappings, tables

from .calling import Pipeline, new_key, opened, pipeline
from .conftest import Served, World

OLD, MOVED = "https://acme-old.atlassian.net", "https://acme.atlassian.net"


@pytest.fixture(scope="module", autouse=True)
def moved(served: Served) -> None:
    """Two of the three macros were captured from other Jiras; the data of one of those was imported."""
    with opened(served.home) as app, app.registry.write() as conn:
        row = app.get_site("acme")
        macros = conn.scalars(sa.select(tables.macro.c.id).order_by(tables.macro.c.id)).all()
        for macro_id, url in zip(macros, (OLD, MOVED), strict=False):
            conn.execute(tables.version.update().where(tables.version.c.macro_id == macro_id).values(jira_url=url))
        new = jira_mappings.NewJiraMapping(
            site_id=row.id,
            mapping_id="a" * 32,
            source_url=MOVED,
            destination_url=row.jira_url,
            made_by="Ada",
            made_at=1,
        )
        jira_mappings.add_mapping(conn, new, [])


def may_take(served: Served) -> bool:
    """Whether the macro that was captured from the old address may take its next snapshot."""
    with opened(served.home) as app:
        with app.registry.read() as conn:
            page, macro = tables.page, tables.macro
            pages = sa.select(page.c.remote_id).join(macro, macro.c.page_id == page.c.id)
            page_id = conn.scalar(pages.order_by(macro.c.id).limit(1))
        try:
            taking.take(app, "acme", str(page_id), [])
        except InvalidInput as refused:
            assert OLD in str(refused) and "Import Jira data" in str(refused)
            return False
        return True


@pytest.fixture
def call(served: Served) -> Iterator[Pipeline]:
    with pipeline(served.url, new_key(served.home, "jiras", "acme", ("jira-data",))) as calling:
        yield calling


def standings(answer: Any) -> dict[str, tuple[str, int]]:
    return {each["url"]: (each["standing"], each["macros"]) for each in answer.json()["items"]}


def test_by_rest(call: Pipeline, served: Served, world: World) -> None:
    listed = standings(call("GET", "jira-data/jiras", 200))
    assert listed == {
        world.emulator.url: ("own", 1),
        OLD: ("other", 1),
        MOVED: ("imported", 1),
    }
    for _ in range(2):
        said = standings(call("POST", "jira-data/same-jiras", 200, json={"url": f"{OLD}/browse/X-1"}))
        assert said[OLD] == ("same", 1)
    back = standings(call("DELETE", f"jira-data/same-jiras?url={OLD}", 200))
    assert back == listed
    assert "earlier addresses" in call("DELETE", f"jira-data/same-jiras?url={OLD}", 404).json()["detail"]
    call("DELETE", "jira-data/same-jiras", 400)
    call("POST", "jira-data/same-jiras", 400, json={"url": "javascript:alert(1)"})
    call("POST", "jira-data/same-jiras", 400, json={"url": world.emulator.url})
    with pipeline(served.url, new_key(served.home, "b", "acme", ("backup",))) as other:
        other("POST", "jira-data/same-jiras", 403, json={"url": OLD})


def test_ticked_by_mouse_and_taken_back_by_keyboard(page: Any, shoot: Any, served: Served, visitor: Any) -> None:
    assert not may_take(served)
    page.goto("/sites/acme/jira-data")
    page.get_by_text("1 macro cannot take the next snapshot", exact=True).wait_for()
    shoot(page, "jiras-other")
    opener = page.get_by_role("button", name=f"Say that {OLD} is the same Jira, only its URL changed")
    opener.click()
    dialog = page.get_by_role("dialog", name="Is it the same Jira?")
    dialog.get_by_role("button", name="Save").click()  # the tick is required
    assert dialog.is_visible()
    shoot(page, "jiras-dialog")
    dialog.get_by_label("Same Jira site, URL only changed").check()
    dialog.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name=OLD)
    row.get_by_text("same Jira, earlier URL").wait_for()
    assert not page.get_by_text("cannot take the next snapshot").is_visible()
    header, title = page.locator(".top").bounding_box(), page.locator("#jiras-title").bounding_box()
    assert title["y"] >= header["y"] + header["height"]
    shoot(page, "jiras-same")
    events = visitor.get("/sites/acme/audit?action=setting.changed").text
    assert "same_jira_urls" in events and OLD in events

    taker = page.get_by_role("button", name=f"Take back that {OLD} is the same Jira")
    taker.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Another Jira after all?").wait_for()
    page.keyboard.press("Escape")
    assert (
        page.evaluate("document.activeElement.getAttribute('aria-label')") == f"Take back that {OLD} is the same Jira"
    )
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Take back"
    shoot(page, "jiras-take-back")
    page.keyboard.press("Enter")
    opener.wait_for()
    assert not may_take(served)


def test_without_the_tick_nothing_is_said(visitor: Any, served: Served) -> None:
    sent = {"_csrf_token": visitor.csrf_token(), "url": OLD}
    assert visitor.http.post("/sites/acme/jira-data/same-jira", data=sent).status_code == 400
    assert visitor.http.post("/sites/acme/jira-data/same-jira", data={"url": OLD, "is_same": "y"}).status_code == 403
    sent |= {"url": "javascript:alert(1)", "is_same": "yes"}
    assert visitor.http.post("/sites/acme/jira-data/same-jira", data=sent).status_code == 400
    assert not may_take(served)


def test_once_said_the_next_snapshot_is_taken(visitor: Any, served: Served) -> None:
    sent = {"_csrf_token": visitor.csrf_token(), "url": OLD}
    answer = visitor.http.post("/sites/acme/jira-data/same-jira", data=sent | {"is_same": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sites/acme/jira-data#jiras-title")
    with opened(served.home) as app:
        assert [jira.standing for jira in sites.list_jiras(app, app.get_site("acme")) if jira.url == OLD] == ["same"]
    assert may_take(served)
    first = tables.version.c.macro_id == sa.select(sa.func.min(tables.version.c.macro_id)).scalar_subquery()
    with opened(served.home) as app, app.registry.write() as conn:
        conn.execute(tables.version.update().where(first).values(jira_url=OLD))
    visitor.http.post("/sites/acme/jira-data/same-jira/take-back", data=sent)
    assert not may_take(served)
