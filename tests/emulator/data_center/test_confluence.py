"""Confluence Data Center where it is not as Cloud: paths, uploads, downloads, people, refusals."""

from __future__ import annotations

import re

import pytest
import urllib3

from atlassian_emulator.jira import put_issues
from atlassian_emulator.server import EmulatorServer

FIELDS = {
    "issuetype": {"name": "Bug"},
    "project": {"key": "REQ", "name": "Requirements"},
    "status": {"name": "To Do", "statusCategory": {"key": "new"}},
    "created": "2026-05-16T07:56:13.000+0000",
}
BODY = {"storage": {"value": "<p>one</p>", "representation": "storage"}}


def upload(asker, path, name="a.json", data=b"{1}", **fields):
    form = {"file": (name, data, "application/json"), **fields}
    return asker.ask("POST", path, fields=form, headers={"X-Atlassian-Token": "no-check"})


@pytest.mark.parametrize("path", ["/wiki/api/v2/spaces", "/wiki/rest/api/space", "/rest/api/3/myself"])
def test_what_only_cloud_has_is_not_there(asker, path):
    assert asker.ask("GET", path).status == 404


@pytest.mark.parametrize(
    ("name", "password", "token", "status"),
    [
        ("editor", "emulator", "", 200),
        ("EDITOR", "emulator", "", 200),
        ("editor@example.com", "emulator", "", 401),
        ("editor", "wrong", "", 401),
        ("", "", "editor.emulator", 200),
        ("", "", "editor.wrong", 401),
    ],
)
def test_people_sign_in_by_name_or_with_a_token(asker, name, password, token, status):
    answer = type(asker)(asker.url, name, password, token).ask("GET", "/rest/api/user/current")
    assert answer.status == status
    if status == 200:
        assert answer.json()["username"] == "editor"


def test_a_page_opens_what_is_asked_for_and_no_more(asker, page):
    shown = asker.get(f"/rest/api/content/{page['id']}?expand=body.storage,metadata.labels,history.lastUpdated")
    assert shown["body"]["storage"]["value"] == "<p>one</p>"
    assert shown["metadata"]["labels"]["results"] == []
    assert shown["history"]["lastUpdated"]["by"]["username"] == "admin"
    assert "version" not in shown and "version" in shown["_expandable"]
    assert set(asker.get(f"/rest/api/content/{page['id']}")) >= {"history", "space", "version"}


def test_lists_go_on_by_start_and_limit(asker, page):
    first = asker.get("/rest/api/content?spaceKey=REL&limit=1")
    assert (first["start"], first["limit"], first["size"]) == (0, 1, 1)
    second = asker.get(first["_links"]["next"])
    assert second["start"] == 1 and "next" not in second["_links"]
    assert {first["results"][0]["title"], second["results"][0]["title"]} == {"Releases", "A page"}


def test_a_limit_with_bodies_is_lowered(asker, page):
    assert asker.get("/rest/api/content?spaceKey=REL&limit=1000&expand=body.storage")["limit"] == 50
    assert asker.get("/rest/api/content?spaceKey=REL&limit=1000")["limit"] == 200


def test_a_stale_version_is_a_conflict_and_none_a_bad_request(asker, page):
    wish = {"type": "page", "title": "A page", "body": BODY, "version": {"number": 1}}
    stale = asker.ask("PUT", f"/rest/api/content/{page['id']}", json=wish)
    assert stale.status == 409
    assert stale.json()["message"] == "Version must be incremented on update. Current version is: 1"
    assert asker.ask("PUT", f"/rest/api/content/{page['id']}", json={**wish, "version": None}).status == 400


def test_a_title_is_taken_once(asker, page):
    wish = {"type": "page", "title": "a PAGE", "space": {"key": "REL"}, "body": BODY}
    answer = asker.ask("POST", "/rest/api/content", json=wish)
    assert answer.status == 400
    assert "A page already exists with the title a PAGE in the space with key REL" in answer.json()["message"]


def test_a_file_of_the_same_name_is_refused_and_its_next_version_put_by_id(asker, page):
    path = f"/rest/api/content/{page['id']}/child/attachment"
    assert asker.ask("PUT", path, fields={"file": ("a.json", b"{}")}).status == 405
    attachment = upload(asker, path, comment="first").json()["results"][0]
    again = upload(asker, path)
    assert again.status == 400
    assert "Cannot add a new attachment with same file name as an existing attachment" in again.json()["message"]
    (there,) = asker.get(f"{path}?filename=a.json&expand=version")["results"]
    assert there["id"] == attachment["id"]
    changed = upload(asker, f"{path}/{there['id']}/data", data=b"{2}", comment="second").json()
    assert (changed["id"], changed["version"]["number"]) == (there["id"], 2)
    for number, data, comment in ((1, b"{1}", "first"), (2, b"{2}", "second")):
        assert asker.ask("GET", f"/download/attachments/{page['id']}/a.json?version={number}").data == data
        version = asker.get(f"/rest/experimental/content/{there['id']}/version/{number}")
        assert version["message"] == comment
    download = asker.get(path)["results"][0]["_links"]["download"]
    assert asker.ask("GET", download).data == b"{2}"


