from __future__ import annotations

import pytest

V2, V1 = "/wiki/api/v2", "/wiki/rest/api"


@pytest.fixture
def page(client):
    return client.add_page(client.add_space(), "A page", "<p>a text</p>")


def let(client, status=204, **access):
    assert client.ask("PUT", "/_emulator/space-access", json={"space": "REL", **access}).status == status


def test_reading_creating_updating_and_deleting_are_apart(client, page):
    let(client, user="viewer@example.com", create=True)
    viewer = client.as_user("viewer@example.com")
    mine = viewer.add_page({"id": page["spaceId"]}, "Mine")
    viewer.update_page(page["id"], 2, "", status=403)
    assert viewer.ask("DELETE", f"{V2}/pages/{mine['id']}").status == 403
    let(client, user="viewer@example.com", update=True, create=False, delete=False)
    viewer.update_page(page["id"], 2, "")
    names = {one["operation"] for one in viewer.get(f"{V2}/pages/{page['id']}/operations")["operations"]}
    assert "update" in names and "delete" not in names
    wish = {"spaceId": page["spaceId"], "title": "Not mine"}
    assert viewer.ask("POST", f"{V2}/pages", json=wish).status == 403
    let(client, user="viewer@example.com", delete=True)
    assert viewer.ask("DELETE", f"{V2}/pages/{page['id']}").status == 204


def test_a_group_gives_its_members_rights_in_a_space(client, page):
    group = client.post(f"{V1}/group", {"name": "auditors"}, 201)
    viewer = client.as_user("viewer@example.com")
    account_id = viewer.get(f"{V1}/user/current")["accountId"]
    let(client, group="auditors", update=True)
    viewer.update_page(page["id"], 2, "", status=403)
    client.post(f"{V1}/group/userByGroupId?groupId={group['id']}", {"accountId": account_id}, 201)
    viewer.update_page(page["id"], 2, "")
    memberships = viewer.get(f"{V1}/user/memberof", accountId=account_id)["results"]
    assert "auditors" in {one["name"] for one in memberships}
    client.ask("DELETE", f"{V1}/group/by-id?id={group['id']}")
    viewer.update_page(page["id"], 3, "", status=403)
    let(client, group="auditors", status=404)


def test_a_group_that_loses_reading_hides_the_space_from_who_has_it_from_nowhere_else(client, page):
    everybody = client.get(f"{V1}/group/picker", query="confluence-users")["results"][0]
    let(client, group=everybody["name"], read=False)
    assert client.as_user("viewer@example.com").ask("GET", f"{V2}/pages/{page['id']}").status == 404
    assert client.as_user("editor@example.com").ask("GET", f"{V2}/pages/{page['id']}").status == 200


def test_permissions_of_rest_are_those_that_count(client, page):
    viewer = client.as_user("viewer@example.com")
    account_id = viewer.get(f"{V1}/user/current")["accountId"]
    path = f"{V1}/space/REL/permission"
    subject = {"type": "user", "identifier": account_id}
    creating = {"subject": subject, "operation": {"key": "create", "target": "page"}}
    assert client.ask("POST", path, json=creating).status == 400
    reading = client.post(path, {"subject": subject, "operation": {"key": "read", "target": "space"}})
    client.post(path, creating)
    viewer.update_page(page["id"], 2, "")
    listed = client.get(f"{V2}/spaces/{page['spaceId']}/permissions", limit=250)["results"]
    mine = {one["id"]: one["operation"]["key"] for one in listed if one["principal"]["id"] == account_id}
    assert sorted(mine.values()) == ["create", "read"]
    assert client.as_user("editor@example.com").ask("DELETE", f"{path}/{reading['id']}").status == 403
    assert client.ask("DELETE", f"{path}/{reading['id']}").status == 204
    viewer.update_page(page["id"], 3, "", status=403)


def test_a_restriction_names_users_and_groups_one_by_one(client, page):
    editor = client.as_user("editor@example.com")
    account_id = client.get(f"{V1}/user/current")["accountId"]
    group = client.get(f"{V1}/group/picker", query="editors")["results"][0]
    path = f"{V1}/content/{page['id']}/restriction/byOperation/update"
    assert client.ask("GET", f"{path}/user?accountId={account_id}").status == 404
    assert client.ask("PUT", f"{path}/user?accountId={account_id}").status == 200
    editor.update_page(page["id"], 2, "", status=403)
    assert client.ask("PUT", f"{path}/byGroupId/{group['id']}").status == 200
    editor.update_page(page["id"], 2, "")
    shown = client.get(path)["restrictions"]
    assert [one["accountId"] for one in shown["user"]["results"]] == [account_id]
    assert [one["name"] for one in shown["group"]["results"]] == ["editors"]
    assert client.ask("DELETE", f"{path}/byGroupId/{group['id']}").status == 200
    editor.update_page(page["id"], 3, "", status=403)


def test_a_private_space_is_its_makers_alone(client):
    editor = client.as_user("editor@example.com")
    editor.post(f"{V1}/space/_private", {"key": "MINE", "name": "Mine"})
    assert [space["key"] for space in editor.get(f"{V2}/spaces")["results"]] == ["MINE"]
    assert client.as_user("viewer@example.com").get(f"{V2}/spaces")["results"] == []
    assert editor.ask("DELETE", f"{V1}/space/MINE").status == 202
