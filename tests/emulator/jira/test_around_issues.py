"""What lies around issues: time, files, properties, watchers, filters, levels, screens, sprints."""

from __future__ import annotations

import pytest

from atlassian_emulator.jira import put_issues
from atlassian_emulator.server import EmulatorServer

from ..conftest import Client
from .conftest import NOW

V3 = "/rest/api/3"
TEXT = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "a<b"}]}]}


def keys_of(client, jql):
    found = client.post(f"{V3}/search/jql", {"jql": jql, "fields": ["key"], "maxResults": 500})
    return [issue["key"] for issue in found["issues"]]


def hide_issue(client, key, *members):
    """Give an issue a security level with these members."""
    project = key.partition("-")[0]
    level = {"project": project, "name": f"Only for {len(members)}", "members": members}
    level_id = client.put("/_emulator/jira/security-level", level)["id"]
    client.put(f"{V3}/issue/{key}", {"fields": {"security": {"id": level_id}}}, status=204)


def test_a_secured_issue_is_nowhere_to_be_seen(client):
    viewer, editor = client.as_user("viewer@example.com"), client.as_user("editor@example.com")
    new = {"project": {"key": "PUMP"}, "issuetype": {"name": "Story"}, "summary": "Secret", "parent": {"key": "PUMP-1"}}
    created = client.post(f"{V3}/issue", {"fields": new}, status=201)
    key, issue_id = created["key"], int(created["id"])
    link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "PUMP-2"}, "outwardIssue": {"key": key}}
    client.post(f"{V3}/issueLink", link, status=201)
    worklog = client.post(f"{V3}/issue/{key}/worklog", {"timeSpent": "1h"}, status=201)["id"]
    hide_issue(client, key, "editor@example.com")
    for reader, sees in ((client, True), (editor, True), (viewer, False)):
        status = 200 if sees else 404
        for path in ("", "/changelog", "/comment", "/worklog", "/watchers", "/properties", "/transitions", "/editmeta"):
            assert reader.ask("GET", f"{V3}/issue/{key}{path}").status == status, path
        assert bool(keys_of(reader, "summary ~ secret")) is sees
        assert bool(keys_of(reader, "issue in linkedIssues(PUMP-2, blocks) and summary ~ secret")) is sees
        assert (key in keys_of(reader, "parent = PUMP-1")) is sees
        asked = {"issueIdsOrKeys": [key], "fields": ["summary"]}
        assert len(reader.post(f"{V3}/issue/bulkfetch", asked)["issues"]) == sees
        matched = reader.post(f"{V3}/jql/match", {"issueIds": [issue_id], "jqls": ["project = PUMP"]})
        assert matched["matches"][0]["matchedIssues"] == [issue_id] * sees
        links = reader.get(f"{V3}/issue/PUMP-2", fields="issuelinks")["fields"]["issuelinks"]
        assert any(each.get("outwardIssue", {}).get("key") == key for each in links) is sees
        assert len(reader.post(f"{V3}/worklog/list", {"ids": [int(worklog)]})) == sees
        assert len(reader.post(f"{V3}/changelog/bulkfetch", {"issueIdsOrKeys": [key]})["issueChangeLogs"]) == sees
        granted = reader.post(
            f"{V3}/permissions/check",
            {"projectPermissions": [{"permissions": ["BROWSE_PROJECTS"], "issues": [issue_id]}]},
        )
        assert granted["projectPermissions"][0]["issues"] == [issue_id] * sees
    assert viewer.ask("POST", f"{V3}/search/jql", json={"jql": f"key = {key}"}).status == 400
    assert keys_of(client, "level is not EMPTY") == [key]


def test_subtasks_that_may_not_be_seen_are_not_mentioned(client):
    [parent] = client.post(
        f"{V3}/search/jql", {"jql": "issuetype = Story and project = PUMP", "fields": ["key"], "maxResults": 1}
    )["issues"]
    new = {"project": {"key": "PUMP"}, "issuetype": {"name": "Sub-task"}, "summary": "Part", "parent": parent}
    key = client.post(f"{V3}/issue", {"fields": {**new, "parent": {"key": parent["key"]}}}, status=201)["key"]
    hide_issue(client, key)
    for reader, sees in ((client, True), (client.as_user("viewer@example.com"), False)):
        subtasks = reader.get(f"{V3}/issue/{parent['key']}", fields="subtasks")["fields"]["subtasks"]
        assert (key in [each["key"] for each in subtasks]) is sees


