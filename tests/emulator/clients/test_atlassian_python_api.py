"""atlassian-python-api against Cloud, used as its users use it.

What it asks wrongly is refused here as Atlassian refuses it, and that is tested too: it adds labels below v2, searches
below v2, names properties by key and asks for a body format "none"; none of these is an operation of Atlassian's.
"""

from __future__ import annotations

import contextlib

import pytest
from atlassian import Confluence, ConfluenceV2, Jira
from requests import HTTPError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def wiki(server, account):
    # The client puts /wiki behind the address itself when the host is one of Atlassian's.
    with contextlib.closing(ConfluenceV2(f"{server.url}/wiki", **account)) as client:
        yield client


@pytest.fixture
def classic(server, account):
    """The class most scripts use, with the paths of v1 that Cloud still has."""
    with contextlib.closing(Confluence(f"{server.url}/wiki", cloud=False, **account)) as client:
        yield client


@pytest.fixture
def tracker(server, account):
    with contextlib.closing(Jira(server.url, cloud=True, **account)) as client:
        yield client


@pytest.fixture
def page(wiki):
    space = wiki.create_space("REL", "Releases")
    return wiki.create_page(space["id"], "Release 1", "<p>first</p>")


def test_pages_are_made_below_each_other_changed_and_deleted(wiki, page):
    child = wiki.create_page(page["spaceId"], "Child", "<p>c</p>", parent_id=page["id"])
    assert [each["id"] for each in wiki.get_child_pages(page["id"])] == [child["id"]]
    wiki.update_page(page["id"], title="Release 1", body="<p>second</p>", status="current", version=1)
    assert wiki.get_page_by_id(page["id"], body_format="storage")["body"]["storage"]["value"] == "<p>second</p>"
    assert [each["number"] for each in wiki.get_all_page_versions(page["id"])] == [2, 1]
    assert wiki.get_page_version(page["id"], 1)["number"] == 1
    assert wiki.get_page_id("REL", "Release 1") == page["id"]
    wiki.delete_page(child["id"])
    assert list(wiki.get_child_pages(page["id"])) == []


def test_a_stale_version_is_a_conflict(wiki, page):
    with pytest.raises(HTTPError) as refused:
        wiki.update_page(page["id"], title="Release 1", body="<p>x</p>", status="current", version=4)
    assert refused.value.response.status_code == 409


def test_spaces_are_found(wiki, page):
    assert wiki.get_space_by_key("REL")["id"] == page["spaceId"]
    assert wiki.get_space_names() == ["Releases"]
    titles = {each["title"] for each in wiki.get_pages(space_id=page["spaceId"], body_format="storage")}
    assert "Release 1" in titles


def test_properties_are_kept(wiki, page):
    made = wiki.create_page_property(page["id"], "colour", {"red": 1})
    assert [each["value"] for each in wiki.get_page_properties(page["id"])] == [{"red": 1}]
    assert wiki.get(f"api/v2/pages/{page['id']}/properties/{made['id']}")["key"] == "colour"


def test_folders_and_whiteboards_are_made(wiki, page):
    assert wiki.create_folder(page["spaceId"], "Folder")["type"] == "folder"
    assert wiki.create_whiteboard(page["spaceId"], "Board")["title"] == "Board"


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lambda wiki, page: wiki.add_page_label(page["id"], "seen"), 405),
        (lambda wiki, page: wiki.search("type = page"), 404),
        (lambda wiki, page: wiki.get_page_property_by_key(page["id"], "colour"), 400),
        (lambda wiki, page: wiki.get_page_by_id(page["id"], get_body=False), 400),
        (lambda wiki, page: wiki.create_page_footer_comment(page["id"], "<p>hi</p>"), 404),
    ],
)
def test_what_the_client_asks_wrongly_is_refused(wiki, page, ask, status):
    with pytest.raises(HTTPError) as refused:
        ask(wiki, page)
    assert refused.value.response.status_code == status


