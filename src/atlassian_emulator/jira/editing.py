"""Changing issues: fields and update operations in, a new row and its history out."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from atlassian_emulator.call import JiraError
from atlassian_emulator.jira.changes import Change, add_changes
from atlassian_emulator.jira.document import is_document
from atlassian_emulator.jira.fields import Field
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.shown import Shown, shown_value
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.jira.values import EDITABLE, FieldRefused, set_value
from atlassian_emulator.jira.write import IssueRow, put_issue, read_issue

_NO_SCREEN: Final = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
_LISTS: Final = {
    "labels": "labels",
    "components": "components",
    "fixVersions": "fix_versions",
    "versions": "affected_versions",
}


_HISTORY_NAMES: Final = {
    "fixVersions": "Fix Version",
    "versions": "Version",
    "components": "Component",
    "timetracking": "timeoriginalestimate",
}
"""What the history calls a field, where that is not its id."""


@dataclass(frozen=True)
class Edit:
    """What a caller wants of an issue: values by field id, and operations by field id."""

    fields: Mapping[str, Any]
    update: Mapping[str, list[dict[str, Any]]]


class Editor:
    """Edits issues within one transaction, as one user."""

    def __init__(self, jira: Jira, scope: Scope) -> None:
        self._jira = jira
        self._scope = scope
        self._c = scope.connection

    def create(self, issue: IssueRow, edit: Edit) -> None:
        """Write a new issue with the values of `edit`; a history begins with its first change only."""
        self._put_values(issue, edit)
        self._check(issue)
        put_issue(self._c, issue)
        self._add_comments(issue, edit)

    def change(self, issue_id: int, edit: Edit, *, status_id: int | None = None) -> None:
        """Change an issue, and its status when a transition says so; refused with 400 field by field."""
        issue = read_issue(self._c, issue_id)
        before = replace(issue, stored=copy.deepcopy(issue.stored))
        if status_id is not None:
            self._move(issue, status_id)
        self._put_values(issue, edit)
        self._check(issue)
        items = self._differences(before, issue)
        if items:
            issue.updated = max(self._scope.now, issue.updated + 1000)
            put_issue(self._c, issue)
            self.record(issue.id, items)
        self._add_comments(issue, edit)

    def record(self, issue_id: int, items: list[dict[str, Any]]) -> None:
        """Add one entry to the history of an issue."""
        change = Change(issue_id, self._scope.account_id or "", self._scope.now, items)
        add_changes(self._c, self._jira.site.ids.take("jira.change"), [change])

    def add_comment(self, issue_id: int, body: Any) -> int:
        """Add a comment and return its id; refused with 400 when the body is no document."""
        if not is_document(body):
            raise JiraError(400, errors={"comment": "Comment body is not valid!"})
        comment_id = self._jira.site.ids.take("jira.comment")
        now, author = self._scope.now, self._scope.account_id
        self._c.execute(
            "INSERT INTO jira_comments (id, issue_id, author, update_author, created, updated, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (comment_id, issue_id, author, author, now, now, msgspec.json.encode(body).decode()),
        )
        self.touch(issue_id)
        return comment_id

    def touch(self, issue_id: int) -> None:
        """Note that something of the issue changed now, and gather the words of its comments anew."""
        issue = read_issue(self._c, issue_id)
        issue.updated = max(self._scope.now, issue.updated)
        put_issue(self._c, issue)

    def _move(self, issue: IssueRow, status_id: int) -> None:
        issue.status_id = status_id
        done = self._scope.catalogue.statuses.by_id[status_id].category == "done"
        if done and issue.resolution_id is None:
            issue.resolution_id, issue.resolved = self._scope.catalogue.resolutions.all[0].id, self._scope.now
        elif not done:
            issue.resolution_id = issue.resolved = None

    def _put_values(self, issue: IssueRow, edit: Edit) -> None:
        errors: dict[str, str] = {}
        for field_id, value in edit.fields.items():
            try:
                set_value(issue, self._field(field_id), value, self._scope)
            except FieldRefused as refused:
                errors[field_id] = str(refused)
        for field_id, operations in edit.update.items():
            try:
                for operation in operations:
                    self._operate(issue, field_id, operation)
            except FieldRefused as refused:
                errors[field_id] = str(refused)
        if errors:
            raise JiraError(400, errors=errors)

    def _operate(self, issue: IssueRow, field_id: str, operation: dict[str, Any]) -> None:
        if len(operation) != 1:
            raise FieldRefused("Each operation must have exactly one verb: set, add, remove or edit.")
        [(verb, value)] = operation.items()
        if field_id == "comment" and verb == "add":
            return  # comments are added once the issue is written
        field = self._field(field_id)
        if verb == "set":
            set_value(issue, field, value, self._scope)
        elif verb in ("add", "remove") and field_id in _LISTS:
            self._add_or_remove(issue, field, verb, value)
        else:
            raise FieldRefused(f"Field does not support update '{verb}'")

    def _add_or_remove(self, issue: IssueRow, field: Field, verb: str, value: Any) -> None:
        attribute = _LISTS[field.id]
        before: list[Any] = getattr(issue.stored, attribute)
        # What is added or removed is read as the field reads a list of one.
        set_value(issue, field, [value], self._scope)
        named: list[Any] = getattr(issue.stored, attribute)
        kept = [each for each in before if each not in named]
        setattr(
            issue.stored, attribute, before + [each for each in named if each not in before] if verb == "add" else kept
        )

    def _add_comments(self, issue: IssueRow, edit: Edit) -> None:
        for operation in edit.update.get("comment", ()):
            comment = operation.get("add")
            self.add_comment(issue.id, comment.get("body") if isinstance(comment, dict) else None)

    def _field(self, field_id: str) -> Field:
        field = self._scope.catalogue.field_by_id.get(field_id)
        if field is None or not (field.custom_type or field_id in EDITABLE):
            raise FieldRefused(_NO_SCREEN.format(field_id))
        return field

    def _check(self, issue: IssueRow) -> None:
        level = self._scope.catalogue.types.by_id[issue.type_id].level
        if level < 0 and issue.parent_id is None:
            message = "Issue type is a sub-task but parent issue key or id not specified."
            raise JiraError(400, errors={"issuetype": message})
        if issue.parent_id is not None:
            row = self._c.execute("SELECT type_id FROM jira_issues WHERE id = ?", (issue.parent_id,)).fetchone()
            if self._scope.catalogue.types.by_id[row[0]].level <= level:
                message = "Given parent work item does not belong to appropriate hierarchy."
                raise JiraError(400, errors={"parent": message})

    def _differences(self, before: IssueRow, after: IssueRow) -> list[dict[str, Any]]:
        items = []
        for field in self._scope.catalogue.fields:
            # Epic Link is another view of the parent, and is told with it.
            if field.id not in EDITABLE and field.id != "status" and (not field.custom_type or field.kind == "parent"):
                continue
            old, new = shown_value(before, field, self._scope), shown_value(after, field, self._scope)
            if old != new:
                told = _steps(before, after, field, self._scope) or [(old, new)]
                items += [_item(field, was, becomes) for was, becomes in told]
        return items


def _steps(before: IssueRow, after: IssueRow, field: Field, scope: Scope) -> list[tuple[Shown, Shown]]:
    """Versions and components are told of one by one, as they come and go."""
    if field.id not in _LISTS or field.id == "labels":
        return []
    shelf = scope.catalogue.components if field.id == "components" else scope.catalogue.versions
    was, becomes = getattr(before.stored, _LISTS[field.id]), getattr(after.stored, _LISTS[field.id])
    gone = [(shelf.by_id[each], True) for each in was if each not in becomes]
    come = [(shelf.by_id[each], False) for each in becomes if each not in was]
    nothing = Shown(None, None)
    shown = [(Shown(str(each.id), each.name), left) for each, left in (*gone, *come)]
    return [(each, nothing) if left else (nothing, each) for each, left in shown]


def _item(field: Field, old: Shown, new: Shown) -> dict[str, Any]:
    return {
        "field": field.name if field.custom_type else _HISTORY_NAMES.get(field.id, field.id),
        "fieldtype": "custom" if field.custom_type else "jira",
        "fieldId": field.id,
        "from": old.id,
        "fromString": old.text,
        "to": new.id,
        "toString": new.text,
    }
