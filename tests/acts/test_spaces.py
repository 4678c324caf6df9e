"""Finding spaces among thousands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from snapshots.acts import spaces
from snapshots.app import App
from snapshots.config import read_config
from snapshots.registry import sites, tables


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A site with 5,000 spaces; every tenth holds two pages, the first of which was captured three times."""
    home: Path = tmp_path_factory.mktemp("large")
    with App(read_config({"SNAPSHOTS_HOME": str(home)})) as app:
        with app.registry.write() as conn:
            site = sites.add_site(
                conn,
                name="acme",
                deployment="cloud",
                confluence_url="https://acme.example/wiki",
                jira_url="https://acme.example",
                cloud_id="acme",
                account="admin@example.com",
                secret="env:NONE",
                created_at=1,
            ).id
            numbers = range(1, 5001)
            named = [(n, f"T{n:04}", "Über uns" if n == 7 else f"Team {n % 50} of {n}") for n in numbers]
            conn.execute(
                tables.space.insert(),
                [{"id": n, "site_id": site, "key": key, "remote_id": key, "name": name} for n, key, name in named],
            )
            pages = [(n * 10 + k, n) for n in numbers if n % 10 == 0 for k in (1, 2)]
            conn.execute(
                tables.page.insert(),
                [{"id": page, "space_id": n, "remote_id": str(page), "title": str(page)} for page, n in pages],
            )
            macro = {"remote_id": "m", "attachment_name": "a", "definition": "{}"}
            conn.execute(tables.macro.insert(), [macro | {"id": page, "page_id": page} for page, _ in pages])
            version = {
                "captured_at": 1,
                "captured_by": "a",
                "captured_by_name": "A",
                "trigger": "person",
                "page_version": 2,
                "attachment_version": 1,
                "payload_sha256": "0" * 64,
                "payload_bytes": 1,
                "data_sha256": "0" * 64,
                "row_counts": "[1]",
            }
            conn.execute(
                tables.version.insert(),
                [
                    version | {"macro_id": page, "number": number, "capture_id": f"{page}-{number}"}
                    for page, n in pages
                    if page == n * 10 + 1
                    for number in (1, 2, 3)
                ],
            )
        yield app


def found(app: App, words: str) -> list[str]:
    return [space.key for space in spaces.search_spaces(app, "acme", words, limit=5).spaces]


def test_no_words_find_all_and_show_the_first(large: App) -> None:
    everything = spaces.search_spaces(large, "acme", "", limit=5)
    assert everything.fitting == 5000
    assert [space.key for space in everything.spaces] == ["T0001", "T0002", "T0003", "T0004", "T0005"]


def test_the_key_itself_comes_first_and_then_what_begins_with_it(large: App) -> None:
    assert found(large, "t0042") == ["T0042"]
    assert found(large, "t49")[0] == "T4900"
    assert all(key.startswith("T49") for key in found(large, "t49"))


def test_every_word_must_be_in_key_or_name_without_regard_to_case(large: App) -> None:
    assert found(large, "TEAM 3 of 4903") == ["T4903"]
    assert found(large, "  üBER ") == ["T0007"]
    assert found(large, "% _ '") == []


def test_pages_and_snapshots_of_what_is_shown_are_counted(large: App) -> None:
    (full,) = spaces.search_spaces(large, "acme", "T0010", limit=5).spaces
    assert (full.pages, full.snapshots) == (2, 3)
    (bare,) = spaces.search_spaces(large, "acme", "T0011", limit=5).spaces
    assert (bare.pages, bare.snapshots) == (0, 0)


def test_a_whole_site_is_counted(large: App) -> None:
    assert spaces.describe_spaces(large, "acme") == spaces.SiteContents(5000, 1000, 1500)
