"""Every operation of Confluence that is served answers as Atlassian's documents say, when it works and when not."""

from __future__ import annotations

import pytest

from atlassian_emulator import confluence
from atlassian_emulator.confluence import gone

from . import confluence_walks
from .openapi import Conformance, open_document

pytestmark = pytest.mark.documents

V2, V1 = "/wiki/api/v2", "/wiki/rest/api"
FORM = {"file": ("a.json", b"{}", "application/json"), "comment": "first", "minorEdit": "true"}
MACRO_ID = "11111111-2222-3333-4444-555555555555"
MACRO = f'<ac:structured-macro ac:name="snapshots" ac:macro-id="{MACRO_ID}" />'

UNDOCUMENTED = {
    ("*", 403): "v2 answers 403 to who may not write; its document leaves that out",
    ("*", 409): "v2 answers 409 to a stale version; its document leaves that out",
}
KNOWN_GAPS = {
    "confluence-v2": {
        **UNDOCUMENTED,
        (f"POST {V2}/content/convert-ids-to-types", 200): "null for an unknown id is in the prose, not in the schema",
    },
    "confluence-v1": {
        (f"GET {V1}/user/memberof", 404): "the document knows only 403; an unknown user is not found",
        (f"GET {V1}/content/{{id}}/restriction/byOperation", 404): "the document leaves out unknown content",
        (f"GET {V1}/group", 400): "the document leaves out a limit that is not a number",
        (f"GET {V1}/group/picker", 400): "the document leaves out a query that is not there",
        (f"GET {V1}/longtask", 400): "the document leaves out a limit that is not a number",
        (f"GET {V1}/user/bulk", 400): "the document leaves out a request for nobody",
        (
            f"GET {V1}/content/{{id}}/restriction/byOperation/{{operationKey}}",
            404,
        ): "the document leaves out the unknown",
    },
}
REQUEST_GAPS = {
    f"PUT {V1}/content/{{id}}/child/attachment/{{attachmentId}}": "the document wants all of a version",
}
# Served, and in none of the documents: what they describe only in words, or what Atlassian serves beside them.
BESIDE_THE_DOCUMENTS = {
    *(route.name for route in gone.ROUTES),
    "GET /_media/file/{fileId}/binary",
    "GET /wiki/download/attachments/{rest:path}",
}


class Walk:
    """Asks the emulator by operation and has each answer judged by its document."""

    def __init__(self, client, name):
        self._client = client
        self.conformance = Conformance(open_document(name), KNOWN_GAPS[name], REQUEST_GAPS)

    def ask(self, operation, *path, status=200, client=None, **options):
        method, template = operation.split()
        parts = template.split("{")
        url = parts[0] + "".join(
            str(value) + part.partition("}")[2] for value, part in zip(path, parts[1:], strict=True)
        )
        answer = (client or self._client).ask(method, url, **options)
        assert answer.status == status, f"{operation}: {answer.status} {answer.data[:300]!r}"
        body = answer.json() if answer.data else None
        if status < 400:
            self.conformance.judge_request(operation, options.get("query"), options.get("json"))
        self.conformance.judge(operation, answer.status, body)
        return body


def served(base):
    names = {route.name for route in confluence.ROUTES} - BESIDE_THE_DOCUMENTS
    return {name for name in names if name.split()[1].startswith(base)}


def write_page(title, body="<p>text</p>", **more):
    return {"title": title, "status": "current", "body": {"representation": "storage", "value": body}, **more}


def judge_walk(walk, base):
    assert walk.conformance.faults == []
    assert walk.conformance.odd_requests == []
    assert walk.conformance.unseen(served(base), failing=False) == set()
    assert walk.conformance.unseen(served(base), failing=True) <= NEVER_REFUSE
    stale = {gap for gap in walk.conformance.known_gaps if gap[0] != "*"} - walk.conformance.seen
    assert stale == set(), "a known gap that is not met any more"


NEVER_REFUSE = {
    f"GET {V1}/user/current",
    f"GET {V1}/user/anonymous",
    f"GET {V1}/settings/systemInfo",
    f"GET {V2}/space-role-mode",
}


def test_v2_answers_as_documented(client):
    judge_walk(walk_v2(client), V2)


