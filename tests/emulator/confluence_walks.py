"""Walks over the operations of Confluence: each is made to work and to refuse, and every answer is judged.

`walk.ask` is that of test_conformance.py.
"""

from __future__ import annotations

V2, V1 = "/wiki/api/v2", "/wiki/rest/api"
FORM = {"file": ("a.json", b"{}", "application/json"), "comment": "first", "minorEdit": "true"}
XSRF = {"X-Atlassian-Token": "nocheck"}
TEXT = {"representation": "storage", "value": "<p>a text to speak about</p>"}


def walk_v2_beside_pages(walk, client, space):
    """Comments, nodes of the tree, labels and permissions."""
    page = client.add_page(space, "Spoken about", TEXT["value"])
    blogpost = client.post(f"{V2}/blogposts", {"spaceId": space["id"], "title": "News", "body": TEXT})
    for kind, owners in (("footer", (page, blogpost)), ("inline", (page, blogpost))):
        walk_comments(walk, kind, *owners)
    walk_attachment_comments(walk, client, page)
    for kind in ("whiteboards", "databases", "embeds", "folders"):
        walk_node(walk, kind, space["id"], page["id"])
    walk_labels(walk, client, space, page, blogpost)
    walk_permissions(walk, client, space)
    for kind, owner in (("pages", page), ("blogposts", blogpost)):
        for name in ("count", "users"):
            walk.ask(f"GET {V2}/{kind}/{{id}}/likes/{name}", owner["id"])
            walk.ask(f"GET {V2}/{kind}/{{id}}/likes/{name}", 1, status=404)
        names = ("labels", "properties", "operations", "likes", "versions", "favorited-by-current-user-status")
        walk.ask(f"GET {V2}/{kind}/{{id}}", owner["id"], query={f"include-{name}": "true" for name in names})


def walk_comments(walk, kind, page, blogpost):
    many = f"{V2}/{kind}-comments"
    one, below = f"{many}/{{comment-id}}", f"{many}/{{id}}"
    anchor = {"textSelection": "text", "textSelectionMatchCount": 1, "textSelectionMatchIndex": 0}
    more = {"inlineCommentProperties": anchor} if kind == "inline" else {}
    comment = walk.ask(f"POST {many}", json={"pageId": page["id"], "body": TEXT, **more}, status=201)
    walk.ask(f"POST {many}", json={"blogPostId": blogpost["id"], "body": TEXT, **more}, status=201)
    walk.ask(f"POST {many}", json={"parentCommentId": comment["id"], "body": TEXT}, status=201)
    walk.ask(f"POST {many}", json={"pageId": "1", "body": TEXT, **more}, status=404)
    walk.ask(f"POST {many}", json={"body": TEXT}, status=400)
    for owners, owner in (("pages", page), ("blogposts", blogpost)):
        walk.ask(f"GET {V2}/{owners}/{{id}}/{kind}-comments", owner["id"], query={"body-format": "storage"})
        walk.ask(f"GET {V2}/{owners}/{{id}}/{kind}-comments", "x", status=400)
    walk.ask(f"GET {many}", query={"body-format": "atlas_doc_format", "sort": "-created-date"})
    walk.ask(f"GET {many}", query={"sort": "size"}, status=400)
    included = {f"include-{name}": "true" for name in ("properties", "operations", "likes", "versions")}
    walk.ask(f"GET {one}", comment["id"], query={"body-format": "view", **included})
    walk.ask(f"GET {one}", page["id"], status=404)
    change = {"version": {"number": 2, "message": "clearer"}, "body": TEXT}
    change |= {"resolved": True} if kind == "inline" else {}
    walk.ask(f"PUT {one}", comment["id"], json=change)
    walk.ask(f"PUT {one}", comment["id"], json=change, status=409)
    for name in ("children", "versions", "operations", "likes/count", "likes/users"):
        walk.ask(f"GET {below}/{name}", comment["id"])
        walk.ask(f"GET {below}/{name}", 1, status=404)
    walk.ask(f"GET {below}/versions/{{version-number}}", comment["id"], 1)
    walk.ask(f"GET {below}/versions/{{version-number}}", comment["id"], 9, status=404)
    walk_properties(walk, "comments", comment["id"])
    walk.ask(f"DELETE {one}", comment["id"], status=204)
    walk.ask(f"DELETE {one}", comment["id"], status=404)


def walk_attachment_comments(walk, client, page):
    attachment_id = client.attach(page["id"], "a.json", b"{}").json()["results"][0]["id"]
    client.post(f"{V2}/footer-comments", {"attachmentId": attachment_id, "body": TEXT}, 201)
    for name in ("footer-comments", "operations"):
        walk.ask(f"GET {V2}/attachments/{{id}}/{name}", attachment_id)
        walk.ask(f"GET {V2}/attachments/{{id}}/{name}", "att1", status=404)