def test_time_is_counted(client):
    path = f"{V3}/issue/PUMP-3"
    client.put(path, {"fields": {"timetracking": {"originalEstimate": "1d"}}}, status=204)
    first = client.post(f"{path}/worklog", {"timeSpent": "3h 30m", "comment": TEXT}, status=201)
    client.post(f"{path}/worklog", {"timeSpentSeconds": 1800}, status=201)
    shown = client.get(path, fields="timetracking,timespent,worklog")["fields"]
    assert shown["timespent"] == 4 * 3600
    assert shown["timetracking"]["timeSpent"] == shown["timetracking"]["remainingEstimate"] == "4h"
    assert [each["timeSpent"] for each in shown["worklog"]["worklogs"]] == ["3h 30m", "30m"]
    client.put(f"{path}/worklog/{first['id']}", {"timeSpent": "1h"})
    updated = client.get(f"{V3}/worklog/updated", since=0)
    assert {each["worklogId"] for each in updated["values"]} >= {int(first["id"])}
    assert client.ask("DELETE", f"{path}/worklog/{first['id']}").status == 204
    assert client.get(path, fields="timetracking")["fields"]["timetracking"]["remainingEstimateSeconds"] == 27_000
    assert [each["worklogId"] for each in client.get(f"{V3}/worklog/deleted")["values"]] == [int(first["id"])]
    assert keys_of(client, "worklogAuthor = currentUser()") == ["PUMP-3"]


def test_a_file_goes_up_and_comes_down_by_redirect(server, client):
    data = bytes(range(256)) * 100
    upload = {"fields": {"file": ("räume.bin", data, "application/x-thing")}}
    path = f"{V3}/issue/PUMP-1/attachments"
    assert client.ask("POST", path, **upload).status == 403
    [added] = client.ask("POST", path, headers={"X-Atlassian-Token": "no-check"}, **upload).json()
    [again] = client.ask("POST", path, headers={"X-Atlassian-Token": "no-check"}, **upload).json()
    assert (added["filename"], added["size"]) == ("räume.bin", len(data))
    assert added["id"] != again["id"], "the same name twice is two attachments"
    answer = client.ask("GET", f"{V3}/attachment/content/{added['id']}")
    assert answer.status == 303
    assert client.follow(answer.headers["Location"]).data == data
    assert client.follow(answer.headers["Location"].replace("signature=", "signature=0")).status == 403
    assert client.ask("GET", f"{V3}/attachment/content/{added['id']}?redirect=false").data == data
    assert "PUMP-1" in keys_of(client, "attachments is not EMPTY")
    server.site.attachment_limit_bytes = 10
    assert client.ask("POST", path, headers={"X-Atlassian-Token": "no-check"}, **upload).status == 413
    assert client.ask("DELETE", f"{V3}/attachment/{again['id']}").status == 204
    shown = client.get(f"{V3}/issue/PUMP-1", fields="attachment")["fields"]["attachment"]
    assert [each["id"] for each in shown] == [added["id"]]


def test_filters_in_queries(client):
    viewer = client.as_user("viewer@example.com")
    new = {"name": "Broken pumps", "jql": "project = PUMP AND issuetype = Bug"}
    saved = client.post(f"{V3}/filter", new)
    plain = keys_of(client, new["jql"])
    assert plain
    assert keys_of(client, f"filter = {saved['id']}") == keys_of(client, 'filter = "broken pumps"') == plain
    rest = keys_of(client, f"project = PUMP AND filter != {saved['id']}")
    assert sorted(plain + rest) == sorted(keys_of(client, "project = PUMP"))
    assert viewer.ask("POST", f"{V3}/search/jql", json={"jql": f"filter = {saved['id']}"}).status == 400
    shared = {"name": "Broken pumps", "sharePermissions": [{"type": "authenticated"}]}
    assert client.put(f"{V3}/filter/{saved['id']}", shared)["jql"] == new["jql"]
    assert keys_of(viewer, f"filter = {saved['id']}") == plain
    itself = {"name": "Broken pumps", "jql": f"filter = {saved['id']}"}
    client.put(f"{V3}/filter/{saved['id']}", itself)
    refused = client.ask("POST", f"{V3}/search/jql", json={"jql": f"filter = {saved['id']}"})
    assert refused.status == 400
    assert "refers to itself" in refused.json()["errorMessages"][0]


