"""The composition root: settings become an open registry, clients of a site, and the records of jobs.

The only place that wires. Doors make one `App`, ask it for what a command needs, and close it; what
was never asked for is never opened.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Self

from snapshots.access import secrets
from snapshots.access.sites import Addresses
from snapshots.atlassian.authorisation import Authorisation, Endpoints, Program
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.jira_catalogue import JiraCatalogue
from snapshots.atlassian.transport import Transport
from snapshots.config import Config
from snapshots.errors import ConfigurationError, InvalidInput, NotFound
from snapshots.jobs import JobEngine, JobReader
from snapshots.registry import sites
from snapshots.registry.engine import Registry, open_registry
from snapshots.registry.sites import SiteRow


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site that can be called."""

    row: SiteRow
    transport: Transport
    confluence: ConfluenceClient
    jira: JiraClient

    @property
    def catalogue(self) -> JiraCatalogue:
        """What the Jira consists of beside its issues."""
        return JiraCatalogue(self.transport)


class App:
    """One installation of Snapshots, opened for one command or one server."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.engine: JobEngine | None = None
        """Runs jobs, while a service or an act holds one open (acts/jobs.py)."""

    @cached_property
    def registry(self) -> Registry:
        """The registry, made or migrated when it is first asked for."""
        self.config.make_home()
        return open_registry(self.config.registry_url)

    @cached_property
    def jobs(self) -> JobReader:
        """Looks at jobs without being able to run one."""
        return JobReader(self.config.jobs_url, self.config.make_home())

    def seal_token(self, token: str, *, site_name: str) -> str:
        """The reference under which the token of a site is kept; see `access.secrets`."""
        return secrets.seal_token(token, site_name=site_name, key_file=self.config.key_file)

    def get_site(self, name: str | None) -> SiteRow:
        """The site of this name, or the only one when no name is given."""
        with self.registry.read() as conn:
            if name:
                return sites.get_site(conn, name)
            known = sites.list_sites(conn)
        if not known:
            raise NotFound("No site yet: add one with `snapshots site add`.")
        if len(known) > 1:
            names = ", ".join(site.name for site in known)
            raise InvalidInput(f"There are several sites ({names}): say which with --site.")
        return known[0]

    def authorisation(self, redirect_uri: str) -> Authorisation:
        """Signing in with Atlassian, as it is set up. Raises `ConfigurationError` when it is not."""
        team = self.config.team_sign_in
        if team is None:
            raise ConfigurationError(
                "Signing in with Atlassian is not set up: set SNAPSHOTS_SIGN_IN_CLIENT_ID and "
                "SNAPSHOTS_SIGN_IN_CLIENT_SECRET."
            )
        secret = secrets.get_client_secret(team.client_secret, environ=os.environ)
        program = Program(team.client_id, secret, redirect_uri)
        return Authorisation(program, Endpoints(team.auth_url, team.api_url))

    @contextmanager
    def open_site(self, name: str | None) -> Iterator[OpenSite]:
        """The site of this name (or the only one), ready to be called."""
        row = self.get_site(name)
        addresses = Addresses(row.confluence_url, row.jira_url)
        with self.calling(row.name, addresses, row.account, row.secret) as (confluence, jira, transport):
            yield OpenSite(row, transport, confluence, jira)

    @contextmanager
    def calling(
        self, name: str, addresses: Addresses, account: str, secret: str
    ) -> Iterator[tuple[ConfluenceClient, JiraClient, Transport]]:
        """Clients of a site that may not be in the registry yet."""
        token = secrets.get_token(secret, site_name=name, key_file=self.config.key_file, environ=os.environ)
        connection = Connection(addresses.confluence_url, addresses.jira_url, account, token)
        with Transport(connection, threads=self.config.threads) as transport:
            yield ConfluenceClient(transport), JiraClient(transport), transport

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What was never asked for is not in __dict__, and need not be closed.
        for part in ("jobs", "registry"):
            if part in self.__dict__:
                self.__dict__.pop(part).close()
