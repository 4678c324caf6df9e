"""What the authorisation server remembers: clients, requests for consent, grants, codes and tokens.

All of it is in memory and gone with the process. There is one grant for a person and a client; a site consented to
later is added to it, and every token of the grant reaches all its sites from then on, as Atlassian's FAQ has it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from atlassian_emulator.oauth.clients import OAuthClient
from atlassian_emulator.site import Site
from atlassian_emulator.users import User

SECOND = 1_000_000
CONSENT_LASTS = 600 * SECOND
CODE_LASTS = 300 * SECOND
REFRESH_IDLE = 90 * 86_400 * SECOND
REFRESH_LASTS = 365 * 86_400 * SECOND
OFFLINE = "offline_access"


class Refused(Exception):
    """The token endpoint says no: RFC 6749's `error`, a description, and the status Atlassian answers with."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status, self.error, self.description = status, error, description


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """What a program asks a person for."""

    client: OAuthClient
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    challenge: str
    challenge_method: str
    ends_at: int


@dataclass(slots=True)
class Grant:
    """What one person gave one client. `cloud_ids` grows; `withdrawn` ends every token at once."""

    client_id: str
    account_id: str
    email: str
    cloud_ids: set[str] = field(default_factory=set)
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class AccessToken:
    """One hour of acting as a person."""

    grant: Grant
    scopes: tuple[str, ...]
    ends_at: int


@dataclass(slots=True)
class _Family:
    """All tokens that come of one code. Using a code or a spent refresh token again ends the family."""

    grant: Grant
    scopes: tuple[str, ...]
    began_at: int
    ended: bool = False


@dataclass(slots=True)
class _Code:
    family: _Family
    request: ConsentRequest
    ends_at: int
    used: bool = False


@dataclass(slots=True)
class _RefreshToken:
    family: _Family
    ends_at: int
    used: bool = False


