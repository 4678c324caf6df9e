"""Jira Data Center: searches by startAt, texts in wiki markup, people by name and key."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
import urllib3

from atlassian_emulator.data_center.jira.markup import markup_of
from atlassian_emulator.directory import Directory
from atlassian_emulator.jira import load_issues
from atlassian_emulator.jira.wiki import wiki_to_document
from atlassian_emulator.server import EmulatorServer

REAL = Path(__file__).parents[4] / "shared" / "data" / "jira-issues.jsonl.gz"
pytestmark = pytest.mark.usefixtures("issues")


def test_a_search_has_a_start_and_a_total_and_takes_an_empty_query(asker):
    shown = asker.get("/rest/api/2/search?maxResults=5&startAt=10&fields=summary")
    assert (shown["startAt"], shown["maxResults"], shown["total"], len(shown["issues"])) == (10, 5, 12, 2)
    assert set(shown["issues"][0]) == {"expand", "id", "key", "self", "fields"}
    assert asker.get("/rest/api/2/search?maxResults=5000")["maxResults"] == 1000


def test_a_search_shows_navigable_fields_unless_told(asker):
    (shown,) = asker.get("/rest/api/2/search?jql=key=REQ-1")["issues"]
    assert "summary" in shown["fields"] and "comment" not in shown["fields"]
    (shown,) = asker.get("/rest/api/2/search?jql=key=REQ-1&fields=id")["issues"]
    assert "fields" not in shown and shown["key"] == "REQ-1"


@pytest.mark.parametrize("jql", ["assignee = ada", "assignee = JIRAUSER10555", "assignee in (ada)", "reporter = ada"])
def test_queries_name_people_as_data_center_does(asker, jql):
    found = asker.ask("POST", "/rest/api/2/search", json={"jql": jql, "fields": ["assignee"]}).json()
    assert found["issues"], found


def test_names_that_do_not_exist_are_refused_or_warned_of(asker):
    assert asker.ask("GET", "/rest/api/2/search?jql=assignee=nobody").status == 400
    warned = asker.get("/rest/api/2/search?jql=assignee=nobody&validateQuery=false")
    assert warned["total"] == 0 and "nobody" in warned["warningMessages"][0]


def test_loaded_texts_are_given_back_as_they_were(asker):
    fields = asker.get("/rest/api/2/issue/REQ-1")["fields"]
    assert fields["description"] == "h1. Title\r\n\r\n* one\r\n* [~ada] said *so*   \r\n"
    assert [each["body"] for each in fields["comment"]["comments"]] == ["See {{code}} and\n_this_", "Two"]
    assert (fields["assignee"]["name"], fields["assignee"]["key"]) == ("ada", "JIRAUSER10555")


@pytest.mark.documents
def test_real_texts_and_people_are_given_back_as_they_were(asker):
    if not REAL.exists():
        pytest.skip("the real issue data is not part of the project")
    with gzip.open(REAL) as lines:
        source = {each["key"]: each["fields"] for line in lines if (each := json.loads(line))}
    with EmulatorServer("real", deployment="data-center") as server:
        load_issues(server.site, REAL)
        shown = []
        while len(shown) < len(source):
            path = f"/rest/api/2/search?jql=order+by+key&startAt={len(shown)}&maxResults=1000&fields=*all"
            shown += type(asker)(server.url).get(path)["issues"]
    assert len({issue["key"] for issue in shown}) == len(source)
    for issue in shown:
        was, now = source[issue["key"]], issue["fields"]
        for name in ("description", "environment"):
            text = was.get(name) or ""
            # A text of blanks alone is none.
            assert now[name] == (text if text.strip() else None)
        said = [comment.get("body") for comment in was.get("comment", {}).get("comments", [])]
        assert [comment["body"] for comment in now["comment"]["comments"]] == [text or "" for text in said]
        for role in ("assignee", "reporter"):
            if was.get(role):
                assert (now[role]["name"], now[role]["key"]) == (was[role]["name"], was[role]["key"])


def test_what_is_written_in_markup_is_read_as_it_was_written(asker):
    text = "h2. New\n\n||A||B||\n|1|2|\n\n{code:java}\nx\n{code}\n"
    wish = {"project": {"key": "REQ"}, "issuetype": {"name": "Bug"}, "summary": "s", "description": text}
    wish |= {"assignee": {"name": "editor"}, "reporter": {"key": "JIRAUSER10555"}}
    made = asker.ask("POST", "/rest/api/2/issue", json={"fields": wish})
    assert made.status == 201
    path = f"/rest/api/2/issue/{made.json()['key']}"
    fields = asker.get(path)["fields"]
    assert (fields["description"], fields["assignee"]["name"], fields["reporter"]["name"]) == (text, "editor", "ada")
    assert asker.ask("PUT", path, json={"fields": {"description": "_other_", "assignee": None}}).status == 204
    fields = asker.get(path)["fields"]
    assert (fields["description"], fields["assignee"]) == ("_other_", None)
    assert asker.ask("PUT", path, json={"update": {"description": [{"set": "*third*"}]}}).status == 204
    assert asker.get(path)["fields"]["description"] == "*third*"


def test_comments_and_worklogs_are_markup(asker):
    path = "/rest/api/2/issue/REQ-2"
    comment = asker.ask("POST", f"{path}/comment", json={"body": "[~ada]:  *look*"}).json()
    assert asker.get(f"{path}/comment/{comment['id']}")["body"] == "[~ada]:  *look*"
    log = {"timeSpent": "1h", "comment": "worked _hard_"}
    assert asker.ask("POST", f"{path}/worklog", json=log).json()["comment"] == "worked _hard_"
    moved = {"transition": {"id": asker.get(f"{path}/transitions")["transitions"][0]["id"]}}
    moved["update"] = {"comment": [{"add": {"body": "on *it*"}}]}
    assert asker.ask("POST", f"{path}/transitions", json=moved).status == 204
    assert asker.get(f"{path}/comment")["comments"][-1]["body"] == "on *it*"


@pytest.mark.parametrize(
    "text",
    [
        "h1. One\n\nText *bold* _em_ -gone- +new+ {{code}} [name|https://example.com/a] [https://example.com]",
        "* a\n** b\n* c\n\n# one\n# two",
        "{code:java}\nx = 1;\n{code}\n\n{quote}\nsaid\n{quote}\n\n----",
        "||A||B||\n|1|[~ada]|",
        "line one\nline two",
    ],
)
def test_markup_of_a_document_makes_that_document_again(server, text):
    directory = server.site.part(Directory)
    document = wiki_to_document(text, lambda name: directory.find(name).account_id)
    assert markup_of(document, directory) == text


def test_no_answer_speaks_of_account_ids_or_documents(asker):
    asker.ask("POST", "/rest/api/2/issue/REQ-2/comment", json={"body": "text"})
    paths = [
        "/rest/api/2/search?fields=*all",
        "/rest/api/2/issue/REQ-1?expand=changelog,names,transitions",
        "/rest/api/2/issue/REQ-2/comment",
        "/rest/api/2/project/REQ",
        "/rest/api/2/myself?expand=groups",
        "/rest/api/2/user/search?username=.",
        "/rest/api/2/group/member?groupname=editors",
        "/rest/api/latest/field",
        "/rest/agile/1.0/board",
    ]
    for path in paths:
        text = asker.ask("GET", path).data.decode()
        assert not re.search(r"accountId|712020:|/rest/api/3|hierarchyLevel|\"type\":\"doc\"", text), path


def test_the_server_says_what_it_is_to_anybody(server):
    with urllib3.PoolManager() as pool:
        shown = pool.request("GET", f"{server.url}/rest/api/2/serverInfo").json()
        assert pool.request("GET", f"{server.url}/rest/api/2/myself").status == 401
    assert shown["deploymentType"] == "Server" and shown["versionNumbers"][0] == 9


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/rest/api/2/issue/REQ-99", 404),
        ("GET", "/rest/api/2/user?username=nobody", 404),
        ("GET", "/rest/api/2/user", 400),
        ("GET", "/rest/api/2/group?groupname=none", 404),
        ("GET", "/rest/api/2/search?jql=%3D", 400),
        ("POST", "/rest/api/2/search", 400),
        ("GET", "/rest/api/2/search/jql?jql=project=REQ", 404),
        ("POST", "/rest/api/2/issue/bulkfetch", 405),
        ("GET", "/rest/api/3/issue/REQ-1", 404),
    ],
)
def test_what_is_wrong_or_only_in_cloud_is_refused_in_jira_s_shape(asker, method, path, status):
    answer = asker.ask(method, path)
    assert answer.status == status
    assert set(answer.json()) >= {"errorMessages", "errors"}
