"""Programs of others sign in as their users write it."""

from __future__ import annotations

import pytest

from .conftest import APP, CALLBACK


def test_requests_oauthlib_signs_a_person_in_and_refreshes(app, monkeypatch):
    requests_oauthlib = pytest.importorskip("requests_oauthlib")
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    scopes = ["read:jira-work", "read:me", "offline_access"]
    session = requests_oauthlib.OAuth2Session(APP.client_id, redirect_uri=CALLBACK, scope=scopes, pkce="S256")
    address, _ = session.authorization_url(
        f"{app.server.url}/authorize", audience="api.atlassian.com", prompt="consent"
    )
    sent = app.click(app.pool.request("GET", address)).headers["Location"]
    token_url = f"{app.server.url}/oauth/token"
    issued = session.fetch_token(
        token_url, authorization_response=sent, client_secret=APP.client_secret, include_client_id=True
    )
    assert session.get(f"{app.server.url}/me").json()["email"] == "admin@example.com"
    again = session.refresh_token(token_url, client_id=APP.client_id, client_secret=APP.client_secret)
    assert again["access_token"] != issued["access_token"]
    assert session.get(f"{app.server.url}/me").status_code == 200
    session.close()


def test_the_jira_client_works_behind_the_gateway(app):
    jira = pytest.importorskip("jira")
    token = app.tokens(scope="read:jira-work read:jira-user")["access_token"]
    address = f"{app.server.url}/ex/jira/{app.server.site.cloud_id}"
    connected = jira.JIRA(address, token_auth=token, get_server_info=False)
    assert connected.myself()["emailAddress"] == "admin@example.com"
    assert connected.projects() == []
    connected.close()
