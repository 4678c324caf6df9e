"""Jira: issues by query, and the words of its fields."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
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
"""Jira has limits for a match and a check, and does not document them. A match over them is halved."""

_FEWEST_A_MATCH = 50
"""So few are under any limit: when a match of them is refused, something else is wrong."""

_Item = TypeVar("_Item")
_Question = TypeVar("_Question")
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
        return self._transport.get(
            f"{self._api}/serverInfo", wire.ServerInfo, doing="asking which Jira it is"
        ).to_model()

    def get_current_user(self) -> User:
        """The account that asks."""
        return self._transport.get(f"{self._api}/myself", wire.CamelUser, doing="asking Jira who we are").to_model()

    def list_fields(self) -> list[Field]:
        """System and custom fields that the account sees."""
        fields = self._transport.get(f"{self._api}/field", list[wire.Field], doing="listing the fields of Jira")
        return [field.to_model() for field in fields]

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
        issues: dict[int, Issue] = {}
        done = 0
        chunks = _chunks(wanted, _ISSUES_A_FETCH)
        with closing(self._in_parallel(lambda chunk: self._fetch_chunk(chunk, fields), chunks)) as answers:
            for chunk, answered in answers:
                issues.update((issue.id, issue) for issue in answered)
                done += len(chunk)
                progress("reading issues", done, len(wanted), "issues")
        return issues

    def _fetch_chunk(self, ids: Sequence[int], fields: Sequence[str]) -> list[Issue]:
        question = {"issueIdsOrKeys": [str(issue_id) for issue_id in ids], "fields": list(fields)}
        url = f"{self._api}/issue/bulkfetch"
        doing = f"reading {len(ids)} issues from Jira"
        return self._transport.ask(url, wire.Issues, doing=doing, json=question).issues

    def match_issues(self, jqls: Sequence[str], issue_ids: Iterable[int]) -> list[frozenset[int]]:
        """For each JQL, which of the issues match it. Raises `SiteRefused` when Jira refuses one of them."""
        ids = list(dict.fromkeys(issue_ids))
        matched: list[set[int]] = [set() for _ in jqls]
        questions = [
            (places, some_ids)
            for places in _chunks(range(len(jqls)), _QUERIES_A_MATCH)
            for some_ids in _chunks(ids, _ISSUES_A_MATCH)
        ]

        def ask(question: tuple[Sequence[int], Sequence[int]]) -> list[list[int]]:
            places, some_ids = question
            return self._match([jqls[place] for place in places], some_ids)

        with closing(self._in_parallel(ask, questions)) as answers:
            for (places, _), answered in answers:
                for place, found in zip(places, answered, strict=True):
                    matched[place].update(found)
        return [frozenset(found) for found in matched]

    def _match(self, jqls: Sequence[str], ids: Sequence[int]) -> list[list[int]]:
        question = {"jqls": list(jqls), "issueIds": list(ids)}
        doing = "asking Jira which issues match"
        try:
            answer = self._transport.ask(f"{self._api}/jql/match", wire.Matches, doing=doing, json=question)
        except SiteRefused as error:
            # 400 is what Jira documents for more queries or issues than it takes; a bad query is told apart below.
            if error.status != 400 or max(len(ids), len(jqls)) <= _FEWEST_A_MATCH:
                raise
            half = max(len(ids), len(jqls)) // 2
            if len(jqls) > len(ids):
                return self._match(jqls[:half], ids) + self._match(jqls[half:], ids)
            halves = zip(self._match(jqls, ids[:half]), self._match(jqls, ids[half:]), strict=True)
            return [first + second for first, second in halves]
        matches = _one_each(answer.matches, jqls)
        for jql, match in zip(jqls, matches, strict=True):
            if match.errors:
                raise SiteRefused(
                    f"Jira refused the JQL {jql!r}: {' '.join(match.errors)} Correct it and try again.", status=400
                )
        return [match.matched_issues for match in matches]

    def check_jql(self, jqls: Sequence[str]) -> list[tuple[str, ...]]:
        """For each JQL, what Jira holds against it: unknown fields, values, functions, syntax. Empty: nothing.

        A hundred a request, in parallel.
        """
        checked: dict[int, list[tuple[str, ...]]] = {}

        def ask(places: Sequence[int]) -> list[tuple[str, ...]]:
            queries = [jqls[place] for place in places]
            parsed = self._transport.ask(
                f"{self._api}/jql/parse",
                wire.ParsedQueries,
                doing="having Jira check JQL",
                json={"queries": queries},
                query={"validation": "strict"},
            )
            return [tuple(query.errors) for query in _one_each(parsed.queries, queries)]

        with closing(self._in_parallel(ask, _chunks(range(len(jqls)), _QUERIES_A_CHECK))) as answers:
            checked.update((places[0], errors) for places, errors in answers)
        return [errors for start in sorted(checked) for errors in checked[start]]

    def _in_parallel(
        self, ask: Callable[[_Question], _Answer], questions: Iterable[_Question]
    ) -> Generator[tuple[_Question, _Answer], None, None]:
        """Each question with its answer, in the order in which answers come; an error ends it.

        Nothing more is asked once it is closed, because of an error or a cancellation.
        """
        with ThreadPoolExecutor(self._transport.threads, thread_name_prefix="ask-jira") as pool:
            waiting = {pool.submit(ask, question): question for question in questions}
            try:
                for future in as_completed(waiting):
                    yield waiting.pop(future), future.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


def _chunks(items: Sequence[_Item], size: int) -> list[Sequence[_Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _one_each(answers: list[_Answer], jqls: Sequence[str]) -> list[_Answer]:
    """The answers, when there is one for each JQL: they are told apart by their place alone."""
    if len(answers) != len(jqls):
        raise SiteRefused(
            f"Jira answered {len(answers)} of {len(jqls)} JQLs that it was asked about; try again.", status=200
        )
    return answers
