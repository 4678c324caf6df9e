"""Spaces between sites: macros in conflict, restrictions, and from Data Center to Cloud."""

from __future__ import annotations

import urllib3

from atlassian_emulator.copying import copy_space
from atlassian_emulator.server import EmulatorServer

FIRST, SECOND = "11111111-2222-3333-4444-555555555555", "99999999-8888-7777-6666-555555555555"
BODY = (
    f'<ac:structured-macro ac:macro-id="{FIRST}" ac:name="snapshots"><ac:parameter ac:name="definition">{FIRST}'
    f'</ac:parameter></ac:structured-macro><ac:structured-macro ac:macro-id="{SECOND}" ac:name="toc" />'
)


def bodies(client, page_id):
    found = client.get(f"/wiki/api/v2/pages/{page_id}/versions", body_format="storage")["results"]
    return {each["number"]: each["page"]["body"]["storage"]["value"] for each in found}


def page_with_macros(client):
    page = client.add_page(client.add_space(), "A page", BODY)
    client.update_page(page["id"], 2, BODY + "<p>more</p>")
    return page


def test_a_macro_whose_id_is_taken_gets_a_new_one_in_all_versions(client, server, other, there):
    page = page_with_macros(client)
    there.add_page(there.add_space("OLD", "Old"), "There before", BODY.replace(SECOND, "another"))
    report = copy_space(server.url, other.url, "REL")
    renamed = report["macros"]
    assert renamed.keys() == {FIRST} and renamed[FIRST] != FIRST
    moved = bodies(there, report["ids"]["page"][page["id"]])
    changed = BODY.replace(f'macro-id="{FIRST}"', f'macro-id="{renamed[FIRST]}"')
    assert moved == {1: changed, 2: changed + "<p>more</p>"}


def test_a_conflict_can_be_asked_for(client, server, other, there):
    page = page_with_macros(client)
    report = copy_space(server.url, other.url, "REL", conflicting_macros=[SECOND])
    assert report["macros"].keys() == {SECOND}
    newest = bodies(there, report["ids"]["page"][page["id"]])[2]
    assert f'macro-id="{FIRST}"' in newest and SECOND not in newest


def test_a_forge_macro_in_conflict_gets_a_new_local_id(client, server, other, there):
    forge = (
        '<ac:adf-extension><ac:adf-node type="extension"><ac:adf-attribute key="extension-key">a/static/snapshots'
        '</ac:adf-attribute><ac:adf-attribute key="parameters"><ac:adf-parameter key="local-id">LOCAL'
        "</ac:adf-parameter></ac:adf-attribute></ac:adf-node></ac:adf-extension>"
    )
    page = client.add_page(client.add_space(), "A page", forge)
    report = copy_space(server.url, other.url, "REL", conflicting_macros=["LOCAL"])
    body = bodies(there, report["ids"]["page"][page["id"]])[1]
    assert body == forge.replace(">LOCAL<", f">{report['macros']['LOCAL']}<")


def test_a_restriction_to_a_group_that_is_not_there_stays_closed(client, server, other, there):
    page = client.add_page(client.add_space(), "A page")
    groups = {group.name: group.group_id for group in server.site.users.groups}
    for name in ("editors", "confluence-users-acme"):
        page = client.add_page({"id": page["spaceId"]}, name)
        wish = {"operation": "read", "restrictions": {"group": [{"type": "group", "id": groups[name]}]}}
        client.put(f"/wiki/rest/api/content/{page['id']}/restriction", [wish])
    copy_space(server.url, other.url, "REL")
    editor = there.as_user("editor@example.com")
    titles = {each["title"] for each in editor.get("/wiki/api/v2/pages")["results"]}
    assert titles == {"Releases", "A page", "editors"}


def test_a_space_of_data_center_names_people_by_account_id_in_cloud(other, there):
    with EmulatorServer("oldco", deployment="data-center") as old:
        headers = urllib3.make_headers(basic_auth="editor:emulator")
        pool = urllib3.PoolManager(retries=False)
        key = pool.request("GET", f"{old.url}/rest/api/user/current", headers=headers).json()["userKey"]
        pool.request("POST", f"{old.url}/rest/api/space", json={"key": "REL", "name": "R"}, headers=headers)
        text = f'<p><ri:user ri:userkey="{key}" /><ri:user ri:userkey="unknown" /></p>{BODY}'
        body = {"storage": {"value": text, "representation": "storage"}}
        wish = {"type": "page", "title": "A page", "space": {"key": "REL"}, "body": body}
        page = pool.request("POST", f"{old.url}/rest/api/content", json=wish, headers=headers).json()
        report = copy_space(old.url, other.url, "REL")
        pool.clear()
    moved = there.get(f"/wiki/api/v2/pages/{report['ids']['page'][page['id']]}", body_format="storage")
    editor = other.site.users.find_by_email("editor@example.com")
    expected = text.replace(f'ri:userkey="{key}"', f'ri:account-id="{editor.account_id}"')
    assert moved["body"]["storage"]["value"] == expected
    assert moved["authorId"] == editor.account_id
