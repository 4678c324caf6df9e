"""Signing a person in with Atlassian: OAuth 2.0 (3LO).

oauthlib says what goes into the requests and what the answers mean; our own transport sends them. Atlassian has no id
token: who somebody is, and what they may do, is asked of the site itself with the access token.
Source: "OAuth 2.0 (3LO) apps" of developer.atlassian.com, as of November 2025.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient
from oauthlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    InvalidGrantError,
    MismatchingStateError,
    MissingCodeError,
)

from snapshots.atlassian.call import decode
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.model import Person
from snapshots.atlassian.transport import Transport
from snapshots.errors import (
    AuthenticationFailed,
    ConfigurationError,
    InvalidInput,
    PermissionDenied,
    SiteRefused,
)

SCOPES = ("read:confluence-user", "offline_access")
"""Who somebody is and what they may do, and asking that again later. Nothing of what is on the site."""

_AUDIENCE = "api.atlassian.com"
_WANTED = frozenset({400, 401, 403})
"""What the token endpoint says no with, in the words of RFC 6749."""

_NOT_SENT = "https://not-sent.invalid/"
"""oauthlib wants https in every address it is shown. Ours are checked where they are set, and it is shown this one."""

_ACCOUNT = "your Atlassian account"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the authorisation server and the gateway are, without slashes at the end."""

    auth_url: str = "https://auth.atlassian.com"
    api_url: str = "https://api.atlassian.com"


ATLASSIAN = Endpoints()


@dataclass(frozen=True, slots=True)
class Program:
    """What Atlassian's developer console knows of this installation."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where to send the browser, and what must be kept until it comes back. All of it is secret."""

    address: str = field(repr=False)
    state: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What acts for a person until `ends_at` (seconds of `clock`), and what renews it. Secrets both."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    ends_at: float


class _Issued(msgspec.Struct):
    """The answer of the token endpoint, its shape checked before oauthlib looks at it."""

    access_token: str | None = None
    token_type: str | None = None
    expires_in: int | None = None
    refresh_token: str | None = None
    scope: str | None = None
    error: str | None = None
    error_description: str | None = None


class _Resource(msgspec.Struct):
    id: str