def test_files_labels_and_search_go_through_v1(classic, page):
    first = classic.post(
        f"rest/api/content/{page['id']}/child/attachment",
        headers={"X-Atlassian-Token": "nocheck"},
        files={"file": ("evidence.json", b"{}")},
    )
    assert first["results"][0]["title"] == "evidence.json"
    classic.set_page_label(page["id"], "released")
    found = classic.cql('label = released and type = "page"')
    assert [each["content"]["id"] for each in found["results"]] == [page["id"]]
    classic.remove_page_label(page["id"], "released")
    assert classic.cql("label = released")["results"] == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda classic, page: classic.get("rest/api/content", params={"spaceKey": "REL"}),
        lambda classic, page: classic.get_page_by_id(page["id"]),
        lambda classic, page: classic.create_page("REL", "New", "<p>x</p>"),
        lambda classic, page: classic.get_all_spaces(),
        lambda classic, page: classic.get_page_labels(page["id"]),
    ],
)
def test_what_atlassian_took_out_of_v1_is_gone(server, classic, page, ask):
    # The client makes errors of its own of a 410; what it was answered is in the log.
    with contextlib.suppress(Exception):
        ask(classic, page)
    assert server.requests()[-1].status == 410


def test_issues_are_made_and_changed(tracker):
    key = tracker.create_issue(
        {"project": {"key": "PUMP"}, "issuetype": {"name": "Story"}, "summary": "New", "description": "h1. Why\n\n*So*"}
    )["key"]
    assert tracker.issue_field_value(key, "description") == "h1. Why\n\n*So*"
    tracker.update_issue_field(key, {"summary": "Newer"})
    tracker.edit_issue(key, {"labels": [{"add": "seen"}]})
    assert tracker.issue(key)["fields"]["labels"] == ["seen"]
    tracker.set_issue_status(key, "In Progress")
    assert tracker.get_issue_status(key) == "In Progress"
    tracker.issue_add_comment(key, "a *bold* word")
    assert [each["body"] for each in tracker.issue_get_comments(key)["comments"]] == ["a *bold* word"]
    link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": key}, "outwardIssue": {"key": "PUMP-1"}}
    tracker.create_issue_link(link)
    assert len(tracker.issue(key, fields="issuelinks")["fields"]["issuelinks"]) == 1
    assert tracker.get_issue_changelog(key)["total"] >= 3
    tracker.delete_issue(key)
    assert not tracker.issue_exists(key)


def test_files_work_and_people(tracker, tmp_path):
    (tmp_path / "a.txt").write_text("data")
    tracker.add_attachment("PUMP-1", str(tmp_path / "a.txt"))
    assert len(tracker.get_attachments_ids_from_issue("PUMP-1")) == 1
    tracker.issue_worklog("PUMP-1", "2026-01-01T10:00:00.000+0000", 3600)
    assert [each["timeSpentSeconds"] for each in tracker.issue_get_worklog("PUMP-1")["worklogs"]] == [3600]
    me = tracker.myself()["accountId"]
    tracker.assign_issue("PUMP-1", account_id=me)
    tracker.issue_add_watcher("PUMP-1", me)
    assert tracker.issue_get_watchers("PUMP-1")["watchCount"] == 1
    tracker.create_or_update_issue_remote_links("PUMP-1", "https://example.com/x", "Elsewhere")
    assert [each["object"]["title"] for each in tracker.get_issue_remote_links("PUMP-1")] == ["Elsewhere"]
    saved = tracker.create_filter("Mine", "project = PUMP")
    assert (saved["jql"], saved["favourite"]) == ("project = PUMP", False)


def test_issues_are_found_with_tokens(tracker):
    found = tracker.enhanced_jql_get_list_of_tickets("project = PUMP", fields="summary")
    assert len(found) == tracker.approximate_issue_count("project = PUMP")["count"] > 10
    assert tracker.enhanced_jql("project = PUMP", limit=5)["isLast"] is False
    with pytest.raises(HTTPError, match="NOPE"):
        tracker.enhanced_jql("project = NOPE")


def test_the_catalogue_is_read(tracker):
    assert "PUMP" in {each["key"] for each in tracker.projects()}
    assert tracker.get_project_versions("PUMP") and tracker.get_project_components("PUMP")
    board = tracker.get_all_agile_boards()["values"][0]["id"]
    assert tracker.get_all_sprints_from_board(board)["values"]
    assert {"Highest", "Low"} <= {each["name"] for each in tracker.get_all_priorities()}
    assert tracker.user_find_by_user_string(query="ada")[0]["displayName"] == "Ada Admin"
