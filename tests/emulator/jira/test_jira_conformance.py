"""Every operation of Jira that is served answers as Atlassian's document says, when it works and when not."""

from __future__ import annotations

import pytest

from atlassian_emulator import jira

from ..openapi import Conformance, open_document

pytestmark = pytest.mark.documents

V3 = "/rest/api/3"
ISSUE = f"{V3}/issue/{{issueIdOrKey}}"
TEXT = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Seen"}]}]}

KNOWN_GAPS = {
    (f"POST {V3}/jql/parse", 200): "the schema of a clause forbids all members, also those of the document's example",
    ("*", 303): "an address to follow has no body",
    ("*", 413): "the body has no schema",
    ("*", 401): "not every operation lists it",
    ("*", 403): "not every operation lists it",
    ("*", 404): "not every operation lists it",
    ("*", 400): "not every operation lists it, and the body has no schema where it does",
}
BESIDE_THE_DOCUMENT = {
    f"GET {V3}/search": "taken away by Atlassian; answers 410",
    f"POST {V3}/search": "taken away by Atlassian; answers 410",
    f"POST {V3}/search/id": "taken away by Atlassian; answers 410",
}
NEVER_REFUSE = {
    f"GET {V3}/{path}"
    for path in ("field", "issuetype", "status", "priority", "resolution", "issueLinkType", "project", "myself")
} | {f"GET {V3}/serverInfo", f"GET {V3}/jql/autocompletedata", f"GET {V3}/label"}
NEVER_REFUSE |= {
    f"GET {V3}/{path}"
    for path in (
        "attachment/meta",
        "filter/my",
        "filter/favourite",
        "groups/picker",
        "user/picker",
        "issue/createmeta",
        "jql/autocompletedata/suggestions",
        "statuscategory",
    )
}


class Walk:
    """Asks by operation and has each answer judged."""

    def __init__(self, client):
        self.client = client
        self.conformance = Conformance(open_document("jira-v3"), KNOWN_GAPS)

    def ask(self, operation, *path, status=200, client=None, **options):
        method, template = operation.split()
        parts = template.split("{")
        url = parts[0] + "".join(str(v) + part.partition("}")[2] for v, part in zip(path, parts[1:], strict=True))
        answer = (client or self.client).ask(method, url, **options)
        assert answer.status == status, f"{operation}: {answer.status} {answer.data[:300]!r}"
        body = answer.json() if answer.data else None
        if status < 400:
            self.conformance.judge_request(operation, options.get("query"), options.get("json"))
        self.conformance.judge(operation, answer.status, body)
        if status >= 400:
            assert set(body) == {"errorMessages", "errors"}, body
            assert body["errorMessages"] or body["errors"]
        return body


def test_jira_answers_as_documented(client):
    walk = walk_jira(client)
    assert walk.conformance.faults == []
    assert walk.conformance.odd_requests == []
    assert walk.conformance.unseen(served(), failing=False) == set()
    assert walk.conformance.unseen(served(), failing=True) <= NEVER_REFUSE


def served():
    return {route.name for route in jira.ROUTES if route.template.startswith(V3)} - BESIDE_THE_DOCUMENT.keys()


def walk_jira(client):
    walk = Walk(client)
    walk_search(walk)
    walk_catalogue(walk)
    walk_people(walk)
    walk_issues(walk)
    walk_statuses_and_roles(walk)
    walk_project_parts(walk)
    walk_custom_fields(walk)
    walk_filters(walk)
    walk_pickers(walk)
    walk_screens(walk)
    walk_worklogs(walk)
    walk_attachments(walk)
    walk_followers_and_properties(walk)
    walk_remote_links(walk)
    return walk


