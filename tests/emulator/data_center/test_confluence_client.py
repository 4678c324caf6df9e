"""atlassian-python-api does the ordinary work of its users against Confluence Data Center."""

from __future__ import annotations

import pytest
from requests import HTTPError


def test_pages_are_made_read_changed_and_removed(confluence, page):
    below = confluence.create_page("REL", "Below", "<p>x</p>", parent_id=page["id"])
    assert confluence.get_page_id("REL", "Below") == below["id"]
    assert [each["id"] for each in confluence.get_page_child_by_type(page["id"], type="page")] == [below["id"]]
    confluence.update_page(page["id"], "A page", "<p>two</p>", version_comment="second")
    read = confluence.get_page_by_id(page["id"], expand="body.storage,version,ancestors,space")
    assert (read["body"]["storage"]["value"], read["version"]["number"]) == ("<p>two</p>", 2)
    assert (read["version"]["message"], read["space"]["key"]) == ("second", "REL")
    confluence.remove_page(below["id"])
    assert not confluence.page_exists("REL", "Below")


def test_all_pages_come_part_by_part(confluence, page):
    for number in range(7):
        confluence.create_page("REL", f"Page {number}", "<p></p>", parent_id=page["id"])
    titles = [each["title"] for each in confluence.get_all_pages_from_space("REL", limit=3, expand="version")]
    assert sorted(titles) == sorted(["Releases", "A page", *(f"Page {number}" for number in range(7))])


def test_old_versions_are_read(confluence, page):
    confluence.update_page(page["id"], "A page", "<p>two</p>")
    first = confluence.get_content_history_by_version_number(page["id"], 1)
    assert (first["number"], first["by"]["username"]) == (1, "admin")
    old = confluence.get(f"rest/api/content/{page['id']}", params={"version": 1, "expand": "body.storage"})
    assert (old["status"], old["body"]["storage"]["value"]) == ("historical", "<p>one</p>")


def test_files_are_attached_listed_and_downloaded(confluence, page, tmp_path):
    confluence.attach_content(b"{1}", name="a.json", content_type="application/json", page_id=page["id"])
    (attachment,) = confluence.get_attachments_from_content(page["id"], filename="a.json")["results"]
    assert attachment["extensions"]["mediaType"] == "application/json"
    assert confluence.download_attachments_from_page(page["id"], path=str(tmp_path))["attachments_downloaded"] == 1
    assert (tmp_path / "a.json").read_bytes() == b"{1}"


def test_labels_properties_and_comments(confluence, page):
    confluence.set_page_label(page["id"], "evidence")
    assert [each["name"] for each in confluence.get_page_labels(page["id"])["results"]] == ["evidence"]
    confluence.set_page_property(page["id"], {"key": "k", "value": {"a": 1}})
    confluence.update_page_property(page["id"], {"key": "k", "value": 2, "version": {"number": 2}})
    assert confluence.get_page_property(page["id"], "k")["value"] == 2
    confluence.add_comment(page["id"], "<p>seen</p>")
    comments = confluence.get_page_comments(page["id"], expand="body.storage")["results"]
    assert [each["body"]["storage"]["value"] for each in comments] == ["<p>seen</p>"]


def test_cql_names_people_by_their_user_names(confluence, page):
    found = confluence.cql("creator = admin and title = 'A page'")["results"]
    assert [each["content"]["id"] for each in found] == [page["id"]]
    assert confluence.cql("creator = editor and type = page")["results"] == []


def test_users_and_groups(confluence):
    editor = confluence.get_user_details_by_username("editor")
    assert confluence.get_user_details_by_userkey(editor["userKey"])["displayName"] == editor["displayName"]
    assert "accountId" not in editor
    members = confluence.get_group_members("editors")["results"]
    assert {each["username"] for each in members} == {"admin", "editor"}


def test_a_space_is_removed_by_a_long_task(confluence, page):
    task = confluence.delete_space("REL")
    assert confluence.check_long_task_result(task["id"])["successful"] is True
    with pytest.raises(HTTPError):
        confluence.get(f"rest/api/content/{page['id']}")
