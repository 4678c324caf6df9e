from __future__ import annotations

import pytest

HEADERS = {"X-Atlassian-Token": "no-check"}


@pytest.fixture
def page(client):
    return client.add_page(client.add_space(), "A page")


def path_of(page):
    return f"/wiki/rest/api/content/{page['id']}/child/attachment"


def test_the_same_name_makes_a_new_version_of_the_same_attachment(client, page):
    first, second = (client.attach(page["id"], "a.json", b"%d" % n, f"c {n}").json()["results"][0] for n in (1, 2))
    assert first["id"] == second["id"]
    (attachment,) = client.get(f"/wiki/api/v2/pages/{page['id']}/attachments", filename="a.json")["results"]
    assert (attachment["version"]["number"], attachment["comment"], attachment["fileSize"]) == (2, "c 2", 1)
    old = client.get(f"/wiki/api/v2/attachments/{attachment['id']}", version=1)
    assert old["fileId"] != attachment["fileId"]
    assert client.get(f"/wiki/api/v2/pages/{page['id']}/attachments", filename="b.json")["results"] == []


def test_a_post_of_a_name_that_is_there_is_refused_and_adds_none_of_its_files(client, page):
    client.attach(page["id"], "a.json", b"1", method="POST")
    fields = [("file", ("new.json", b"n", "text/plain")), ("file", ("a.json", b"2", "text/plain"))]
    answer = client.ask("POST", path_of(page), fields=fields, headers=HEADERS)
    assert answer.status == 400
    assert "same file name as an existing attachment" in answer.json()["message"]
    names = [found["title"] for found in client.get(f"/wiki/api/v2/pages/{page['id']}/attachments")["results"]]
    assert names == ["a.json"]


def test_several_files_are_uploaded_with_a_comment_each(client, page):
    fields = [("file", (f"{n}.txt", b"x", "text/plain")) for n in "ab"] + [("comment", "for a"), ("comment", "for b")]
    results = client.ask("PUT", path_of(page), fields=fields, headers=HEADERS).json()["results"]
    assert [(file["title"], file["metadata"]["comment"]) for file in results] == [
        ("a.txt", "for a"),
        ("b.txt", "for b"),
    ]
    assert client.ask("PUT", path_of(page), fields=fields[:3], headers=HEADERS).status == 400


def test_an_upload_needs_the_token_header_rights_and_a_file(client, page):
    fields = {"file": ("a.json", b"1", "text/plain")}
    assert client.ask("PUT", path_of(page), fields=fields).status == 403
    assert client.as_user("viewer@example.com").attach(page["id"], "a.json", b"1").status == 403
    assert client.ask("PUT", path_of(page), fields={"comment": "c"}, headers=HEADERS).status == 400
    assert client.ask("PUT", path_of(page), body=b"junk", headers=HEADERS).status == 400
    assert client.attach("1", "a.json", b"1").status == 404
    assert client.attach("NaN", "a.json", b"1").status == 404


def test_a_file_over_the_limit_of_the_site_is_not_found(client, page):
    assert client.ask("PUT", "/_emulator/attachment-limit", json={"bytes": 3}).status == 204
    assert client.attach(page["id"], "a.json", b"1234").status == 404
    assert client.attach(page["id"], "a.json", b"123").status == 200


def test_a_download_is_redirected_to_an_address_that_needs_no_credentials(client, page):
    attachment = client.attach(page["id"], "a name.json", b"bytes").json()["results"][0]
    answer = client.ask("GET", f"{path_of(page)}/{attachment['id']}/download")
    assert (answer.status, answer.data) == (302, b"")
    file = client.follow(answer.headers["Location"])
    assert (file.status, file.data, file.headers["Content-Type"]) == (200, b"bytes", "application/json")
    forged = answer.headers["Location"].replace("signature=", "signature=0")
    assert client.follow(forged).status == 403


def test_the_legacy_path_takes_no_api_tokens(client, page):
    attachment = client.attach(page["id"], "a.json", b"1").json()["results"][0]
    assert client.ask("GET", "/wiki" + attachment["_links"]["download"]).status == 401


def test_new_data_by_id_and_deleting(client, page):
    attachment = client.attach(page["id"], "a.json", b"1").json()["results"][0]
    form = {"file": ("other.json", b"22", "text/plain"), "minorEdit": "false"}
    answer = client.ask("POST", f"{path_of(page)}/{attachment['id']}/data", fields=form, headers=HEADERS)
    assert (answer.json()["version"]["number"], answer.json()["title"]) == (2, "a.json")
    path = f"/wiki/api/v2/attachments/{attachment['id']}"
    assert client.ask("DELETE", path).status == 204
    assert client.ask("GET", path).status == 404
    assert client.ask("DELETE", path, query={"purge": "true"}).status == 204


def test_attachments_of_a_page_in_the_trash_are_not_listed(client, page):
    attachment = client.attach(page["id"], "a.json", b"1").json()["results"][0]
    client.ask("DELETE", f"/wiki/api/v2/pages/{page['id']}")
    assert client.get("/wiki/api/v2/attachments")["results"] == []
    assert client.ask("GET", f"/wiki/api/v2/attachments/{attachment['id']}").status == 404