def walk_search(walk):
    search, everything = (
        f"POST {V3}/search/jql",
        {"fields": ["*all"], "expand": "names,schema,renderedFields"},
    )
    walk.ask(search, json={"jql": "key is not EMPTY", "maxResults": 30, **everything})
    walk.ask(search, json={"jql": "order by key"}, status=400)
    walk.ask(search, json={"jql": "key = PUMP-1", "startAt": 0}, status=400)
    walk.ask(f"GET {V3}/search/jql", query={"jql": "project = PUMP", "fields": "summary,parent"})
    walk.ask(f"GET {V3}/search/jql", query={"jql": "project ="}, status=400)
    walk.ask(f"POST {V3}/search/approximate-count", json={"jql": "project = PUMP"})
    walk.ask(f"POST {V3}/search/approximate-count", json={"jql": ""}, status=400)
    bulk = f"POST {V3}/issue/bulkfetch"
    walk.ask(bulk, json={"issueIdsOrKeys": ["PUMP-2", "PUMP-1", "NOPE-1"], "fields": ["*all"], "expand": ["names"]})
    walk.ask(bulk, json={"issueIdsOrKeys": ["PUMP-1"] * 101}, status=400)
    match = f"POST {V3}/jql/match"
    issue_id = int(walk.client.get(f"{V3}/issue/PUMP-1")["id"])
    walk.ask(match, json={"issueIds": [issue_id], "jqls": ["project = PUMP", "broken ="]})
    walk.ask(match, json={"issueIds": ["x"], "jqls": []}, status=400)
    queries = [
        "summary ~ test AND (labels in (urgent, x) OR assignee = currentUser()) ORDER BY updated DESC",
        "not key = PUMP-1",
        "assignee is EMPTY",
        "status was Done after -1d",
        "status changed",
        "invalid query",
        "project = NOPE",
    ]
    for validation in ("strict", "warn", "none"):
        walk.ask(f"POST {V3}/jql/parse", json={"queries": queries}, query={"validation": validation})
    walk.ask(f"POST {V3}/jql/parse", json={"queries": []}, query={"validation": "strict"}, status=400)
    walk.ask(f"POST {V3}/jql/parse", json={"queries": ["x"]}, query={"validation": "maybe"}, status=400)
    walk.ask(f"GET {V3}/jql/autocompletedata")
    walk.ask(f"POST {V3}/jql/autocompletedata", json={"projectIds": [1]})
    walk.ask(f"POST {V3}/jql/autocompletedata", json={"projectIds": "x"}, status=400)
    walk.ask(f"GET {V3}/jql/autocompletedata/suggestions", query={"fieldName": "status", "fieldValue": "d"})


def walk_catalogue(walk):
    for path in ("field", "issuetype", "status", "priority", "resolution", "issueLinkType", "project", "label"):
        walk.ask(f"GET {V3}/{path}")
    for path in ("field/search", "project/search", "priority/search"):
        walk.ask(f"GET {V3}/{path}")
        walk.ask(f"GET {V3}/{path}", query={"startAt": "x"}, status=400)
    for below in ("", "/components", "/component", "/versions", "/version"):
        walk.ask(f"GET {V3}/project/{{projectIdOrKey}}{below}", "PUMP")
        walk.ask(f"GET {V3}/project/{{projectIdOrKey}}{below}", "NOPE", status=404)
    account_id = walk.client.get(f"{V3}/myself")["accountId"]
    new = {"key": "NEW", "name": "New", "leadAccountId": account_id, "projectTypeKey": "software"}
    walk.ask(f"POST {V3}/project", json=new, status=201)
    walk.ask(f"POST {V3}/project", json=new, status=400)
    other = walk.ask(f"POST {V3}/project", json={**new, "key": "OLD", "name": "Old"}, status=201)["id"]
    one = f"{V3}/project/{{projectIdOrKey}}"
    walk.ask(f"PUT {one}", other, json={"key": "OLDER", "description": "Moved"})
    walk.ask(f"PUT {one}", other, json={"key": "NEW"}, status=400)
    walk.ask(f"DELETE {one}", "OLDER", status=204)
    walk.ask(f"DELETE {one}", "OLDER", status=404)
    saved = walk.ask(f"POST {V3}/filter", json={"name": "Mine", "jql": "project = NEW"})
    walk.ask(f"POST {V3}/filter", json={"name": "Mine", "jql": "project ="}, status=400)
    walk.ask(f"GET {V3}/filter/{{id}}", saved["id"])
    walk.ask(f"GET {V3}/filter/{{id}}", 1, status=400)
    walk.ask(f"GET {V3}/filter/search", query={"filterName": "mine", "expand": "jql"})
    walk.ask(f"GET {V3}/filter/search", query={"startAt": "x"}, status=400)


