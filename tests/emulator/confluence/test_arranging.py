from __future__ import annotations

import pytest

V2, V1 = "/wiki/api/v2", "/wiki/rest/api"
MACRO = '<ac:structured-macro ac:name="snapshots" ac:macro-id="11111111-2222-3333-4444-555555555555" />'


@pytest.fixture
def space(client):
    return client.add_space()


def children(client, page_id):
    return [child["title"] for child in client.get(f"{V2}/pages/{page_id}/direct-children")["results"]]


def copy(client, page, status=200, **wish):
    return client.post(f"{V1}/content/{page['id']}/copy", wish, status)


def test_a_copy_keeps_the_macro_ids_and_nothing_of_the_history(client, space):
    page = client.add_page(space, "A page", MACRO)
    client.update_page(page["id"], 2, MACRO + "<p>2</p>")
    client.attach(page["id"], "a.json", b"{}", "first")
    client.post(f"{V2}/pages/{page['id']}/properties", {"key": "k", "value": 1})
    destination = {"type": "space", "value": "REL"}
    assert copy(client, page, 400, destination=destination)["message"].endswith("A page")
    wish = {"destination": destination, "pageTitle": "A copy", "copyAttachments": True, "copyProperties": True}
    made = copy(client, page, **wish)
    shown = client.get(f"{V2}/pages/{made['id']}", body_format="storage")
    assert shown["body"]["storage"]["value"] == MACRO + "<p>2</p>"
    assert (shown["version"]["number"], shown["title"]) == (1, "A copy")
    (attachment,) = client.get(f"{V2}/pages/{made['id']}/attachments")["results"]
    assert (attachment["title"], attachment["comment"]) == ("a.json", "first")
    assert client.get(f"{V2}/pages/{made['id']}/properties")["results"][0]["key"] == "k"
    found = client.get(f"{V1}/search", cql="macro = snapshots order by title")["results"]
    assert [one["title"] for one in found] == ["A copy", "A page"]


def test_a_copy_may_take_the_place_of_a_page(client, space):
    page, old = client.add_page(space, "A page", MACRO), client.add_page(space, "Old", "<p>old</p>")
    made = copy(client, page, destination={"type": "existing_page", "value": old["id"]}, pageTitle="Old")
    assert (made["id"], made["version"]["number"]) == (old["id"], 2)


def test_a_tree_is_copied_with_its_titles_changed(client, space):
    top = client.add_page(space, "Top 1", MACRO)
    below = client.add_page(space, "Below 1", MACRO, parentId=top["id"])
    client.add_page(space, "Deep 1", parentId=below["id"])
    target = client.add_page(client.add_space("NEW", "New"), "Target")
    wish = {"destinationPageId": target["id"], "titleOptions": {"prefix": "R2 ", "search": " 1", "replace": " 2"}}
    task = client.post(f"{V1}/content/{top['id']}/pagehierarchy/copy", wish, 202)
    details = client.get(f"{V1}/longtask/{task['id']}")["additionalDetails"]
    assert details["totalPageNeedToCopy"] == 3
    assert children(client, target["id"]) == ["R2 Top 2"]
    assert children(client, details["destinationId"]) == ["R2 Below 2"]
    assert client.post(f"{V1}/content/{top['id']}/pagehierarchy/copy", wish, 400)["statusCode"] == 400


def test_pages_are_moved_before_after_and_below_each_other(client, space):
    top = client.add_page(space, "Top")
    one, two, three = (client.add_page(space, title, parentId=top["id"]) for title in ("One", "Two", "Three"))

    def move(page, position, target, status=200):
        client.put(f"{V1}/content/{page['id']}/move/{position}/{target['id']}", None, status)

    move(three, "before", one)
    assert children(client, top["id"]) == ["Three", "One", "Two"]
    move(three, "after", two)
    assert children(client, top["id"]) == ["One", "Two", "Three"]
    move(three, "append", one)
    assert (children(client, top["id"]), children(client, one["id"])) == (["One", "Two"], ["Three"])
    move(one, "append", three, 400)
    move(one, "beside", two, 400)
    by_title = client.get(f"{V2}/pages/{top['id']}/children", sort="-title")
    assert [child["title"] for child in by_title["results"]] == ["Two", "One"]


