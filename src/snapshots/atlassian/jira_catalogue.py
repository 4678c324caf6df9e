"""What a Jira consists of: its projects, types, filters, boards, sprints and people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar
from urllib.parse import quote, urlencode

from snapshots.atlassian import jira_model as model
from snapshots.atlassian import wire, wire_jira
from snapshots.atlassian.call import Query
from snapshots.atlassian.model import Issue, User
from snapshots.atlassian.transport import Transport
from snapshots.errors import NotFound, SiteRefused

_LOT = 100
_ACCOUNTS_A_REQUEST = 100
_ISSUES_A_FETCH = 100
_REFUSED = 400

_Item = TypeVar("_Item")


class JiraCatalogue:
    """Lists of things that queries name. It only reads; a list has what the account may see.

    Every method may raise the errors of `Transport.request`. What needs Jira Software (boards, sprints) raises
    `NotFound` or `PermissionDenied` where it is not there.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._api = f"{transport.connection.jira_url}/rest/api/3"
        self._agile = f"{transport.connection.jira_url}/rest/agile/1.0"

    @property
    def requests_sent(self) -> int:
        """Requests sent so far by everybody who shares the transport."""
        return self._transport.requests_sent

    def list_projects(self) -> list[model.Project]:
        """Every project that is not in the trash."""
        url = f"{self._api}/project/search"
        lots = self._iter_lots(url, wire_jira.JiraLot[wire_jira.Project], {}, "listing the projects of Jira")
        return [project.to_model() for project in lots]

    def list_issue_types(self) -> list[model.IssueType]:
        """Types of the whole Jira and of team-managed projects."""
        found = self._transport.get(
            f"{self._api}/issuetype", list[wire_jira.IssueType], doing="listing the issue types of Jira"
        )
        return [each.to_model() for each in found]

    def list_statuses(self) -> list[model.Status]:
        """Statuses of the whole Jira and of team-managed projects."""
        found = self._transport.get(f"{self._api}/status", list[wire_jira.Status], doing="listing the statuses of Jira")
        return [each.to_model() for each in found]

    def list_priorities(self) -> list[model.Named]:
        """Priorities in Jira's order."""
        found = self._transport.get(
            f"{self._api}/priority", list[wire_jira.Named], doing="listing the priorities of Jira"
        )
        return [each.to_model() for each in found]

    def list_resolutions(self) -> list[model.Named]:
        """Resolutions in Jira's order."""
        found = self._transport.get(
            f"{self._api}/resolution", list[wire_jira.Named], doing="listing the resolutions of Jira"
        )
        return [each.to_model() for each in found]

    def list_filters(self) -> list[model.Filter]:
        """Filters of the account and those shared with it."""
        url = f"{self._api}/filter/search"
        query: Query = {"expand": "jql,owner"}
        lots = self._iter_lots(url, wire_jira.JiraLot[wire_jira.Filter], query, "listing the filters of Jira")
        return [each.to_model() for each in lots]

    def list_boards(self) -> list[model.Board]:
        """Every board."""
        url = f"{self._agile}/board"
        lots = self._iter_lots(url, wire_jira.JiraLot[wire_jira.Board], {}, "listing the boards of Jira")
        return [each.to_model() for each in lots]

    def list_sprints(self, board_id: str) -> list[model.Sprint]:
        """The sprints of a board; none for a board that has no sprints, as of kanban."""
        url = f"{self._agile}/board/{quote(board_id, safe='')}/sprint"
        doing = f"listing the sprints of board {board_id}"
        try:
            return [each.to_model() for each in self._iter_lots(url, wire_jira.JiraLot[wire_jira.Sprint], {}, doing)]
        except SiteRefused as error:
            if error.status != _REFUSED:
                raise
            return []

    def find_sprint(self, sprint_id: str) -> model.Sprint | None:
        """The sprint of this id."""
        url = f"{self._agile}/sprint/{quote(sprint_id, safe='')}"
        try:
            return self._transport.get(url, wire_jira.Sprint, doing=f"reading sprint {sprint_id}").to_model()
        except NotFound:
            return None

    def find_users(self, account_ids: Iterable[str]) -> dict[str, User]:
        """By account id, the people that Jira knows among these."""
        found: dict[str, User] = {}
        for chunk in _chunks(dict.fromkeys(account_ids), _ACCOUNTS_A_REQUEST):
            pairs = [("accountId", account_id) for account_id in chunk]
            url = f"{self._api}/user/bulk?{urlencode([*pairs, ('maxResults', str(_ACCOUNTS_A_REQUEST))])}"
            lot = self._transport.get(url, wire_jira.JiraLot[wire.CamelUser], doing="looking people up in Jira")
            found.update((user.account_id, user.to_model()) for user in lot.values)
        return found

    def find_users_named(self, name: str) -> list[User]:
        """The people whose display name is exactly this."""
        users = self._transport.get(
            f"{self._api}/user/search",
            list[wire.CamelUser],
            doing=f"looking for {name!r} in Jira",
            query={"query": name},
        )
        return [user for user in (each.to_model() for each in users) if user.display_name == name]

    def iter_issues(
        self, ids_or_keys: Iterable[str], fields: tuple[str, ...]
    ) -> Iterator[tuple[list[str], list[Issue]]]:
        """Issues by id or key, 100 a request: what was asked for in each request, and what Jira gave, in parallel.

        Issues that are gone or not visible are absent. At most a few requests are ahead of the reader, so memory
        does not grow with the number of issues.
        """
        with ThreadPoolExecutor(self._transport.threads, thread_name_prefix="ask-jira") as pool:
            chunks = _chunks(ids_or_keys, _ISSUES_A_FETCH)
            waiting = []
            try:
                for chunk in chunks:
                    waiting.append((list(chunk), pool.submit(self._fetch, list(chunk), fields)))
                    if len(waiting) > 2 * self._transport.threads:
                        asked, answer = waiting.pop(0)
                        yield asked, answer.result()
                for asked, answer in waiting:
                    yield asked, answer.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _fetch(self, ids_or_keys: list[str], fields: tuple[str, ...]) -> list[Issue]:
        question = {"issueIdsOrKeys": ids_or_keys, "fields": list(fields)}
        doing = f"reading {len(ids_or_keys)} issues from Jira"
        return self._transport.ask(f"{self._api}/issue/bulkfetch", wire.Issues, doing=doing, json=question).issues

    def _iter_lots(self, url: str, shape: type[wire_jira.JiraLot[_Item]], query: Query, doing: str) -> Iterator[_Item]:
        """All items of a list that Jira gives out by number of the first one."""
        start = 0
        while True:
            asked: Query = {**query, "startAt": start, "maxResults": _LOT}
            lot = self._transport.get(url, shape, doing=doing, query=asked)
            yield from lot.values
            # How many came counts, not how many were asked for: each list has a limit of its own.
            start += len(lot.values)
            if lot.is_the_last or not lot.values:
                return


def _chunks(items: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    remaining = iter(items)
    while chunk := tuple(islice(remaining, size)):
        yield chunk