def walk_people(walk):
    walk.ask(f"GET {V3}/serverInfo", client=walk.client.stranger())
    me = walk.ask(f"GET {V3}/myself")
    walk.ask(f"GET {V3}/user", query={"accountId": me["accountId"], "expand": "groups"})
    walk.ask(f"GET {V3}/user", query={"accountId": "nobody"}, status=404)
    for path, query in (("users", {}), ("users/search", {}), ("user/search", {"query": "ada"})):
        walk.ask(f"GET {V3}/{path}", query=query)
        walk.ask(f"GET {V3}/{path}", query={**query, "startAt": "x"}, status=400)
    walk.ask(f"GET {V3}/user/bulk", query={"accountId": me["accountId"]})
    walk.ask(f"GET {V3}/user/bulk", status=400)
    walk.ask(f"GET {V3}/mypermissions", query={"permissions": "BROWSE_PROJECTS,ADMINISTER", "projectKey": "PUMP"})
    walk.ask(f"GET {V3}/mypermissions", query={"permissions": "FLY"}, status=400)
    project = int(walk.client.get(f"{V3}/project/PUMP")["id"])
    question = {"permissions": ["EDIT_ISSUES"], "projects": [project, 1], "issues": [1]}
    asked = {"globalPermissions": ["ADMINISTER"], "projectPermissions": [question]}
    walk.ask(f"POST {V3}/permissions/check", json=asked)
    walk.ask(f"POST {V3}/permissions/check", json={"globalPermissions": ["FLY"]}, status=400)
    walk.ask(f"POST {V3}/permissions/project", json={"permissions": ["BROWSE_PROJECTS"]})
    walk.ask(f"POST {V3}/permissions/project", json={"permissions": ["FLY"]}, status=400)


def walk_issues(walk):
    new = {"project": {"key": "PUMP"}, "issuetype": {"name": "Story"}, "summary": "New", "description": TEXT}
    created = walk.ask(f"POST {V3}/issue", json={"fields": new}, status=201)
    walk.ask(f"POST {V3}/issue", json={"fields": {}}, status=400)
    key = created["key"]
    walk.ask(f"PUT {ISSUE}", key, json={"fields": {"summary": "Newer"}}, status=204)
    walk.ask(f"PUT {ISSUE}", key, json={"fields": {"status": 1}}, status=400)
    walk.ask(f"GET {ISSUE}", key, query={"expand": "names,schema,transitions"})
    walk.ask(f"GET {ISSUE}", "NOPE-1", status=404)
    transitions = walk.ask(f"GET {ISSUE}/transitions", key)["transitions"]
    walk.ask(f"GET {ISSUE}/transitions", "NOPE-1", status=404)
    walk.ask(f"POST {ISSUE}/transitions", key, json={"transition": {"id": transitions[-1]["id"]}}, status=204)
    walk.ask(f"POST {ISSUE}/transitions", key, json={"transition": {"id": "x"}}, status=400)
    comment = walk.ask(f"POST {ISSUE}/comment", key, json={"body": TEXT}, status=201)
    walk.ask(f"POST {ISSUE}/comment", key, json={"body": "plain"}, status=400)
    walk.ask(f"GET {ISSUE}/comment", key)
    walk.ask(f"GET {ISSUE}/comment", key, query={"orderBy": "body"}, status=400)
    walk.ask(f"GET {ISSUE}/comment/{{id}}", key, comment["id"])
    walk.ask(f"GET {ISSUE}/comment/{{id}}", key, 1, status=404)
    walk.ask(f"PUT {ISSUE}/comment/{{id}}", key, comment["id"], json={"body": TEXT})
    walk.ask(f"PUT {ISSUE}/comment/{{id}}", key, comment["id"], json={}, status=400)
    walk.ask(f"DELETE {ISSUE}/comment/{{id}}", key, comment["id"], status=204)
    walk.ask(f"DELETE {ISSUE}/comment/{{id}}", key, comment["id"], status=404)
    walk_links(walk, key)
    walk.ask(f"GET {ISSUE}/changelog", key)
    walk.ask(f"GET {ISSUE}/changelog", "NOPE-1", status=404)
    walk.ask(f"POST {V3}/changelog/bulkfetch", json={"issueIdsOrKeys": [key]})
    walk.ask(f"POST {V3}/changelog/bulkfetch", json={"issueIdsOrKeys": []}, status=400)
    changes = [int(each["id"]) for each in walk.client.get(f"{V3}/issue/{key}/changelog")["values"]]
    walk.ask(f"POST {ISSUE}/changelog/list", key, json={"changelogIds": changes[:2]})
    walk.ask(f"POST {ISSUE}/changelog/list", key, json={"changelogIds": []}, status=400)
    account_id = walk.client.get(f"{V3}/myself")["accountId"]
    walk.ask(f"PUT {ISSUE}/assignee", key, json={"accountId": account_id}, status=204)
    walk.ask(f"PUT {ISSUE}/assignee", key, json={"accountId": "nobody"}, status=400)
    walk.ask(f"POST {V3}/issue/bulk", json={"issueUpdates": [{"fields": new}, {"fields": {}}]}, status=201)
    walk.ask(f"POST {V3}/issue/bulk", json={"issueUpdates": []}, status=400)
    walk.ask(f"DELETE {ISSUE}", key, status=204)
    walk.ask(f"DELETE {ISSUE}", key, status=404)