def walk_v2(client):
    walk = Walk(client, "confluence-v2")
    space = walk_spaces(walk)
    for kind in ("pages", "blogposts"):
        content_id = walk_content(walk, kind, space["id"])
        walk_properties(walk, kind, content_id)
        attachment_id = client.attach(content_id, "a.json", b"{}", "first").json()["results"][0]["id"]
        walk.ask(f"GET {V2}/{kind}/{{id}}/attachments", content_id)
        walk.ask(f"GET {V2}/{kind}/{{id}}/attachments", 1, status=404)
        if kind == "blogposts":
            walk_attachments(walk, attachment_id)
        walk.ask(f"DELETE {V2}/{kind}/{{id}}", content_id, status=204)
        walk.ask(f"DELETE {V2}/{kind}/{{id}}", content_id, status=404)
    walk.ask(f"PUT {V2}/pages/{{id}}/title", space["homepageId"], json={"status": "current", "title": "Home"})
    walk.ask(f"PUT {V2}/pages/{{id}}/title", space["homepageId"], json={"title": "Home"}, status=400)
    walk.ask(f"POST {V2}/content/convert-ids-to-types", json={"contentIds": [space["homepageId"], 1]})
    walk.ask(f"POST {V2}/content/convert-ids-to-types", json={"contentIds": 7}, status=400)
    account_id = client.get(f"{V1}/user/current")["accountId"]
    walk.ask(f"POST {V2}/users-bulk", json={"accountIds": [account_id, "nobody"]})
    walk.ask(f"POST {V2}/users-bulk", json={"accountIds": []}, status=400)
    confluence_walks.walk_v2_beside_pages(walk, client, space)
    return walk


def walk_spaces(walk):
    space = walk.ask(f"POST {V2}/spaces", json={"key": "REL", "name": "Releases"}, status=201)
    walk.ask(f"POST {V2}/spaces", json={"key": "REL", "name": "Again"}, status=400)
    walk.ask(f"GET {V2}/spaces", query={"keys": "REL", "description-format": "plain"})
    walk.ask(f"GET {V2}/spaces", query={"limit": 0}, status=400)
    walk.ask(f"GET {V2}/spaces", client=walk._client.as_user("admin@example.com", "guess"), status=401)
    walk.ask(f"GET {V2}/spaces/{{id}}", space["id"], query={"description-format": "view"})
    for below in ("", "/operations", "/pages", "/blogposts"):
        walk.ask(f"GET {V2}/spaces/{{id}}{below}", space["id"])
        walk.ask(f"GET {V2}/spaces/{{id}}{below}", 1, status=404)
        walk.ask(f"GET {V2}/spaces/{{id}}{below}", "REL", status=400)
    walk_properties(walk, "spaces", space["id"])
    return space


def walk_content(walk, kind, space_id):
    """Create content, change it and read it in every way; return its id."""
    viewer = walk._client.as_user("viewer@example.com")
    one, many = f"{V2}/{kind}/{{id}}", f"{V2}/{kind}"
    content_id = walk.ask(f"POST {many}", json=write_page("One", spaceId=space_id))["id"]
    walk.ask(f"POST {many}", json=write_page("One", spaceId=space_id), status=400)
    walk.ask(f"POST {many}", json=write_page("Two", spaceId="1"), status=404)
    walk.ask(f"POST {many}", json=write_page("Two", spaceId=space_id), client=viewer, status=403)
    change = write_page("One", MACRO, id=content_id, version={"number": 2, "message": "a change"})
    walk.ask(f"PUT {one}", content_id, json=change)
    walk.ask(f"PUT {one}", content_id, json=change, status=409)
    walk.ask(f"PUT {one}", content_id, json={**change, "body": {"storage": {"value": "<p>"}}}, status=400)
    for body_format in ("storage", "atlas_doc_format", "view"):
        walk.ask(f"GET {one}", content_id, query={"body-format": body_format, "include-operations": "true"})
    walk.ask(f"GET {one}", content_id, query={"version": 1})
    walk.ask(f"GET {one}", content_id, query={"version": 9}, status=404)
    walk.ask(f"GET {many}", query={"body-format": "storage", "limit": 1})
    walk.ask(f"GET {many}", query={"cursor": "?"}, status=400)
    walk.ask(f"GET {one}/versions", content_id, query={"body-format": "storage"})
    walk.ask(f"GET {one}/versions", 1, status=404)
    below = ["labels"] + (["children", "direct-children", "ancestors", "descendants"] if kind == "pages" else [])
    for name in below:
        walk.ask(f"GET {one}/{name}", content_id)
        walk.ask(f"GET {one}/{name}", "x", status=400)
    version = f"GET {many}/{{{kind.removesuffix('s')}-id}}/versions/{{version-number}}"
    walk.ask(version, content_id, 1)
    walk.ask(version, content_id, 2)
    walk.ask(version, content_id, 3, status=404)
    walk.ask(f"GET {one}/operations", content_id)
    walk.ask(f"GET {one}/operations", 1, status=404)
    return content_id


