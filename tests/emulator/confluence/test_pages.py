from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

PAGES = "/wiki/api/v2/pages"


@pytest.fixture
def space(client):
    return client.add_space()


def test_a_stale_version_is_refused_with_the_real_sentence(client, space):
    page = client.add_page(space, "A page")
    client.update_page(page["id"], 2, "<p>b</p>")
    refused = client.update_page(page["id"], 2, "<p>c</p>", status=409)
    assert refused["errors"][0]["title"] == "Version must be incremented on update. Current version is: 2"
    assert client.get(f"{PAGES}/{page['id']}", body_format="storage")["body"]["storage"]["value"] == "<p>b</p>"


def test_versions_keep_what_was_written(client, space):
    page = client.add_page(space, "First title", "<p>1</p>")
    client.as_user("editor@example.com").update_page(page["id"], 2, "<p>2</p>", title="Second title")
    first = client.get(f"{PAGES}/{page['id']}", version=1, body_format="storage")
    assert (first["title"], first["status"], first["version"]["number"]) == ("First title", "historical", 1)
    assert first["body"]["storage"]["value"] == "<p>1</p>"
    newest, oldest = client.get(f"{PAGES}/{page['id']}/versions", body_format="storage")["results"]
    assert (newest["page"]["title"], oldest["page"]["title"]) == ("Second title", "First title")
    assert newest["authorId"] != oldest["authorId"]
    detailed = client.get(f"{PAGES}/{page['id']}/versions/1")
    assert detailed["nextVersion"] == 2 and "prevVersion" not in detailed


def test_a_restored_version_is_a_new_one(client, space):
    page = client.add_page(space, "A page", "<p>1</p>")
    client.update_page(page["id"], 2, "<p>2</p>")
    wish = {"operationKey": "restore", "params": {"versionNumber": 1, "message": "back"}}
    assert client.post(f"/wiki/rest/api/content/{page['id']}/version", wish)["number"] == 3
    now = client.get(f"{PAGES}/{page['id']}", body_format="storage")
    assert (now["version"]["number"], now["version"]["message"]) == (3, "back")
    assert now["body"]["storage"]["value"] == "<p>1</p>"


def test_a_page_without_a_parent_is_put_below_the_homepage(client, space):
    assert client.add_page(space, "Below")["parentId"] == space["homepageId"]
    text = {"spaceId": space["id"], "title": "Root"}
    root = client.ask("POST", PAGES, query={"root-level": "true"}, json=text).json()
    assert "parentId" not in root
    roots = client.get(f"/wiki/api/v2/spaces/{space['id']}/pages", depth="root")["results"]
    assert {page["title"] for page in roots} == {"Releases", "Root"}


def test_titles_are_unique_in_a_space_until_the_page_is_in_the_trash(client, space):
    page = client.add_page(space, "Same")
    wish = {"spaceId": space["id"], "title": "same", "body": {"representation": "storage", "value": ""}}
    assert client.ask("POST", PAGES, json=wish).status == 400
    assert client.ask("DELETE", f"{PAGES}/{page['id']}").status == 204
    client.post(PAGES, wish)


def test_a_page_goes_to_the_trash_comes_back_and_goes_for_good(client, space):
    page = client.add_page(space, "A page")
    path = f"{PAGES}/{page['id']}"
    assert client.ask("DELETE", path, query={"purge": "true"}).status == 404
    client.ask("DELETE", path)
    assert client.get(path)["status"] == "trashed"
    assert client.get(PAGES, title="A page")["results"] == []
    assert client.get(PAGES, title="A page", status="trashed")["results"][0]["id"] == page["id"]
    ids = {"contentIds": [page["id"]]}
    assert client.post("/wiki/api/v2/content/convert-ids-to-types", ids)["results"] == {page["id"]: None}
    client.update_page(page["id"], 2, "")
    assert client.get(path)["status"] == "current"
    client.ask("DELETE", path)
    assert client.ask("DELETE", path, query={"purge": "true"}).status == 204
    assert client.ask("GET", path).status == 404


def test_a_page_is_not_moved_below_itself(client, space):
    above = client.add_page(space, "Above")
    below = client.add_page(space, "Below", parentId=above["id"])
    wish = {"id": above["id"], "status": "current", "title": "Above", "parentId": below["id"]}
    wish |= {"version": {"number": 2}, "body": {"representation": "storage", "value": ""}}
    assert client.ask("PUT", f"{PAGES}/{above['id']}", json=wish).status == 400