def walk_links(walk, key):
    link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": key}, "outwardIssue": {"key": "PUMP-1"}}
    walk.ask(f"POST {V3}/issueLink", json=link, status=201)
    walk.ask(f"POST {V3}/issueLink", json={**link, "type": {"name": "Hugs"}}, status=404)
    [shown] = walk.client.get(f"{V3}/issue/{key}", fields="issuelinks")["fields"]["issuelinks"]
    walk.ask(f"GET {V3}/issueLink/{{linkId}}", shown["id"])
    walk.ask(f"DELETE {V3}/issueLink/{{linkId}}", shown["id"], status=204)
    walk.ask(f"DELETE {V3}/issueLink/{{linkId}}", shown["id"], status=404)
    walk.ask(f"GET {V3}/issueLink/{{linkId}}", shown["id"], status=404)


def walk_statuses_and_roles(walk):
    status = walk.client.get(f"{V3}/status")[0]
    for below in ("status/{idOrName}", "statuscategory/{idOrKey}"):
        walk.ask(f"GET {V3}/{below}", status["id"] if below.startswith("status/") else "done")
        walk.ask(f"GET {V3}/{below}", "nothing", status=404)
    walk.ask(f"GET {V3}/statuscategory")
    walk.ask(f"GET {V3}/statuses", query={"id": status["id"]})
    walk.ask(f"GET {V3}/statuses", status=400)
    walk.ask(f"GET {V3}/statuses/search", query={"searchString": "o", "statusCategory": "DONE"})
    walk.ask(f"GET {V3}/statuses/search", query={"statusCategory": "NEVER"}, status=400)
    walk.ask(f"GET {V3}/project/{{projectIdOrKey}}/statuses", "PUMP")
    walk.ask(f"GET {V3}/project/{{projectIdOrKey}}/statuses", "NOPE", status=404)
    project = walk.client.get(f"{V3}/project/PUMP")["id"]
    walk.ask(f"GET {V3}/issuetype/project", query={"projectId": project})
    walk.ask(f"GET {V3}/issuetype/project", query={"projectId": 1}, status=404)
    for path in ("issuetype", "priority", "resolution"):
        walk.ask(f"GET {V3}/{path}/{{id}}", walk.client.get(f"{V3}/{path}")[0]["id"])
        walk.ask(f"GET {V3}/{path}/{{id}}", 1, status=404)
    link_type = walk.client.get(f"{V3}/issueLinkType")["issueLinkTypes"][0]
    walk.ask(f"GET {V3}/issueLinkType/{{issueLinkTypeId}}", link_type["id"])
    walk.ask(f"GET {V3}/issueLinkType/{{issueLinkTypeId}}", 1, status=404)
    walk.ask(f"GET {V3}/resolution/search")
    walk.ask(f"GET {V3}/resolution/search", query={"startAt": "x"}, status=400)
    walk.ask(f"GET {V3}/role")
    walk.ask(f"GET {V3}/role", client=walk.client.as_user("viewer@example.com"), status=403)
    roles = walk.ask(f"GET {V3}/project/{{projectIdOrKey}}/role", "PUMP")
    walk.ask(f"GET {V3}/project/{{projectIdOrKey}}/role", "NOPE", status=404)
    number = roles["Administrators"].rpartition("/")[2]
    walk.ask(f"GET {V3}/project/{{projectIdOrKey}}/role/{{id}}", "PUMP", number)
    walk.ask(f"GET {V3}/project/{{projectIdOrKey}}/role/{{id}}", "PUMP", 1, status=404)
    walk.ask(f"GET {V3}/permissions")
    walk.ask(f"GET {V3}/permissions", client=walk.client.as_user("viewer@example.com"), status=403)
    level = walk.client.put("/_emulator/jira/security-level", {"project": "PUMP", "name": "Inner"})["id"]
    walk.ask(f"GET {V3}/project/{{projectKeyOrId}}/securitylevel", "PUMP")
    walk.ask(f"GET {V3}/project/{{projectKeyOrId}}/securitylevel", "NOPE", status=404)
    walk.ask(f"GET {V3}/securitylevel/{{id}}", level)
    walk.ask(f"GET {V3}/securitylevel/{{id}}", 1, status=404)


