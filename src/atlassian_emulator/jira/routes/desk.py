"""Where routes sit down: one connection, what the caller may see through it, and an editor when they may write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from atlassian_emulator.call import Call, JiraError
from atlassian_emulator.jira.catalogue import Catalogue, Project
from atlassian_emulator.jira.editing import Editor
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.permissions import has_permission
from atlassian_emulator.jira.render import Renderer
from atlassian_emulator.jira.store import Jira

NOT_SEEN: Final = "Issue does not exist or you do not have permission to see it."


@dataclass(frozen=True)
class Desk:
    """What a route works with, inside one transaction or one state that is read."""

    jira: Jira
    scope: Scope
    editor: Editor

    @property
    def c(self) -> sqlite3.Connection:
        return self.scope.connection

    @property
    def catalogue(self) -> Catalogue:
        return self.scope.catalogue

    @property
    def renderer(self) -> Renderer:
        return self.jira.renderer(self.c)


@contextmanager
def reading(call: Call) -> Iterator[Desk]:
    """One consistent state, as the caller sees it."""
    jira = call.site.part(Jira)
    with call.site.database.read() as c:
        scope = jira.scope(c, call.user)
        yield Desk(jira, scope, Editor(jira, scope))


@contextmanager
def writing(call: Call, permission: str, *, catalogue: bool = False) -> Iterator[Desk]:
    """A transaction in which the caller may write, the catalogue too if so; refused with 403 without the permission."""
    jira = call.site.part(Jira)
    check_permission(call, permission)
    with jira.change_catalogue() if catalogue else call.site.database.transaction() as c:
        scope = jira.scope(c, call.user)
        yield Desk(jira, scope, Editor(jira, scope))


def check_permission(call: Call, permission: str) -> None:
    if not has_permission(call.caller, permission):
        raise JiraError(403, "You do not have permission to do this in this project.")


def issue_of(call: Call, scope: Scope) -> int:
    """The id of the issue that the path names; refused with 404 when there is none that the caller may see."""
    issue_id = scope.find_issue_id(call.path["issueIdOrKey"])
    if issue_id is None:
        raise JiraError(404, NOT_SEEN)
    return issue_id


def project_of(call: Call, scope: Scope) -> Project:
    """The project that the path names by key or id; refused with 404 when there is none that the caller may see."""
    named = call.path["projectIdOrKey"]
    project = scope.catalogue.find_project(named)
    if project is None or project.id in scope.hidden:
        raise JiraError(404, f"No project could be found with key '{named}'.")
    return project


def name_of(value: Any, *names: str) -> str:
    """The first of these members of a reference such as {"key": "ACME"}, or nothing."""
    if isinstance(value, dict):
        for name in names:
            if isinstance(value.get(name), (str, int)):
                return str(value[name])
    return ""