def test_an_upload_without_its_header_is_refused(asker, page):
    path = f"/rest/api/content/{page['id']}/child/attachment"
    assert asker.ask("POST", path, fields={"file": ("a.json", b"{}")}).status == 403


def test_people_in_bodies_have_user_keys(asker, server, page):
    editor = server.site.users.find_by_email("editor@example.com")
    key = asker.get("/rest/api/user?username=editor")["userKey"]
    body = {"storage": {"value": f'<p><ri:user ri:account-id="{editor.account_id}"/></p>', "representation": "storage"}}
    wish = {"type": "page", "title": "A page", "body": body, "version": {"number": 2}}
    shown = asker.ask("PUT", f"/rest/api/content/{page['id']}", json=wish).json()
    assert f'ri:userkey="{key}"' in shown["body"]["storage"]["value"]


def test_restrictions_name_people_and_groups_by_name(asker, page):
    path = f"/rest/experimental/content/{page['id']}/restriction"
    admin = {"type": "known", "username": "admin"}
    wish = {"operation": "read", "restrictions": {"user": [admin], "group": [{"type": "group", "name": "site-admins"}]}}
    assert asker.ask("PUT", path, json=[wish]).status == 200
    shown = asker.get(f"/rest/api/content/{page['id']}/restriction/byOperation/read")["restrictions"]
    assert [each["username"] for each in shown["user"]["results"]] == ["admin"]
    assert [each["name"] for each in shown["group"]["results"]] == ["site-admins"]
    viewer = type(asker)(asker.url, "viewer")
    assert viewer.ask("GET", f"/rest/api/content/{page['id']}").status == 404


def test_a_macro_is_found_by_its_id(asker, page):
    macro = '<ac:structured-macro ac:macro-id="11111111-2222-3333-4444-555555555555" ac:name="toc" />'
    body = {"storage": {"value": macro, "representation": "storage"}}
    wish = {"type": "page", "title": "A page", "body": body, "version": {"number": 2}}
    assert asker.ask("PUT", f"/rest/api/content/{page['id']}", json=wish).status == 200
    path = f"/rest/api/content/{page['id']}/history/2/macro/id/11111111-2222-3333-4444-555555555555"
    assert asker.get(path)["name"] == "toc"


def test_no_answer_speaks_of_account_ids_or_of_wiki(asker, server, page):
    upload(asker, f"/rest/api/content/{page['id']}/child/attachment")
    expand = "space,version,history.contributors,ancestors,container,metadata.labels"
    paths = [
        f"/rest/api/content?spaceKey=REL&expand={expand}",
        f"/rest/api/content/{page['id']}/child/attachment?expand={expand}",
        f"/rest/api/content/{page['id']}/restriction/byOperation",
        "/rest/api/search?cql=type=page",
        "/rest/api/content/search?cql=type=page&expand=version,space",
        "/rest/api/space?expand=homepage",
        "/rest/api/group",
        "/rest/api/user/current",
    ]
    for path in paths:
        text = asker.ask("GET", path).data.decode()
        assert not re.search(r"accountId|712020:|/wiki", text), path


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/rest/api/content/999", 404),
        ("GET", "/rest/api/content/abc", 404),
        ("GET", "/rest/api/space/NONE", 404),
        ("GET", "/rest/api/user?username=nobody", 404),
        ("GET", "/rest/api/user", 400),
        ("GET", "/rest/api/group/none/member", 404),
        ("GET", "/rest/api/search?cql=%3D", 400),
        ("GET", "/download/attachments/", 404),
        ("POST", "/rest/api/content", 400),
        ("DELETE", "/rest/api/content/999", 404),
    ],
)
def test_what_is_wrong_is_refused_in_confluence_s_shape(asker, method, path, status):
    answer = asker.ask(method, path)
    assert answer.status == status
    assert answer.json()["statusCode"] == status


def test_the_content_of_a_cloud_site_is_served(asker, tmp_path):
    with EmulatorServer("acme", data_dir=tmp_path) as cloud:
        put_issues(cloud.site, [{"key": "REQ-1", "fields": {**FIELDS, "description": "h1. Title\n\n*bold*"}}])
        headers = urllib3.make_headers(basic_auth="admin@example.com:emulator")
        with urllib3.PoolManager() as pool:
            wish = {"key": "REL", "name": "Releases"}
            assert pool.request("POST", f"{cloud.url}/wiki/api/v2/spaces", json=wish, headers=headers).status == 201
    with EmulatorServer("acme", data_dir=tmp_path, deployment="data-center") as server:
        there = type(asker)(server.url)
        assert [each["title"] for each in there.get("/rest/api/space/REL/content/page")["results"]] == ["Releases"]
        assert there.get("/rest/api/2/issue/REQ-1")["fields"]["description"] == "h1. Title\n\n*bold*"