def walk_project_parts(walk):
    project = int(walk.client.get(f"{V3}/project/PUMP")["id"])
    new = {"name": "9.0", "projectId": project, "startDate": "2026-01-01", "releaseDate": "2026-12-01"}
    version = walk.ask(f"POST {V3}/version", json=new, status=201)["id"]
    walk.ask(f"POST {V3}/version", json=new, status=400)
    walk.ask(f"GET {V3}/version/{{id}}", version)
    walk.ask(f"GET {V3}/version/{{id}}", 1, status=404)
    walk.ask(f"GET {V3}/version/{{id}}/relatedIssueCounts", version)
    walk.ask(f"GET {V3}/version/{{id}}/relatedIssueCounts", "x", status=404)
    walk.ask(f"PUT {V3}/version/{{id}}", version, json={"released": True})
    walk.ask(f"PUT {V3}/version/{{id}}", version, json={"releaseDate": "soon"}, status=400)
    walk.ask(f"DELETE {V3}/version/{{id}}", version, status=204)
    walk.ask(f"DELETE {V3}/version/{{id}}", version, status=404)
    account_id = walk.client.get(f"{V3}/myself")["accountId"]
    new = {"name": "Sound", "project": "PUMP", "leadAccountId": account_id}
    component = walk.ask(f"POST {V3}/component", json=new, status=201)["id"]
    walk.ask(f"POST {V3}/component", json=new, status=400)
    walk.ask(f"GET {V3}/component/{{id}}", component)
    walk.ask(f"GET {V3}/component/{{id}}", 1, status=404)
    walk.ask(f"PUT {V3}/component/{{id}}", component, json={"description": "Beeps"})
    walk.ask(f"PUT {V3}/component/{{id}}", component, json={"name": " "}, status=400)
    walk.ask(f"DELETE {V3}/component/{{id}}", component, status=204)
    walk.ask(f"DELETE {V3}/component/{{id}}", component, status=404)


def walk_custom_fields(walk):
    kind = "com.atlassian.jira.plugin.system.customfieldtypes:select"
    field = walk.ask(f"POST {V3}/field", json={"name": "Site", "type": kind}, status=201)["id"]
    walk.ask(f"POST {V3}/field", json={"name": "Site", "type": "none:such"}, status=400)
    walk.ask(f"PUT {V3}/field/{{fieldId}}", field, json={"name": "Plant"}, status=204)
    walk.ask(f"PUT {V3}/field/{{fieldId}}", "summary", json={"name": "Plant"}, status=404)
    context = walk.ask(f"GET {V3}/field/{{fieldId}}/context", field)["values"][0]["id"]
    walk.ask(f"GET {V3}/field/{{fieldId}}/context", "summary", status=404)
    options = f"{V3}/field/{{fieldId}}/context/{{contextId}}/option"
    walk.ask(f"POST {options}", field, context, json={"options": [{"value": "Bern"}]})
    walk.ask(f"POST {options}", field, context, json={"options": [{"value": "Bern"}]}, status=400)
    walk.ask(f"GET {options}", field, context)
    walk.ask(f"GET {options}", field, 1, status=404)


def walk_filters(walk):
    new = {"name": "Shared", "jql": "project = PUMP", "sharePermissions": [{"type": "authenticated"}]}
    saved = walk.ask(f"POST {V3}/filter", json=new)["id"]
    one, viewer = f"{V3}/filter/{{id}}", walk.client.as_user("viewer@example.com")
    walk.ask(f"PUT {one}", saved, json={"name": "Shared too", "description": "seen by all"})
    walk.ask(f"PUT {one}", saved, json={"name": "Mine"}, client=viewer, status=400)
    walk.ask(f"PUT {one}/favourite", saved, client=viewer)
    walk.ask(f"PUT {one}/favourite", 1, status=400)
    walk.ask(f"GET {V3}/filter/favourite", client=viewer)
    walk.ask(f"GET {V3}/filter/my")
    walk.ask(f"DELETE {one}/favourite", saved, client=viewer)
    walk.ask(f"DELETE {one}/favourite", 1, status=400)
    walk.ask(f"DELETE {one}", saved, status=204)
    walk.ask(f"DELETE {one}", saved, status=400)


