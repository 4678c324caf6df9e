"""What a Jira consists of beside its issues: projects, types, statuses, filters, boards. Pure.

Ids are text, as in queries. `project_id` of a thing names the team-managed project it belongs to; it is empty for
what belongs to the whole Jira.
"""

from __future__ import annotations

import msgspec


class Project(msgspec.Struct, frozen=True):
    """A project; `type` is Atlassian's word: `software`, `service_desk`, `business`, …"""

    id: str
    key: str
    name: str
    type: str


class IssueType(msgspec.Struct, frozen=True):
    """A type of issue; `level` is -1 for sub-tasks, 0 for what they are parts of, 1 for epics."""

    id: str
    name: str
    level: int
    project_id: str = ""


class Status(msgspec.Struct, frozen=True):
    """A status; `category` is `new`, `indeterminate` or `done`."""

    id: str
    name: str
    category: str
    project_id: str = ""


class Named(msgspec.Struct, frozen=True):
    """A priority or a resolution."""

    id: str
    name: str


class Filter(msgspec.Struct, frozen=True):
    """A saved query; `owner` is an account id."""

    id: str
    name: str
    owner: str
    jql: str


class Board(msgspec.Struct, frozen=True):
    """A board of Jira Software, and the key of the project it stands in, if it stands in one."""

    id: str
    name: str
    type: str
    project_key: str


class Sprint(msgspec.Struct, frozen=True):
    """A sprint and the board it was made on."""

    id: str
    name: str
    state: str
    board_id: str
