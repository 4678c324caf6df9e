"""Jira: issues by query, and the words of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from snapshots.atlassian.model import Field, Issue, LinkType, ServerInfo, User
from snapshots.atlassian.transport import Transport
from snapshots.progress import Progress, silent


class JiraClient:
    """What Snapshots asks of Jira Cloud. It only reads.

    Every method may raise the errors of `Transport.request`; those named in a docstring come in addition
    or mean something special there.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get_server_info(self) -> ServerInfo:
        """Which Jira answers."""
        raise NotImplementedError

    def get_current_user(self) -> User:
        """The account that asks."""
        raise NotImplementedError

    def list_fields(self) -> list[Field]:
        """System and custom fields that the account sees."""
        raise NotImplementedError

    def list_link_types(self) -> list[LinkType]:
        """Kinds of links between issues; empty where linking is switched off."""
        raise NotImplementedError

    def search_ids(self, jql: str, progress: Progress = silent) -> list[int]:
        """Ids of the issues that match, in the order the JQL asks for, each once; 5,000 a request.

        Raises `SiteRefused` with Jira's own words when it refuses the JQL. Jira wants a JQL that restricts
        something; `ORDER BY` alone is refused.
        """
        raise NotImplementedError

    def fetch_issues(self, ids: Iterable[int], fields: Sequence[str], progress: Progress = silent) -> dict[int, Issue]:
        """The issues with these fields (ids such as `summary`, `customfield_10010`), 100 a request, in parallel.

        Issues that are gone or not visible to the account are absent. `progress` is called from the
        calling thread; what it raises stops the reading.
        """
        raise NotImplementedError

    def match_issues(self, jqls: Sequence[str], issue_ids: Iterable[int]) -> list[frozenset[int]]:
        """For each JQL, which of the issues match it. Raises `SiteRefused` when Jira refuses one of them."""
        raise NotImplementedError

    def check_jql(self, jqls: Sequence[str]) -> list[tuple[str, ...]]:
        """For each JQL, what Jira holds against it: unknown fields, values, functions, syntax. Empty: nothing."""
        raise NotImplementedError
