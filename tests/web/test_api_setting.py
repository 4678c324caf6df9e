"""The tab API setting in a real browser, by mouse and by keyboard; and its lines, run as they were copied."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from snapshots.access.keys import HEADER
from snapshots.acts import api
from snapshots.backup.verify import verify_archive
from snapshots.registry import audit_events

from .calling import ADA, opened


@pytest.fixture
def fresh(served: Any) -> Any:
    """The server, whose site has the API off and no key that was not revoked."""
    with opened(served.home) as app:
        for key in api.list_keys(app, "acme"):
            api.revoke_key(app, "acme", key.row.id, ADA)
        api.switch_api(app, "acme", ADA, enabled=False)
        with app.registry.write() as conn:
            conn.exec_driver_sql("DELETE FROM api_key")
    return served


def text_of(page: Any, element: str) -> str:
    return str(page.locator(f"#{element}").text_content())


def row_of(page: Any, name: str) -> Any:
    return page.locator("tr", has=page.locator("th", has_text=name))


def opens(served: Any, key: str) -> int:
    return httpx.get(f"{served.url}/api/v1/sites/acme/backups", headers={HEADER: key}).status_code


def test_from_off_to_a_key_that_works_by_mouse(
    fresh: Any, page: Any, scheme: str, shoot: Callable[[Any, str], None], tmp_path: Path
) -> None:
    page.goto("/sites/acme/api")
    assert page.locator("#switch .lozenge").text_content() == "off"
    shoot(page, "api-setting-off")
    page.click("text=Enable the API")
    assert page.locator("#switch .lozenge").text_content() == "on"
    key = text_of(page, "new-key")
    assert re.fullmatch(r"snapshots_backup_\w{49}", key)
    assert text_of(page, "request-url") == f"{fresh.url}/api/v1/sites/acme/backups"
    assert key in text_of(page, "curl-lines") and key in text_of(page, "python-lines")
    shoot(page, "api-setting-key-shown-once")
    assert opens(fresh, key) == 200
    page.goto("/sites/acme/api")
    assert key not in page.content(), "a key is shown once"
    assert "YOUR_API_KEY" in text_of(page, "curl-lines")
    shoot(page, "api-setting")

    page.click("text=Disable the API")
    assert page.locator("#switch .lozenge").text_content() == "off"
    assert opens(fresh, key) == 403


def test_the_copy_button_copies_the_key(fresh: Any, page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/sites/acme/api")
    page.click("text=Enable the API")
    page.click("text=Copy the key")
    page.wait_for_selector(".flag >> text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == text_of(page, "new-key")


@pytest.mark.parametrize("lines", ["curl", "python"])
def test_the_lines_do_what_they_say(fresh: Any, page: Any, tmp_path: Path, lines: str) -> None:
    """As they are copied from the page, not one character changed."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/sites/acme/api")
    page.click("text=Enable the API")
    page.locator(f".copyable:has(#{lines}-lines) button").click()
    page.wait_for_selector(".flag >> text=Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    command = ["bash", "-c", copied] if lines == "curl" else [sys.executable, "-c", copied]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    (archive,) = tmp_path.glob("*.zip")
    assert archive.name == "backup.zip" or archive.name.startswith("snapshots-acme-")
    assert verify_archive(archive).findings == ()


def test_the_curl_lines_say_why_not(fresh: Any, page: Any, tmp_path: Path) -> None:
    page.goto("/sites/acme/api")
    page.click("text=Enable the API")
    page.goto("/sites/acme/api")
    ran = subprocess.run(["bash", "-c", text_of(page, "curl-lines")], cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode != 0
    assert '"code":"key-unknown"' in ran.stdout


def test_making_rotating_and_ending_keys_by_keyboard(fresh: Any, page: Any, shoot: Callable[[Any, str], None]) -> None:
    page.goto("/sites/acme/api")
    page.focus("text=Enable the API")
    page.keyboard.press("Enter")
    page.wait_for_selector("#new-key")
    page.focus("#name")
    page.keyboard.type("nightly")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.focus("#name")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=This is the key nightly")
    first = text_of(page, "new-key")
    assert first.startswith("snapshots_api_")
    assert row_of(page, "nightly").locator("td").nth(1).text_content() == "backup, restore"

    page.focus("[aria-label='Rotate the key nightly']")
    page.keyboard.press("Enter")
    shoot(page, "api-setting-rotate")
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    page.keyboard.press("Enter")
    page.locator("dialog[open] select").select_option("3600")
    page.locator("dialog[open] .primary").press("Enter")
    page.wait_for_selector("text=The key was rotated")
    second = text_of(page, "new-key")
    assert (opens(fresh, first), opens(fresh, second)) == (200, 200)

    page.locator("[aria-label='Disable the key nightly']").press("Enter")
    page.wait_for_selector("[aria-label='Enable the key nightly']")
    assert opens(fresh, second) == 401
    page.locator("[aria-label='Enable the key nightly']").press("Enter")
    page.wait_for_selector("[aria-label='Disable the key nightly']")
    page.locator("[aria-label='Change when the key nightly expires']").press("Enter")
    page.locator("dialog[open] select").select_option("")
    page.locator("dialog[open] .primary").press("Enter")
    row_of(page, "nightly").locator("td:nth-of-type(4)", has_text="never").wait_for()
    page.locator("[aria-label='Revoke the key nightly']").press("Enter")
    shoot(page, "api-setting-revoke")
    page.locator("dialog[open] .danger").press("Enter")
    row_of(page, "nightly").locator(".lozenge.removed").wait_for()
    assert opens(fresh, second) == 401
    with opened(fresh.home) as app, app.registry.read() as conn:
        actions = [event.action for event in audit_events.list_events(conn, None, limit=6)]
    assert [action for action in actions if action.startswith("key.") and action not in ("key.used", "key.refused")][
        :1
    ] == ["key.revoked"]


def test_what_cannot_be_is_said_in_place_and_nothing_typed_is_lost(fresh: Any, visitor: Any) -> None:
    made = visitor.post("/sites/acme/api/keys", {"name": "nightly", "scope": "backup", "days": "30"})
    assert made.status_code == 200 and "snapshots_backup_" in made.text
    assert made.headers["cache-control"] == "no-store"
    again = visitor.post("/sites/acme/api/keys", {"name": "nightly", "scope": ["backup", "restore"], "days": "30"})
    assert again.status_code == 400
    assert "There is a key called &#39;nightly&#39; already" in again.text
    assert 'value="nightly"' in again.text
    assert visitor.post("/sites/acme/api/keys", {"name": "x"}).status_code == 400
    assert visitor.post("/sites/acme/api/keys/999/rotate", {"grace": "0"}).status_code == 404
    assert visitor.post("/sites/acme/api/keeping", {"uploads": "0", "backups": ""}).status_code == 400
    kept = visitor.post("/sites/acme/api/keeping", {"uploads": "3", "backups": "30"})
    assert kept.status_code == 303
    page = visitor.get("/sites/acme/api").text
    assert 'value="3"' in page and 'value="30"' in page


def test_strangers_see_no_setting(stranger: Any) -> None:
    assert stranger.get("/sites/acme/api").status_code == 302
    answer = stranger.http.post("/sites/acme/api/switch", data={"enabled": "true"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