def walk_properties(walk, kind, owner_id):
    many = f"{V2}/{kind}/{{{kind.removesuffix('s')}-id}}/properties"
    one = f"{many}/{{property-id}}"
    created = 201 if kind == "spaces" else 200
    made = walk.ask(f"POST {many}", owner_id, json={"key": "colour", "value": {"red": [1, None]}}, status=created)
    walk.ask(f"POST {many}", owner_id, json={"key": "colour", "value": 1}, status=409)
    walk.ask(f"POST {many}", owner_id, json={"value": 1}, status=400)
    walk.ask(f"GET {many}", owner_id, query={"key": "colour"})
    walk.ask(f"GET {many}", 1, status=404)
    walk.ask(f"GET {one}", owner_id, made["id"])
    walk.ask(f"GET {one}", owner_id, 1, status=404)
    change = {"key": "colour", "value": 2, "version": {"number": 2, "message": "m"}}
    walk.ask(f"PUT {one}", owner_id, made["id"], json=change)
    walk.ask(f"PUT {one}", owner_id, made["id"], json=change, status=409)
    walk.ask(f"DELETE {one}", owner_id, made["id"], status=204)
    walk.ask(f"DELETE {one}", owner_id, made["id"], status=404)


def walk_attachments(walk, attachment_id):
    walk_properties(walk, "attachments", attachment_id)
    walk.ask(f"GET {V2}/attachments", query={"filename": "a.json"})
    walk.ask(f"GET {V2}/attachments/{{id}}/labels", attachment_id)
    walk.ask(f"GET {V2}/attachments/{{id}}/labels", "att1", status=404)
    walk.ask(f"GET {V2}/attachments", query={"sort": "size"}, status=400)
    walk.ask(f"GET {V2}/attachments/{{id}}", attachment_id, query={"version": 1})
    walk.ask(f"GET {V2}/attachments/{{id}}", "att1", status=404)
    walk.ask(f"GET {V2}/attachments/{{id}}/versions", attachment_id)
    walk.ask(f"GET {V2}/attachments/{{id}}/versions", "att1", status=404)
    version = f"GET {V2}/attachments/{{attachment-id}}/versions/{{version-number}}"
    walk.ask(version, attachment_id, 1)
    walk.ask(version, attachment_id, 2, status=404)
    walk.ask(f"DELETE {V2}/attachments/{{id}}", attachment_id.removeprefix("att"), status=204)
    walk.ask(f"DELETE {V2}/attachments/{{id}}", attachment_id, status=404)


def test_v1_answers_as_documented(client):
    judge_walk(walk_v1(client), V1)


def walk_v1(client):
    walk = Walk(client, "confluence-v1")
    space = client.add_space()
    page = client.add_page(space, "One", MACRO)
    walk_files(walk, page["id"])
    walk_people(walk, client)
    for kind, query in (("search", {"expand": "content.space,content.version"}), ("content/search", {})):
        walk.ask(f"GET {V1}/{kind}", query={"cql": "space = REL order by title", "limit": 1, **query})
        walk.ask(f"GET {V1}/{kind}", query={"cql": "space = "}, status=400)
    everything = "space,version,history,ancestors,body.storage,body.view"
    walk.ask(f"GET {V1}/content/search", query={"cql": "macro = snapshots", "expand": everything})
    macro = f"GET {V1}/content/{{id}}/history/{{version}}/macro/id/{{macroId}}"
    walk.ask(macro, page["id"], 1, MACRO_ID)
    walk.ask(macro, page["id"], 1, "none", status=404)
    restore = {"operationKey": "restore", "params": {"versionNumber": 1, "message": "back"}}
    walk.ask(f"POST {V1}/content/{{id}}/version", page["id"], json=restore)
    walk.ask(f"POST {V1}/content/{{id}}/version", page["id"], json={**restore, "operationKey": "x"}, status=400)
    walk_labels(walk, page["id"])
    walk_restrictions(walk, page["id"], client.get(f"{V1}/user/current")["accountId"])
    walk_v1_beside_content(walk, client, space)
    task = walk.ask(f"DELETE {V1}/space/{{spaceKey}}", "REL", status=202)
    walk.ask(f"GET {V1}/longtask/{{id}}", task["id"])
    walk.ask(f"GET {V1}/longtask/{{id}}", "none", status=404)
    walk.ask(f"DELETE {V1}/space/{{spaceKey}}", "REL", status=404)
    return walk


