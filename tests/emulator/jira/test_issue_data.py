"""Issues in and out: the generator, loading, searching page by page, editing, history."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from atlassian_emulator.dataset import iter_issues, write_issues
from atlassian_emulator.dataset.__main__ import main
from atlassian_emulator.jira import load_demo, load_issues, put_issues
from atlassian_emulator.jira.paging import LIFETIME_US
from atlassian_emulator.server import EmulatorServer, open_site

from ..conftest import Client
from .conftest import NOW, REAL_ISSUES, find_keys

V3 = "/rest/api/3"
TEXT = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "zebra"}]}]}

DEEP = b'{"fields":' + b"[" * 5000 + b"]" * 5000 + b"}"


# -- the generator ---------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path):
    digests = []
    for name in ("one.jsonl.gz", "two.jsonl.gz"):
        assert main(["--seed", "7", "--issues", "60", "--output", str(tmp_path / name)]) == 0
        digests.append(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    write_issues(tmp_path / "other.jsonl.gz", seed=8, count=60)
    assert digests[0] == digests[1] != hashlib.sha256((tmp_path / "other.jsonl.gz").read_bytes()).hexdigest()


@pytest.mark.parametrize("count", [1, 7, 33, 5001])
def test_as_many_issues_as_asked_for_and_all_links_lead_somewhere(count):
    issues = {issue["key"]: issue for issue in iter_issues(1, count)}
    assert len(issues) == count
    for issue in issues.values():
        for link in issue["fields"]["issuelinks"]:
            assert (link.get("inwardIssue") or link["outwardIssue"])["key"] in issues


def test_an_unwritable_file_is_one_sentence(tmp_path: Path, capsys):
    assert main(["--issues", "1", "--output", str(tmp_path / "none" / "x.jsonl")]) == 1
    assert capsys.readouterr().err.endswith("No such file or directory. Choose another --output.\n")


# -- loading ---------------------------------------------------------------------------------------


def test_all_real_issues_load(real_issues):
    site = open_site("real")
    assert load_issues(site, REAL_ISSUES) == len(real_issues) == 2183
    for project, count in Counter(issue["key"].rpartition("-")[0] for issue in real_issues).items():
        assert len(find_keys(site, f"project = {project}")) == count
    assert load_issues(site, REAL_ISSUES) == 0
    with site.database.read() as c:
        links = {tuple(row) for row in c.execute("SELECT source_id, target_id, type_id FROM jira_links")}
        keys = {f"{row[1]}-{row[2]}" for row in c.execute("SELECT id, project_key, number FROM jira_issues")}
    named = {
        (issue["key"], link["type"]["name"], (link.get("inwardIssue") or link["outwardIssue"])["key"])
        for issue in real_issues
        for link in issue["fields"]["issuelinks"]
    }
    assert len(links) == len({frozenset((a, b)) | {name} for a, name, b in named if {a, b} <= keys})
    site.close()


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"key": "A-1"}', b'{"key": "A-1", "fields": {"project": 7}}'])
def test_a_bad_line_is_named_and_nothing_is_loaded(tmp_path: Path, line):
    path = tmp_path / "issues.jsonl"
    write_issues(path, seed=1, count=5)
    path.write_bytes(path.read_bytes() + line + b"\n")
    site = open_site("bad")
    with pytest.raises(ValueError, match="line 6 is not"):
        load_issues(site, path)
    assert find_keys(site, "key is not EMPTY") == []
    site.close()


def test_sites_give_their_own_ids_and_the_same_accounts(made_up):
    seen = []
    for name in ("here", "there"):
        site = open_site(name)
        put_issues(site, made_up)
        with site.database.read() as c:
            fields = {row[0] for row in c.execute("SELECT number FROM jira_custom_fields")}
            ids = {row[0] for row in c.execute("SELECT id FROM jira_issues")}
            people = {row[0] for row in c.execute("SELECT DISTINCT reporter FROM jira_issues")}
        seen.append((fields, ids, people))
        site.close()
    (fields, ids, people), (other_fields, other_ids, other_people) = seen
    assert not fields & other_fields
    assert not ids & other_ids
    assert people == other_people


def test_a_restart_finds_everything_again(tmp_path: Path):
    site = open_site("kept", data_dir=tmp_path)
    assert load_demo(site) == 600
    before = find_keys(site, "sprint in openSprints() order by key")
    site.close()
    site = open_site("kept", data_dir=tmp_path)
    assert find_keys(site, "sprint in openSprints() order by key") == before
    assert before
    site.close()


# -- search over HTTP ------------------------------------------------------------------------------


def test_ids_only_unless_more_is_asked_for(client):
    search = f"{V3}/search/jql"
    [issue] = client.post(search, {"jql": "key = PUMP-1"})["issues"]
    assert set(issue) == {"id"}
    [issue] = client.post(search, {"jql": "key = PUMP-1", "fields": ["key"]})["issues"]
    assert "fields" not in issue
    assert issue["key"] == "PUMP-1"
    [issue] = client.post(search, {"jql": "key = PUMP-1", "fields": ["*all", "-comment", "-description"]})["issues"]
    assert {"summary", "labels", "issuelinks"} <= set(issue["fields"])
    assert not {"comment", "description"} & set(issue["fields"])


def test_pages_by_token_give_every_issue_once(client, made_up):
    seen, asked = [], {"jql": "key is not EMPTY order by key", "maxResults": 40, "fields": ["key"]}
    while True:
        page = client.post(f"{V3}/search/jql", asked)
        seen += [issue["key"] for issue in page["issues"]]
        if page["isLast"]:
            break
        asked["nextPageToken"] = page["nextPageToken"]
    assert "nextPageToken" not in page
    assert sorted(seen) == sorted(issue["key"] for issue in made_up)


def test_whole_issues_come_a_hundred_at_a_time(client):
    page = client.post(f"{V3}/search/jql", {"jql": "key is not EMPTY", "maxResults": 5000, "fields": ["summary"]})
    assert (len(page["issues"]), page["isLast"]) == (100, False)


def test_a_token_dies_after_seven_days_and_serves_one_query(made_up):
    now = [NOW]
    with EmulatorServer("aging", clock=lambda: now[0]) as server:
        put_issues(server.site, made_up)
        client = Client(server.url)
        asked = {"jql": "project = PUMP", "maxResults": 10}
        asked["nextPageToken"] = client.post(f"{V3}/search/jql", asked)["nextPageToken"]
        client.post(f"{V3}/search/jql", {**asked, "jql": "project = PUMPT"}, status=400)
        client.post(f"{V3}/search/jql", {**asked, "nextPageToken": "abc"}, status=400)
        now[0] += LIFETIME_US
        client.post(f"{V3}/search/jql", asked)
        now[0] += 1
        client.post(f"{V3}/search/jql", asked, status=400)
        client.close()


def test_bulk_fetch_ascends_and_is_silent_about_the_unseen(server, client):
    viewer = client.as_user("viewer@example.com")
    hide = {"project": "PUMPR", "user": "viewer@example.com"}
    assert client.ask("PUT", "/_emulator/jira/visibility", json=hide).status == 204
    asked = {"issueIdsOrKeys": ["PUMPR-1", "PUMP-9", "PUMP-2", "NOPE-1", "junk"], "fields": ["summary"]}
    found = viewer.post(f"{V3}/issue/bulkfetch", asked)
    assert [issue["key"] for issue in found["issues"]] == ["PUMP-2", "PUMP-9"]
    assert found["issueErrors"] == []
    assert [issue["key"] for issue in client.post(f"{V3}/issue/bulkfetch", asked)["issues"]][-1] == "PUMPR-1"
    assert viewer.ask("GET", f"{V3}/issue/PUMPR-1").status == 404
    assert viewer.ask("GET", f"{V3}/project/PUMPR").status == 404
    viewer.close()


# -- editing ---------------------------------------------------------------------------------------


def test_an_issue_from_creation_to_deletion(client):
    fields = {field["name"]: field["id"] for field in client.get(f"{V3}/field")}
    points, epic_link = fields["Story Points"], fields["Epic Link"]
    new = {"project": {"key": "PUMP"}, "issuetype": {"name": "Story"}, "summary": "Made", "parent": {"key": "PUMP-1"}}
    key = client.post(f"{V3}/issue", {"fields": {**new, points: 3, "labels": ["a"]}}, status=201)["key"]
    change = {"fields": {"summary": "Changed", "description": TEXT, points: 5}, "update": {"labels": [{"add": "b"}]}}
    client.put(f"{V3}/issue/{key}", change, status=204)
    shown = client.get(f"{V3}/issue/{key}")["fields"]
    assert (shown["summary"], shown[points], shown["labels"], shown[epic_link]) == ("Changed", 5, ["a", "b"], "PUMP-1")
    assert client.post(f"{V3}/search/approximate-count", {"jql": "text ~ zebra and labels = b"}) == {"count": 1}
    history = client.get(f"{V3}/issue/{key}/changelog")["values"]
    changes = {item["field"]: (item["fromString"], item["toString"]) for entry in history for item in entry["items"]}
    assert changes == {
        "summary": ("Made", "Changed"),
        "description": (None, "zebra"),
        "Story Points": ("3", "5"),
        "labels": ("a", "a b"),
    }
    client.ask("DELETE", f"{V3}/issue/{key}")
    assert client.post(f"{V3}/search/approximate-count", {"jql": "text ~ zebra"}) == {"count": 0}


def test_a_refused_edit_changes_nothing(client):
    before = client.get(f"{V3}/issue/PUMP-2")
    refused = client.put(
        f"{V3}/issue/PUMP-2", {"fields": {"summary": "New", "labels": ["a b"], "status": 1}}, status=400
    )
    assert set(refused["errors"]) == {"labels", "status"}
    assert client.get(f"{V3}/issue/PUMP-2") == before


def test_a_transition_resolves_and_reopens(client):
    new = {"project": {"key": "PUMP"}, "issuetype": {"name": "Story"}, "summary": "Moved"}
    path = f"{V3}/issue/{client.post(f'{V3}/issue', {'fields': new}, status=201)['key']}/transitions"
    assert [each["name"] for each in client.get(path)["transitions"]] == ["In Progress"]
    for name, resolved in (("In Progress", False), ("Done", True), ("In Progress", False)):
        by_name = {each["name"]: each["id"] for each in client.get(path)["transitions"]}
        client.post(path, {"transition": {"id": by_name[name]}}, status=204)
        fields = client.get(path.removesuffix("/transitions"), fields="status,resolution,resolutiondate")["fields"]
        assert fields["status"]["name"] == name
        assert (fields["resolution"] is not None, fields["resolutiondate"] is not None) == (resolved, resolved)


def test_a_link_is_seen_from_both_ends(client):
    link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "PUMP-1"}, "outwardIssue": {"key": "PUMP-2"}}
    for _ in range(2):
        assert client.ask("POST", f"{V3}/issueLink", json=link).data == b""
    for key, side, other in (("PUMP-1", "outwardIssue", "PUMP-2"), ("PUMP-2", "inwardIssue", "PUMP-1")):
        links = client.get(f"{V3}/issue/{key}", fields="issuelinks")["fields"]["issuelinks"]
        assert [each[side]["key"] for each in links if each["type"]["name"] == "Blocks"] == [other]


def test_who_may_do_what(client):
    viewer, stranger = client.as_user("viewer@example.com"), client.stranger()
    viewer.put(f"{V3}/issue/PUMP-1", {"fields": {"summary": "x"}}, status=403)
    stranger.post(f"{V3}/search/jql", {"jql": "project = PUMP"}, status=401)
    assert stranger.get(f"{V3}/serverInfo")["deploymentType"] == "Cloud"
    granted = viewer.get(f"{V3}/mypermissions", permissions="BROWSE_PROJECTS,EDIT_ISSUES")["permissions"]
    assert {key: each["havePermission"] for key, each in granted.items()} == {
        "BROWSE_PROJECTS": True,
        "EDIT_ISSUES": False,
    }
    viewer.close()
    stranger.close()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"jql": 7}', b'{"jql": "a = b", "fields": "x"}', b"\xff", DEEP])
@pytest.mark.parametrize("path", ["search/jql", "issue/bulkfetch", "jql/match", "jql/parse", "issue", "issueLink"])
def test_bad_bodies_are_refused_in_jiras_shape(client, path, body):
    answer = client.ask("POST", f"{V3}/{path}", body=body)
    assert answer.status == 400
    assert set(json.loads(answer.data)) == {"errorMessages", "errors"}
