from __future__ import annotations

import pytest

CURRENT = "/wiki/rest/api/user/current"


@pytest.fixture
def page(client):
    return client.add_page(client.add_space(), "A page", '<ac:structured-macro ac:name="snapshots" />')


def test_a_viewer_reads_and_does_not_write(client, page):
    viewer = client.as_user("viewer@example.com")
    assert viewer.get(f"/wiki/api/v2/pages/{page['id']}")["title"] == "A page"
    assert [o["operation"] for o in viewer.get(f"/wiki/api/v2/pages/{page['id']}/operations")["operations"]] == ["read"]
    assert viewer.update_page(page["id"], 2, "", status=403)["errors"][0]["code"] == "FORBIDDEN"
    assert viewer.ask("DELETE", f"/wiki/api/v2/pages/{page['id']}").status == 403
    assert viewer.ask("POST", "/wiki/api/v2/spaces", json={"key": "X", "name": "X"}).status == 403


def test_a_hidden_space_does_not_exist_for_whom_it_is_hidden(client, page):
    attachment = client.attach(page["id"], "a.json", b"1").json()["results"][0]
    access = {"space": "REL", "user": "viewer@example.com", "read": False}
    assert client.ask("PUT", "/_emulator/space-access", json=access).status == 204
    viewer = client.as_user("viewer@example.com")
    assert viewer.get("/wiki/api/v2/spaces")["results"] == []
    assert viewer.get("/wiki/api/v2/pages")["results"] == []
    assert viewer.get("/wiki/api/v2/attachments")["results"] == []
    assert viewer.get("/wiki/rest/api/search", cql="macro = snapshots")["totalSize"] == 0
    for path in (f"pages/{page['id']}", f"spaces/{page['spaceId']}", f"attachments/{attachment['id']}"):
        assert viewer.ask("GET", f"/wiki/api/v2/{path}").status == 404
    ids = {"contentIds": [page["id"], attachment["id"]]}
    assert set(viewer.post("/wiki/api/v2/content/convert-ids-to-types", ids)["results"].values()) == {None}
    assert client.get("/wiki/api/v2/spaces")["results"]


def test_a_user_may_be_let_write_in_one_space_only(client, page):
    access = {"space": "REL", "user": "viewer@example.com", "update": True}
    client.ask("PUT", "/_emulator/space-access", json=access)
    viewer = client.as_user("viewer@example.com")
    viewer.update_page(page["id"], 2, "")
    other = client.add_page(client.add_space("OTHER", "Other"), "A page")
    viewer.update_page(other["id"], 2, "", status=403)


def test_a_private_page_hides_what_is_below_it(client, page):
    text = {"spaceId": page["spaceId"], "title": "Private"}
    private = client.ask("POST", "/wiki/api/v2/pages", query={"private": "true"}, json=text).json()
    below = client.add_page({"id": page["spaceId"]}, "Below", parentId=private["id"])
    editor = client.as_user("editor@example.com")
    for hidden in (private, below):
        assert editor.ask("GET", f"/wiki/api/v2/pages/{hidden['id']}").status == 404
        assert client.get(f"/wiki/api/v2/pages/{hidden['id']}")["id"] == hidden["id"]


def test_users_added_by_the_control_path_sign_in_with_their_token(client):
    wish = {"email": "nora@example.com", "name": "Nora New", "role": "editor", "token": "secret"}
    account_id = client.put("/_emulator/users", wish)["accountId"]
    nora = client.as_user("nora@example.com", "secret")
    assert nora.get("/wiki/rest/api/user/current")["accountId"] == account_id
    assert client.as_user("nora@example.com").ask("GET", "/wiki/rest/api/user/current").status == 401


def test_a_stranger_is_refused(client, page):
    assert client.stranger().ask("GET", f"/wiki/api/v2/pages/{page['id']}").status == 401


def test_restrictions_leave_reading_and_writing_to_some(client, page):
    editor = client.as_user("editor@example.com")
    account_id = {name: client.as_user(f"{name}@example.com").get(CURRENT)["accountId"] for name in ("admin", "viewer")}
    path = f"/wiki/rest/api/content/{page['id']}"
    users = [{"accountId": account_id["admin"]}]
    wish = {"operation": "update", "restrictions": {"user": users}}
    client.put(f"{path}/restriction", {"results": [wish]})
    editor.update_page(page["id"], 2, "", status=403)
    client.put(f"{path}/restriction", [{**wish, "operation": "read"}])
    assert editor.ask("GET", f"/wiki/api/v2/pages/{page['id']}").status == 404
    subject = {"type": "user", "identifier": account_id["viewer"]}
    check = {"subject": subject, "operation": "read"}
    answer = client.post(f"{path}/permission/check", check)
    assert answer["hasPermission"] is False
    assert answer["errors"][0]["translation"] == "User does not have permission to the content"
    client.ask("DELETE", f"{path}/restriction")
    assert client.post(f"{path}/permission/check", check)["hasPermission"] is True
    assert client.post(f"{path}/permission/check", {**check, "operation": "delete"})["hasPermission"] is False
    assert editor.ask("POST", f"{path}/permission/check", json=check).status == 403
    editor.update_page(page["id"], 2, "")
