"""Jira: issues by query, and the words of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from snapshots.atlassian import wire
from snapshots.atlassian.model import Field, Issue, LinkType, ServerInfo, User
from snapshots.atlassian.transport import Transport
from snapshots.errors import NotFound, SiteRefused
from snapshots.progress import Progress, silent

_IDS_A_SEARCH = 5_000
"""Most that a search gives in one answer, when it is asked for ids alone."""

_ISSUES_A_FETCH = 100
"""Most that bulkfetch takes."""

_ISSUES_A_MATCH = 1_000
_QUERIES_A_MATCH = 500
_QUERIES_A_CHECK = 100
"""Jira has limits for a match and a check, and does not document them; these are on the safe side."""

_Answer = TypeVar("_Answer")


class JiraClient:
    """What Snapshots asks of Jira Cloud. It only reads.

    Every method may raise the errors of `Transport.request`; those named in a docstring come in addition
    or mean something special there.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._api = f"{transport.connection.jira_url}/rest/api/3"

    def get_server_info(self) -> ServerInfo:
        """Which Jira answers. It answers this to anybody."""
        return self._transport.get(f"{self._api}/serverInfo", wire.ServerInfo, doing="asking which Jira it is").read()

    def get_current_user(self) -> User:
        """The account that asks."""
        return self._transport.get(f"{self._api}/myself", wire.CamelUser, doing="asking Jira who we are").read()

    def list_fields(self) -> list[Field]:
        """System and custom fields that the account sees."""
        fields = self._transport.get(f"{self._api}/field", list[wire.Field], doing="listing the fields of Jira")
        return [field.read() for field in fields]

    def list_link_types(self) -> list[LinkType]:
        """Kinds of links between issues; empty where linking is switched off."""
        url = f"{self._api}/issueLinkType"
        try:
            return self._transport.get(url, wire.LinkTypes, doing="listing the link types of Jira").issue_link_types
        except NotFound:
            return []

    def search_ids(self, jql: str, progress: Progress = silent) -> list[int]:
        """Ids of the issues that match, in the order the JQL asks for, each once; 5,000 a request.

        Raises `SiteRefused` with Jira's own words when it refuses the JQL. Jira wants a JQL that restricts
        something; `ORDER BY` alone is refused.
        """
        # A dictionary keeps the order and drops the issue that moved from one lot to the next meanwhile.
        found: dict[int, None] = {}
        tokens: set[str] = set()
        question: dict[str, object] = {"jql": jql, "fields": ["id"], "maxResults": _IDS_A_SEARCH}
        while True:
            lot = self._transport.ask(f"{self._api}/search/jql", wire.FoundIds, doing="searching Jira", json=question)
            found.update((issue.id, None) for issue in lot.issues)
            progress("searching issues", len(found), None, "issues")
            token = lot.next_page_token
            if not token:
                return list(found)
            if token in tokens:
                raise SiteRefused("Jira gave out the same lot of search results twice; try again.", status=200)
            tokens.add(token)
            question["nextPageToken"] = token

    def fetch_issues(self, ids: Iterable[int], fields: Sequence[str], progress: Progress = silent) -> dict[int, Issue]:
        """The issues with these fields (ids such as `summary`, `customfield_10010`), 100 a request, in parallel.

        Issues that are gone or not visible to the account are absent. `progress` is called from the
        calling thread; what it raises stops the reading.
        """
        wanted = list(dict.fromkeys(ids))
        chunks = [wanted[start : start + _ISSUES_A_FETCH] for start in range(0, len(wanted), _ISSUES_A_FETCH)]
        issues: dict[int, Issue] = {}
        done = 0
        with ThreadPoolExecutor(self._transport.threads, thread_name_prefix="fetch-issues") as pool:
            waiting = {pool.submit(self._fetch_chunk, chunk, fields): len(chunk) for chunk in chunks}
            try:
                for future in as_completed(waiting):
                    issues.update((issue.id, issue) for issue in future.result())
                    done += waiting[future]
                    progress("reading issues", done, len(wanted), "issues")
            finally:
                # Whatever has gone wrong, the chunks that nobody began need no reading.
                pool.shutdown(wait=False, cancel_futures=True)
        return issues

    def _fetch_chunk(self, ids: Sequence[int], fields: Sequence[str]) -> list[Issue]:
        question = {"issueIdsOrKeys": [str(issue_id) for issue_id in ids], "fields": list(fields)}
        url = f"{self._api}/issue/bulkfetch"
        doing = f"reading {len(ids)} issues from Jira"
        return self._transport.ask(url, wire.Issues, doing=doing, json=question).issues

    def match_issues(self, jqls: Sequence[str], issue_ids: Iterable[int]) -> list[frozenset[int]]:
        """For each JQL, which of the issues match it. Raises `SiteRefused` when Jira refuses one of them."""
        ids = list(dict.fromkeys(issue_ids))
        matched: list[frozenset[int]] = []
        for first in range(0, len(jqls), _QUERIES_A_MATCH):
            queries = jqls[first : first + _QUERIES_A_MATCH]
            sets: list[set[int]] = [set() for _ in queries]
            for start in range(0, len(ids), _ISSUES_A_MATCH):
                for query, match, into in zip(
                    queries, self._match(queries, ids[start : start + _ISSUES_A_MATCH]), sets, strict=True
                ):
                    if match.errors:
                        raise SiteRefused(f"Jira refused the JQL {query!r}: {' '.join(match.errors)}", status=400)
                    into.update(match.matched_issues)
            matched.extend(map(frozenset, sets))
        return matched

    def _match(self, jqls: Sequence[str], ids: Sequence[int]) -> list[wire.Match]:
        question = {"jqls": list(jqls), "issueIds": list(ids)}
        doing = "asking Jira which issues match"
        matches = self._transport.ask(f"{self._api}/jql/match", wire.Matches, doing=doing, json=question).matches
        return _one_each(matches, jqls)

    def check_jql(self, jqls: Sequence[str]) -> list[tuple[str, ...]]:
        """For each JQL, what Jira holds against it: unknown fields, values, functions, syntax. Empty: nothing."""
        errors: list[tuple[str, ...]] = []
        for first in range(0, len(jqls), _QUERIES_A_CHECK):
            queries = jqls[first : first + _QUERIES_A_CHECK]
            parsed = self._transport.ask(
                f"{self._api}/jql/parse",
                wire.ParsedQueries,
                doing="having Jira check JQL",
                json={"queries": list(queries)},
                query={"validation": "strict"},
            )
            errors.extend(tuple(query.errors) for query in _one_each(parsed.queries, queries))
        return errors


def _one_each(answers: list[_Answer], jqls: Sequence[str]) -> list[_Answer]:
    """The answers, when there is one for each JQL: they are told apart by their place alone."""
    if len(answers) != len(jqls):
        raise SiteRefused(
            f"Jira answered {len(answers)} of {len(jqls)} JQLs that it was asked about; try again.", status=200
        )
    return answers
