"""The history list and stickers, over each database."""

from __future__ import annotations

import pytest

from snapshots.errors import InvalidInput, NotFound
from snapshots.history.versions import add_sticker, get_history_entry, list_history, remove_sticker
from snapshots.registry import macros, pages, sites, spaces, versions
from snapshots.registry.engine import Registry
from snapshots.registry.macros import MacroRow
from snapshots.registry.versions import NewVersion

NOW = 1_773_307_800_000_000


@pytest.fixture
def macro(registry: Registry) -> MacroRow:
    """A macro with four versions; Jira said the same for 1, 2 and 4."""
    with registry.write() as conn:
        site = sites.add_site(
            conn,
            name="acme",
            deployment="cloud",
            confluence_url="https://acme.atlassian.net/wiki",
            jira_url="https://acme.atlassian.net",
            cloud_id="cloud-1",
            account="ada@example.com",
            secret="env:TOKEN",
            created_at=NOW,
        )
        space_id = spaces.put_space(conn, site.id, "PAY", "1", "Payments")
        page_id = pages.put_page(conn, space_id, "17", "Release 24.3")
        macros.put_macro(conn, page_id, "m-1", "snapshots-m-1.json", "{}")
        (row,) = macros.list_macros(conn, page_id)
        for number, data in enumerate(["same", "same", "other", "same"], start=1):
            versions.add_version(
                conn,
                NewVersion(
                    macro_id=row.id,
                    capture_id=f"c-{number}",
                    captured_at=NOW + number,
                    captured_by="557058:ada",
                    captured_by_name="Ada Abel",
                    trigger="person",
                    page_version=number,
                    attachment_version=number,
                    payload_sha256=f"payload {number}",
                    payload_bytes=100,
                    data_sha256=data,
                    row_counts="[3,12]",
                ),
            )
    return row


def test_newest_first_with_counts_by_level(registry: Registry, macro: MacroRow) -> None:
    with registry.read() as conn:
        history = list_history(conn, macro.id)
    assert [entry.number for entry in history] == [4, 3, 2, 1]
    assert history[0].row_counts == (3, 12)


def test_counts_that_nobody_can_read_leave_the_list(registry: Registry, macro: MacroRow) -> None:
    with registry.write() as conn:
        conn.exec_driver_sql("UPDATE version SET row_counts = 'many' WHERE number = 2")
    with registry.read() as conn:
        assert [entry.row_counts for entry in list_history(conn, macro.id)] == [(3, 12), (3, 12), (), (3, 12)]


def test_repeated_data_names_the_latest_version_that_had_it(registry: Registry, macro: MacroRow) -> None:
    with registry.read() as conn:
        assert [entry.same_data_as for entry in list_history(conn, macro.id)] == [2, None, 1, None]
        assert get_history_entry(conn, macro.id, 4).same_data_as == 2


def test_a_version_that_is_not_there(registry: Registry, macro: MacroRow) -> None:
    with registry.read() as conn, pytest.raises(NotFound, match="no version 9; its newest is 4"):
        get_history_entry(conn, macro.id, 9)


def test_a_sticker_is_put_on_and_taken_off(registry: Registry, macro: MacroRow) -> None:
    with registry.write() as conn:
        add_sticker(conn, macro, 3, "  Signed off ", "green", account_id="a", now=NOW)
        add_sticker(conn, macro, 3, "Signed off", account_id="a", now=NOW)
        add_sticker(conn, macro, 1, "Signed off", account_id="a", now=NOW)
        add_sticker(conn, macro, 1, "Audit", account_id="a", now=NOW)
    with registry.read() as conn:
        stickers = {entry.number: entry.version.stickers for entry in list_history(conn, macro.id)}
    assert [(sticker.name, sticker.colour) for sticker in stickers[3]] == [("Signed off", "green")]
    assert [(sticker.name, sticker.colour) for sticker in stickers[1]] == [("Audit", "grey"), ("Signed off", "green")]
    with registry.write() as conn:
        remove_sticker(conn, macro, 3, "Signed off")
    with registry.read() as conn:
        assert get_history_entry(conn, macro.id, 3).version.stickers == ()
        assert len(get_history_entry(conn, macro.id, 1).version.stickers) == 2


def test_taking_off_what_is_not_on(registry: Registry, macro: MacroRow) -> None:
    with registry.write() as conn:
        add_sticker(conn, macro, 2, "Audit", account_id="a", now=NOW)
        with pytest.raises(NotFound, match="does not carry the sticker 'Audti'; it carries 'Audit'"):
            remove_sticker(conn, macro, 2, "Audti")


def test_names_that_cannot_be(registry: Registry, macro: MacroRow) -> None:
    refusals = {
        "": "needs a name",
        "   ": "needs a name",
        "x" * 61: "has 61 characters",
        "a\x1b[2J": "cannot be seen",
    }
    with registry.write() as conn:
        for name, words in refusals.items():
            with pytest.raises(InvalidInput, match=words):
                add_sticker(conn, macro, 1, name, account_id="a", now=NOW)


def test_the_longest_name_that_can_be(registry: Registry, macro: MacroRow) -> None:
    with registry.write() as conn:
        add_sticker(conn, macro, 1, "x" * 60, "purple", account_id="a", now=NOW)
        assert get_history_entry(conn, macro.id, 1).version.stickers[0].colour == "purple"


def test_a_colour_that_cannot_be(registry: Registry, macro: MacroRow) -> None:
    with registry.write() as conn, pytest.raises(InvalidInput, match="pink"):
        add_sticker(conn, macro, 1, "Audit", "pink", account_id="a", now=NOW)