def walk_node(walk, kind, space_id, page_id):
    many, one = f"{V2}/{kind}", f"{V2}/{kind}/{{id}}"
    wish = {"spaceId": space_id, "title": f"Of {kind}", "parentId": page_id}
    wish |= {"embedUrl": "https://example.com"} if kind == "embeds" else {}
    node = walk.ask(f"POST {many}", json=wish)
    walk.ask(f"POST {many}", json={"title": "Nowhere"}, status=400)
    walk.ask(f"GET {one}", node["id"], query={"include-operations": "true", "include-properties": "true"})
    walk.ask(f"GET {one}", page_id, status=404)
    for name in ("direct-children", "ancestors", "descendants", "operations"):
        walk.ask(f"GET {one}/{name}", node["id"])
        walk.ask(f"GET {one}/{name}", "x", status=400)
    walk_properties(walk, kind, node["id"])
    walk.ask(f"DELETE {one}", node["id"], status=204)
    walk.ask(f"DELETE {one}", node["id"], status=404)


def walk_properties(walk, kind, owner_id):
    named = f"{V2}/{kind}/{{{kind.removesuffix('s')}-id}}/properties"
    many = named if kind == "comments" else f"{V2}/{kind}/{{id}}/properties"
    one = f"{named}/{{property-id}}"
    made = walk.ask(f"POST {many}", owner_id, json={"key": "colour", "value": "red"})
    walk.ask(f"POST {many}", owner_id, json={"value": "red"}, status=400)
    walk.ask(f"GET {many}", owner_id)
    walk.ask(f"GET {many}", 1, status=404)
    walk.ask(f"GET {one}", owner_id, made["id"])
    walk.ask(f"GET {one}", owner_id, 1, status=404)
    change = {"key": "colour", "value": "blue", "version": {"number": 2}}
    walk.ask(f"PUT {one}", owner_id, made["id"], json=change)
    walk.ask(f"PUT {one}", owner_id, made["id"], json={**change, "key": "size"}, status=400)
    walk.ask(f"DELETE {one}", owner_id, made["id"], status=204)
    walk.ask(f"DELETE {one}", owner_id, made["id"], status=404)


def walk_labels(walk, client, space, page, blogpost):
    attachment_id = client.get(f"{V2}/pages/{page['id']}/attachments")["results"][0]["id"]
    for content_id in (page["id"], blogpost["id"], attachment_id):
        client.post(f"{V1}/content/{content_id}/label", [{"prefix": "global", "name": "seen"}])
    client.post(f"{V1}/space/{space['key']}/label", [{"prefix": "team", "name": "ours"}])
    labels = walk.ask(f"GET {V2}/labels", query={"prefix": "global"})["results"]
    walk.ask(f"GET {V2}/labels", query={"prefix": "other"}, status=400)
    for name in ("labels", "content/labels"):
        assert walk.ask(f"GET {V2}/spaces/{{id}}/{name}", space["id"])["results"]
        walk.ask(f"GET {V2}/spaces/{{id}}/{name}", 1, status=404)
    for kind in ("pages", "blogposts", "attachments"):
        assert walk.ask(f"GET {V2}/labels/{{id}}/{kind}", labels[0]["id"])["results"]
        walk.ask(f"GET {V2}/labels/{{id}}/{kind}", 1, status=404)


def walk_permissions(walk, client, space):
    assert walk.ask(f"GET {V2}/spaces/{{id}}/permissions", space["id"], query={"limit": 250})["results"]
    walk.ask(f"GET {V2}/spaces/{{id}}/permissions", 1, status=404)
    walk.ask(f"GET {V2}/space-permissions", query={"limit": 5})
    walk.ask(f"GET {V2}/space-permissions", query={"limit": 0}, status=400)
    walk.ask(f"GET {V2}/space-role-mode")


