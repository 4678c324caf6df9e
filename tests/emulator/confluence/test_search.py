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
        ("macro = toc and creator = currentUser()", ["Notes of 1.0"]),
        ("macro = toc and creator != currentUser()", []),
        ('macro = toc and created >= startOfDay("-1d") and created <= endOfDay("+1")', ["Notes of 1.0"]),
        ('macro = toc and lastmodified > now("+1h")', []),
        ('macro = toc and created < startOfYear("-1y")', []),
        ('macro = toc and (created > startOfMonth("1M") or title ~ "not*")', ["Notes of 1.0"]),
        ('title ~ "elease"', []),
        ('title ~ "relea* d?y"', ["Release Day"]),
        ('title ~ "\\"day release\\""', []),
        ('title ~ "\\"release day\\""', ["Release Day"]),
        ('title = "\\"Release Day\\""', ["Release Day"]),
        ('text ~ "structured"', []),
        ("space.title = operations and macro = snapshots", ["Release Day"]),
        ("macro = snapshots and not (space = REL or title ~ notes)", ["Release Day"]),
        ("id in recentlyViewedContent(5)", []),
        ("space in (favouriteSpaces(), OPS) and macro = snapshots", ["Release Day"]),
        ("macro = toc and favourite = currentUser()", []),
        ("macro = snapshots order by space desc, created", ["Release 1.0", "Release Day"]),
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
        *("(not space = REL) and type = page", "created > startOfDay(soon)", "creator = nobody()", "macro = toc)"),
        *("created > now('-9999y')", "created > now(1, 2)", "not " * 99 + "type = page", "title ~ (a, b)"),
    ],
)
def test_cql_that_does_not_parse_is_refused(site, cql):
    for path in (SEARCH, "/wiki/rest/api/content/search"):
        answer = site.ask("GET", path, query={"cql": cql})
        assert (answer.status, answer.json()["statusCode"]) == (400, 400)
        reason = "com.atlassian.confluence.api.service.exceptions.BadRequestException: Could not parse cql : "
        assert answer.json()["message"] == reason + cql
        assert answer.json()["data"]["errors"][0]["message"]["translation"]


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


def test_users_are_found_by_name_and_account(site):
    path = "/wiki/rest/api/search/user"
    (ada,) = site.get(path, cql='user.fullname ~ "ad*" and type = user')["results"]
    assert (ada["title"], ada["entityType"]) == ("Ada Admin", "user")
    account_id = ada["user"]["accountId"]
    assert site.get(path, cql=f'user = "{account_id}"')["totalSize"] == 1
    others = site.get(path, cql=f'type = user and user not in ("{account_id}")', limit=1)
    assert (others["totalSize"], others["size"]) == (2, 1)


def test_a_late_index_finds_what_was_there_before(server, client):
    page = client.add_page(client.add_space(), "Old name", '<p>old</p><ac:structured-macro ac:name="toc" />')
    server.site.index_delay_seconds = 300
    start = server.site.clock()
    assert client.get(SEARCH, cql="macro = toc")["results"] == []
    server.site.clock = lambda: start + 301 * 1_000_000
    client.update_page(page["id"], 2, '<p>new</p><ac:structured-macro ac:name="snapshots" />', title="New name")
    finds = {
        cql: client.get(SEARCH, cql=cql)["totalSize"]
        for cql in ("macro = toc", "macro = snapshots", "title ~ old", "text ~ new", "title = 'New name'")
    }
    assert finds == {
        "macro = toc": 1,
        "macro = snapshots": 0,
        "title ~ old": 1,
        "text ~ new": 0,
        "title = 'New name'": 0,
    }
    server.site.clock = lambda: start + 700 * 1_000_000
    assert client.get(SEARCH, cql="macro = snapshots and title = 'New name' and text ~ new")["totalSize"] == 1
