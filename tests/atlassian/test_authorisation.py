"""Signing in against the emulated authorisation server, over real sockets."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from atlassian_emulator.oauth import OAuthClient
from atlassian_emulator.server import EmulatorServer
from atlassian_emulator.weather import Disturbance
from snapshots.atlassian.authorisation import Authorisation, Endpoints, Program, Tokens
from snapshots.atlassian.transport import Transport
from snapshots.errors import (
    AuthenticationFailed,
    ConfigurationError,
    InvalidInput,
    PermissionDenied,
    SiteRefused,
    SiteUnavailable,
)

from ..signing_in import consent

CALLBACK = "https://snapshots.example.com/sign-in/atlassian/callback"
SECRET = "cl13nt-s3cret"


class Clock:
    seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def acme():
    with EmulatorServer("acme", oauth_clients=[OAuthClient("snapshots", SECRET, (CALLBACK,))]) as running:
        yield running


def open_hastily(connection):
    return Transport(connection, read_timeout_seconds=2, max_retries=1, sleep=lambda seconds: None)


def asking(server, secret=SECRET, client_id="snapshots", callback=CALLBACK, clock=None):
    program = Program(client_id, secret, callback)
    return Authorisation(program, Endpoints(server.url, server.url), transport=open_hastily, clock=clock or Clock())


@pytest.fixture
def authorisation(acme):
    return asking(acme)


def come_back(authorisation, acme, email="admin@example.com", **choices):
    invitation = authorisation.invite()
    sent = consent(invitation.address, acme, email, **choices)
    return authorisation.read_answer(urlsplit(sent).query, state=invitation.state), invitation.verifier


def test_the_browser_is_sent_with_all_that_atlassian_documents(authorisation, acme):
    invitation = authorisation.invite()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(invitation.address).query).items()}
    challenge = asked.pop("code_challenge")
    assert asked == {
        "response_type": "code",
        "client_id": "snapshots",
        "redirect_uri": CALLBACK,
        "scope": "read:confluence-user offline_access",
        "state": invitation.state,
        "code_challenge_method": "S256",
        "audience": "api.atlassian.com",
        "prompt": "consent",
    }
    assert invitation.verifier not in invitation.address
    assert len(challenge) == 43
    assert authorisation.invite().state != invitation.state


@pytest.mark.parametrize(("email", "administers"), [("admin@example.com", True), ("viewer@example.com", False)])
def test_a_person_and_what_they_may_do_come_of_their_own_token(authorisation, acme, email, administers):
    tokens = authorisation.exchange(*come_back(authorisation, acme, email))
    assert authorisation.list_site_ids(tokens) == {acme.site.cloud_id}
    person = authorisation.get_person(tokens, acme.site.cloud_id)
    assert (person.account_id, person.administers) == (acme.site.users.find_by_email(email).account_id, administers)
    assert acme.requests()[-1].user == email


def test_no_secret_is_shown(authorisation, acme):
    tokens = authorisation.exchange(*come_back(authorisation, acme))
    invitation = authorisation.invite()
    shown = repr((tokens, invitation, Program("a", SECRET, CALLBACK)))
    assert tokens.access not in shown
    assert tokens.refresh not in shown
    assert SECRET not in shown
    assert invitation.state not in shown
    assert all(SECRET not in entry.query and tokens.access not in entry.query for entry in acme.requests())


def test_an_answer_to_another_question_is_refused(authorisation, acme):
    first, second = authorisation.invite(), authorisation.invite()
    query = urlsplit(consent(first.address, acme, "admin@example.com")).query
    for state in (second.state, "", "x"):
        with pytest.raises(InvalidInput, match="start again"):
            authorisation.read_answer(query, state=state or "none")
    with pytest.raises(InvalidInput):
        authorisation.read_answer(f"state={first.state}", state=first.state)


def test_who_says_no_is_not_signed_in(authorisation, acme):
    with pytest.raises(PermissionDenied, match="nobody was signed in"):
        come_back(authorisation, acme, accept=False)


def test_an_error_that_the_browser_brings_is_not_repeated(authorisation):
    with pytest.raises(ConfigurationError) as caught:
        authorisation.read_answer("state=s&error=%3Cscript%3E&error_description=evil", state="s")
    assert "script" not in str(caught.value)
    assert "evil" not in str(caught.value)


def test_a_code_is_worth_nothing_with_another_verifier(authorisation, acme):
    code, _ = come_back(authorisation, acme)
    with pytest.raises(AuthenticationFailed, match="sign in again"):
        authorisation.exchange(code, "w" * 64)


def test_a_stolen_code_of_another_sign_in_is_worth_nothing(authorisation, acme):
    code, _ = come_back(authorisation, acme)
    _, verifier = come_back(authorisation, acme, "viewer@example.com")
    with pytest.raises(AuthenticationFailed):
        authorisation.exchange(code, verifier)


def test_tokens_are_renewed_until_consent_is_taken_back(acme):
    clock = Clock()
    authorisation = asking(acme, clock=clock)
    first = authorisation.exchange(*come_back(authorisation, acme))
    assert not authorisation.is_over(first)
    clock.seconds += 3541
    assert authorisation.is_over(first)
    second = authorisation.renew(first)
    assert not authorisation.is_over(second)
    assert authorisation.get_person(second, acme.site.cloud_id).administers
    acme.authority.withdraw("admin@example.com")
    with pytest.raises(AuthenticationFailed):
        authorisation.renew(second)
    with pytest.raises(AuthenticationFailed):
        authorisation.list_site_ids(second)
    with pytest.raises(AuthenticationFailed):
        authorisation.renew(Tokens(second.access, "", 0.0))


def test_a_wrong_client_secret_is_the_operators_to_mend(acme):
    wrong = asking(acme, secret="gu3ss-" + SECRET)
    code, verifier = come_back(wrong, acme)
    with pytest.raises(ConfigurationError, match=r"access_denied.*client secret") as caught:
        wrong.exchange(code, verifier)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("kind", ["unavailable", "rate-limit", "drop", "cut"])
def test_bad_weather_is_told_apart_from_a_no(authorisation, acme, kind):
    code, verifier = come_back(authorisation, acme)
    acme.set_weather(Disturbance(kind=kind, path="/oauth/*", retry_after_seconds=900))
    with pytest.raises(SiteUnavailable):
        authorisation.exchange(code, verifier)


def test_a_code_is_never_sent_twice(authorisation, acme):
    """It is spent by its first use, and a second one would end what the first gave."""
    code, verifier = come_back(authorisation, acme)
    acme.set_weather(Disturbance(kind="lose", path="/oauth/token"))
    with pytest.raises(SiteUnavailable):
        authorisation.exchange(code, verifier)
    assert sum(entry.path == "/oauth/token" for entry in acme.requests()) == 1


def test_something_that_is_no_authorisation_server_gives_no_token(site, answered):
    for body in ({}, [], {"access_token": 7}, {"access_token": "x", "token_type": "mac"}, {"token_type": "bearer"}):
        site.script = [answered(body)]
        with pytest.raises((SiteRefused, ConfigurationError)):
            asking(site).exchange("code", "v" * 64)