class Authorisation:
    """Asks Atlassian on behalf of people. One for the life of a server; any thread may use it.

    A person waits in front of a browser: it is given up sooner than a backup would. `transport` makes the transport of
    a connection, and `clock` is monotonic, both to be replaced in tests.
    """

    def __init__(
        self,
        program: Program,
        endpoints: Endpoints = ATLASSIAN,
        *,
        transport: Callable[[Connection], Transport] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._program = program
        self._endpoints = endpoints
        self._open = transport or _open_impatient
        self._clock = clock

    def invite(self) -> Invitation:
        """Everything a browser needs to be sent to Atlassian: a fresh state, and a PKCE challenge."""
        client = WebApplicationClient(self._program.client_id)
        state = secrets.token_urlsafe(32)
        verifier = client.create_code_verifier(64)
        challenge = client.create_code_challenge(verifier, "S256")
        asked: str = client.prepare_request_uri(
            _NOT_SENT,
            redirect_uri=self._program.redirect_uri,
            scope=list(SCOPES),
            state=state,
            code_challenge=challenge,
            code_challenge_method="S256",
            audience=_AUDIENCE,
            prompt="consent",
        )
        return Invitation(f"{self._endpoints.auth_url}/authorize?{urlsplit(asked).query}", state, verifier)

    def read_answer(self, query: str, *, state: str) -> str:
        """The code in the query that the browser came back with.

        Raises `InvalidInput` when it does not belong to `state`, `PermissionDenied` when the person said no, and
        `ConfigurationError` when Atlassian does not want this program as it is set up.
        """
        try:
            answer = WebApplicationClient(self._program.client_id).parse_request_uri_response(
                f"{_NOT_SENT}?{query}", state=state
            )
        except (MismatchingStateError, MissingCodeError):
            raise InvalidInput(
                "This answer belongs to a sign-in that was begun elsewhere or is over: start again."
            ) from None
        except AccessDeniedError:
            raise PermissionDenied(
                "You did not let Snapshots ask who you are, so nobody was signed in: start again to change your mind."
            ) from None
        except OAuth2Error as error:
            raise ConfigurationError(
                f"Atlassian refused the sign-in ({_word(error.error)}): an operator must compare client id, callback "
                "and scopes with Atlassian's developer console."
            ) from None
        return str(answer["code"])

    def exchange(self, code: str, verifier: str) -> Tokens:
        """Tokens for a code. Raises `AuthenticationFailed` when the code is not good any more."""
        program = self._program
        client = WebApplicationClient(program.client_id)
        form = client.prepare_request_body(
            code,
            redirect_uri=program.redirect_uri,
            code_verifier=verifier,
            client_secret=program.client_secret,
        )
        issued = self._ask_for_tokens(form, doing="exchanging the code of your sign-in")
        return self._tokens(issued, refresh="")

    def renew(self, tokens: Tokens) -> Tokens:
        """New tokens for the refresh token, which is spent then.

        Raises `AuthenticationFailed` when there is none, or the person took their consent back.
        """
        if not tokens.refresh:
            raise _signed_in_too_long()
        program = self._program
        client = WebApplicationClient(program.client_id)
        form = client.prepare_refresh_body(
            refresh_token=tokens.refresh, client_id=program.client_id, client_secret=program.client_secret
        )
        issued = self._ask_for_tokens(form, doing="renewing your sign-in")
        return self._tokens(issued, refresh=tokens.refresh)

    def is_over(self, tokens: Tokens) -> bool:
        """Whether an access token ends within the minute."""
        return tokens.ends_at - 60 <= self._clock()

    def list_site_ids(self, tokens: Tokens) -> frozenset[str]:
        """Cloud ids of the sites that the person let us ask."""
        api = self._endpoints.api_url
        with self._open(Connection(api, api, _ACCOUNT, tokens.access, scheme="bearer")) as transport:
            doing = "asking which sites you chose"
            try:
                found = transport.get(f"{api}/oauth/token/accessible-resources", list[_Resource], doing=doing)
            except AuthenticationFailed:
                raise _signed_in_too_long() from None
        return frozenset(resource.id for resource in found)

    def get_person(self, tokens: Tokens, cloud_id: str) -> Person:
        """Who the person is on one site, and whether they administer its Confluence, asked as that person."""
        api = self._endpoints.api_url
        confluence_url, jira_url = f"{api}/ex/confluence/{cloud_id}/wiki", f"{api}/ex/jira/{cloud_id}"
        with self._open(Connection(confluence_url, jira_url, _ACCOUNT, tokens.access, scheme="bearer")) as transport:
            return ConfluenceClient(transport).get_person()

    def _ask_for_tokens(self, form: str, *, doing: str) -> _Issued:
        auth = self._endpoints.auth_url
        url = f"{auth}/oauth/token"
        with self._open(Connection(auth, auth, self._program.client_id, self._program.client_secret)) as transport:
            answer = transport.submit(url, form, doing=doing, wanted=_WANTED)
        issued = decode(answer.body, _Issued, url=url, doing=doing)
        try:
            WebApplicationClient(self._program.client_id).parse_request_body_response(answer.body.decode())
        except InvalidGrantError:
            raise _signed_in_too_long() from None
        except OAuth2Error as error:
            raise ConfigurationError(
                f"Atlassian refused {doing} ({_word(error.error)}): an operator must compare client id and client "
                "secret with Atlassian's developer console."
            ) from None
        if answer.status >= 400 or (issued.token_type or "").lower() != "bearer":
            raise SiteRefused(f"Atlassian gave no token for {doing}: try again later.", status=answer.status)
        return issued

    def _tokens(self, issued: _Issued, *, refresh: str) -> Tokens:
        # Without a word about its end a token is taken to end soon, not never.
        lasts_seconds = issued.expires_in if issued.expires_in is not None else 60
        return Tokens(issued.access_token or "", issued.refresh_token or refresh, self._clock() + lasts_seconds)


def _open_impatient(connection: Connection) -> Transport:
    return Transport(
        connection,
        threads=2,
        patience_seconds=5.0,
        connect_timeout_seconds=5.0,
        read_timeout_seconds=10.0,
        answer_timeout_seconds=20.0,
        max_retries=1,
    )


def _signed_in_too_long() -> AuthenticationFailed:
    return AuthenticationFailed("Atlassian does not vouch for this sign-in any more: sign in again.")


def _word(error: Any) -> str:
    """The code of an error as it may be shown; what comes by the browser may be anything."""
    text = str(error)[:60]
    return text if text.replace("_", "").isalnum() and text.isascii() else "without a reason"