def test_properties_come_with_a_search(client):
    assert client.ask("PUT", f"{V3}/issue/PUMP-5/properties/app.state", json={"done": 1}).status == 201
    asked = {"jql": "key in (PUMP-5, PUMP-6) order by key", "fields": ["summary"], "properties": ["app.state"]}
    found = client.post(f"{V3}/search/jql", asked)["issues"]
    assert [issue["properties"] for issue in found] == [{"app.state": {"done": 1}}, {}]
    client.post(f"{V3}/search/jql", {**asked, "properties": list("abcdef")}, status=400)


def test_watching(client):
    me = client.get(f"{V3}/myself")["accountId"]
    assert client.ask("POST", f"{V3}/issue/PUMP-7/watchers").status == 204
    watchers = client.get(f"{V3}/issue/PUMP-7/watchers")
    assert (watchers["isWatching"], [each["accountId"] for each in watchers["watchers"]]) == (True, [me])
    assert client.get(f"{V3}/issue/PUMP-7", fields="watches")["fields"]["watches"]["watchCount"] == 1
    assert keys_of(client, "watcher = currentUser()") == ["PUMP-7"]
    assert keys_of(client.as_user("editor@example.com"), "watcher = currentUser() or voter = currentUser()") == []


@pytest.mark.parametrize(
    ("kind", "value", "jql"),
    [
        ("textfield", "left valve", '~ "valve"'),
        ("textarea", TEXT, '~ "a"'),
        ("url", "https://example.com/x", "is not EMPTY"),
        ("datepicker", "2026-05-01", '> "2026-04-30"'),
        ("datetime", "2026-05-01T10:00:00.000+0000", '> "2026-05-01 09:59"'),
        ("labels", ["one", "two"], "= two"),
        ("float", 7.5, ">= 7.5"),
    ],
)
def test_custom_fields_of_every_kind(client, kind, value, jql):
    spec = {"name": "Ours", "type": f"com.atlassian.jira.plugin.system.customfieldtypes:{kind}"}
    field = client.post(f"{V3}/field", spec, status=201)["id"]
    client.put(f"{V3}/issue/PUMP-4", {"fields": {field: value}}, status=204)
    assert client.get(f"{V3}/issue/PUMP-4", fields=field)["fields"][field] == value
    assert keys_of(client, f"Ours {jql}") == ["PUMP-4"]
    client.put(f"{V3}/issue/PUMP-4", {"fields": {field: {"never": True}}}, status=400)
    client.put(f"{V3}/issue/PUMP-4", {"fields": {field: None}}, status=204)
    assert keys_of(client, "Ours is not EMPTY") == []


def test_fields_as_people_read_them(client):
    client.put(f"{V3}/issue/PUMP-4", {"fields": {"description": TEXT}}, status=204)
    shown = client.get(f"{V3}/issue/PUMP-4", expand="renderedFields")["renderedFields"]
    assert shown["description"] == "<p>a&lt;b</p>"
    assert shown["summary"] is None


def test_several_issues_at_once(client):
    good = {"fields": {"project": {"key": "PUMP"}, "issuetype": {"name": "Task"}, "summary": "One of two"}}
    bad = {"fields": {"project": {"key": "NOPE"}, "issuetype": {"name": "Task"}, "summary": "No"}}
    made = client.post(f"{V3}/issue/bulk", {"issueUpdates": [good, bad, good]}, status=201)
    assert len(made["issues"]) == 2
    assert [each["failedElementNumber"] for each in made["errors"]] == [1]
    client.post(f"{V3}/issue/bulk", {"issueUpdates": [bad]}, status=400)


def test_a_version_that_goes_is_replaced(client):
    project = int(client.get(f"{V3}/project/PUMP")["id"])
    old, new = (
        client.post(f"{V3}/version", {"name": name, "projectId": project}, status=201)["id"] for name in ("8.0", "8.1")
    )
    client.put(f"{V3}/issue/PUMP-4", {"fields": {"fixVersions": [{"id": old}]}}, status=204)
    assert client.ask("DELETE", f"{V3}/version/{old}", query={"moveFixIssuesTo": new}).status == 204
    [version] = client.get(f"{V3}/issue/PUMP-4", fields="fixVersions")["fields"]["fixVersions"]
    assert version["name"] == "8.1"


