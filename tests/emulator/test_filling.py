from __future__ import annotations

import pytest

from atlassian_emulator.__main__ import main
from atlassian_emulator.filling import MACRO, fill_site
from atlassian_emulator.server import EmulatorServer

from .conftest import Client


@pytest.fixture
def filled(tmp_path):
    assert main(["fill", "--data-dir", str(tmp_path), "--pages", "120", "--issues", "40"]) == 0
    with EmulatorServer("acme", data_dir=tmp_path) as server:
        client = Client(server.url)
        yield client
        client.close()


def test_a_filled_site_has_what_was_asked_for(filled):
    pages = filled.get("/wiki/api/v2/pages", limit=250, body_format="storage")["results"]
    assert len([page for page in pages if page.get("parentId")]) == 120
    assert filled.get("/wiki/rest/api/search", cql=f"macro = {MACRO}")["totalSize"] == 12
    assert filled.post("/rest/api/3/search/approximate-count", {"jql": "key is not EMPTY"}) == {"count": 40}
    changed = next(page for page in pages if page["version"]["number"] == 2)
    history = filled.get(f"/wiki/api/v2/pages/{changed['id']}/versions", body_format="storage")["results"]
    assert [version["number"] for version in history] == [2, 1]
    assert history[0]["page"]["body"] != history[1]["page"]["body"]


def test_its_pages_stand_in_a_tree(filled):
    space = filled.get("/wiki/api/v2/spaces", keys="SPACE1")["results"][0]
    below = filled.get(f"/wiki/api/v2/pages/{space['homepageId']}/direct-children")["results"]
    assert len(below) == 10
    assert len(filled.get(f"/wiki/api/v2/pages/{below[3]['id']}/direct-children")["results"]) == 10


def test_a_page_of_it_can_be_changed(filled):
    page = filled.get("/wiki/rest/api/content/search", cql=f"macro = {MACRO}")["results"][0]
    number = filled.get(f"/wiki/api/v2/pages/{page['id']}")["version"]["number"]
    assert filled.update_page(page["id"], number + 1, "<p>new</p>", page["title"])["version"]["number"] == number + 1


def test_the_same_seed_makes_the_same_site(tmp_path):
    def bodies(name):
        with EmulatorServer("acme", data_dir=tmp_path / name, clock=lambda: 1_790_000_000_000_000) as server:
            fill_site(server.site, pages=30, issues=5, seed=3)
            client = Client(server.url)
            found = client.get("/wiki/api/v2/pages", limit=100, body_format="storage")["results"]
            client.close()
            return [(page["id"], page["createdAt"], page["body"]) for page in found]

    assert bodies("one") == bodies("other")


def test_a_site_that_cannot_be_filled_is_one_sentence(tmp_path, capsys):
    (tmp_path / "site.db").write_bytes(b"no database " * 100)
    assert main(["fill", "--data-dir", str(tmp_path)]) == 1
    assert "cannot be filled" in capsys.readouterr().err
