"""What a user may not see is nowhere: whatever operation is asked for it, by its id, key or title."""

from __future__ import annotations

import pytest

from atlassian_emulator import confluence
from atlassian_emulator.confluence import gone

V2, V1 = "/wiki/api/v2", "/wiki/rest/api"
SECRET = "Unspeakable"
MACRO_ID = "11111111-2222-3333-4444-555555555555"
TEXT = {
    "representation": "storage",
    "value": f'<p>{SECRET}</p><ac:structured-macro ac:name="m" ac:macro-id="{MACRO_ID}"/>',
}


@pytest.fixture(scope="module", params=["space", "page"])
def hidden(request, shared_client):
    """Ids of all sorts of things that the viewer may not see, because of their space or of a page above them."""
    client, key = shared_client, f"H{request.param.upper()}"
    space = client.add_space(key, f"{SECRET} {key}" if request.param == "space" else "Open")
    page = client.add_page(space, f"{SECRET} top", TEXT["value"])
    ids = {"space": space["id"], "key": key, "page": page["id"]}
    ids["attachment"] = client.attach(page["id"], f"{SECRET}.json", b"{}").json()["results"][0]["id"]
    for kind in ("footer", "inline"):
        anchor = {"inlineCommentProperties": {"textSelection": SECRET}} if kind == "inline" else {}
        wish = {"pageId": page["id"], "body": TEXT, **anchor}
        ids[f"{kind}-comment"] = client.post(f"{V2}/{kind}-comments", wish, 201)["id"]
    for kind in ("whiteboard", "database", "embed", "folder"):
        wish = {"spaceId": space["id"], "title": f"{SECRET} {kind}", "parentId": page["id"]}
        ids[kind] = client.post(f"{V2}/{kind}s", wish)["id"]
    ids["property"] = client.post(f"{V2}/pages/{page['id']}/properties", {"key": "k", "value": SECRET})["id"]
    client.post(f"{V1}/content/{page['id']}/label", [{"prefix": "global", "name": SECRET.lower()}])
    if request.param == "space":
        access = {"space": key, "user": "viewer@example.com", "read": False}
        assert client.ask("PUT", "/_emulator/space-access", json=access).status == 204
    else:
        account_id = client.get(f"{V1}/user/current")["accountId"]
        wish = {"operation": "read", "restrictions": {"user": [{"accountId": account_id}]}}
        client.put(f"{V1}/content/{page['id']}/restriction", [wish])
    return client, ids, request.param


def paths(ids, what):
    """Every path with the id of something hidden in it; of a page that is hidden, not that of its space."""
    for route in confluence.ROUTES:
        if route in gone.ROUTES or "{" not in route.template or route.open:
            continue
        owner = route.template.split("/")[4].removesuffix("s")
        known = {
            "attachmentId": ids["attachment"],
            "attachment-id": ids["attachment"],
            "spaceKey": ids["key"],
            "macroId": MACRO_ID,
            "version": "1",
            "versionNumber": "1",
            "version-number": "1",
            "to": "view",
            "type": "page",
            "position": "append",
            "targetId": ids["page"],
            "pageId": ids["page"],
            "operationKey": "read",
            "groupId": "none",
            "property-id": ids["property"],
            "comment-id": ids.get(owner, ids["footer-comment"]),
            "space-id": ids["space"],
        }
        is_of_space = owner == "space" or "{spaceKey}" in route.template
        if owner in ("label", "group", "longtask", "contentbody") or (what == "page" and is_of_space):
            continue
        default = ids.get(owner, ids["page"])
        parts = [known.get(part[1:-1], default) if part.startswith("{") else part for part in route.template.split("/")]
        yield route.method, "/".join(parts)


def test_whatever_is_asked_of_the_hidden_is_refused(hidden):
    client, ids, what = hidden
    viewer = client.as_user("viewer@example.com")
    asked = list(paths(ids, what))
    assert len(asked) > 100
    shown = [path for method, path in asked if method == "GET" and client.ask(method, path).status in (200, 302)]
    assert len(shown) > 60, "these paths are there for who may see them"
    for method, path in asked:
        answer = viewer.ask(method, path, json={} if method in ("PUT", "POST") else None)
        assert answer.status in (400, 403, 404), (method, path, answer.status, answer.data[:200])
        assert method != "GET" or answer.status in (400, 404), (method, path, answer.status)
        assert SECRET.encode() not in answer.data, (method, path)


def test_no_list_and_no_search_shows_the_hidden(hidden):
    client, ids, _ = hidden
    viewer = client.as_user("viewer@example.com")
    lists = [f"{V2}/{name}?limit=250" for name in ("pages", "blogposts", "attachments", "footer-comments", "spaces")]
    lists += [f"{V2}/inline-comments?limit=250&body-format=storage", f"{V2}/labels?limit=250"]
    lists += [f"{V1}/{name}?cql=text~{SECRET}&limit=100" for name in ("search", "content/search")]
    lists += [
        f"{V1}/search?cql=id={ids['page']}",
        f"{V1}/search?cql=macro=m",
        f"{V1}/search?cql=ancestor={ids['page']}",
    ]
    lists += [f"{V1}/label?name={SECRET.lower()}"]
    for path in lists:
        answer = viewer.ask("GET", path)
        found = answer.json() if answer.status == 200 else {}
        found.pop("cqlQuery", None)
        found.pop("_links", None)
        assert ids["page"] not in str(found), path
        assert f"{SECRET} " not in str(found), path
    ids_asked = {"contentIds": [ids[name] for name in ("page", "folder", "attachment", "inline-comment")]}
    assert set(viewer.post(f"{V2}/content/convert-ids-to-types", ids_asked)["results"].values()) == {None}
    types = client.post(f"{V2}/content/convert-ids-to-types", ids_asked)["results"]
    assert list(types.values()) == ["page", "folder", "attachment", "inline-comment"]