def test_the_tree_of_pages(client, space):
    above = client.add_page(space, "Above")
    below = [client.add_page(space, f"Below {number}", parentId=above["id"]) for number in (1, 2)]
    deep = client.add_page(space, "Deep", parentId=below[1]["id"])
    children = client.get(f"{PAGES}/{above['id']}/direct-children")["results"]
    assert [child["title"] for child in children] == ["Below 1", "Below 2"]
    descendants = client.get(f"{PAGES}/{above['id']}/descendants")["results"]
    assert [(page["title"], page["depth"]) for page in descendants] == [("Below 1", 1), ("Below 2", 1), ("Deep", 2)]
    assert len(client.get(f"{PAGES}/{above['id']}/descendants", depth=1)["results"]) == 2
    ancestors = client.get(f"{PAGES}/{deep['id']}/ancestors")["results"]
    assert [page["id"] for page in ancestors] == [space["homepageId"], above["id"], below[1]["id"]]


def test_labels_are_put_on_found_and_taken_off(client, space):
    page = client.add_page(space, "A page")
    path = f"/wiki/rest/api/content/{page['id']}/label"
    for _ in range(2):
        client.post(path, [{"prefix": "global", "name": "Release"}])
    assert [label["name"] for label in client.get(f"{PAGES}/{page['id']}/labels")["results"]] == ["release"]
    assert client.get("/wiki/rest/api/search", cql="label = release")["totalSize"] == 1
    assert client.ask("DELETE", f"{path}/release").status == 204
    assert client.get(f"{PAGES}/{page['id']}/labels")["results"] == []


def test_lists_are_walked_by_opaque_cursors(client, space):
    for number in range(7):
        client.add_page(space, f"Page {number % 3}{number}")
    seen, path = [], f"{PAGES}?limit=3&sort=-title&space-id={space['id']}"
    while path:
        assert path.startswith("/wiki/api/v2/pages?")
        answer = client.ask("GET", path)
        body = answer.json()
        seen += [page["title"] for page in body["results"]]
        path = body["_links"].get("next")
        assert ('rel="next"' in answer.headers["Link"]) == bool(path)
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 8


def test_a_body_may_be_written_as_a_document(client, space):
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "a<b", "marks": [{"type": "strong"}]}]}
    document = json.dumps({"type": "doc", "version": 1, "content": [paragraph]})
    wish = {"spaceId": space["id"], "title": "ADF", "body": {"representation": "atlas_doc_format", "value": document}}
    page = client.post(PAGES, wish)
    assert page["body"]["storage"]["value"] == "<p><strong>a&lt;b</strong></p>"
    shown = client.get(f"{PAGES}/{page['id']}", body_format="atlas_doc_format")["body"]["atlas_doc_format"]["value"]
    assert json.loads(shown)["content"] == [paragraph]


@pytest.mark.parametrize(
    "body",
    ["<p>", "<p>&unknown;</p>", "a & b", "<ac:structured-macro ac:name='x'></p>", "\x00", "<!DOCTYPE x><p/>"],
)
def test_a_body_that_is_not_well_formed_is_refused(client, space, body):
    wish = {"spaceId": space["id"], "title": "T", "body": {"representation": "storage", "value": body}}
    answer = client.ask("POST", PAGES, json=wish)
    assert answer.status == 400
    assert "Error parsing xhtml" in answer.json()["errors"][0]["title"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ["id", "spaceId", "status", "title", "parentId", "body", "version", "ownerId"]


def test_no_json_whatsoever_breaks_writing_a_page(client, space):
    page = client.add_page(space, "A page")
    good = {"id": page["id"], "spaceId": space["id"], "status": "current", "title": "A page"}
    good |= {"version": {"number": 2}, "body": {"representation": "storage", "value": ""}}

    @settings(max_examples=60, deadline=None)
    @given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=3) | JSON, st.sampled_from(["POST", "PUT"]))
    def write(change, method):
        path = f"{PAGES}/{page['id']}" if method == "PUT" else PAGES
        wish = {**good, **change} if isinstance(change, dict) else change
        answer = client.ask(method, path, json=wish)
        assert answer.status < 500, answer.data

    write()