def walk_pickers(walk):
    walk.ask(f"GET {V3}/group/bulk")
    walk.ask(f"GET {V3}/group/bulk", query={"startAt": "x"}, status=400)
    walk.ask(f"GET {V3}/group/member", query={"groupname": "editors"})
    walk.ask(f"GET {V3}/group/member", query={"groupname": "none"}, status=404)
    walk.ask(f"GET {V3}/groups/picker", query={"query": "admin"})
    walk.ask(f"GET {V3}/groupuserpicker", query={"query": "ed"})
    walk.ask(f"GET {V3}/groupuserpicker", status=400)
    account_id = walk.client.get(f"{V3}/myself")["accountId"]
    walk.ask(f"GET {V3}/user/groups", query={"accountId": account_id})
    walk.ask(f"GET {V3}/user/groups", query={"accountId": "nobody"}, status=404)
    walk.ask(f"GET {V3}/user/picker", query={"query": "ada"})
    walk.ask(f"GET {V3}/user/assignable/search", query={"project": "PUMP", "query": "ada"})
    walk.ask(f"GET {V3}/user/assignable/search", status=400)


def walk_screens(walk):
    create = f"{V3}/issue/createmeta"
    walk.ask(f"GET {create}", query={"projectKeys": "PUMP", "expand": "projects.issuetypes.fields"})
    types = walk.ask(f"GET {create}/{{projectIdOrKey}}/issuetypes", "PUMP")["issueTypes"]
    walk.ask(f"GET {create}/{{projectIdOrKey}}/issuetypes", "NOPE", status=404)
    fields = f"GET {create}/{{projectIdOrKey}}/issuetypes/{{issueTypeId}}"
    walk.ask(fields, "PUMP", types[0]["id"])
    walk.ask(fields, "PUMP", 1, status=400)
    walk.ask(f"GET {ISSUE}/editmeta", "PUMP-1")
    walk.ask(f"GET {ISSUE}/editmeta", "NOPE-1", status=404)


def walk_worklogs(walk):
    one = f"{ISSUE}/worklog/{{id}}"
    new = {"timeSpent": "1d 2h", "comment": TEXT, "started": "2026-09-01T08:00:00.000+0000"}
    worklog = walk.ask(f"POST {ISSUE}/worklog", "PUMP-2", json=new, status=201)
    walk.ask(f"POST {ISSUE}/worklog", "PUMP-2", json={"timeSpent": "long"}, status=400)
    walk.ask(f"GET {ISSUE}/worklog", "PUMP-2")
    walk.ask(f"GET {ISSUE}/worklog", "NOPE-2", status=404)
    walk.ask(f"GET {one}", "PUMP-2", worklog["id"])
    walk.ask(f"GET {one}", "PUMP-2", 1, status=404)
    walk.ask(f"PUT {one}", "PUMP-2", worklog["id"], json={"timeSpentSeconds": 7200})
    walk.ask(f"PUT {one}", "PUMP-2", worklog["id"], json={"timeSpentSeconds": 1}, status=400)
    walk.ask(f"POST {V3}/worklog/list", json={"ids": [int(worklog["id"]), 1]})
    walk.ask(f"POST {V3}/worklog/list", json={}, status=400)
    walk.ask(f"GET {V3}/worklog/updated", query={"since": 0})
    walk.ask(f"GET {V3}/worklog/updated", query={"since": "x"}, status=400)
    walk.ask(f"GET {ISSUE}", "PUMP-2")
    walk.ask(f"DELETE {one}", "PUMP-2", worklog["id"], status=204)
    walk.ask(f"DELETE {one}", "PUMP-2", worklog["id"], status=404)
    walk.ask(f"GET {V3}/worklog/deleted")
    walk.ask(f"GET {V3}/worklog/deleted", query={"since": "x"}, status=400)