def walk_v1_spaces(walk, client):
    path = f"{V1}/space"
    plain = {"plain": {"value": "all of it", "representation": "plain"}}
    walk.ask(f"POST {path}", json={"key": "OLD", "name": "Old way", "description": plain})
    walk.ask(f"POST {path}", json={"key": "OLD", "name": "Old way"}, status=400)
    walk.ask(f"POST {path}/_private", json={"key": "MINE", "name": "Mine"})
    walk.ask(f"POST {path}/_private", json={"key": "MINE"}, status=400)
    walk.ask(f"PUT {path}/{{spaceKey}}", "OLD", json={"name": "New name", "description": plain})
    walk.ask(f"PUT {path}/{{spaceKey}}", "NONE", json={"name": "New name"}, status=404)
    walk.ask(f"GET {path}/{{spaceKey}}/settings", "OLD")
    walk.ask(f"GET {path}/{{spaceKey}}/settings", "NONE", status=404)
    walk.ask(f"PUT {path}/{{spaceKey}}/settings", "OLD", json={"routeOverrideEnabled": True})
    walk.ask(f"PUT {path}/{{spaceKey}}/settings", "NONE", json={}, status=404)
    labels = [{"prefix": "team", "name": "ours"}]
    walk.ask(f"POST {path}/{{spaceKey}}/label", "OLD", json=labels)
    walk.ask(f"POST {path}/{{spaceKey}}/label", "NONE", json=labels, status=404)
    walk.ask(f"GET {path}/{{spaceKey}}/label", "OLD")
    walk.ask(f"GET {path}/{{spaceKey}}/label", "NONE", status=404)
    walk.ask(f"GET {V1}/label", query={"name": "none"}, status=404)
    walk.ask(f"DELETE {path}/{{spaceKey}}/label", "OLD", query={"name": "ours"}, status=204)
    walk.ask(f"DELETE {path}/{{spaceKey}}/label", "OLD", status=400)
    account_id = client.as_user("viewer@example.com").get(f"{V1}/user/current")["accountId"]
    wish = {"subject": {"type": "user", "identifier": account_id}, "operation": {"key": "read", "target": "space"}}
    given = walk.ask(f"POST {path}/{{spaceKey}}/permission", "OLD", json=wish)
    walk.ask(f"POST {path}/{{spaceKey}}/permission", "OLD", json=wish, status=400)
    walk.ask(f"DELETE {path}/{{spaceKey}}/permission/{{id}}", "OLD", given["id"], status=204)
    walk.ask(f"DELETE {path}/{{spaceKey}}/permission/{{id}}", "OLD", given["id"], status=404)


def walk_v1_groups(walk, client):
    path = f"{V1}/group"
    group = walk.ask(f"POST {path}", json={"name": "auditors"}, status=201)
    walk.ask(f"POST {path}", json={"name": "Auditors"}, status=400)
    walk.ask(f"GET {path}/by-id", query={"id": group["id"]})
    walk.ask(f"GET {path}/by-id", query={"id": "none"}, status=404)
    walk.ask(f"GET {path}/picker", query={"query": "audit"})
    walk.ask(f"GET {path}/picker", status=400)
    account_id = client.as_user("viewer@example.com").get(f"{V1}/user/current")["accountId"]
    one, none = {"groupId": group["id"]}, {"groupId": "none"}
    walk.ask(f"POST {path}/userByGroupId", query=one, json={"accountId": account_id}, status=201)
    walk.ask(f"POST {path}/userByGroupId", query=none, json={"accountId": account_id}, status=404)
    walk.ask(f"DELETE {path}/userByGroupId", query={**one, "accountId": account_id}, status=204)
    walk.ask(f"DELETE {path}/userByGroupId", query={**none, "accountId": account_id}, status=404)
    walk.ask(f"DELETE {path}/by-id", query={"id": group["id"]}, status=204)
    walk.ask(f"DELETE {path}/by-id", query={"id": group["id"]}, status=404)
    walk.ask(f"GET {V1}/user/bulk", query={"accountId": account_id})
    walk.ask(f"GET {V1}/user/bulk", status=400)
    walk.ask(f"GET {V1}/user/anonymous", query={"expand": "operations"})
    walk.ask(f"GET {V1}/search/user", query={"cql": 'user.fullname ~ "Ada*"'})
    walk.ask(f"GET {V1}/search/user", query={"cql": "space = REL"}, status=400)


def walk_v1_restrictions(walk, page_id, account_id, group_id):
    path = f"{V1}/content/{{id}}/restriction"
    one = f"{path}/byOperation/{{operationKey}}"
    wish = {"operation": "read", "restrictions": {"user": [{"type": "known", "accountId": account_id}]}}
    walk.ask(f"POST {path}", page_id, json=[wish])
    walk.ask(f"POST {path}", "1", json=[wish], status=404)
    walk.ask(f"GET {one}", page_id, "read")
    walk.ask(f"GET {one}", page_id, "fly", status=404)
    for method in ("PUT", "GET", "DELETE"):
        walk.ask(f"{method} {one}/byGroupId/{{groupId}}", page_id, "read", group_id)
        walk.ask(f"{method} {one}/byGroupId/{{groupId}}", page_id, "read", "none", status=404)
    for method in ("PUT", "GET", "DELETE"):
        walk.ask(f"{method} {one}/user", page_id, "read", query={"accountId": account_id})
        walk.ask(f"{method} {one}/user", page_id, "read", query={"accountId": "nobody"}, status=404)


