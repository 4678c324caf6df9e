from __future__ import annotations

import pytest

V2 = "/wiki/api/v2"
TEXT = {"representation": "storage", "value": "<p>well said</p>"}


@pytest.fixture
def page(client):
    return client.add_page(client.add_space(), "A page", "<p>one word, one <b>word</b> more</p>")


def body_of(client, page):
    return client.get(f"{V2}/pages/{page['id']}", body_format="storage")["body"]["storage"]["value"]


def test_a_comment_is_answered_changed_and_deleted(client, page):
    viewer = client.as_user("viewer@example.com")
    wish = {"pageId": page["id"], "body": TEXT}
    assert viewer.ask("POST", f"{V2}/footer-comments", json=wish).status == 404
    comment = client.post(f"{V2}/footer-comments", wish, 201)
    assert (comment["pageId"], comment["title"]) == (page["id"], "Re: A page")
    answer = client.post(f"{V2}/footer-comments", {"parentCommentId": comment["id"], "body": TEXT}, 201)
    assert (answer["parentCommentId"], answer["pageId"]) == (comment["id"], page["id"])
    (root,) = viewer.get(f"{V2}/pages/{page['id']}/footer-comments", body_format="storage")["results"]
    assert (root["id"], root["body"]["storage"]["value"]) == (comment["id"], "<p>well said</p>")
    (child,) = viewer.get(f"{V2}/footer-comments/{comment['id']}/children")["results"]
    assert child["id"] == answer["id"]
    change = {"version": {"number": 2, "message": "politer"}, "body": {**TEXT, "value": "<p>very well</p>"}}
    client.put(f"{V2}/footer-comments/{comment['id']}", change)
    client.put(f"{V2}/footer-comments/{comment['id']}", change, 409)
    versions = client.get(f"{V2}/footer-comments/{comment['id']}/versions", body_format="storage")["results"]
    assert [one["comment"]["body"]["storage"]["value"] for one in versions] == ["<p>very well</p>", "<p>well said</p>"]
    first = client.get(f"{V2}/footer-comments/{comment['id']}", version=1, body_format="storage")
    assert first["body"]["storage"]["value"] == "<p>well said</p>"
    assert client.ask("DELETE", f"{V2}/footer-comments/{comment['id']}").status == 204
    assert [one["id"] for one in client.get(f"{V2}/pages/{page['id']}/footer-comments")["results"]] == [answer["id"]]


def test_comments_go_to_the_trash_with_their_page(client, page):
    comment = client.post(f"{V2}/footer-comments", {"pageId": page["id"], "body": TEXT}, 201)
    client.ask("DELETE", f"{V2}/pages/{page['id']}")
    assert client.ask("GET", f"{V2}/footer-comments/{comment['id']}").status == 404
    assert client.get(f"{V2}/footer-comments")["results"] == []
    client.update_page(page["id"], 2, "")
    assert client.get(f"{V2}/footer-comments")["results"][0]["id"] == comment["id"]
    client.ask("DELETE", f"{V2}/pages/{page['id']}")
    client.ask("DELETE", f"{V2}/pages/{page['id']}?purge=true")
    assert client.ask("GET", f"{V2}/footer-comments/{comment['id']}").status == 404


def test_an_inline_comment_marks_the_text_it_is_about(client, page):
    wish = {"pageId": page["id"], "body": TEXT}
    anchor = {"textSelection": "word", "textSelectionMatchCount": 2, "textSelectionMatchIndex": 1}
    comment = client.post(f"{V2}/inline-comments", {**wish, "inlineCommentProperties": anchor}, 201)
    reference = comment["properties"]["inlineMarkerRef"]
    marker = f'<ac:inline-comment-marker ac:ref="{reference}">word</ac:inline-comment-marker>'
    assert body_of(client, page) == f"<p>one word, one <b>{marker}</b> more</p>"
    assert client.get(f"{V2}/pages/{page['id']}")["version"]["number"] == 1
    for wrong in ({"textSelection": "b>", "textSelectionMatchCount": 1}, {"textSelection": "word"}, {}):
        assert (
            client.ask("POST", f"{V2}/inline-comments", json={**wish, "inlineCommentProperties": wrong}).status == 400
        )
    answer = client.post(f"{V2}/inline-comments", {"parentCommentId": comment["id"], "body": TEXT}, 201)
    assert answer["properties"]["inlineOriginalSelection"] == "word"


def test_an_inline_comment_is_resolved_and_opened_again(client, page):
    wish = {"pageId": page["id"], "body": TEXT, "inlineCommentProperties": {"textSelection": "more"}}
    path = f"{V2}/inline-comments/{client.post(f'{V2}/inline-comments', wish, 201)['id']}"
    resolved = client.put(path, {"version": {"number": 2}, "resolved": True})
    assert (resolved["resolutionStatus"], resolved["version"]["number"]) == ("resolved", 2)
    assert resolved["body"]["storage"]["value"] == "<p>well said</p>"
    of_page = f"{V2}/pages/{page['id']}/inline-comments"
    assert client.ask("GET", of_page, query={"resolution-status": "open"}).json()["results"] == []
    assert len(client.ask("GET", of_page, query={"resolution-status": "resolved"}).json()["results"]) == 1
    assert client.put(path, {"version": {"number": 3}, "resolved": False})["resolutionStatus"] == "reopened"