def walk_attachments(walk):
    form = {"fields": {"file": ("a.png", b"picture", "image/png")}, "headers": {"X-Atlassian-Token": "no-check"}}
    [added] = walk.ask(f"POST {ISSUE}/attachments", "PUMP-2", **form)
    walk.ask(f"POST {ISSUE}/attachments", "PUMP-2", fields=form["fields"], status=403)
    walk.ask(f"GET {V3}/attachment/meta")
    walk.ask(f"GET {V3}/attachment/{{id}}", added["id"])
    walk.ask(f"GET {V3}/attachment/{{id}}", 1, status=404)
    for kind in ("content", "thumbnail"):
        walk.ask(f"GET {V3}/attachment/{kind}/{{id}}", added["id"], status=303)
        walk.ask(f"GET {V3}/attachment/{kind}/{{id}}", 1, status=404)
    walk.ask(f"DELETE {V3}/attachment/{{id}}", added["id"], status=204)
    walk.ask(f"DELETE {V3}/attachment/{{id}}", added["id"], status=404)


def walk_followers_and_properties(walk):
    account_id = walk.client.get(f"{V3}/myself")["accountId"]
    walk.ask(f"POST {ISSUE}/watchers", "PUMP-2", json=account_id, status=204)
    walk.ask(f"POST {ISSUE}/watchers", "PUMP-2", json="nobody", status=404)
    walk.ask(f"GET {ISSUE}/watchers", "PUMP-2")
    walk.ask(f"GET {ISSUE}/watchers", "NOPE-2", status=404)
    issue_id = walk.client.get(f"{V3}/issue/PUMP-2")["id"]
    walk.ask(f"POST {V3}/issue/watching", json={"issueIds": [issue_id]})
    walk.ask(f"POST {V3}/issue/watching", json={}, status=400)
    walk.ask(f"DELETE {ISSUE}/watchers", "PUMP-2", query={"accountId": account_id}, status=204)
    walk.ask(f"DELETE {ISSUE}/watchers", "PUMP-2", status=400)
    key = walk.client.post(
        f"{V3}/search/jql", {"jql": "resolution is EMPTY AND reporter != currentUser()", "fields": ["key"]}
    )["issues"][0]["key"]
    walk.ask(f"POST {ISSUE}/votes", key, status=204)
    walk.ask(f"POST {ISSUE}/votes", "NOPE-2", status=404)
    walk.ask(f"GET {ISSUE}/votes", key)
    walk.ask(f"GET {ISSUE}/votes", "NOPE-2", status=404)
    walk.ask(f"DELETE {ISSUE}/votes", key, status=204)
    walk.ask(f"DELETE {ISSUE}/votes", key, status=404)
    one = f"{ISSUE}/properties/{{propertyKey}}"
    walk.ask(f"PUT {one}", "PUMP-2", "colour", json={"is": "red"}, status=201)
    walk.ask(f"PUT {one}", "PUMP-2", "colour", json="blue")
    walk.ask(f"PUT {one}", "PUMP-2", "colour", body=b"{", status=400)
    walk.ask(f"GET {one}", "PUMP-2", "colour")
    walk.ask(f"GET {one}", "PUMP-2", "size", status=404)
    walk.ask(f"GET {ISSUE}/properties", "PUMP-2")
    walk.ask(f"GET {ISSUE}/properties", "NOPE-2", status=404)
    walk.ask(f"DELETE {one}", "PUMP-2", "colour", status=204)
    walk.ask(f"DELETE {one}", "PUMP-2", "colour", status=404)


def walk_remote_links(walk):
    one = f"{ISSUE}/remotelink/{{linkId}}"
    new = {"globalId": "doc=1", "object": {"url": "https://docs.example.com/1", "title": "Plan"}}
    link = walk.ask(f"POST {ISSUE}/remotelink", "PUMP-2", json=new, status=201)["id"]
    walk.ask(f"POST {ISSUE}/remotelink", "PUMP-2", json=new)
    walk.ask(f"POST {ISSUE}/remotelink", "PUMP-2", json={}, status=400)
    walk.ask(f"GET {ISSUE}/remotelink", "PUMP-2")
    walk.ask(f"GET {ISSUE}/remotelink", "PUMP-2", query={"globalId": "none"}, status=404)
    walk.ask(f"GET {one}", "PUMP-2", link)
    walk.ask(f"GET {one}", "PUMP-2", 1, status=404)
    walk.ask(f"PUT {one}", "PUMP-2", link, json=new, status=204)
    walk.ask(f"PUT {one}", "PUMP-2", link, json={"object": {"url": "", "title": ""}}, status=400)
    walk.ask(f"DELETE {one}", "PUMP-2", link, status=204)
    walk.ask(f"DELETE {one}", "PUMP-2", link, status=404)
