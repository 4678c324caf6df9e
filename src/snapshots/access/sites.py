"""Sites as the administrator adds and checks them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.jira import JiraClient
from snapshots.errors import InvalidInput, SnapshotsError


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where Confluence and Jira of one site answer, without a slash at the end."""

    confluence_url: str
    jira_url: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried on a site. `error` is why it failed."""

    name: str
    detail: str
    error: SnapshotsError | None = None

    @property
    def passed(self) -> bool:
        return self.error is None


def parse_addresses(url: str, jira_url: str | None) -> Addresses:
    """The addresses behind what a person pasted: the site, its /wiki, or any page of either.

    On Cloud, Confluence lives under /wiki of the site and Jira at its root. Raises `InvalidInput`.
    """
    site = parse_address(url)
    return Addresses(f"{site}/wiki", parse_address(jira_url) if jira_url else site)


def parse_address(url: str) -> str:
    """The address of the site behind any page of it that a person pasted. Raises `InvalidInput`."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput(f"{url!r} is not the address of a site: give it as https://acme.atlassian.net.")
    if parts.username or parts.password:
        raise InvalidInput("An address must not hold a user or password: leave them out and use --account.")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise InvalidInput(f"{url!r} would send the token unencrypted: use https.")
    return f"{parts.scheme}://{parts.netloc}"


def _is_this_machine(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def iter_checks(confluence: ConfluenceClient, jira: JiraClient) -> Iterator[Check]:
    """Try what every capture and backup needs, cheapest first; each check stands for itself."""
    yield _try(
        "Confluence answers", lambda: f"{(info := confluence.get_system_info()).title}, cloud id {info.cloud_id}"
    )
    yield _try("Confluence knows the account", lambda: confluence.get_current_user().display_name)
    yield _try("spaces it may see", lambda: f"{sum(1 for _ in confluence.iter_spaces()):,}")
    yield _try("Jira knows the account", lambda: jira.get_current_user().display_name)
    yield _try("fields of Jira", lambda: f"{len(jira.list_fields()):,}")


def _try(name: str, question: Callable[[], str]) -> Check:
    started = time.monotonic()
    try:
        answer = question()
    except SnapshotsError as error:
        return Check(name, str(error), error)
    return Check(name, f"{answer} ({(time.monotonic() - started) * 1000:.0f} ms)")
