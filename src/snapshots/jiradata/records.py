"""What a Jira-data file holds, kind by kind (docs/jira-data-format.md). Pure.

Each record is one JSON object on a line of its own, which says its kind first. Ids are text as in queries, moments
whole µs UTC; `scope` is the id of the team-managed project that a thing belongs to, empty for what is Jira's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeAlias, get_args

import msgspec

Moment = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999_999)]


class ProjectRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="project"):
    """A project; `type` is Atlassian's word for its product."""

    id: str
    key: str
    name: str
    type: str


class IssueTypeRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="issue_type"):
    """A type of issue; `level` is -1 for sub-tasks, 0 for ordinary issues, 1 for epics."""

    id: str
    name: str
    level: int
    scope: str


class FieldRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="field"):
    """A field with its schema: the kind of its values, of their items where it is a list, and of a custom field."""

    id: str
    name: str
    type: str
    items: str
    custom: str
    clause_names: tuple[str, ...]
    scope: str


class StatusRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="status"):
    """A status; `category` is `new`, `indeterminate` or `done`."""

    id: str
    name: str
    category: str
    scope: str


class PriorityRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="priority"):
    """A priority."""

    id: str
    name: str


class ResolutionRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="resolution"):
    """A resolution."""

    id: str
    name: str


class LinkTypeRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="link_type"):
    """A kind of link between issues, and how it reads from either end."""

    id: str
    name: str
    inward: str
    outward: str


class FilterRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="filter"):
    """A saved query; `owner` is an account id."""

    id: str
    name: str
    owner: str
    jql: str


class BoardRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="board"):
    """A board, and the key of the project it stands in."""

    id: str
    name: str
    type: str
    project_key: str


class SprintRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="sprint"):
    """A sprint that macros name, and the id of its board."""

    id: str
    name: str
    state: str
    board_id: str


class UserRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="user"):
    """A person that macros name, by account id, which is the same on every Cloud site."""

    id: str
    name: str


class IssueRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="issue"):
    """An issue that was captured. Of one that Jira no longer shows, only id and key are known: `created` is null."""

    id: str
    key: str
    type: str
    summary: str
    created: Moment | None


JiraRecord: TypeAlias = (
    ProjectRecord
    | IssueTypeRecord
    | FieldRecord
    | StatusRecord
    | PriorityRecord
    | ResolutionRecord
    | LinkTypeRecord
    | FilterRecord
    | BoardRecord
    | SprintRecord
    | UserRecord
    | IssueRecord
)

STRUCTS: Mapping[str, type[JiraRecord]] = {str(struct.__struct_config__.tag): struct for struct in get_args(JiraRecord)}
"""By kind, in the order in which kinds stand in a file: each after what it refers to."""


def kind_of(record: JiraRecord) -> str:
    """The word a record begins with."""
    return str(type(record).__struct_config__.tag)


def record_order(record: JiraRecord) -> tuple[int, int, str]:
    """Where a record stands among those of its kind: by number where the id is one, else by the id as text."""
    number = int(record.id) if record.id.isascii() and record.id.isdigit() else -1
    return (0, number, "") if number >= 0 else (1, 0, record.id)
