"""The JSON of Jira's lists of projects, types, filters, boards and the like, as far as we read it. Pure."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec

from snapshots.atlassian import jira_model as model
from snapshots.atlassian.wire import Scope, project_of

_Item = TypeVar("_Item")

Number = Annotated[int, msgspec.Meta(ge=0)]


class JiraLot(msgspec.Struct, Generic[_Item], frozen=True, rename="camel"):
    """One lot of a list. Some lists say whether it is the last one, some how many there are in all, some both."""

    values: list[_Item]
    start_at: Number = 0
    total: int | None = None
    is_last: bool | None = None

    @property
    def is_the_last(self) -> bool:
        if self.is_last is not None:
            return self.is_last
        return self.total is None or self.start_at + len(self.values) >= self.total


class Project(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    key: str
    name: str
    project_type_key: str | None = None

    def to_model(self) -> model.Project:
        return model.Project(self.id, self.key, self.name, self.project_type_key or "")


class IssueType(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    name: str
    subtask: bool = False
    hierarchy_level: int | None = None
    scope: Scope | None = None

    def to_model(self) -> model.IssueType:
        level = self.hierarchy_level if self.hierarchy_level is not None else -int(self.subtask)
        return model.IssueType(self.id, self.name, level, project_of(self.scope))


class StatusCategory(msgspec.Struct, frozen=True):
    key: str = ""


class Status(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    name: str
    status_category: StatusCategory | None = None
    scope: Scope | None = None

    def to_model(self) -> model.Status:
        category = self.status_category.key if self.status_category else ""
        return model.Status(self.id, self.name, category, project_of(self.scope))


class Named(msgspec.Struct, frozen=True):
    id: str
    name: str

    def to_model(self) -> model.Named:
        return model.Named(self.id, self.name)


class Owner(msgspec.Struct, frozen=True, rename="camel"):
    account_id: str | None = None


class Filter(msgspec.Struct, frozen=True):
    id: str
    name: str
    jql: str | None = None
    owner: Owner | None = None

    def to_model(self) -> model.Filter:
        return model.Filter(self.id, self.name, (self.owner.account_id if self.owner else None) or "", self.jql or "")


class BoardLocation(msgspec.Struct, frozen=True, rename="camel"):
    project_key: str | None = None


class Board(msgspec.Struct, frozen=True):
    id: int
    name: str
    type: str | None = None
    location: BoardLocation | None = None

    def to_model(self) -> model.Board:
        key = self.location.project_key if self.location else None
        return model.Board(str(self.id), self.name, self.type or "", key or "")


class Sprint(msgspec.Struct, frozen=True, rename="camel"):
    id: int
    name: str
    state: str | None = None
    origin_board_id: int | None = None

    def to_model(self) -> model.Sprint:
        return model.Sprint(str(self.id), self.name, self.state or "", str(self.origin_board_id or ""))