def walk_v1_arranging(walk, client, space):
    path = f"{V1}/content"
    top, other = client.add_page(space, "Top"), client.add_page(space, "Other")
    below = client.add_page(space, "Below", parentId=top["id"])
    client.attach(below["id"], "a.json", b"{}")
    move = f"PUT {path}/{{pageId}}/move/{{position}}/{{targetId}}"
    walk.ask(move, other["id"], "before", top["id"])
    walk.ask(move, top["id"], "append", below["id"], status=400)
    for kind in ("page", "attachment"):
        walk.ask(f"GET {path}/{{id}}/descendant/{{type}}", top["id"], kind)
    walk.ask(f"GET {path}/{{id}}/descendant/{{type}}", top["id"], "bird", status=400)
    walk.ask(f"GET {path}/{{id}}/descendant", top["id"], query={"expand": "page,attachment"})
    walk.ask(f"GET {path}/{{id}}/descendant", "1", status=404)
    parts = dict.fromkeys(("copyAttachments", "copyPermissions", "copyProperties", "copyLabels"), True)
    wish = {**parts, "pageTitle": "Copied", "destination": {"type": "parent_page", "value": other["id"]}}
    walk.ask(f"POST {path}/{{id}}/copy", below["id"], json=wish)
    walk.ask(f"POST {path}/{{id}}/copy", below["id"], json=wish, status=400)
    tree = {**parts, "destinationPageId": other["id"], "titleOptions": {"prefix": "Copy of "}}
    task = walk.ask(f"POST {path}/{{id}}/pagehierarchy/copy", top["id"], json=tree, status=202)
    walk.ask(f"GET {V1}/longtask/{{id}}", task["id"])
    walk.ask(f"POST {path}/{{id}}/pagehierarchy/copy", "1", json=tree, status=404)
    walk.ask(f"POST {path}/archive", json={"pages": [{"id": int(other["id"])}]}, status=202)
    walk.ask(f"POST {path}/archive", json={"pages": [{"id": int(other["id"])}]}, status=400)
    walk.ask(f"DELETE {path}/{{id}}/pageTree", top["id"], status=202)
    walk.ask(f"DELETE {path}/{{id}}/pageTree", top["id"], status=404)
    client.put("/_emulator/long-tasks", {"seconds": 60}, 204)
    client.ask("DELETE", f"{V1}/space/{client.add_space('GONE', 'Gone')['key']}")
    assert walk.ask(f"GET {V1}/longtask")["size"] == 1
    walk.ask(f"GET {V1}/longtask", query={"limit": "x"}, status=400)
    client.put("/_emulator/long-tasks", {"seconds": 0}, 204)


def walk_v1_conversions(walk, client, page_id, macro_id):
    macro = f"{V1}/content/{{id}}/history/{{version}}/macro/id/{{macroId}}/convert"
    walk.ask(f"GET {macro}/{{to}}", page_id, 1, macro_id, "view")
    walk.ask(f"GET {macro}/{{to}}", page_id, 1, macro_id, "braille", status=400)
    started = walk.ask(f"GET {macro}/async/{{to}}", page_id, 1, macro_id, "export_view")
    walk.ask(f"GET {macro}/async/{{to}}", page_id, 1, "none", "export_view", status=404)
    convert = f"{V1}/contentbody/convert/async"
    walk.ask(f"GET {convert}/{{id}}", started["asyncId"])
    walk.ask(f"GET {convert}/{{id}}", "none", status=404)
    walk.ask(f"GET {convert}/{{id}}", started["asyncId"], status=403, client=client.as_user("viewer@example.com"))
    walk.ask(f"POST {convert}/{{to}}", "export_view", json=TEXT)
    walk.ask(f"POST {convert}/{{to}}", "braille", json=TEXT, status=400)
    client.update_page(page_id, 2, "<p>2</p>")
    client.update_page(page_id, 3, "<p>3</p>")
    walk.ask(f"DELETE {V1}/content/{{id}}/version/{{versionNumber}}", page_id, 2, status=204)
    walk.ask(f"DELETE {V1}/content/{{id}}/version/{{versionNumber}}", page_id, 2, status=400)


def walk_v1_attachment(walk, client, page_id):
    attachment_id = client.attach(page_id, "props.json", b"{}").json()["results"][0]["id"]
    path = f"PUT {V1}/content/{{id}}/child/attachment/{{attachmentId}}"
    change = {"id": attachment_id, "type": "attachment", "title": "renamed.json", "version": {"number": 1}}
    assert walk.ask(path, page_id, attachment_id, json=change)["title"] == "renamed.json"
    walk.ask(path, page_id, attachment_id, json={**change, "version": {"number": 7}}, status=409)
    client.post(f"{V1}/content/{page_id}/label", [{"prefix": "global", "name": "seen"}])
    walk.ask(f"GET {V1}/label", query={"name": "seen", "type": "page"})
    client.ask("DELETE", f"{V1}/content/{page_id}/label/seen")
