"""Answers of Cloud's routes in the words of Data Center: names and keys for account ids, addresses without /wiki."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from atlassian_emulator.directory import Directory
from atlassian_emulator.site import Site

_ADDRESSES: Final = frozenset(
    ("self", "base", "context", "next", "webui", "iconUrl", "searchUrl", "nextPage", "content", "thumbnail", "location")
)
_CLOUD_ONLY: Final = frozenset(
    ("hierarchyLevel", "simplified", "jsdPublic", "isPrivate", "style", "properties", "entityId", "uuid")
)
_PICTURE: Final = "/images/icons/profilepics/default.svg"


def plain(body: Any) -> Any:
    """Return a reply's body without finished JSON in it."""
    return msgspec.json.decode(msgspec.json.encode(body))


def dress_confluence(site: Site, body: Any) -> Any:
    """Return a Confluence answer as Data Center gives it."""
    directory, base = site.part(Directory), site.base_url

    def address(text: str) -> str:
        if text.startswith(f"{base}/wiki"):
            return base + text[len(base) + 5 :]
        return "" if text == "/wiki" else text.removeprefix("/wiki") if text.startswith("/wiki/") else text

    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "accountId" in value:
            return confluence_user(site, directory, value["accountId"], value.get("displayName", ""))
        if value.get("type") == "group" and "usageType" in value:
            return confluence_group(site, value["name"])
        return {
            name: address(each) if isinstance(each, str) and name in _ADDRESSES else walk(each)
            for name, each in value.items()
            if name != "ari"
        }

    return walk(body)


def confluence_user(site: Site, directory: Directory, account_id: str, display_name: str = "") -> dict[str, Any]:
    """Show a user as Confluence Data Center does."""
    entry, user = directory.entry_of(account_id), site.users.find(account_id)
    return {
        "type": "known",
        "username": entry.name,
        "userKey": entry.confluence_key,
        "profilePicture": {
            "path": "/images/icons/profilepics/default.svg",
            "width": 48,
            "height": 48,
            "isDefault": True,
        },
        "displayName": user.display_name if user else display_name or entry.name,
        "_links": {"self": f"{site.base_url}/rest/api/user?key={entry.confluence_key}"},
        "_expandable": {"status": ""},
    }


def confluence_group(site: Site, name: str) -> dict[str, Any]:
    """Show a group, which Data Center knows by its name alone."""
    return {"type": "group", "name": name, "_links": {"self": f"{site.base_url}/rest/api/group/{name}"}}


def dress_jira(site: Site, body: Any, markup: Callable[[str, int, dict[str, Any]], str]) -> Any:
    """Return a Jira answer as Data Center gives it.

    `markup(kind, id, document)` makes wiki markup of a document: kind "description" or "environment" with an issue's
    id, "comment" with a comment's, "worklog" with a worklog's; the id is 0 where it is not known.
    """
    directory, base = site.part(Directory), site.base_url

    def address(text: str) -> str:
        return text.replace(f"{base}/rest/api/3/", f"{base}/rest/api/2/", 1)

    def walk(value: Any, issue_id: int = 0) -> Any:
        if isinstance(value, list):
            return [walk(each, issue_id) for each in value]
        if not isinstance(value, dict):
            return value
        if "accountId" in value:
            return jira_user(site, directory, value)
        if value.get("type") == "doc":
            return markup("", 0, value)
        own_id = int(value["id"]) if str(value.get("id", "")).isdigit() else 0
        inner_id = own_id if "fields" in value else issue_id
        shown: dict[str, Any] = {}
        for name, each in value.items():
            if name in _CLOUD_ONLY:
                continue
            if isinstance(each, dict) and each.get("type") == "doc":
                kind = {"body": "comment", "comment": "worklog"}.get(name, name)
                shown[name] = markup(str(kind), own_id if kind in ("comment", "worklog") else issue_id, each)
            elif isinstance(each, str) and name in _ADDRESSES:
                shown[name] = address(each)
            elif name == "body" and each is None:
                shown[name] = ""
            else:
                shown[name] = walk(each, inner_id)
        return shown

    return walk(body)


def jira_user(site: Site, directory: Directory, user: dict[str, Any]) -> dict[str, Any]:
    """Make of a user as Cloud shows them one as Data Center does."""
    entry = directory.entry_of(user["accountId"])
    shown = {
        "self": f"{site.base_url}/rest/api/2/user?username={entry.name}",
        "key": entry.jira_key,
        "name": entry.name,
        "emailAddress": user.get("emailAddress", ""),
        "avatarUrls": {
            f"{size}x{size}": f"{site.base_url}/secure/useravatar?size={size}&ownerId={entry.jira_key}"
            for size in (48, 24, 16, 32)
        },
        "displayName": user.get("displayName", entry.name),
        "active": user.get("active", True),
        "timeZone": user.get("timeZone", "Etc/UTC"),
    }
    for name in ("locale", "applicationRoles", "expand"):
        if name in user:
            shown[name] = user[name]
    if "groups" in user:
        items = [
            {"name": group["name"], "self": f"{site.base_url}/rest/api/2/group?groupname={group['name']}"}
            for group in user["groups"]["items"]
        ]
        shown["groups"] = {**user["groups"], "items": items}
    return shown
