"""Searching in Jira Data Center: GET and POST /rest/api/2/search, by startAt, with a total."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.data_center.jira.words import dressed
from atlassian_emulator.directory import Directory
from atlassian_emulator.jira.bodies import REFUSED_BODY
from atlassian_emulator.jira.issues import IssueReader
from atlassian_emulator.jira.jql.compile import Compiled, compile_query
from atlassian_emulator.jira.jql.parser import parse
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.jql.syntax import JqlSyntaxError
from atlassian_emulator.jira.routes.search import indexed
from atlassian_emulator.jira.selection import Selection, select_fields
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.routing import Route

MOST_RESULTS: Final = 1000
"""What `jira.search.views.default.max` is set to on a new Data Center."""


class SearchBody(msgspec.Struct, rename="camel"):
    """A search; members that are not known here are passed over, as Data Center does."""

    jql: str = ""
    start_at: int = 0
    max_results: int = 50
    fields: list[str] | str | None = None
    expand: list[str] | str | None = None
    validate_query: bool | str = True


def get_search(call: Call) -> Reply:
    return _search(
        call,
        SearchBody(
            jql=call.query("jql"),
            start_at=call.query_int("startAt", 0, 0, 2**31 - 1),
            max_results=call.query_int("maxResults", 50, -1, 2**31 - 1),
            fields=call.query_list("fields") or None,
            expand=call.query_list("expand"),
            validate_query=call.query("validateQuery", "true"),
        ),
    )


def post_search(call: Call) -> Reply:
    try:
        asked = msgspec.json.decode(call.request.get_data(), type=SearchBody)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise JiraError(400, REFUSED_BODY) from error
    return _search(call, asked)


def _search(call: Call, asked: SearchBody) -> Reply:
    call.site.part(Directory).settle()
    jira, expand = call.site.part(Jira), _names(asked.expand)
    # A negative number asks for as many as there may be.
    size = MOST_RESULTS if asked.max_results < 0 else min(asked.max_results, MOST_RESULTS)
    start = max(0, asked.start_at)
    is_strict = str(asked.validate_query).lower() in ("true", "strict")
    with call.site.database.read() as c:
        scope = jira.scope(c, call.user)
        compiled, warnings = _compile(asked.jql, scope, is_strict=is_strict)
        compiled = indexed(call.site, compiled)
        count, select = compiled.to_count(), compiled.to_select()
        total = c.execute(count.text, count.parameters).fetchone()[0]
        ids = [row[0] for row in c.execute(f"{select.text} LIMIT ? OFFSET ?", (*select.parameters, size, start))]
        selection = _selection(_names(asked.fields), scope)
        issues = IssueReader(scope, jira.renderer(c)).read(ids, selection)
    answer: dict[str, Any] = {"expand": "schema,names", "startAt": start, "maxResults": size, "total": total}
    answer["issues"] = issues
    if warnings:
        answer["warningMessages"] = warnings
    shown = [each for each in scope.catalogue.fields if each.id in selection.fields]
    if "names" in expand:
        answer["names"] = {each.id: each.name for each in shown}
    if "schema" in expand:
        answer["schema"] = {each.id: each.to_schema() for each in shown}
    return dressed(call, Reply(body=answer))


def _names(given: list[str] | str | None) -> list[str]:
    return [given] if isinstance(given, str) else given or []


def _selection(asked: list[str], scope: Scope) -> Selection:
    """Which fields are shown; the key always is."""
    selection = select_fields(asked, scope.catalogue, default="*navigable")
    return Selection(selection.fields, selection.shows_fields, shows_key=True)


def _compile(jql: str, scope: Scope, *, is_strict: bool) -> tuple[Compiled, list[str]]:
    """Compile a query, which may be empty here; names that do not exist are refused, or warned of."""
    try:
        compiled = compile_query(parse(jql), scope)
    except JqlSyntaxError as error:
        raise JiraError(400, str(error)) from error
    errors = [*compiled.errors, *(compiled.warnings if is_strict else ())]
    if errors:
        raise JiraError(400, *dict.fromkeys(errors))
    return compiled, list(dict.fromkeys(compiled.warnings))


ROUTES: Final = (
    Route("GET", "/rest/api/2/search", get_search),
    Route("POST", "/rest/api/2/search", post_search),
)
