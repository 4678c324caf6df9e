"""What `expand` and `properties` add to issues: names, schema, history, HTML, steps, screens."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from atlassian_emulator.jira.histories import show_histories
from atlassian_emulator.jira.html import document_to_html
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.render import Json, Renderer
from atlassian_emulator.jira.screens import show_edit_fields
from atlassian_emulator.jira.selection import Selection
from atlassian_emulator.jira.workflow import show_transitions

MOST_PROPERTIES: Final = 5
_HISTORIES_SHOWN: Final = 40
"""An issue among many shows so many entries of its history."""

_MOMENTS: Final = ("created", "updated", "resolutiondate", "statuscategorychangedate")


def show_names(wanted: Iterable[str], selection: Selection, scope: Scope) -> Json:
    """`names` and `schema` of the fields that are shown."""
    shown = [each for each in scope.catalogue.fields if each.id in selection.fields]
    answer: Json = {}
    if "names" in wanted:
        answer["names"] = {each.id: each.name for each in shown}
    if "schema" in wanted:
        answer["schema"] = {each.id: each.to_schema() for each in shown}
    return answer


def expand_issues(
    scope: Scope,
    renderer: Renderer,
    issues: Sequence[Json],
    wanted: frozenset[str],
    properties: Sequence[str] = (),
    *,
    newest_first: bool = True,
) -> None:
    """Add to each issue what was asked for."""
    for issue in issues:
        issue_id = int(issue["id"])
        if "renderedFields" in wanted and "fields" in issue:
            issue["renderedFields"] = _rendered(issue["fields"])
        if "changelog" in wanted:
            histories = show_histories(scope.connection, renderer, issue_id)
            size = len(histories)
            if newest_first:
                histories = histories[::-1]
            shown = histories[:_HISTORIES_SHOWN] if len(issues) > 1 else histories
            issue["changelog"] = {"startAt": 0, "maxResults": len(shown), "total": size, "histories": shown}
        if {"transitions", "transitions.fields"} & wanted:
            with_fields = "transitions.fields" in wanted
            issue["transitions"] = show_transitions(scope, renderer, issue_id, with_fields=with_fields)
        if "editmeta" in wanted:
            issue["editmeta"] = {"fields": show_edit_fields(scope.connection, renderer, issue_id)}
        if "operations" in wanted:
            issue["operations"] = {"linkGroups": []}
    if properties:
        _add_properties(scope, issues, properties)


def _add_properties(scope: Scope, issues: Sequence[Json], properties: Sequence[str]) -> None:
    by_id: dict[int, Json] = {int(issue["id"]): issue.setdefault("properties", {}) for issue in issues}
    rows = scope.connection.execute(
        "SELECT issue_id, key, value FROM jira_properties WHERE issue_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(by_id)),),
    )
    for issue_id, key, value in rows:
        if key in properties or "*all" in properties:
            by_id[issue_id][key] = msgspec.Raw(value.encode())


def _rendered(fields: Json) -> Json:
    """Texts as HTML and moments as people write them; fields that need no rendering are null."""
    rendered: Json = {}
    for name, value in fields.items():
        plain = msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value
        if name in _MOMENTS and plain:
            rendered[name] = _spoken(plain)
        elif isinstance(plain, dict) and plain.get("type") == "doc":
            rendered[name] = document_to_html(plain)
        elif name == "comment" and plain:
            rendered[name] = plain | {"comments": [_rendered_comment(each) for each in plain["comments"]]}
        else:
            rendered[name] = None
    return rendered


def _rendered_comment(comment: Json) -> Json:
    body = document_to_html(msgspec.json.decode(comment["body"]))
    moments = {name: _spoken(comment[name]) for name in ("created", "updated")}
    return comment | moments | {"body": body}


def _spoken(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%d/%b/%y %I:%M %p").lstrip("0")
