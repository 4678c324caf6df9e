"""What a Jira site's things look like in REST.

Everything an issue refers to is rendered once and kept as finished JSON, because a page of a
hundred issues refers to the same few statuses, people and versions a thousand times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from atlassian_emulator.jira.catalogue import (
    CATEGORIES,
    Catalogue,
    Component,
    IssueType,
    LinkType,
    Priority,
    Project,
    Resolution,
    SecurityLevel,
    Sprint,
    Status,
    Version,
)
from atlassian_emulator.users import User, Users

Json = dict[str, Any]
T = TypeVar("T")


class Ready(dict[int | None, msgspec.Raw | None]):
    """Finished JSON by id, each made when it is first asked for; None for an id that finds nothing."""

    def __init__(self, find: Callable[[Any], Any], show: Callable[[Any], Json]) -> None:
        super().__init__()
        self._find = find
        self._show = show

    def __missing__(self, key: int | None) -> msgspec.Raw | None:
        thing = self._find(key)
        made = self[key] = None if thing is None else msgspec.Raw(msgspec.json.encode(self._show(thing)))
        return made


class Renderer:
    """Renders for one state of the catalogue and one base URL."""

    def __init__(self, catalogue: Catalogue, users: Users, base_url: str) -> None:
        self.catalogue = catalogue
        self.base_url = base_url
        self._users = users
        self._done: dict[Any, msgspec.Raw] = {}
        self._accounts: dict[str, tuple[User, msgspec.Raw]] = {}
        self.ready = {
            "issuetype": Ready(catalogue.types.by_id.get, self.issue_type),
            "status": Ready(catalogue.statuses.by_id.get, self.status),
            "priority": Ready(catalogue.priorities.by_id.get, self.priority),
            "resolution": Ready(catalogue.resolutions.by_id.get, self.resolution),
            "components": Ready(catalogue.components.by_id.get, self.component),
            "fixVersions": Ready(catalogue.versions.by_id.get, self.version),
            "versions": Ready(catalogue.versions.by_id.get, self.version),
            "sprint": Ready(catalogue.sprints.by_id.get, self.sprint),
            "option": Ready(lambda each: each, self.option),
        }

    def url(self, path: str) -> str:
        return f"{self.base_url}/rest/api/3/{path}"

    def raw(self, thing: T, render: Callable[[T], Json]) -> msgspec.Raw:
        """`render(thing)` as finished JSON, made once for each thing."""
        key = (type(thing), thing)
        known = self._done.get(key)
        if known is None:
            known = self._done[key] = msgspec.Raw(msgspec.json.encode(render(thing)))
        return known

    # -- people --------------------------------------------------------------------------------

    def user(self, user: User) -> Json:
        return {
            "self": self.url(f"user?accountId={user.account_id}"),
            "accountId": user.account_id,
            "emailAddress": user.email,
            "avatarUrls": self.avatars(f"avatar/{user.account_id}"),
            "displayName": user.display_name,
            "active": user.active,
            "timeZone": "Etc/UTC",
            "accountType": "atlassian",
        }

    def account(self, account_id: str | None) -> msgspec.Raw | None:
        user = self._users.find(account_id) if account_id else None
        if user is None:
            return None
        known = self._accounts.get(user.account_id)
        if known is None or known[0] is not user:
            # A user who is changed is another value under the same account id.
            known = self._accounts[user.account_id] = (user, self.raw(user, self.user))
        return known[1]

    def avatars(self, path: str) -> Json:
        return {f"{size}x{size}": f"{self.base_url}/secure/{path}?size={size}" for size in (48, 24, 16, 32)}

    # -- the catalogue -------------------------------------------------------------------------

    def status(self, status: Status) -> Json:
        return {
            "self": self.url(f"status/{status.id}"),
            "description": status.description,
            "iconUrl": f"{self.base_url}/images/icons/statuses/generic.png",
            "name": status.name,
            "id": str(status.id),
            "statusCategory": self.category(status.category),
        }

    def category(self, key: str) -> Json:
        number, name, colour = CATEGORIES[key]
        return {
            "self": self.url(f"statuscategory/{number}"),
            "id": number,
            "key": key,
            "colorName": colour,
            "name": name,
        }

    def issue_type(self, issue_type: IssueType) -> Json:
        return {
            "self": self.url(f"issuetype/{issue_type.id}"),
            "id": str(issue_type.id),
            "description": issue_type.description,
            "iconUrl": self.url(f"universal_avatar/view/type/issuetype/avatar/{10300 + issue_type.level}?size=medium"),
            "name": issue_type.name,
            "subtask": issue_type.level < 0,
            "avatarId": 10300 + issue_type.level,
            "hierarchyLevel": issue_type.level,
        }

    def priority(self, priority: Priority) -> Json:
        return {
            "self": self.url(f"priority/{priority.id}"),
            "iconUrl": f"{self.base_url}/images/icons/priorities/{priority.name.lower().replace(' ', '-')}.svg",
            "name": priority.name,
            "id": str(priority.id),
        }

    def resolution(self, resolution: Resolution) -> Json:
        return {
            "self": self.url(f"resolution/{resolution.id}"),
            "id": str(resolution.id),
            "description": resolution.description,
            "name": resolution.name,
        }

    def project(self, project: Project) -> Json:
        """A project as an issue and a search result show it."""
        shown = {
            "self": self.url(f"project/{project.id}"),
            "id": str(project.id),
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
            "simplified": False,
            "avatarUrls": self.avatars(f"projectavatar/{project.id}"),
        }
        if project.category:
            # Categories have no table of their own; their name is all that anybody asks for.
            number = 10000 + sum(project.category.encode()) % 1000
            shown["projectCategory"] = {
                "self": self.url(f"projectCategory/{number}"),
                "id": str(number),
                "name": project.category,
                "description": "",
            }
        return shown

    def component(self, component: Component) -> Json:
        return {
            "self": self.url(f"component/{component.id}"),
            "id": str(component.id),
            "name": component.name,
            "description": component.description,
        }

    def security_level(self, level: SecurityLevel) -> Json:
        return {
            "self": self.url(f"securitylevel/{level.id}"),
            "id": str(level.id),
            "name": level.name,
            "description": level.description,
        }

    def version(self, version: Version) -> Json:
        shown: Json = {
            "self": self.url(f"version/{version.id}"),
            "id": str(version.id),
            "description": version.description,
            "name": version.name,
            "archived": version.archived,
            "released": version.released,
        }
        for name, day in (("startDate", version.start_date), ("releaseDate", version.release_date)):
            if day:
                shown[name] = day
        return shown

    def sprint(self, sprint: Sprint) -> Json:
        """A sprint as the custom field of an issue shows it."""
        shown: Json = {"id": sprint.id, "name": sprint.name, "state": sprint.state, "boardId": sprint.board_id or 0}
        shown["goal"] = sprint.goal
        for name, moment in (
            ("startDate", sprint.start_date),
            ("endDate", sprint.end_date),
            ("completeDate", sprint.complete_date),
        ):
            if moment:
                shown[name] = moment
        return shown

    def link_type(self, link_type: LinkType) -> Json:
        return {
            "id": str(link_type.id),
            "name": link_type.name,
            "inward": link_type.inward,
            "outward": link_type.outward,
            "self": self.url(f"issueLinkType/{link_type.id}"),
        }

    def option(self, option_id: int) -> Json:
        option = self.catalogue.options[option_id]
        return {"self": self.url(f"customFieldOption/{option.id}"), "value": option.value, "id": str(option.id)}