def test_a_page_moves_to_another_space_with_all_below_it(client, space):
    top = client.add_page(space, "Top")
    client.add_page(space, "Below", parentId=top["id"])
    other = client.add_space("NEW", "New")
    taken = client.add_page(other, "Below")
    path = f"{V1}/content/{top['id']}/move/append/{other['homepageId']}"
    assert client.ask("PUT", path).status == 400
    client.update_page(taken["id"], 2, "", title="Was below")
    client.put(path, None)
    titles = {page["title"] for page in client.get(f"{V2}/spaces/{other['id']}/pages")["results"]}
    assert titles == {"New", "Was below", "Top", "Below"}


def test_archived_pages_are_not_found_and_still_there(client, space):
    page = client.add_page(space, "A page")
    client.post(f"{V1}/content/archive", {"pages": [{"id": int(page["id"])}]}, 202)
    assert client.get(f"{V2}/pages/{page['id']}")["status"] == "archived"
    assert client.get(f"{V1}/search", cql="title = 'A page'")["results"] == []


def test_a_tree_goes_to_the_trash_as_one(client, space):
    top = client.add_page(space, "Top")
    below = client.add_page(space, "Below", parentId=top["id"])
    client.ask("DELETE", f"{V1}/content/{top['id']}/pageTree")
    assert [client.get(f"{V2}/pages/{one['id']}")["status"] for one in (top, below)] == ["trashed", "trashed"]


def test_folders_and_their_kin_stand_in_the_tree(client, space):
    folder = client.post(f"{V2}/folders", {"spaceId": space["id"], "title": "Folder"})
    page = client.add_page(space, "In it", parentId=folder["id"])
    board = client.post(f"{V2}/whiteboards", {"spaceId": space["id"], "title": "Board", "parentId": page["id"]})
    assert (page["parentId"], page["parentType"]) == (folder["id"], "folder")
    below = client.get(f"{V2}/folders/{folder['id']}/descendants")["results"]
    assert [(node["type"], node["depth"]) for node in below] == [("page", 1), ("whiteboard", 2)]
    above = client.get(f"{V2}/whiteboards/{board['id']}/ancestors")["results"]
    assert [node["type"] for node in above] == ["page", "folder", "page"]
    assert client.get(f"{V2}/pages/{page['id']}/children")["results"] == []
    types = client.post(f"{V2}/content/convert-ids-to-types", {"contentIds": [folder["id"], board["id"]]})
    assert list(types["results"].values()) == ["folder", "whiteboard"]


def test_a_task_runs_as_long_as_it_is_told_to(client, space):
    client.put("/_emulator/long-tasks", {"seconds": 600}, 204)
    task = client.ask("DELETE", f"{V1}/space/REL").json()
    running = client.get(f"{V1}/longtask/{task['id']}")
    assert (running["finished"], running["percentageComplete"] < 100) == (False, True)
    assert client.ask("PUT", "/_emulator/long-tasks", json={"seconds": "long"}).status == 400


def test_what_v1_has_lost_says_so(client, space):
    for method, path in (("GET", "content/1"), ("POST", "content"), ("GET", "space"), ("GET", "content/1/child/page")):
        answer = client.ask(method, f"{V1}/{path}")
        assert answer.status == 410
        assert answer.json()["message"].endswith("GoneException: This deprecated endpoint has been removed.")


def test_a_deleted_version_leaves_no_gap(client, space):
    page = client.add_page(space, "A page", "<p>1</p>")
    for number in (2, 3):
        client.update_page(page["id"], number, f"<p>{number}</p>")
    assert client.ask("DELETE", f"{V1}/content/{page['id']}/version/2").status == 204
    versions = client.get(f"{V2}/pages/{page['id']}/versions", body_format="storage")["results"]
    assert [(one["number"], one["page"]["body"]["storage"]["value"]) for one in versions] == [
        (2, "<p>3</p>"),
        (1, "<p>1</p>"),
    ]
    client.update_page(page["id"], 3, "<p>4</p>")
