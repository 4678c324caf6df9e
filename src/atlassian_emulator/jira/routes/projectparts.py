"""Versions and components of projects: made, changed, taken away."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import read_body
from atlassian_emulator.jira.catalogue import Component, Project, Version
from atlassian_emulator.jira.editing import Edit
from atlassian_emulator.jira.render import Json
from atlassian_emulator.jira.routes.desk import Desk, reading, writing
from atlassian_emulator.routing import Route


class VersionBody(msgspec.Struct, rename="camel"):
    name: str | None = None
    description: str | None = None
    project: str | None = None
    project_id: int | str | None = None
    archived: bool | None = None
    released: bool | None = None
    start_date: str | None = None
    release_date: str | None = None


class ComponentBody(msgspec.Struct, rename="camel"):
    name: str | None = None
    description: str | None = None
    project: str | None = None
    lead_account_id: str | None = None


def _project(desk: Desk, *named: str | int | None) -> Project:
    wanted = next((str(each) for each in named if each is not None), "")
    project = desk.catalogue.find_project(wanted)
    if project is None or project.id in desk.scope.hidden:
        raise JiraError(404, f"No project could be found with key '{wanted}'.")
    return project


# -- versions --------------------------------------------------------------------------------------


def create_version(call: Call) -> Reply:
    asked = read_body(call, VersionBody)
    with writing(call, "ADMINISTER_PROJECTS", catalogue=True) as desk:
        project = _project(desk, asked.project_id, asked.project)
        _check_name(asked.name, project, desk.catalogue.versions.all, "version")
        version = Version(
            call.site.ids.take("jira.version"),
            project.id,
            asked.name or "",
            asked.description or "",
            bool(asked.archived),
            bool(asked.released),
            _day(asked.release_date, "releaseDate"),
            _day(asked.start_date, "startDate"),
        )
        _write_version(desk, version)
        return Reply(201, show_version(desk, version))


def _check_name(name: str | None, project: Project, shelf: tuple[Any, ...], noun: str, own_id: int = 0) -> None:
    if not name or not name.strip():
        raise JiraError(400, errors={"name": f"You must specify a valid {noun} name"})
    if len(name) > 255:
        raise JiraError(400, errors={"name": f"The {noun} name is too long. It must be 255 characters or less."})
    taken = [each for each in shelf if each.project_id == project.id and each.name.lower() == name.lower()]
    if [each for each in taken if each.id != own_id]:
        raise JiraError(400, errors={"name": f"A {noun} with this name already exists in this project."})


def _day(text: str | None, name: str) -> str | None:
    try:
        return None if not text else date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise JiraError(400, errors={name: f"Error parsing date string: {text}"}) from error


def _write_version(desk: Desk, v: Version) -> None:
    desk.c.execute(
        "INSERT OR REPLACE INTO jira_versions"
        " (id, project_id, name, description, archived, released, release_date, start_date)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (v.id, v.project_id, v.name, v.description, v.archived, v.released, v.release_date, v.start_date),
    )


def show_version(desk: Desk, version: Version) -> Json:
    return desk.renderer.version(version) | {"projectId": version.project_id}


def _version_of(call: Call, desk: Desk) -> Version:
    found = desk.catalogue.versions.by_id.get(_number(call))
    if found is None or found.project_id in desk.scope.hidden:
        raise JiraError(404, f"Could not find version for id '{call.path['id']}'")
    return found


def _number(call: Call) -> int:
    text = call.path["id"]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def get_version(call: Call) -> Reply:
    with reading(call) as desk:
        return Reply(body=show_version(desk, _version_of(call, desk)))


def update_version(call: Call) -> Reply:
    asked = read_body(call, VersionBody)
    with writing(call, "ADMINISTER_PROJECTS", catalogue=True) as desk:
        known = _version_of(call, desk)
        project = desk.catalogue.projects.by_id[known.project_id]
        changed = Version(
            known.id,
            known.project_id,
            known.name if asked.name is None else asked.name,
            known.description if asked.description is None else asked.description,
            known.archived if asked.archived is None else asked.archived,
            known.released if asked.released is None else asked.released,
            known.release_date if asked.release_date is None else _day(asked.release_date, "releaseDate"),
            known.start_date if asked.start_date is None else _day(asked.start_date, "startDate"),
        )
        _check_name(changed.name, project, desk.catalogue.versions.all, "version", known.id)
        _write_version(desk, changed)
        return Reply(body=show_version(desk, changed))


def delete_version(call: Call) -> Reply:
    """Issues lose the version, or get the one that the query names in its place."""
    with writing(call, "ADMINISTER_PROJECTS", catalogue=True) as desk:
        known = _version_of(call, desk)
        for role, field_id, name in (
            ("fix", "fixVersions", "moveFixIssuesTo"),
            ("affects", "versions", "moveAffectedIssuesTo"),
        ):
            rows = desk.c.execute(
                "SELECT issue_id FROM jira_issue_versions WHERE role = ? AND version_id = ?", (role, known.id)
            ).fetchall()
            other = call.query(name)
            if other and not any(str(each.id) == other for each in desk.catalogue.versions.all):
                raise JiraError(400, f"The version with id '{other}' does not exist.")
            _replace(desk, [row[0] for row in rows], field_id, str(known.id), other)
        desk.c.execute("DELETE FROM jira_versions WHERE id = ?", (known.id,))
    return Reply(204)


def _replace(desk: Desk, issue_ids: list[int], field_id: str, old: str, new: str) -> None:
    operations = [{"remove": {"id": old}}, *([{"add": {"id": new}}] if new else [])]
    for issue_id in issue_ids:
        desk.editor.change(issue_id, Edit({}, {field_id: operations}))


def count_issues_of_version(call: Call) -> Reply:
    with reading(call) as desk:
        version = _version_of(call, desk)
        counts = dict(
            desk.c.execute(
                "SELECT role, count(*) FROM jira_issue_versions WHERE version_id = ? GROUP BY role", (version.id,)
            ).fetchall()
        )
        address = desk.renderer.url(f"version/{version.id}")
    return Reply(
        body={
            "self": address,
            "issuesFixedCount": counts.get("fix", 0),
            "issuesAffectedCount": counts.get("affects", 0),
            "issueCountWithCustomFieldsShowingVersion": 0,
            "customFieldUsage": [],
        }
    )


# -- components ------------------------------------------------------------------------------------


def create_component(call: Call) -> Reply:
    asked = read_body(call, ComponentBody)
    with writing(call, "ADMINISTER_PROJECTS", catalogue=True) as desk:
        project = _project(desk, asked.project)
        _check_name(asked.name, project, desk.catalogue.components.all, "component")
        lead = _lead(call, asked)
        component = Component(
            call.site.ids.take("jira.component"), project.id, asked.name or "", asked.description or "", lead
        )
        _write_component(desk, component)
        return Reply(201, show_component(desk, component))


def _lead(call: Call, asked: ComponentBody) -> str | None:
    if asked.lead_account_id and call.site.users.find(asked.lead_account_id) is None:
        raise JiraError(400, errors={"leadAccountId": "The component lead does not exist."})
    return asked.lead_account_id or None


def _write_component(desk: Desk, each: Component) -> None:
    desk.c.execute(
        "INSERT OR REPLACE INTO jira_components (id, project_id, name, description, lead) VALUES (?, ?, ?, ?, ?)",
        (each.id, each.project_id, each.name, each.description, each.lead),
    )


def show_component(desk: Desk, component: Component) -> Json:
    renderer = desk.renderer
    shown = renderer.component(component) | {
        "project": desk.catalogue.projects.by_id[component.project_id].key,
        "projectId": component.project_id,
        "assigneeType": "PROJECT_DEFAULT",
        "realAssigneeType": "PROJECT_DEFAULT",
        "isAssigneeTypeValid": False,
    }
    lead = renderer.account(component.lead)
    return shown | ({"lead": lead} if lead else {})


def _component_of(call: Call, desk: Desk) -> Component:
    found = desk.catalogue.components.by_id.get(_number(call))
    if found is None or found.project_id in desk.scope.hidden:
        raise JiraError(404, f"The component with id {call.path['id']} does not exist.")
    return found


def get_component(call: Call) -> Reply:
    with reading(call) as desk:
        return Reply(body=show_component(desk, _component_of(call, desk)))


def update_component(call: Call) -> Reply:
    asked = read_body(call, ComponentBody)
    with writing(call, "ADMINISTER_PROJECTS", catalogue=True) as desk:
        known = _component_of(call, desk)
        changed = Component(
            known.id,
            known.project_id,
            known.name if asked.name is None else asked.name,
            known.description if asked.description is None else asked.description,
            known.lead if asked.lead_account_id is None else _lead(call, asked),
        )
        project = desk.catalogue.projects.by_id[known.project_id]
        _check_name(changed.name, project, desk.catalogue.components.all, "component", known.id)
        _write_component(desk, changed)
        return Reply(body=show_component(desk, changed))


def delete_component(call: Call) -> Reply:
    with writing(call, "ADMINISTER_PROJECTS", catalogue=True) as desk:
        known = _component_of(call, desk)
        other = call.query("moveIssuesTo")
        if other and not any(str(each.id) == other for each in desk.catalogue.components.all):
            raise JiraError(404, f"The component with id {other} does not exist.")
        rows = desk.c.execute("SELECT issue_id FROM jira_issue_components WHERE component_id = ?", (known.id,))
        _replace(desk, [row[0] for row in rows.fetchall()], "components", str(known.id), other)
        desk.c.execute("DELETE FROM jira_components WHERE id = ?", (known.id,))
    return Reply(204)


ROUTES: Final = (
    Route("POST", "/rest/api/3/version", create_version),
    Route("GET", "/rest/api/3/version/{id}", get_version),
    Route("PUT", "/rest/api/3/version/{id}", update_version),
    Route("DELETE", "/rest/api/3/version/{id}", delete_version),
    Route("GET", "/rest/api/3/version/{id}/relatedIssueCounts", count_issues_of_version),
    Route("POST", "/rest/api/3/component", create_component),
    Route("GET", "/rest/api/3/component/{id}", get_component),
    Route("PUT", "/rest/api/3/component/{id}", update_component),
    Route("DELETE", "/rest/api/3/component/{id}", delete_component),
)
