"""The frame around every tab, in a real browser."""

from __future__ import annotations

from typing import Any

from snapshots.app import App
from snapshots.config import read_config
from snapshots.registry import sites
from snapshots.web.view import TABS


def test_the_tabs_are_walked_by_keyboard(page: Any) -> None:
    page.goto("/")
    assert page.url.endswith("/sites/acme/backup")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    for name, words in TABS:
        page.goto("/sites/acme/backup")
        page.get_by_role("link", name=words, exact=True).focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/sites/acme/{name}")
        page.locator(".tabs [aria-current=page]", has_text=words).wait_for()


def test_pages_look_right_in_both_colour_schemes(page: Any, scheme: str, shoot: Any) -> None:
    page.goto("/sites/acme/api")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    shoot(page, "frame")
    page.goto("/sign-in")
    shoot(page, "sign-in")


def test_the_colours_can_be_chosen_and_stay(page: Any) -> None:
    page.goto("/sites/acme/backup")
    toggle = page.locator("[data-theme-toggle]")
    toggle.click()
    toggle.click()
    assert toggle.get_attribute("aria-label") == "Colours: dark"
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"


def test_signing_out_in_the_browser(page: Any, served: Any) -> None:
    page.context.clear_cookies()
    page.goto(served.new_link())
    page.get_by_role("button", name="Sign out").click()
    page.get_by_text("You are signed out").wait_for()
    page.goto("/sites/acme/backup")
    page.get_by_role("heading", name="Sign in").wait_for()


def test_a_session_that_ended_in_the_middle_leads_back_to_where_one_was(page: Any, served: Any) -> None:
    page.goto("/sites/acme/backup")
    page.context.clear_cookies(name=f"snapshots_session_{served.port}")
    page.get_by_role("button", name="Prepare snapshots export file").locator("visible=true").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    asked_at = page.url
    while page.get_by_text("A new link was printed").count() == 0:
        # A link is printed every few seconds at most.
        page.goto(asked_at)
        page.get_by_role("button", name="Print a new link in the terminal").click()
        page.wait_for_url("**/sign-in?told=*")
    page.goto(served.link())
    page.wait_for_url("**/sites/acme/backup")
    page.complaints[:] = [said for said in page.complaints if "status of 401" not in said]


def test_the_site_switcher_keeps_the_tab(page: Any, served: Any) -> None:
    with App(read_config({"SNAPSHOTS_HOME": str(served.home)})) as app, app.registry.write() as conn:
        acme = app.get_site("acme")
        sites.add_site(
            conn,
            name="globex & sons",
            deployment="cloud",
            confluence_url="https://globex.example/wiki",
            jira_url="https://globex.example",
            cloud_id="globex",
            account=acme.account,
            secret=acme.secret,
            created_at=1,
        )
    page.goto("/sites/acme/audit")
    page.locator(".switcher summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="globex & sons").click()
    page.wait_for_url("**/sites/globex%20%26%20sons/audit")
    page.goto("/sites/globex%20%26%20sons/backup")
    page.get_by_text("Nothing to back up yet").wait_for()