def walk_v1_beside_content(walk, client, space):
    page = client.add_page(space, "Two", MACRO)
    account_id = client.get(f"{V1}/user/current")["accountId"]
    group_id = client.get(f"{V1}/group")["results"][0]["id"]
    confluence_walks.walk_v1_spaces(walk, client)
    confluence_walks.walk_v1_groups(walk, client)
    confluence_walks.walk_v1_restrictions(walk, page["id"], account_id, group_id)
    confluence_walks.walk_v1_attachment(walk, client, page["id"])
    confluence_walks.walk_v1_conversions(walk, client, page["id"], MACRO_ID)
    confluence_walks.walk_v1_arranging(walk, client, space)


def walk_files(walk, page_id):
    path = f"{V1}/content/{{id}}/child/attachment"
    headers = {"X-Atlassian-Token": "nocheck"}
    attachment_id = walk.ask(f"PUT {path}", page_id, fields=FORM, headers=headers)["results"][0]["id"]
    walk.ask(f"PUT {path}", page_id, fields=FORM, status=403)
    other = {**FORM, "file": ("b.json", b"{}", "application/json")}
    walk.ask(f"POST {path}", page_id, fields=other, headers=headers)
    walk.ask(f"POST {path}", page_id, fields=other, headers=headers, status=400)
    walk.ask(f"POST {path}/{{attachmentId}}/data", page_id, attachment_id, fields=FORM, headers=headers)
    walk.ask(f"POST {path}/{{attachmentId}}/data", page_id, "att1", fields=FORM, headers=headers, status=404)
    walk.ask(f"GET {path}/{{attachmentId}}/download", page_id, attachment_id, status=302)
    walk.ask(f"GET {path}/{{attachmentId}}/download", page_id, "att1", status=404)


def walk_labels(walk, page_id):
    path = f"{V1}/content/{{id}}/label"
    walk.ask(f"POST {path}", page_id, json=[{"prefix": "global", "name": name} for name in ("one", "two")])
    walk.ask(f"POST {path}", page_id, json=[{"prefix": "global", "name": "two words"}], status=400)
    walk.ask(f"DELETE {path}", page_id, query={"name": "one"}, status=204)
    walk.ask(f"DELETE {path}", page_id, query={"name": "one"}, status=404)
    walk.ask(f"DELETE {path}/{{label}}", page_id, "two", status=204)
    walk.ask(f"DELETE {path}/{{label}}", page_id, "two", status=404)


def walk_restrictions(walk, page_id, account_id):
    path = f"{V1}/content/{{id}}/restriction"
    wish = {"operation": "update", "restrictions": {"user": [{"type": "known", "accountId": account_id}]}}
    walk.ask(f"PUT {path}", page_id, json=[wish])
    walk.ask(f"PUT {path}", "1", json=[wish], status=404)
    for method, below in (("GET", ""), ("GET", "/byOperation"), ("DELETE", "")):
        walk.ask(f"{method} {path}{below}", page_id)
        walk.ask(f"{method} {path}{below}", "1", status=404)
    check = {"subject": {"type": "user", "identifier": account_id}, "operation": "update"}
    walk.ask(f"POST {V1}/content/{{id}}/permission/check", page_id, json=check)
    walk.ask(f"POST {V1}/content/{{id}}/permission/check", page_id, json={**check, "operation": "fly"}, status=400)


def walk_people(walk, client):
    user = walk.ask(f"GET {V1}/user/current", query={"expand": "operations"})
    walk.ask(f"GET {V1}/user", query={"accountId": user["accountId"]})
    walk.ask(f"GET {V1}/user", query={"accountId": "nobody"}, status=404)
    walk.ask(f"GET {V1}/user/memberof", query={"accountId": user["accountId"]})
    walk.ask(f"GET {V1}/user/memberof", query={"accountId": "nobody"}, status=404)
    groups = walk.ask(f"GET {V1}/group", query={"limit": 2})
    walk.ask(f"GET {V1}/group", query={"limit": "two"}, status=400)
    group_id = groups["results"][0]["id"]
    walk.ask(f"GET {V1}/group/{{groupId}}/membersByGroupId", group_id)
    walk.ask(f"GET {V1}/group/{{groupId}}/membersByGroupId", group_id, query={"limit": "two"}, status=400)
    walk.ask(f"GET {V1}/settings/systemInfo")


def test_the_judge_sees_faults():
    document = open_document("confluence-v2")
    operation = f"GET {V2}/pages/{{id}}"
    assert document.faults_in(operation, 200, {"id": 7}) == ["$.id: 7 is not of type 'string'"]
    assert document.faults_in(operation, 418, {}) == ["status 418 is not documented"]
    assert document.faults_in(operation, 200, None) == ["there is no body"]
    assert document.faults_in("GET /nothing", 200, {})
    assert document.faults_in(operation, 200, {"ownerId": None, "version": {"number": 1}}) == []
