"""Who may come into the backup area: administrators of Confluence, as Confluence itself says.

Whoever signs in is asked about site by site, with their own token: on a site of which they did not let us ask, or that
does not answer, they administer nothing here.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from snapshots.atlassian.authorisation import Tokens
from snapshots.atlassian.model import Person
from snapshots.errors import (
    AuthenticationFailed,
    ConfigurationError,
    NotFound,
    PermissionDenied,
    SiteError,
    SnapshotsError,
)
from snapshots.registry.sites import SiteRow

_QUESTIONS_AT_ONCE = 4


class Asking(Protocol):
    """What of Atlassian's authorisation is needed here."""

    def list_site_ids(self, tokens: Tokens) -> frozenset[str]: ...
    def get_person(self, tokens: Tokens, cloud_id: str) -> Person: ...


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person may do here, by the names of the sites.

    `beyond` are sites that they did not let us ask about, `refused` those whose Confluence they do not administer,
    `silent` those that did not answer, with the reason.
    """

    person: Person | None
    administers: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    silent: tuple[tuple[str, SnapshotsError], ...] = ()


def check_rights(asking: Asking, tokens: Tokens, sites: Collection[SiteRow]) -> Rights:
    """Ask Confluence, as that person, which of the sites they administer.

    Raises `SiteUnavailable` when Atlassian does not even say which sites are theirs, and `AuthenticationFailed` when
    the token is not good any more.
    """
    reached = asking.list_site_ids(tokens)
    beyond = tuple(site.name for site in sites if site.cloud_id not in reached)
    asked = [site for site in sites if site.cloud_id in reached]
    with ThreadPoolExecutor(_QUESTIONS_AT_ONCE) as pool:
        answers = list(pool.map(lambda site: _ask(asking, tokens, site.cloud_id), asked))
    people = [answer for answer in answers if isinstance(answer, Person)]
    by_name = [(site.name, answer) for site, answer in zip(asked, answers, strict=True)]
    return Rights(
        people[0] if people else None,
        administers=tuple(name for name, answer in by_name if isinstance(answer, Person) and answer.administers),
        beyond=beyond,
        refused=tuple(name for name, answer in by_name if isinstance(answer, Person) and not answer.administers)
        + tuple(name for name, answer in by_name if isinstance(answer, (PermissionDenied, NotFound))),
        silent=tuple((name, answer) for name, answer in by_name if isinstance(answer, (SiteError, ConfigurationError))),
    )


def _ask(asking: Asking, tokens: Tokens, cloud_id: str) -> Person | SnapshotsError:
    try:
        return asking.get_person(tokens, cloud_id)
    except AuthenticationFailed as error:
        # The list of sites was just given for this token, so it is good: what is missing is the scope.
        return ConfigurationError(
            f"{error} If the sign-in itself worked, the app in Atlassian's developer console lacks the scope "
            "read:confluence-user."
        )
    except (PermissionDenied, NotFound, SiteError, ConfigurationError) as error:
        # Confluence answers 403 to an account that may not use it at all.
        return error
