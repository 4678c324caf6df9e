"""Jira projects between sites: new ids, the same of all else, renamings, Data Center to Cloud."""

from __future__ import annotations

import pytest

from atlassian_emulator.__main__ import main
from atlassian_emulator.copying import CopyRefused, copy_project
from atlassian_emulator.jira import put_issues
from atlassian_emulator.server import EmulatorServer

ADA = {"name": "ada", "key": "JIRAUSER10555", "displayName": "Ada Abel"}
BLOCKS = {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"}


def issue(key: str, **more):
    project, _, number = key.partition("-")
    custom = more.pop("custom", {})
    fields = {
        "issuetype": {"name": "Bug"},
        "project": {"key": project, "name": f"Project {project}"},
        "status": {"name": "To Do", "statusCategory": {"key": "new"}},
        "summary": f"Issue {number}",
        "created": "2026-05-16T07:56:13.000+0000",
        "reporter": ADA,
        **more,
    }
    return {"key": key, "fields": fields, "custom": custom}


ISSUES = (
    issue(
        "REQ-1",
        description="*bold*",
        labels=["one", "two"],
        components=[{"name": "Runtime"}],
        fixVersions=[{"name": "1.0", "released": True}],
        sprint={"name": "Sprint 1", "state": "ACTIVE"},
        comment={"comments": [{"author": ADA, "body": "findable words", "created": "2026-05-17T07:56:13.000+0000"}]},
        attachment=[{"filename": "a.txt", "created": "2026-05-17T07:56:13.000+0000", "size": 3}],
        custom={"Severity": "High", "Risk": ["A", "B"], "Effort": 3},
    ),
    issue("REQ-2", parent={"key": "REQ-3"}, issuelinks=[{"type": BLOCKS, "outwardIssue": {"key": "REQ-1"}}]),
    issue("REQ-3", issuetype={"name": "Epic"}, description="*bold* for [~ada]"),
    issue("REQ-7", issuelinks=[{"type": BLOCKS, "outwardIssue": {"key": "TST-1"}}]),
    issue("TST-1"),
)


@pytest.fixture
def loaded(server):
    put_issues(server.site, ISSUES)
    return server


def fetch(client, *keys):
    found = client.post("/rest/api/3/issue/bulkfetch", {"issueIdsOrKeys": list(keys), "fields": ["*all"]})["issues"]
    return {each["key"]: each for each in found}


def find(client, jql):
    return {each["key"] for each in client.get("/rest/api/3/search/jql", jql=jql, fields="key")["issues"]}


def field_ids(client):
    return {each["name"]: each["id"] for each in client.get("/rest/api/3/field") if each["custom"]}


def names(shown):
    """Every name in a value, without ids and addresses."""
    if isinstance(shown, dict):
        dropped = ("id", "self", "iconUrl", "avatarUrls", "avatarId", "content", "boardId", "issueId")
        return {name: names(value) for name, value in shown.items() if name not in dropped}
    return [names(each) for each in shown] if isinstance(shown, list) else shown


def test_a_moved_project_keeps_all_but_its_ids(client, loaded, other, there):
    there.get("/rest/api/3/myself")
    report = copy_project(loaded.url, other.url, "REQ")
    keys = ("REQ-1", "REQ-2", "REQ-3", "REQ-7")
    here, moved = fetch(client, *keys), fetch(there, *keys)
    mine, theirs = field_ids(client), field_ids(there)
    assert mine.keys() == theirs.keys() and not set(mine.values()) & set(theirs.values())
    for key in keys:
        assert report["ids"]["jira:issue"][here[key]["id"]] == moved[key]["id"] != here[key]["id"]
        was, now = here[key]["fields"], moved[key]["fields"]
        for name, field_id in mine.items():
            assert names(now.pop(theirs[name])) == names(was.pop(field_id)), name
        if key == "REQ-7":
            was.pop("issuelinks"), now.pop("issuelinks")
        assert names(now) == names(was), key
    assert report["links_left_behind"] == [["REQ-7", "TST-1"]]


def test_a_moved_project_is_found_by_queries(client, loaded, other, there):
    copy_project(loaded.url, other.url, "REQ")
    for jql, keys in (
        ("Severity = High", {"REQ-1"}),
        ("comment ~ findable", {"REQ-1"}),
        ("parent = REQ-3", {"REQ-2"}),
        ("issue in linkedIssues(REQ-1)", {"REQ-2"}),
        ("fixVersion = '1.0' and component = Runtime and labels = two", {"REQ-1"}),
        ("sprint = 'Sprint 1' and status = 'To Do'", {"REQ-1"}),
        ("reporter = 'ada@example.com'", {"REQ-1", "REQ-2", "REQ-3", "REQ-7"}),
    ):
        assert find(there, jql) == keys, jql
    made = there.post(
        "/rest/api/3/issue",
        {"fields": {"project": {"key": "REQ"}, "issuetype": {"name": "Bug"}, "summary": "next"}},
        201,
    )
    assert made["key"] == "REQ-8"


def test_history_refers_to_the_ids_of_the_destination(client, loaded, other, there):
    to_progress = client.get("/rest/api/3/issue/REQ-1/transitions")["transitions"][0]
    body = {"transition": {"id": to_progress["id"]}}
    assert client.ask("POST", "/rest/api/3/issue/REQ-1/transitions", json=body).status == 204
    copy_project(loaded.url, other.url, "REQ")
    (change,) = there.get("/rest/api/3/issue/REQ-1/changelog")["values"]
    (item,) = [each for each in change["items"] if each["fieldId"] == "status"]
    statuses = {each["id"]: each["name"] for each in there.get("/rest/api/3/status")}
    assert (statuses[item["from"]], statuses[item["to"]]) == ("To Do", to_progress["to"]["name"])
    assert find(there, "status was 'To Do' and status != 'To Do'") == {"REQ-1"}


def test_links_between_projects_come_with_the_second_of_them(client, loaded, other, there):
    copy_project(loaded.url, other.url, "REQ")
    assert copy_project(loaded.url, other.url, "TST")["links_left_behind"] == []
    assert find(there, "issue in linkedIssues(TST-1)") == {"REQ-7"}


def test_a_project_key_that_is_there_blocks_the_move_unless_renamed(client, loaded, other, there):
    copy_project(loaded.url, other.url, "REQ")
    with pytest.raises(CopyRefused, match="globex already has a project with key REQ"):
        copy_project(loaded.url, other.url, "REQ")
    assert copy_project(loaded.url, other.url, "REQ", rename_to="REQB")["project"]["key"] == "REQB"
    moved = fetch(there, "REQB-2")["REQB-2"]["fields"]
    assert moved["parent"]["key"] == "REQB-3"
    assert moved["issuelinks"][0]["outwardIssue"]["key"] == "REQB-1"
    with pytest.raises(CopyRefused, match="no project with key NONE"):
        copy_project(loaded.url, other.url, "NONE")


def test_fields_and_link_types_may_be_called_otherwise(client, loaded, other, there):
    there.get("/rest/api/3/field")
    renamed = {"Severity": "Severity (migrated)"}
    copy_project(loaded.url, other.url, "REQ", rename_fields=renamed, rename_link_types={"Blocks": "Gates"})
    assert "Severity" not in field_ids(there)
    assert find(there, "'Severity (migrated)' = High") == {"REQ-1"}
    assert fetch(there, "REQ-2")["REQ-2"]["fields"]["issuelinks"][0]["type"]["name"] == "Gates"


def test_data_center_becomes_cloud_and_people_accounts(other, there):
    with EmulatorServer("oldco", deployment="data-center") as old:
        put_issues(old.site, ISSUES)
        copy_project(old.url, other.url, "REQ")
    fields = fetch(there, "REQ-3")["REQ-3"]["fields"]
    ada = other.site.users.find_by_email("ada@example.com")
    assert fields["reporter"]["accountId"] == ada.account_id
    bold, _, mention = fields["description"]["content"][0]["content"]
    assert (bold["marks"], mention["attrs"]["id"]) == ([{"type": "strong"}], ada.account_id)


def test_data_center_to_data_center_keeps_the_markup():
    with (
        EmulatorServer("oldco", deployment="data-center") as old,
        EmulatorServer("newco", deployment="data-center") as new,
    ):
        put_issues(old.site, [issue("REQ-1", description="*bold*  \r\nodd   blanks")])
        copy_project(old.url, new.url, "REQ")
        with new.site.database.read() as c:
            assert c.execute("SELECT source FROM jira_markup").fetchone()[0] == "*bold*  \r\nodd   blanks"


def test_what_is_not_an_exported_project_is_refused(there):
    for body in (
        b"",
        b"{",
        b"[]",
        b"1",
        b'{"project": {"key": "A"}}',
        b'{"issue": {}}',
        b'{"table": "users", "rows": []}',
    ):
        assert there.ask("POST", "/_emulator/import-project", body=body).status == 400, body
    assert there.get("/rest/api/3/project") == []


def test_copy_project_on_the_command_line(client, loaded, other, there, capsys):
    command = ["copy-project", "--from", loaded.url, "--to", other.url, "--project"]
    assert main([*command, "REQ", "--rename-field", "Severity=Weight", "--rename-to", "NEW"]) == 0
    told = capsys.readouterr().out
    assert "project NEW has id" in told and "4 of type jira:issue" in told and "1 links" in told
    assert find(there, "Weight = High") == {"NEW-1"}
    assert main([*command, "NONE"]) == 1
    assert "acme has no project with key NONE" in capsys.readouterr().err
