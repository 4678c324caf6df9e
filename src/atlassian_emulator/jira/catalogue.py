"""What a Jira site's issues refer to: projects, types, statuses, fields and the like, as one value.

A catalogue is read whole and never changed; a write to any of its tables makes the next reader
read it anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from atlassian_emulator.jira.fields import SEARCH_ONLY_FIELDS, SYSTEM_FIELDS, Field, custom_field

CATEGORIES = {
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
    "undefined": (1, "No Category", "medium-gray"),
}
"""Status category key → id, name, colour: the same on every Jira."""


@dataclass(frozen=True, slots=True)
class Project:
    id: int
    key: str
    name: str
    description: str
    lead: str | None
    category: str | None


@dataclass(frozen=True, slots=True)
class IssueType:
    """`level` is Jira's hierarchy: 1 for epics, 0 for what stands in them, -1 for sub-tasks."""

    id: int
    name: str
    description: str
    level: int


@dataclass(frozen=True, slots=True)
class Status:
    id: int
    name: str
    description: str
    category: str


@dataclass(frozen=True, slots=True)
class Priority:
    id: int
    name: str
    description: str
    rank: int


@dataclass(frozen=True, slots=True)
class Resolution:
    id: int
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class LinkType:
    """The source of a link shows `outward` and its target; the target shows `inward` and the source."""

    id: int
    name: str
    inward: str
    outward: str


@dataclass(frozen=True, slots=True)
class SecurityLevel:
    id: int
    project_id: int
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Component:
    id: int
    project_id: int
    name: str
    description: str
    lead: str | None


@dataclass(frozen=True, slots=True)
class Version:
    id: int
    project_id: int
    name: str
    description: str
    archived: bool
    released: bool
    release_date: str | None
    start_date: str | None = None


@dataclass(frozen=True, slots=True)
class Sprint:
    id: int
    board_id: int | None
    name: str
    state: str
    start_date: str | None
    end_date: str | None
    complete_date: str | None
    goal: str


@dataclass(frozen=True, slots=True)
class Option:
    id: int
    field: int
    value: str


class _Named(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=_Named)


class Shelf(Generic[T]):
    """Things of one sort, in order, by id and by name without regard to case. Names may repeat."""

    def __init__(self, things: Iterable[T]) -> None:
        self.all: tuple[T, ...] = tuple(things)
        self.by_id: dict[int, T] = {thing.id: thing for thing in self.all}
        self._by_name: dict[str, list[T]] = {}
        for thing in self.all:
            self._by_name.setdefault(thing.name.lower(), []).append(thing)

    def named(self, name: str) -> list[T]:
        return self._by_name.get(name.lower(), [])

    def find(self, name_or_id: str) -> list[T]:
        """All with this name, else the one with this id, as JQL looks values up."""
        named = self.named(name_or_id)
        if named or not (name_or_id.isascii() and name_or_id.isdigit()):
            return named
        thing = self.by_id.get(int(name_or_id))
        return [thing] if thing else []


@dataclass(frozen=True)
class Catalogue:
    projects: Shelf[Project]
    types: Shelf[IssueType]
    statuses: Shelf[Status]
    priorities: Shelf[Priority]
    resolutions: Shelf[Resolution]
    link_types: Shelf[LinkType]
    components: Shelf[Component]
    versions: Shelf[Version]
    sprints: Shelf[Sprint]
    levels: Shelf[SecurityLevel]
    custom_fields: tuple[Field, ...]
    options: dict[int, Option] = field(default_factory=dict)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return SYSTEM_FIELDS + self.custom_fields

    @cached_property
    def field_by_id(self) -> dict[str, Field]:
        return {each.id: each for each in self.fields}

    @cached_property
    def fields_by_clause(self) -> dict[str, list[Field]]:
        """JQL name in lower case → fields. A custom field never hides a system field of the same name."""
        found: dict[str, list[Field]] = {}
        for each in (*SYSTEM_FIELDS, *SEARCH_ONLY_FIELDS):
            for name in each.clause_names:
                found.setdefault(name.lower(), []).append(each)
        system = set(found)
        for each in self.custom_fields:
            for name in (*each.clause_names, each.id):
                if name.lower() not in system:
                    found.setdefault(name.lower(), []).append(each)
        return found

    @cached_property
    def project_by_key(self) -> dict[str, Project]:
        return {project.key.upper(): project for project in self.projects.all}

    def find_project(self, key_or_id: str) -> Project | None:
        if key_or_id.isascii() and key_or_id.isdigit():
            return self.projects.by_id.get(int(key_or_id))
        return self.project_by_key.get(key_or_id.upper())

    def custom_of_kind(self, custom_type: str) -> Field | None:
        """The first field of a type such as `com.pyxis.greenhopper.jira:gh-epic-link`."""
        return next((each for each in self.custom_fields if each.custom_type == custom_type), None)


def read_catalogue(c: sqlite3.Connection) -> Catalogue:
    def rows(sql: str) -> list[sqlite3.Row]:
        return c.execute(sql).fetchall()

    return Catalogue(
        projects=Shelf(
            Project(*row)
            for row in rows("SELECT id, key, name, description, lead, category FROM jira_projects ORDER BY key")
        ),
        types=Shelf(
            IssueType(*row) for row in rows("SELECT id, name, description, level FROM jira_issue_types ORDER BY id")
        ),
        statuses=Shelf(
            Status(*row) for row in rows("SELECT id, name, description, category FROM jira_statuses ORDER BY id")
        ),
        priorities=Shelf(
            Priority(*row) for row in rows("SELECT id, name, description, rank FROM jira_priorities ORDER BY rank")
        ),
        resolutions=Shelf(
            Resolution(*row) for row in rows("SELECT id, name, description FROM jira_resolutions ORDER BY id")
        ),
        link_types=Shelf(
            LinkType(*row) for row in rows("SELECT id, name, inward, outward FROM jira_link_types ORDER BY name")
        ),
        components=Shelf(
            Component(*row)
            for row in rows("SELECT id, project_id, name, description, lead FROM jira_components ORDER BY id")
        ),
        versions=Shelf(
            Version(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5]), row[6], row[7])
            for row in rows(
                "SELECT id, project_id, name, description, archived, released, release_date, start_date"
                " FROM jira_versions ORDER BY id"
            )
        ),
        sprints=Shelf(
            Sprint(*row)
            for row in rows(
                "SELECT id, board_id, name, state, start_date, end_date, complete_date, goal"
                " FROM jira_sprints ORDER BY id"
            )
        ),
        levels=Shelf(
            SecurityLevel(*row)
            for row in rows("SELECT id, project_id, name, description FROM jira_security_levels ORDER BY id")
        ),
        custom_fields=tuple(
            custom_field(*row) for row in rows("SELECT number, name, kind FROM jira_custom_fields ORDER BY number")
        ),
        options={row[0]: Option(*row) for row in rows("SELECT id, field, value FROM jira_options ORDER BY id")},
    )
