"""Making, changing and deleting a project, and hiding one from a user."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import read_body
from atlassian_emulator.jira.catalogue import Catalogue
from atlassian_emulator.jira.permissions import has_permission
from atlassian_emulator.jira.routes.desk import project_of, reading, writing
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.routing import Route

_KEY: Final = re.compile(r"[A-Z][A-Z0-9_]{1,9}")


class ProjectBody(msgspec.Struct, rename="camel"):
    """What the emulator keeps of a new project; templates and schemes are passed over."""

    key: str
    name: str
    description: str = ""
    lead_account_id: str | None = None
    project_type_key: str = "software"


def create_project(call: Call) -> Reply:
    asked = read_body(call, ProjectBody)
    if not has_permission(call.caller, "ADMINISTER"):
        raise JiraError(403, "You must have global administrator rights in order to create projects.")
    jira = call.site.part(Jira)
    with jira.change_catalogue() as c:
        catalogue = jira.catalogue(c)
        errors = {}
        if not _KEY.fullmatch(asked.key):
            errors["projectKey"] = (
                "Project keys must start with an uppercase letter, followed by one or more uppercase alphanumeric "
                "characters."
            )
        elif taken := catalogue.project_by_key.get(asked.key):
            errors["projectKey"] = f"Project '{taken.name}' uses this project key."
        if not asked.name.strip():
            errors["projectName"] = "You must specify a valid project name."
        elif catalogue.projects.named(asked.name):
            errors["projectName"] = "A project with that name already exists."
        if asked.lead_account_id and call.site.users.find(asked.lead_account_id) is None:
            errors["projectLead"] = "You must specify a valid project lead."
        if errors:
            raise JiraError(400, errors=errors)
        project_id = call.site.ids.take("jira.project")
        c.execute(
            "INSERT INTO jira_projects (id, key, name, description, lead) VALUES (?, ?, ?, ?, ?)",
            (project_id, asked.key, asked.name, asked.description, asked.lead_account_id or call.caller.account_id),
        )
        board = (call.site.ids.take("jira.board"), f"{asked.key} board", project_id)
        c.execute("INSERT OR IGNORE INTO jira_boards (id, name, project_id) VALUES (?, ?, ?)", board)
    address = f"{call.site.base_url}/rest/api/3/project/{project_id}"
    return Reply(201, {"self": address, "id": project_id, "key": asked.key})


def _is_free(key: str, catalogue: Catalogue) -> bool:
    return _KEY.fullmatch(key) is not None and key not in catalogue.project_by_key


class ProjectChanges(msgspec.Struct, rename="camel"):
    """What may be changed of a project; what is left out stays."""

    key: str | None = None
    name: str | None = None
    description: str | None = None
    lead_account_id: str | None = None


def update_project(call: Call) -> Reply:
    """A new key moves all issues with it; here, unlike on the real site, the old keys lead nowhere afterwards."""
    asked = read_body(call, ProjectChanges)
    with writing(call, "ADMINISTER_PROJECTS", catalogue=True) as desk:
        project = project_of(call, desk.scope)
        errors = {}
        is_new = asked.key is not None and asked.key != project.key
        if asked.key is not None and is_new and not _is_free(asked.key, desk.catalogue):
            errors["projectKey"] = f"The project key '{asked.key}' is not valid or is in use."
        if asked.name is not None and not asked.name.strip():
            errors["projectName"] = "You must specify a valid project name."
        elif asked.name is not None and any(
            each.id != project.id for each in desk.catalogue.projects.named(asked.name)
        ):
            errors["projectName"] = "A project with that name already exists."
        if asked.lead_account_id and call.site.users.find(asked.lead_account_id) is None:
            errors["projectLead"] = "You must specify a valid project lead."
        if errors:
            raise JiraError(400, errors=errors)
        desk.c.execute(
            "UPDATE jira_projects SET key = coalesce(?, key), name = coalesce(?, name),"
            " description = coalesce(?, description), lead = coalesce(?, lead) WHERE id = ?",
            (asked.key, asked.name, asked.description, asked.lead_account_id, project.id),
        )
        if asked.key is not None:
            desk.c.execute("UPDATE jira_issues SET project_key = ? WHERE project_key = ?", (asked.key, project.key))
    with reading(call) as desk:
        return Reply(body=desk.renderer.project(desk.catalogue.projects.by_id[project.id]))


def delete_project(call: Call) -> Reply:
    with writing(call, "ADMINISTER", catalogue=True) as desk:
        project = project_of(call, desk.scope)
        desk.c.execute("DELETE FROM jira_issues WHERE project_key = ?", (project.key,))
        desk.c.execute("DELETE FROM jira_projects WHERE id = ?", (project.id,))
    return Reply(204)


class VisibilityBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    project: str
    user: str
    hidden: bool = True


def set_visibility(call: Call) -> Reply:
    """The control path of tests: hide a project (by key) from a user (by address), or show it again."""
    asked = read_body(call, VisibilityBody)
    user = call.site.users.find_by_email(asked.user)
    if user is None:
        raise JiraError(400, f"There is no user {asked.user} on this site.")
    try:
        call.site.part(Jira).hide_project(asked.project, user.account_id, hidden=asked.hidden)
    except KeyError as error:
        raise JiraError(400, f"There is no project {asked.project} on this site.") from error
    return Reply(204)


ROUTES: Final = (
    Route("POST", "/rest/api/3/project", create_project),
    Route("PUT", "/rest/api/3/project/{projectIdOrKey}", update_project),
    Route("DELETE", "/rest/api/3/project/{projectIdOrKey}", delete_project),
    Route("PUT", "/_emulator/jira/visibility", set_visibility, open=True),
)