def test_the_index_is_late_and_reconciled(made_up):
    now = [NOW]
    with EmulatorServer("late", clock=lambda: now[0], index_delay_seconds=60) as server:
        put_issues(server.site, made_up)
        client = Client(server.url)
        new = {"project": {"key": "PUMP"}, "issuetype": {"name": "Story"}, "summary": "Fresh"}
        created = client.post(f"{V3}/issue", {"fields": new}, status=201)
        asked = {"jql": "summary ~ fresh"}
        assert client.post(f"{V3}/search/jql", asked)["issues"] == []
        reconciled = client.post(f"{V3}/search/jql", {**asked, "reconcileIssues": [int(created["id"])]})
        assert reconciled["issues"] == [{"id": created["id"]}]
        assert client.get(f"{V3}/issue/{created['key']}")["id"] == created["id"]
        now[0] += 61_000_000
        assert client.post(f"{V3}/search/jql", asked)["issues"] == [{"id": created["id"]}]
        client.close()


def test_boards_read_sprints_epics_and_backlog(client):
    board = client.get("/rest/agile/1.0/board", projectKeyOrId="PUMP")["values"][0]["id"]
    base = f"/rest/agile/1.0/board/{board}"
    sprints = client.get(f"{base}/sprint", state="closed")["values"]
    assert {each["state"] for each in sprints} == {"closed"}
    sprint = sprints[0]["id"]
    assert client.get(f"/rest/agile/1.0/sprint/{sprint}")["id"] == sprint
    of_sprint = client.get(f"/rest/agile/1.0/sprint/{sprint}/issue", fields="key")
    assert of_sprint["total"] == len(keys_of(client, f"sprint = {sprint}"))
    epics = client.get(f"{base}/epic")["values"]
    below = client.get(f"/rest/agile/1.0/epic/{epics[0]['key']}/issue", jql="project = PUMP")
    assert below["total"] == len(keys_of(client, f"parent = {epics[0]['key']} and project = PUMP"))
    assert client.get(f"{base}/issue")["total"] > client.get(f"{base}/backlog")["total"]
    client.ask("PUT", "/_emulator/jira/visibility", json={"project": "PUMP", "user": "viewer@example.com"})
    viewer = client.as_user("viewer@example.com")
    for path in (base, f"{base}/sprint", f"/rest/agile/1.0/sprint/{sprint}", f"/rest/agile/1.0/epic/{epics[0]['key']}"):
        assert viewer.ask("GET", path).status == 404
    viewer.close()


def test_what_was_taken_away_is_gone(client):
    for method in ("GET", "POST"):
        answer = client.ask(method, f"{V3}/search", json={"jql": "project = PUMP"})
        assert (answer.status, list(answer.json())) == (410, ["errorMessages", "errors"])


def test_a_search_brings_the_history_when_asked(client):
    asked = {"jql": "status changed and project = PUMP", "fields": ["status"], "expand": "changelog,names"}
    page = client.post(f"{V3}/search/jql", asked)
    assert page["names"] == {"status": "Status"}
    for issue in page["issues"]:
        newest = issue["changelog"]["histories"][0]
        told = [item["toString"] for item in newest["items"] if item["field"] == "status"]
        assert told == [issue["fields"]["status"]["name"]]
        assert issue["changelog"]["total"] == client.get(f"{V3}/issue/{issue['id']}/changelog")["total"]


def test_a_project_gets_another_key_and_goes(client):
    board = client.get("/rest/agile/1.0/board", projectKeyOrId="PUMP")["values"][0]["id"]
    before = len(keys_of(client, "project = PUMP"))
    client.put(f"{V3}/project/PUMP", {"key": "RISK"})
    assert len(keys_of(client, "project = RISK and key >= RISK-1")) == before
    assert client.ask("DELETE", f"{V3}/project/RISK").status == 204
    assert client.ask("GET", f"{V3}/issue/RISK-1").status == 404
    assert client.ask("GET", f"/rest/agile/1.0/board/{board}").status == 404
    everything = {"jql": "key is not EMPTY", "fields": ["*all"], "maxResults": 100}
    assert client.post(f"{V3}/search/jql", everything)["issues"], "what linked to it can still be read"
