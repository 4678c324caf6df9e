"""Security levels: issues that only some may see."""

from __future__ import annotations

from typing import Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import Body, read_body
from atlassian_emulator.jira.routes.desk import reading
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.routing import Route


class LevelBody(Body):
    """A level of a project and who is in it, by e-mail address."""

    project: str
    name: str
    members: list[str] = msgspec.field(default_factory=list)


def list_levels(call: Call) -> Reply:
    named = call.path["projectKeyOrId"]
    with reading(call) as desk:
        project = desk.catalogue.find_project(named)
        if project is None or project.id in desk.scope.hidden:
            raise JiraError(404, f"No project could be found with key '{named}'.")
        levels = [
            desk.renderer.security_level(each)
            for each in desk.catalogue.levels.all
            if each.project_id == project.id and each.id not in desk.scope.hidden_levels
        ]
    return Reply(body={"levels": levels})


def get_level(call: Call) -> Reply:
    with reading(call) as desk:
        level = desk.catalogue.levels.by_id.get(call.path_id("id"))
        if level is None or level.id in desk.scope.hidden_levels or level.project_id in desk.scope.hidden:
            raise JiraError(404, f"The security level with id '{call.path['id']}' does not exist.")
        return Reply(body=desk.renderer.security_level(level))


def set_level(call: Call) -> Reply:
    """The control path of tests: give a project a level, with these members in it and no others."""
    asked = read_body(call, LevelBody)
    users = {email: call.site.users.find_by_email(email) for email in asked.members}
    if unknown := [email for email, user in users.items() if user is None]:
        raise JiraError(400, f"There is no user {unknown[0]} on this site.")
    account_ids = [user.account_id for user in users.values() if user]
    try:
        level_id = call.site.part(Jira).put_security_level(asked.project, asked.name, account_ids)
    except KeyError as error:
        raise JiraError(400, f"There is no project {asked.project} on this site.") from error
    return Reply(body={"id": str(level_id)})


ROUTES: Final = (
    Route("GET", "/rest/api/3/project/{projectKeyOrId}/securitylevel", list_levels),
    Route("GET", "/rest/api/3/securitylevel/{id}", get_level),
    Route("PUT", "/_emulator/jira/security-level", set_level, open=True),
)
