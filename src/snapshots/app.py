"""The composition root: settings become an open registry, clients of a site, and the engine of jobs.

The only place that wires. Doors make one `App`, ask it for what a command needs, and close it; what
was never asked for is never opened.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Self

from snapshots import durable
from snapshots.access import secrets
from snapshots.access.sites import Addresses, Check, iter_checks
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.transport import Transport
from snapshots.config import Config
from snapshots.errors import InvalidInput, NotFound, StorageError
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


class App:
    """One installation of Snapshots, opened for one command or one server."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @cached_property
    def registry(self) -> Registry:
        """The registry, made or migrated when it is first asked for."""
        self._make_home()
        return open_registry(self.config.registry_url)

    @cached_property
    def engine(self) -> JobEngine:
        """Runs jobs in this process."""
        self._make_home()
        return JobEngine(self.config.jobs_url, durable.job_kinds(self), self.config.home)

    @cached_property
    def jobs(self) -> JobReader:
        """Looks at jobs without being able to run one."""
        self._make_home()
        return JobReader(self.config.jobs_url, self.config.home)

    def seal_token(self, token: str, *, site_name: str) -> str:
        """The reference under which the token of a site is kept; see `access.secrets`."""
        return secrets.seal_token(token, site_name=site_name, key_file=self.config.key_file)

    def add_site(self, name: str, addresses: Addresses, *, account: str, secret: str, replace: bool) -> SiteRow:
        """Call the site, learn which one it is, and keep it. Nothing is kept when it does not answer."""
        if not name or not name.isprintable() or name != name.strip() or len(name) > 60:
            raise InvalidInput(f"{name!r} cannot be the name of a site: use 1 to 60 ordinary characters.")
        with self.registry.read() as conn:
            known = sites.find_site(conn, name)
        if known and not replace:
            raise InvalidInput(f"There is a site {name!r} already: choose another name, or change it with --replace.")
        with self._calling(name, addresses, account, secret) as (confluence, _, _):
            cloud_id = confluence.get_system_info().cloud_id
        if known and known.cloud_id != cloud_id:
            raise InvalidInput(
                f"{addresses.confluence_url} is another site than {name!r} was: its history would be mixed up. "
                "Add it under a name of its own."
            )
        with self.registry.write() as conn:
            if known:
                return sites.replace_site(
                    conn,
                    known.id,
                    confluence_url=addresses.confluence_url,
                    jira_url=addresses.jira_url,
                    account=account,
                    secret=secret,
                )
            return sites.add_site(
                conn,
                name=name,
                deployment="cloud",
                confluence_url=addresses.confluence_url,
                jira_url=addresses.jira_url,
                cloud_id=cloud_id,
                account=account,
                secret=secret,
                created_at=time.time_ns() // 1000,
            )

    def list_sites(self) -> list[SiteRow]:
        """Every site, by name."""
        with self.registry.read() as conn:
            return sites.list_sites(conn)

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

    def check_site(self, name: str | None) -> list[Check]:
        """Try what captures and backups need of the site."""
        with self.open_site(name) as site:
            return list(iter_checks(site.confluence, site.jira))

    @contextmanager
    def open_site(self, name: str | None) -> Iterator[OpenSite]:
        """The site of this name (or the only one), ready to be called."""
        row = self.get_site(name)
        addresses = Addresses(row.confluence_url, row.jira_url)
        with self._calling(row.name, addresses, row.account, row.secret) as (confluence, jira, transport):
            yield OpenSite(row, transport, confluence, jira)

    @contextmanager
    def _calling(
        self, name: str, addresses: Addresses, account: str, secret: str
    ) -> Iterator[tuple[ConfluenceClient, JiraClient, Transport]]:
        token = secrets.get_token(secret, site_name=name, key_file=self.config.key_file, environ=os.environ)
        connection = Connection(addresses.confluence_url, addresses.jira_url, account, token)
        with Transport(connection, threads=self.config.threads) as transport:
            yield ConfluenceClient(transport), JiraClient(transport), transport

    def _make_home(self) -> None:
        try:
            self.config.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"{self.config.home} cannot be made ({error.strerror}): name another place with SNAPSHOTS_HOME."
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What was never asked for is not in __dict__, and need not be closed.
        for part in ("engine", "jobs", "registry"):
            if part in self.__dict__:
                self.__dict__.pop(part).close()
