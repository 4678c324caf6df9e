from __future__ import annotations

import pytest

from atlassian_emulator.oauth import OAuthClient

from .conftest import APP, CALLBACK, sent_back


def test_the_consent_page_names_the_app_the_accounts_and_the_scopes(app):
    page = app.see()
    text = page.data.decode()
    assert page.status == 200
    assert page.headers["X-Frame-Options"] == "DENY"
    for word in ("Example app", "admin@example.com", "viewer@example.com", "read:confluence-user", "offline_access"):
        assert word in text


def test_a_person_who_accepts_is_sent_back_with_a_code_and_the_state(app):
    answer = app.click(app.see())
    assert answer.headers["Location"].startswith(f"{CALLBACK}?code=")
    assert sent_back(answer)["state"] == "kept <by> the app"


def test_a_person_who_refuses_is_sent_back_with_access_denied(app):
    told = sent_back(app.click(app.see(), decision="cancel"))
    assert told == {
        "error": "access_denied",
        "error_description": "User did not authorize the request",
        "state": "kept <by> the app",
    }


def test_what_the_callback_asks_for_is_kept(app):
    answer = app.click(app.see(redirect_uri=APP.redirect_uris[1]))
    assert set(sent_back(answer)) == {"kept", "code", "state"}


@pytest.mark.parametrize(
    "uri", [f"{CALLBACK}/", CALLBACK.upper(), f"{CALLBACK}?x=1", "https://evil.example.com/", None]
)
def test_a_callback_that_is_not_registered_is_never_visited(app, uri):
    answer = app.see(redirect_uri=uri)
    assert (answer.status, answer.headers.get("Location")) == (400, None)


def test_an_unknown_client_is_told_to_the_person(app):
    answer = app.see(client_id="<script>")
    assert (answer.status, answer.headers.get("Location")) == (400, None)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"audience": "other.example.com"}, "access_denied"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "read:me everything"}, "invalid_scope"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "md5"}, "invalid_request"),
    ],
)
def test_a_request_that_cannot_be_granted_is_told_to_the_app(app, change, error):
    told = sent_back(app.see(**change))
    assert (told["error"], told["state"]) == (error, "kept <by> the app")


def test_an_answer_is_given_once_and_in_time(app, clock):
    page = app.see()
    assert app.click(page).status == 302
    assert app.click(page).status == 400
    late = app.see()
    clock.pass_by(601)
    assert app.click(late).status == 400


def test_only_an_account_of_the_site_can_consent(app):
    app.server.site.users.put("author@example.com", "Only Named")
    for email in ("nobody@example.com", "author@example.com"):
        assert app.click(app.see(), email).status == 400
    assert app.click(app.see(), site="another site").status == 400


def test_names_on_the_page_are_text(app):
    app.server.authority.register([OAuthClient("hostile", "x", (CALLBACK,), "<img src=x onerror=alert(1)>")])
    app.server.site.users.put("x@example.com", "<script>alert(2)</script>", "viewer", token="x")
    text = app.see(client_id="hostile").data.decode()
    assert "<img" not in text
    assert "<script" not in text
