from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SEARCH = "/wiki/rest/api/search"


@pytest.fixture(scope="module")
def site(shared_client):
    client = shared_client
    one, two = client.add_space("REL", "Releases"), client.add_space("OPS", "Operations")
    top = client.add_page(one, "Release 1.0", '<ac:structured-macro ac:name="snapshots" />')
    client.add_page(one, "Notes of 1.0", '<p>hidden word</p><ac:structured-macro ac:name="toc" />', parentId=top["id"])
    client.add_page(two, "Release Day", '<ac:structured-macro ac:name="snapshots" />')
    client.attach(top["id"], "a.json", b"1")
    client.top = top
    return client


def titles(site, cql):
    return [result["title"] for result in site.get(SEARCH, cql=cql)["results"]]


@pytest.mark.parametrize(
    ("cql", "found"),
    [
        ("macro = snapshots order by title", ["Release 1.0", "Release Day"]),
        ("macro in (snapshots, toc) and space = REL order by title desc", ["Release 1.0", "Notes of 1.0"]),
        ('type = page and space = "rel" order by title', ["Notes of 1.0", "Release 1.0", "Releases"]),
        ("type = attachment", ["a.json"]),
        ("title ~ 'release' and not space = OPS order by title", ["Release 1.0", "Releases"]),
        ('title = "RELEASE DAY" or (space = REL and macro = toc) order by title', ["Notes of 1.0", "Release Day"]),
        ("type = page and macro != snapshots and space = REL order by title", ["Notes of 1.0", "Releases"]),
        ('text ~ "hidden word"', ["Notes of 1.0"]),
        ("created > 2020-01-01 and lastmodified >= '2020/01/01 10:00' and macro = toc", ["Notes of 1.0"]),
        ("macro = toc and created < 2020-01-01", []),
        ("label = none", []),
    ],
)
def test_cql_finds(site, cql, found):
    assert titles(site, cql) == found


def test_cql_finds_below_and_by_id(site):
    assert titles(site, f"ancestor = {site.top['id']}") == ["Notes of 1.0"]
    assert titles(site, f"id in ({site.top['id']}, 1)") == ["Release 1.0"]
    assert titles(site, f"parent = {site.top['id']} and type = page") == ["Notes of 1.0"]


@pytest.mark.parametrize(
    "cql",
    [
        *("", "space", "space =", "space = (", "colour = red", "id = x", "type = bird", "title < a", "(" * 99),
        *("not space = REL", "space != REL", "created > soon", "(space = REL", "space = REL extra"),
        "space = REL order by colour",
    ],
)
def test_cql_that_does_not_parse_is_refused(site, cql):
    for path in (SEARCH, "/wiki/rest/api/content/search"):
        answer = site.ask("GET", path, query={"cql": cql})
        assert (answer.status, answer.json()["statusCode"]) == (400, 400)
        assert "Could not parse cql" in answer.json()["message"]


def test_results_are_walked_by_the_next_link(site):
    seen, path = [], f"{SEARCH}?cql=type%3Dpage%20order%20by%20title&limit=2"
    while path:
        body = site.ask("GET", path).json()
        assert body["totalSize"] == 5
        seen += [result["title"] for result in body["results"]]
        path = body["_links"].get("next") and "/wiki" + body["_links"]["next"]
    assert seen == ["Notes of 1.0", "Operations", "Release 1.0", "Release Day", "Releases"]


def test_no_text_whatsoever_breaks_cql(client):
    words = st.sampled_from(
        ["space", "=", "in", "not", "and", "(", ")", ",", '"a b"', "~", "id", "1", "order", "by", "'"]
    )

    @settings(max_examples=60, deadline=None)
    @given(st.lists(words | st.text(max_size=5), max_size=9).map(" ".join))
    def search(cql):
        assert client.ask("GET", SEARCH, query={"cql": cql}).status in (200, 400)

    search()
