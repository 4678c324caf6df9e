"""The frame around every tab, in a real browser."""

from __future__ import annotations

from typing import Any

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
