from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlencode

import pytest

from atlassian_emulator.oauth import OAuthClient

from .conftest import CALLBACK, FORM

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def test_a_code_becomes_tokens(app):
    answer = app.exchange(app.code())
    issued = answer.json()
    assert set(issued) == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert (issued["token_type"], issued["expires_in"]) == ("Bearer", 3600)
    assert issued["scope"] == "read:confluence-user read:me offline_access"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_form_is_read_as_well_as_json(app):
    wish = {
        "grant_type": "authorization_code",
        "client_id": "app-id",
        "client_secret": "app-secret",
        "code": app.code(),
        "redirect_uri": CALLBACK,
    }
    url = f"{app.server.url}/oauth/token"
    assert app.pool.request("POST", url, body=urlencode(wish), headers=FORM).status == 200


def test_without_offline_access_there_is_no_refresh_token(app):
    assert "refresh_token" not in app.tokens(scope="read:me")


def test_a_code_used_again_is_refused_and_ends_what_it_gave(app):
    code = app.code()
    issued = app.exchange(code).json()
    again = app.exchange(code)
    assert (again.status, again.json()["error"]) == (403, "invalid_grant")
    assert app.get("/me", issued["access_token"]).status == 401
    assert app.ask_token(grant_type="refresh_token", refresh_token=issued["refresh_token"]).status == 403


def test_a_code_is_good_for_five_minutes(app, clock):
    code = app.code()
    clock.pass_by(301)
    assert app.exchange(code).json() == {
        "error": "invalid_grant",
        "error_description": "authorization_code is invalid",
    }


def test_a_code_belongs_to_its_client_and_its_callback(app):
    app.server.authority.register([OAuthClient("other", "other-secret", (CALLBACK,))])
    stolen = app.exchange(app.code(), client_id="other", client_secret="other-secret")
    assert (stolen.status, stolen.json()["error"]) == (403, "invalid_grant")
    wish = {"grant_type": "authorization_code", "code": app.code()}
    assert app.ask_token(**wish, redirect_uri="https://app.example.com/other?kept=1").status == 403
    assert app.ask_token(**wish).json()["error"] == "invalid_request"


@pytest.mark.parametrize(("method", "challenge"), [("S256", CHALLENGE), ("plain", VERIFIER), (None, VERIFIER)])
def test_a_challenge_wants_its_verifier(app, method, challenge):
    asked = {"code_challenge": challenge, "code_challenge_method": method}
    assert app.exchange(app.code(**asked)).status == 403
    assert app.exchange(app.code(**asked), code_verifier="w" * 43).status == 403
    assert app.exchange(app.code(**asked), code_verifier=VERIFIER).status == 200


def test_pkce_does_not_replace_the_secret(app):
    code = app.code(code_challenge=CHALLENGE, code_challenge_method="S256")
    answer = app.exchange(code, code_verifier=VERIFIER, client_secret="")
    assert (answer.status, answer.json()) == (401, {"error": "access_denied", "error_description": "Unauthorized"})


def test_a_refresh_token_is_spent_by_its_use(app):
    first = app.tokens()
    second = app.ask_token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert app.get("/me", second["access_token"]).status == 200
    again = app.ask_token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (again.status, again.json()["error_description"]) == (403, "Unknown or invalid refresh token.")
    # A spent token that turns up again may have been stolen: all that came of the code ends.
    assert app.get("/me", second["access_token"]).status == 401
    assert app.ask_token(grant_type="refresh_token", refresh_token=second["refresh_token"]).status == 403


def test_tokens_end(app, clock):
    issued = app.tokens()
    clock.pass_by(3600)
    assert app.get("/me", issued["access_token"]).status == 401
    clock.pass_by(90 * 86_400)
    assert app.ask_token(grant_type="refresh_token", refresh_token=issued["refresh_token"]).status == 403


def test_a_family_of_tokens_lasts_a_year_at_most(app, clock):
    token = app.tokens()["refresh_token"]
    for _ in range(4):
        clock.pass_by(80 * 86_400)
        token = app.ask_token(grant_type="refresh_token", refresh_token=token).json()["refresh_token"]
    clock.pass_by(50 * 86_400)
    assert app.ask_token(grant_type="refresh_token", refresh_token=token).status == 403


def test_a_person_may_take_consent_back(app):
    admin, viewer = app.tokens(), app.tokens("viewer@example.com")
    url = f"{app.server.url}/_emulator/oauth/grants?user=admin@example.com"
    assert app.pool.request("DELETE", url).json() == {"withdrawn": 1}
    assert app.get("/me", admin["access_token"]).status == 401
    assert app.get("/me", viewer["access_token"]).status == 200
    assert app.get("/me", app.tokens()["access_token"]).status == 200


@pytest.mark.parametrize(
    ("wish", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "made up"}, 403, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "made up", "redirect_uri": CALLBACK}, 403, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x", "client_id": "made up"}, 401, "access_denied"),
    ],
)
def test_refusals_have_the_shape_of_rfc_6749(app, wish, status, error):
    answer = app.ask_token(**wish)
    assert (answer.status, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"grant_type": 7}', b"[" * 100_000])
def test_a_body_that_is_no_request_is_refused(app, body):
    answer = app.pool.request("POST", f"{app.server.url}/oauth/token", body=body)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")
