from __future__ import annotations

import pytest

from atlassian_emulator.__main__ import main
from atlassian_emulator.copying import CopyRefused, copy_space
from atlassian_emulator.server import EmulatorServer

MACRO = '<ac:structured-macro ac:macro-id="11111111-2222-3333-4444-555555555555" ac:name="snapshots" />'


@pytest.fixture
def other():
    with EmulatorServer("globex") as running:
        yield running


@pytest.fixture
def there(client, other):
    return type(client)(other.url)


@pytest.fixture
def page(client):
    space = client.add_space()
    page = client.add_page(space, "A page")
    client.add_page(space, "Below", parentId=page["id"])
    client.as_user("editor@example.com").update_page(page["id"], 2, MACRO)
    for number in (1, 2):
        client.attach(page["id"], "a.json", b"{%d}" % number, f"capture {number}")
    return page


def pages_by_title(client):
    return {
        page["title"]: page for page in client.get("/wiki/api/v2/pages", body_format="storage", limit=50)["results"]
    }


def test_a_moved_space_keeps_all_but_its_ids(client, server, there, other, page):
    report = copy_space(server.url, other.url, "REL")
    here, moved = pages_by_title(client), pages_by_title(there)
    assert here.keys() == moved.keys() == {"Releases", "A page", "Below"}
    for title, was in here.items():
        now = moved[title]
        assert report["ids"]["page"][was["id"]] == now["id"] != was["id"]
        assert (now["body"], now["version"], now["authorId"]) == (was["body"], was["version"], was["authorId"])
    assert moved["Below"]["parentId"] == moved["A page"]["id"]
    assert there.get("/wiki/api/v2/spaces", keys="REL")["results"][0]["homepageId"] == moved["Releases"]["id"]
    versions = there.get(f"/wiki/api/v2/pages/{moved['A page']['id']}/versions", body_format="storage")["results"]
    assert [(v["number"], v["message"]) for v in versions] == [(2, "change 2"), (1, "")]


def test_attachments_move_with_versions_comments_and_bytes(client, server, there, other, page):
    report = copy_space(server.url, other.url, "REL")
    page_id = report["ids"]["page"][page["id"]]
    (attachment,) = there.get(f"/wiki/api/v2/pages/{page_id}/attachments")["results"]
    versions = there.get(f"/wiki/api/v2/attachments/{attachment['id']}/versions")["results"]
    assert [(v["number"], v["message"]) for v in versions] == [(2, "capture 2"), (1, "capture 1")]
    path = f"/wiki/rest/api/content/{page_id}/child/attachment/{attachment['id']}/download"
    location = there.ask("GET", path, query={"version": 1}).headers["Location"]
    assert there.follow(location).data == b"{1}"


def test_a_move_by_rest_tools_leaves_the_history_behind(client, server, there, other, page):
    report = copy_space(server.url, other.url, "REL", current_version_only=True)
    page_id = report["ids"]["page"][page["id"]]
    moved = there.get(f"/wiki/api/v2/pages/{page_id}", body_format="storage")
    assert (moved["version"]["number"], moved["body"]["storage"]["value"]) == (1, MACRO)
    (attachment,) = there.get(f"/wiki/api/v2/pages/{page_id}/attachments")["results"]
    assert (attachment["version"]["number"], attachment["comment"]) == (1, "capture 2")


def test_a_space_key_that_is_there_blocks_the_move_unless_renamed(client, server, there, other, page):
    there.add_space("REL", "Another")
    with pytest.raises(CopyRefused, match="already has a space with key REL"):
        copy_space(server.url, other.url, "REL")
    assert copy_space(server.url, other.url, "REL", rename_to="REL2")["space"]["key"] == "REL2"
    assert {space["key"] for space in there.get("/wiki/api/v2/spaces")["results"]} == {"REL", "REL2"}


def test_moved_macros_are_found_again(client, server, there, other, page):
    page_id = copy_space(server.url, other.url, "REL")["ids"]["page"][page["id"]]
    found = there.get("/wiki/rest/api/search", cql="macro = snapshots")["results"]
    assert [result["content"]["id"] for result in found] == [page_id]


def test_what_is_not_an_exported_space_is_refused(there):
    for body in (b"", b"{", b"[]", b'{"space": {"key": "A"}}', b'{"content": {}}'):
        assert there.ask("POST", "/_emulator/import-space", body=body).status == 400
    assert there.get("/wiki/api/v2/spaces")["results"] == []


def test_copy_space_on_the_command_line(client, server, there, other, page, capsys):
    command = ["copy-space", "--from", server.url, "--to", other.url, "--space"]
    assert main([*command, "REL"]) == 0
    assert "3 of type page" in capsys.readouterr().out
    assert main([*command, "NONE"]) == 1
    assert capsys.readouterr().err == (
        f"{server.url}/_emulator/export-space answered 404: acme has no space with key NONE.\n"
    )


def test_comments_and_folders_move_with_their_space(client, server, there, other, page):
    text = {"representation": "storage", "value": "<p>well said</p>"}
    anchor = {"inlineCommentProperties": {"textSelection": "text"}}
    below = pages_by_title(client)["Below"]
    root = client.post("/wiki/api/v2/inline-comments", {"pageId": below["id"], "body": text, **anchor}, 201)
    client.post("/wiki/api/v2/inline-comments", {"parentCommentId": root["id"], "body": text}, 201)
    client.post("/wiki/api/v2/folders", {"spaceId": page["spaceId"], "title": "Folder", "parentId": page["id"]})
    report = copy_space(server.url, other.url, "REL")
    moved = report["ids"]["inline-comment"][root["id"]]
    shown = there.get(f"/wiki/api/v2/inline-comments/{moved}", body_format="storage")
    assert (shown["pageId"], shown["body"]["storage"]["value"]) == (
        report["ids"]["page"][below["id"]],
        "<p>well said</p>",
    )
    assert shown["properties"] == root["properties"]
    assert len(there.get(f"/wiki/api/v2/inline-comments/{moved}/children")["results"]) == 1
    children = there.get(f"/wiki/api/v2/pages/{report['ids']['page'][page['id']]}/direct-children")["results"]
    assert {child["type"]: child["title"] for child in children} == {"page": "Below", "folder": "Folder"}
