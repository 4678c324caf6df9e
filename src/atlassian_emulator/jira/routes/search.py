"""Finding issues: search/jql, approximate-count, bulkfetch, jql/match, jql/parse, jql/autocompletedata."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Final

import msgspec

from atlassian_emulator.call import LARGEST_ID, Call, JiraError, Reply
from atlassian_emulator.jira.bodies import Body, read_body
from atlassian_emulator.jira.expansions import MOST_PROPERTIES, expand_issues, show_names
from atlassian_emulator.jira.issues import IssueReader
from atlassian_emulator.jira.jql.compile import Compiled, compile_query
from atlassian_emulator.jira.jql.conditions import Members, Sql, join, to_sql
from atlassian_emulator.jira.jql.parser import parse
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.jql.structure import structure_of
from atlassian_emulator.jira.jql.syntax import JqlSyntaxError, Query
from atlassian_emulator.jira.paging import make_token, read_token
from atlassian_emulator.jira.selection import select_fields
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.routing import Route
from atlassian_emulator.site import Site

MOST_IDS: Final = 5000
MOST_ISSUES: Final = 100
MOST_MATCHED: Final = 1000
_UNBOUNDED: Final = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."


class SearchBody(Body, rename="camel"):
    jql: str = ""
    next_page_token: str | None = None
    max_results: int = 50
    fields: list[str] | None = None
    expand: str = ""
    properties: list[str] | None = None
    fields_by_keys: bool = False
    reconcile_issues: list[int] | None = None


class CountBody(Body):
    jql: str = ""


class BulkFetchBody(Body, rename="camel"):
    issue_ids_or_keys: list[str]
    fields: list[str] | None = None
    expand: list[str] | None = None
    properties: list[str] | None = None
    fields_by_keys: bool = False


class MatchBody(Body, rename="camel"):
    issue_ids: list[Annotated[int, msgspec.Meta(ge=0, le=LARGEST_ID)]]
    jqls: list[str]


class ParseBody(Body):
    queries: list[str]


# -- search ----------------------------------------------------------------------------------------


def get_search(call: Call) -> Reply:
    return _search(
        call,
        SearchBody(
            jql=call.query("jql"),
            next_page_token=call.query("nextPageToken") or None,
            max_results=call.query_int("maxResults", 50, 1, MOST_IDS),
            fields=call.query_list("fields") or None,
            expand=call.query("expand"),
            properties=call.query_list("properties") or None,
            fields_by_keys=call.query_flag("fieldsByKeys"),
            reconcile_issues=[
                call.whole_number(each, "reconcileIssues") for each in call.query_list("reconcileIssues")
            ],
        ),
    )


def post_search(call: Call) -> Reply:
    return _search(call, read_body(call, SearchBody))


def _search(call: Call, asked: SearchBody) -> Reply:
    if not 1 <= asked.max_results <= MOST_IDS:
        raise JiraError(400, f"The value of 'maxResults' must be between 1 and {MOST_IDS}.")
    if len(asked.properties or ()) > MOST_PROPERTIES:
        raise JiraError(400, "The maximum number of properties that can be requested is 5.")
    if len(asked.reconcile_issues or ()) > 50:
        raise JiraError(400, "The maximum number of issues that can be reconciled is 50.")
    jira, site = call.site.part(Jira), call.site
    with site.database.read() as c:
        scope = jira.scope(c, call.user)
        selection = select_fields(asked.fields or (), scope.catalogue, default="id")
        compiled = indexed(call.site, compile_bounded(asked.jql, scope), asked.reconcile_issues or ())
        # Whole issues come a hundred at a time, whatever was asked for.
        size = min(asked.max_results, MOST_ISSUES) if selection.shows_fields else asked.max_results
        token = asked.next_page_token
        start = read_token(site.cloud_id, asked.jql, token, site.clock()) if token else 0
        ids = _page_of_ids(c, compiled, start, size + 1)
        issues = IssueReader(scope, jira.renderer(c)).read(ids[:size], selection)
        wanted = frozenset(each.strip() for each in asked.expand.split(","))
        expand_issues(scope, jira.renderer(c), issues, wanted, asked.properties or ())
        answer: dict[str, Any] = {"issues": issues, "isLast": len(ids) <= size}
        if len(ids) > size:
            answer["nextPageToken"] = make_token(site.cloud_id, asked.jql, start + size, site.clock())
        answer |= show_names(wanted, selection, scope)
        return Reply(body=answer)


def _page_of_ids(c: sqlite3.Connection, compiled: Compiled, start: int, size: int) -> list[int]:
    select = compiled.to_select()
    return [row[0] for row in c.execute(f"{select.text} LIMIT ? OFFSET ?", (*select.parameters, size, start))]


def compile_bounded(jql: str, scope: Scope) -> Compiled:
    """Compile what a search runs: it must be JQL, right in every word, and restrict something."""
    try:
        query = parse(jql)
    except JqlSyntaxError as error:
        raise JiraError(400, str(error)) from error
    if query.where is None:
        raise JiraError(400, _UNBOUNDED)
    compiled = compile_query(query, scope)
    if compiled.errors or compiled.warnings:
        raise JiraError(400, *dict.fromkeys((*compiled.errors, *compiled.warnings)))
    return compiled


def indexed(site: Site, compiled: Compiled, reconciled: Iterable[int] = ()) -> Compiled:
    """Leave out what the search index does not know yet; issues to be reconciled are looked up beside it."""
    if not site.index_delay_seconds:
        return compiled
    known = json.dumps(list(reconciled))
    return replace(
        compiled,
        where=Sql(
            f"({compiled.where.text}) AND (i.created <= ? OR i.id IN (SELECT value FROM json_each(?)))",
            (*compiled.where.parameters, site.indexed_until(), known),
        ),
    )


def count_issues(call: Call) -> Reply:
    asked = read_body(call, CountBody)
    jira = call.site.part(Jira)
    with call.site.database.read() as c:
        count = indexed(call.site, compile_bounded(asked.jql, jira.scope(c, call.user))).to_count()
        return Reply(body={"count": c.execute(count.text, count.parameters).fetchone()[0]})


# -- known issues ----------------------------------------------------------------------------------


def bulk_fetch(call: Call) -> Reply:
    """Up to a hundred issues by id or key, in the order of their ids, without a word about those not seen."""
    asked = read_body(call, BulkFetchBody)
    if not asked.issue_ids_or_keys:
        raise JiraError(400, "At least one issue ID or key must be provided.")
    if len(asked.issue_ids_or_keys) > MOST_ISSUES:
        raise JiraError(400, f"The maximum number of issues that can be fetched is {MOST_ISSUES}.")
    if len(asked.properties or ()) > MOST_PROPERTIES:
        raise JiraError(400, "The maximum number of properties that can be requested is 5.")
    jira = call.site.part(Jira)
    with call.site.database.read() as c:
        scope = jira.scope(c, call.user)
        selection = select_fields(asked.fields or (), scope.catalogue, default="*navigable")
        found = (scope.find_issue_id(each) for each in asked.issue_ids_or_keys)
        ids = sorted({issue_id for issue_id in found if issue_id is not None})
        issues = IssueReader(scope, jira.renderer(c)).read(ids, selection)
        wanted = frozenset(asked.expand or ())
        expand_issues(scope, jira.renderer(c), issues, wanted, asked.properties or ())
        expansions = show_names(wanted, selection, scope)
    for issue in issues:
        issue |= expansions
    return Reply(body={"issues": issues, "issueErrors": []})


def match_issues(call: Call) -> Reply:
    asked = read_body(call, MatchBody)
    if len(asked.issue_ids) > MOST_MATCHED or len(asked.jqls) > MOST_MATCHED:
        raise JiraError(400, f"No more than {MOST_MATCHED} issues and {MOST_MATCHED} queries can be matched.")
    among = Members("id", frozenset(asked.issue_ids))
    with call.site.database.read() as c:
        scope = call.site.part(Jira).scope(c, call.user)
        return Reply(body={"matches": [_match(jql, among, scope) for jql in asked.jqls]})


def _match(jql: str, among: Members, scope: Scope) -> dict[str, Any]:
    try:
        compiled = compile_query(parse(jql), scope)
    except JqlSyntaxError as error:
        return {"matchedIssues": [], "errors": [str(error)]}
    errors = list(dict.fromkeys((*compiled.errors, *compiled.warnings)))
    if errors:
        return {"matchedIssues": [], "errors": errors}
    where: Sql = to_sql(join("and", [among, compiled.where]))
    rows = scope.connection.execute(
        f"SELECT i.id FROM jira_issues i WHERE {where.text} ORDER BY i.id", where.parameters
    )
    return {"matchedIssues": [row[0] for row in rows], "errors": []}


# -- queries themselves ----------------------------------------------------------------------------


def parse_queries(call: Call) -> Reply:
    validation = call.query_choice("validation", ("strict", "warn", "none"), "strict")
    asked = read_body(call, ParseBody)
    if not asked.queries:
        raise JiraError(400, "At least one query must be provided.")
    with call.site.database.read() as c:
        scope = call.site.part(Jira).scope(c, call.user)
        return Reply(body={"queries": [_parsed(text, validation, scope) for text in asked.queries]})


def _parsed(text: str, validation: str, scope: Scope) -> dict[str, Any]:
    try:
        query: Query = parse(text)
    except JqlSyntaxError as error:
        return {"query": text, "errors": [str(error)]}
    shown: dict[str, Any] = {"query": text, "structure": structure_of(query)}
    if validation == "none":
        return shown
    compiled = compile_query(query, scope)
    if validation == "strict":
        errors = [*compiled.errors, *compiled.warnings]
        return {"query": text, "errors": list(dict.fromkeys(errors))} if errors else shown
    if compiled.errors:
        shown["errors"] = list(dict.fromkeys(compiled.errors))
    if compiled.warnings:
        shown["warnings"] = list(dict.fromkeys(compiled.warnings))
    return shown


ROUTES: Final = (
    Route("GET", "/rest/api/3/search/jql", get_search),
    Route("POST", "/rest/api/3/search/jql", post_search),
    Route("POST", "/rest/api/3/search/approximate-count", count_issues),
    Route("POST", "/rest/api/3/issue/bulkfetch", bulk_fetch),
    Route("POST", "/rest/api/3/jql/match", match_issues),
    Route("POST", "/rest/api/3/jql/parse", parse_queries),
)