class Authority:
    """One per site: `site.part(Authority)`. It knows its own site and those that `join` it.

    `access_seconds` is how long an access token lasts, an hour unless a test says otherwise.
    """

    def __init__(self, site: Site) -> None:
        self.access_seconds = 3600
        self._home = site
        self._lock = threading.Lock()
        self._sites: dict[str, Site] = {site.cloud_id: site}
        self._clients: dict[str, OAuthClient] = {}
        self._asked: dict[str, ConsentRequest] = {}
        self._grants: dict[tuple[str, str], Grant] = {}
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, tuple[_Family, int]] = {}
        self._refresh: dict[str, _RefreshToken] = {}

    @property
    def sites(self) -> tuple[Site, ...]:
        return tuple(self._sites.values())

    def join(self, site: Site) -> None:
        """Let tokens of this authority reach another site of this process."""
        self._sites[site.cloud_id] = site

    def find_site(self, cloud_id: str) -> Site | None:
        return self._sites.get(cloud_id)

    def register(self, clients: Iterable[OAuthClient]) -> None:
        """Add clients, or change those of the same id."""
        self._clients.update((client.client_id, client) for client in clients)

    def find_client(self, client_id: str) -> OAuthClient | None:
        return self._clients.get(client_id)

    def people(self) -> list[User]:
        """Everybody who can sign in on one of the sites, by name."""
        known = {user.account_id: user for site in self.sites for user in site.users.list_all() if _signs_in(user)}
        return sorted(known.values(), key=lambda user: (user.display_name, user.account_id))

    def sites_of(self, account_id: str) -> list[Site]:
        """The sites on which this person can sign in."""
        return [site for site in self.sites if (user := site.users.find(account_id)) and _signs_in(user)]

    def ask(self, request: ConsentRequest) -> str:
        """Keep a request while a person thinks about it; the answer is what the consent page calls it."""
        ticket = secrets.token_urlsafe(24)
        with self._lock:
            self._asked[ticket] = request
        return ticket

    def take_request(self, ticket: str) -> ConsentRequest | None:
        """Return a request that waits for an answer, which can be given once."""
        with self._lock:
            request = self._asked.pop(ticket, None)
        return request if request and request.ends_at > self._home.clock() else None

    def consent(self, request: ConsentRequest, person: User, site: Site) -> str:
        """Take note that `person` lets the client in on `site`; the answer is the code for the client."""
        now, code = self._home.clock(), secrets.token_urlsafe(32)
        with self._lock:
            key = (request.client.client_id, person.account_id)
            grant = self._grants.get(key)
            if grant is None or grant.withdrawn:
                grant = self._grants[key] = Grant(request.client.client_id, person.account_id, person.email)
            grant.cloud_ids.add(site.cloud_id)
            self._codes[code] = _Code(_Family(grant, request.scopes, now), request, now + CODE_LASTS)
        return code

    def withdraw(self, email: str) -> int:
        """Take back all that a person gave (without an address: everybody); the answer is how many grants ended."""
        with self._lock:
            ended = [grant for grant in self._grants.values() if not grant.withdrawn and email in ("", grant.email)]
            for grant in ended:
                grant.withdrawn = True
        return len(ended)

    def exchange_code(self, client: OAuthClient, code: str, redirect_uri: str, verifier: str) -> dict[str, str | int]:
        """Turn a code into tokens, once. Raises `Refused`."""
        with self._lock:
            now, found = self._home.clock(), self._codes.get(code)
            if found is None or found.request.client.client_id != client.client_id:
                raise _bad_code()
            if found.used:
                # RFC 6749, 4.1.2: whoever else used it may be a thief, so what they got ends too.
                found.family.ended = True
                raise _bad_code()
            if found.ends_at <= now or found.family.grant.withdrawn:
                raise _bad_code()
            if found.request.redirect_uri != redirect_uri or not _proves(found.request, verifier):
                raise _bad_code()
            found.used = True
            return self._issue(found.family, now)

    def exchange_refresh_token(self, client: OAuthClient, token: str) -> dict[str, str | int]:
        """Turn a refresh token into new tokens, and spend it. Raises `Refused`."""
        with self._lock:
            now, found = self._home.clock(), self._refresh.get(token)
            if found is None or found.family.grant.client_id != client.client_id:
                raise _bad_refresh_token()
            if found.used:
                found.family.ended = True
            if found.family.ended or found.family.grant.withdrawn or found.ends_at <= now:
                raise _bad_refresh_token()
            found.used = True
            return self._issue(found.family, now)

    def find_token(self, token: str) -> AccessToken | None:
        """Return what an access token allows, or None when it is unknown, over, or taken back."""
        with self._lock:
            family, ends_at = self._access.get(token, (None, 0))
            if family is None or family.ended or family.grant.withdrawn or ends_at <= self._home.clock():
                return None
            return AccessToken(family.grant, family.scopes, ends_at)

    def _issue(self, family: _Family, now: int) -> dict[str, str | int]:
        access = secrets.token_urlsafe(48)
        self._access[access] = (family, now + self.access_seconds * SECOND)
        issued: dict[str, str | int] = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": self.access_seconds,
            "scope": " ".join(family.scopes),
        }
        if OFFLINE in family.scopes:
            refresh = secrets.token_urlsafe(48)
            ends_at = min(now + REFRESH_IDLE, family.began_at + REFRESH_LASTS)
            self._refresh[refresh] = _RefreshToken(family, ends_at)
            issued["refresh_token"] = refresh
        return issued


def _signs_in(user: User) -> bool:
    return user.active and user.role != "person"


def _proves(request: ConsentRequest, verifier: str) -> bool:
    """Whether a verifier fits the challenge (RFC 7636); without a challenge there is nothing to prove."""
    if not request.challenge:
        return True
    if request.challenge_method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        shown = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    else:
        shown = verifier
    return hmac.compare_digest(shown.encode(), request.challenge.encode())


def _bad_code() -> Refused:
    return Refused(403, "invalid_grant", "authorization_code is invalid")


def _bad_refresh_token() -> Refused:
    return Refused(403, "invalid_grant", "Unknown or invalid refresh token.")
