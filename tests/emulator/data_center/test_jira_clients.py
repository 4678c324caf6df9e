"""atlassian-python-api and jira do the ordinary work of their users against Jira Data Center."""

from __future__ import annotations

from jira import JIRA


def test_atlassian_python_api_works_with_issues(jira):
    assert jira.jql("assignee = ada")["total"] == 1
    assert jira.issue("REQ-1")["fields"]["assignee"]["name"] == "ada"
    wish = {"project": {"key": "REQ"}, "issuetype": {"name": "Bug"}, "summary": "made", "description": "*bold*"}
    key = jira.create_issue(fields=wish)["key"]
    jira.update_issue_field(key, {"summary": "changed", "assignee": {"name": "editor"}})
    jira.issue_add_comment(key, "see [~ada]")
    jira.set_issue_status(key, "In Progress")
    fields = jira.issue(key)["fields"]
    assert (fields["summary"], fields["assignee"]["name"], fields["status"]["name"]) == (
        "changed",
        "editor",
        "In Progress",
    )
    assert (fields["description"], fields["comment"]["comments"][0]["body"]) == ("*bold*", "see [~ada]")
    link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": key}, "outwardIssue": {"key": "REQ-1"}}
    jira.create_issue_link(link)
    assert jira.issue(key)["fields"]["issuelinks"][0]["outwardIssue"]["key"] == "REQ-1"
    jira.delete_issue(key)
    assert jira.jql("summary ~ changed")["total"] == 0


def test_atlassian_python_api_reads_projects_and_people(jira):
    assert [each["key"] for each in jira.projects()] == ["REQ"]
    assert jira.user("editor")["name"] == "editor"
    assert [each["name"] for each in jira.user_find_by_user_string(username="ad")] == ["ada", "admin"]
    assert {each["name"] for each in jira.get_all_users_from_group("editors")["values"]} == {"admin", "editor"}
    assert jira.myself()["name"] == "admin"
    assert any(each["id"] == "summary" for each in jira.get_all_fields())


def test_jira_finds_all_issues_page_by_page(pycontribs):
    found = pycontribs.search_issues("project = REQ order by key", maxResults=False)
    assert [each.key for each in found] == [f"REQ-{number}" for number in range(1, 13)]
    assert pycontribs.search_issues("project = REQ", maxResults=5).total == 12


def test_jira_works_with_an_issue(pycontribs):
    made = pycontribs.create_issue(project="REQ", issuetype="Bug", summary="made", description="* a\n* b")
    assert made.fields.description == "* a\n* b"
    made.update(summary="changed", description="_new_")
    pycontribs.assign_issue(made, "editor")
    pycontribs.add_comment(made, "h2. hi")
    to_progress = next(each["id"] for each in pycontribs.transitions(made) if each["to"]["name"] == "In Progress")
    pycontribs.transition_issue(made, to_progress)
    pycontribs.add_worklog(made, timeSpent="1h", comment="worked")
    pycontribs.create_issue_link("Blocks", made.key, "REQ-1")
    read = pycontribs.issue(made.key)
    assert (read.fields.summary, read.fields.description, read.fields.assignee.name) == ("changed", "_new_", "editor")
    assert read.fields.comment.comments[0].body == "h2. hi"
    assert read.fields.status.name == "In Progress"
    assert [each.timeSpentSeconds for each in pycontribs.worklogs(made)] == [3600]
    made.delete()


def test_jira_reads_what_the_site_has(pycontribs):
    assert pycontribs.server_info()["deploymentType"] == "Server"
    assert [each.name for each in pycontribs.search_users("edit")] == ["editor"]
    assert pycontribs.user("editor").key.startswith("JIRAUSER")
    assert set(pycontribs.group_members("editors")) == {"admin", "editor"}
    assert "editors" in pycontribs.groups()
    assert pycontribs.my_permissions()["permissions"]["EDIT_ISSUES"]["havePermission"] is True
    assert "Bug" in [each.name for each in pycontribs.project_issue_types("REQ")]
    assert pycontribs.project("REQ").name == "Requirements"


def test_jira_signs_in_with_name_and_password_too(server, issues):
    client = JIRA(server=server.url, basic_auth=("viewer", "emulator"), max_retries=0)
    assert client.myself()["name"] == "viewer"
    client.close()
