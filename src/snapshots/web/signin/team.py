"""Who of a team is signed in, and what Confluence last said of each.

Tokens and rights are held in memory alone: a session on disk names a sign-in and gives nobody anything. After a restart
everybody signs in again.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from snapshots.acts import signing_in
from snapshots.acts.signing_in import Authorisation, Rights, Tokens
from snapshots.app import App
from snapshots.errors import AuthenticationFailed, SiteUnavailable, SnapshotsError
from snapshots.web.signin.attempts import Attempts

logger = logging.getLogger("snapshots.web.signin")

CHECK_EVERY_SECONDS = 5 * 60
"""How long somebody who lost the right may still go on."""

GOOD_FOR_SECONDS = 15 * 60
"""How long the last yes of a site holds while it does not answer."""

_RETRY_SECONDS = 10
_LASTS_SECONDS = 12 * 60 * 60
_MOST = 10_000


CALLBACK_PATH = "/sign-in/atlassian/callback"


@dataclass(slots=True)
class _SignIn:
    tokens: Tokens
    began_at: float
    affirmed_at: dict[str, float]
    """By the name of a site: when Confluence last said that this person administers it."""
    checked_at: float
    tried_at: float
    lock: threading.Lock = field(default_factory=threading.Lock)


class TeamSignIns:
    """The sign-ins of one server. `check` asks Confluence, `renew` Atlassian; `clock` is monotonic."""

    def __init__(
        self,
        *,
        check: Callable[[Tokens], Rights],
        renew: Callable[[Tokens], Tokens],
        is_over: Callable[[Tokens], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._check = check
        self._renew = renew
        self._is_over = is_over
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _SignIn] = {}

    def add(self, tokens: Tokens, sites: tuple[str, ...]) -> str:
        """Remember somebody who was just checked; the answer is what their session calls it."""
        key, now = secrets.token_urlsafe(24), self._clock()
        with self._lock:
            for old in [old for old, known in self._known.items() if known.began_at + _LASTS_SECONDS <= now]:
                del self._known[old]
            while len(self._known) >= _MOST:
                del self._known[next(iter(self._known))]
            self._known[key] = _SignIn(tokens, now, dict.fromkeys(sites, now), now, now)
        return key

    def forget(self, key: str) -> None:
        with self._lock:
            self._known.pop(key, None)

    def sites_of(self, key: str) -> tuple[str, ...] | None:
        """The sites that this person may administer now, asked again when it was long ago.

        None when they are not signed in any more: unknown after a restart, consent taken back, or administrator of
        nothing. Raises `SiteUnavailable` when that could not be found out for too long.
        """
        known = self._known.get(key)
        if known is None or known.began_at + _LASTS_SECONDS <= self._clock():
            self.forget(key)
            return None
        # One of the browser's requests asks; the others go on with the last answer instead of waiting with it.
        if self._is_due(known) and known.lock.acquire(blocking=False):
            try:
                if self._is_due(known):
                    self._ask_again(key, known)
            finally:
                known.lock.release()
        if key not in self._known:
            return None
        now = self._clock()
        sites = tuple(sorted(name for name, at in known.affirmed_at.items() if now - at < GOOD_FOR_SECONDS))
        if not sites:
            raise SiteUnavailable(
                "Whether you still administer this site could not be checked, because Confluence does not answer: "
                "wait a moment and load the page again."
            )
        return sites

    def _is_due(self, known: _SignIn) -> bool:
        now = self._clock()
        return now - known.checked_at >= CHECK_EVERY_SECONDS and now - known.tried_at >= _RETRY_SECONDS

    def _ask_again(self, key: str, known: _SignIn) -> None:
        """Ask Confluence; without an answer all stays as it was, and grows old."""
        known.tried_at = now = self._clock()
        try:
            if self._is_over(known.tokens):
                known.tokens = self._renew(known.tokens)
            rights = self._check(known.tokens)
        except AuthenticationFailed:
            logger.info("A sign-in ended: Atlassian does not vouch for it any more.")
            self.forget(key)
            return
        except SnapshotsError as error:
            logger.warning("A sign-in could not be checked: %s", error)
            return
        silent = {name for name, _ in rights.silent}
        old = {name: at for name, at in known.affirmed_at.items() if name in silent}
        known.affirmed_at = old | dict.fromkeys(rights.administers, now)
        if not silent:
            known.checked_at = now
            if not known.affirmed_at:
                logger.info("A sign-in ended: this person administers no site any more.")
                self.forget(key)


@dataclass(frozen=True, slots=True)
class Team:
    """Everything that signing in with Atlassian needs of one server."""

    authorisation: Authorisation
    sign_ins: TeamSignIns
    attempts: Attempts = field(default_factory=Attempts)


def open_team(app: App, public_url: str) -> Team | None:
    """None where people come in by a link. Raises `ConfigurationError` when it is set up by halves."""
    authorisation = signing_in.open_authorisation(app, f"{public_url}{CALLBACK_PATH}")
    if authorisation is None:
        return None
    sign_ins = TeamSignIns(
        check=lambda tokens: signing_in.check(app, authorisation, tokens),
        renew=authorisation.renew,
        is_over=authorisation.is_over,
    )
    return Team(authorisation, sign_ins)
