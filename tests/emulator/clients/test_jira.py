"""The client `jira` against Cloud, used as its users use it."""

from __future__ import annotations

import contextlib
import io

import pytest
from jira import JIRA, JIRAError


@pytest.fixture
def tracker(server, account):
    client = JIRA(server.url, basic_auth=tuple(account.values()), max_retries=0)
    with contextlib.closing(client):
        yield client


@pytest.fixture
def issue(tracker):
    return tracker.create_issue(project="PUMP", summary="New", issuetype={"name": "Story"}, description="some words")


def test_the_client_takes_it_for_cloud(tracker):
    assert tracker._is_cloud
    assert tracker.server_info()["deploymentType"] == "Cloud"


def test_an_issue_lives_its_life(tracker, issue):
    issue.update(summary="Newer", fields={"labels": ["a"]})
    assert {each["name"] for each in tracker.transitions(issue)} == {"In Progress"}
    tracker.transition_issue(issue, "In Progress")
    read = tracker.issue(issue.key, expand="changelog")
    assert (read.fields.summary, read.fields.labels, read.fields.status.name) == ("Newer", ["a"], "In Progress")
    assert read.fields.description == "some words"
    assert {item.field for history in read.changelog.histories for item in history.items} >= {"summary", "status"}
    issue.delete()
    with pytest.raises(JIRAError) as refused:
        tracker.issue(issue.key)
    assert refused.value.status_code == 404


def test_comments_and_links(tracker, issue):
    made = tracker.add_comment(issue, "hello")
    assert [each.body for each in tracker.comments(issue)] == ["hello"]
    made.update(body="hello again")
    assert tracker.comment(issue, made.id).body == "hello again"
    made.delete()
    assert tracker.comments(issue) == []
    tracker.create_issue_link("Blocks", issue.key, "PUMP-1")
    [link] = tracker.issue(issue.key).fields.issuelinks
    assert link.type.name == "Blocks"
    tracker.delete_issue_link(link.id)
    assert tracker.issue(issue.key).fields.issuelinks == []


def test_files_work_and_people(tracker, issue):
    made = tracker.add_attachment(issue, io.BytesIO(b"data"), "a.txt")
    assert tracker.attachment(made.id).get() == b"data"
    assert [each.filename for each in tracker.issue(issue.key).fields.attachment] == ["a.txt"]
    tracker.add_worklog(issue, timeSpentSeconds=3600, comment="measured")
    assert [(each.timeSpentSeconds, each.comment) for each in tracker.worklogs(issue)] == [(3600, "measured")]
    me = tracker.myself()["accountId"]
    tracker.assign_issue(issue.key, me)
    assert tracker.issue(issue.key).fields.assignee.accountId == me
    tracker.add_watcher(issue, me)
    assert tracker.watchers(issue).watchCount == 1
    tracker.add_simple_link(issue, {"url": "https://example.com/x", "title": "Elsewhere"})
    assert [each.object.title for each in tracker.remote_links(issue)] == ["Elsewhere"]


def test_versions_and_components_are_made(tracker):
    assert tracker.create_version("9.9", "PUMP").name == "9.9"
    assert tracker.create_component("Case", "PUMP").name == "Case"
    assert {"9.9"} <= {each.name for each in tracker.project_versions("PUMP")}


def test_searches_go_through_all_pages(tracker):
    found = tracker.enhanced_search_issues("project = PUMP ORDER BY key", maxResults=0, fields="summary")
    assert len(found) == tracker.approximate_issue_count("project = PUMP")
    assert found[0].key == "PUMP-1"
    assert len(tracker.search_issues("project = PUMP", maxResults=7)) == 7
    with pytest.raises(JIRAError) as refused:
        tracker.enhanced_search_issues("project = ")
    assert refused.value.status_code == 400


def test_the_catalogue_is_read(tracker):
    assert tracker.project("PUMP").key == "PUMP"
    assert tracker.boards() and tracker.sprints(tracker.boards()[0].id)
    assert tracker.project_components("PUMP") and tracker.project_versions("PUMP")
    assert {"Epic", "Story"} <= {each.name for each in tracker.issue_types()}
    assert [each.displayName for each in tracker.search_users(query="ada")] == ["Ada Admin"]
    assert tracker.my_permissions(permissions="BROWSE_PROJECTS")["permissions"]["BROWSE_PROJECTS"]["havePermission"]
    assert tracker.create_filter("Mine", jql="project = PUMP").jql == "project = PUMP"
