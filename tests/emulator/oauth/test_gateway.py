from __future__ import annotations

import pytest

from atlassian_emulator import confluence, jira
from atlassian_emulator.oauth.scopes import allows
from atlassian_emulator.weather import Disturbance

from ..openapi import open_document

CURRENT = "/wiki/rest/api/user/current?expand=operations"


def test_a_token_names_its_person(app):
    me = app.get("/me", app.tokens("viewer@example.com")["access_token"]).json()
    assert (me["email"], me["name"], me["account_type"]) == ("viewer@example.com", "Vera Viewer", "atlassian")


def test_a_token_names_the_sites_it_reaches(app):
    (resource,) = app.get("/oauth/token/accessible-resources", app.tokens()["access_token"]).json()
    assert resource["id"] == app.server.site.cloud_id
    assert resource["url"] == app.server.url
    assert resource["scopes"] == ["read:confluence-user"]


def test_the_gateway_asks_the_site_as_that_person(app):
    for email, administers in (("admin@example.com", True), ("viewer@example.com", False)):
        answer = app.gateway(CURRENT, app.tokens(email)["access_token"]).json()
        assert answer["accountId"] == app.server.site.users.find_by_email(email).account_id
        assert ({"operation": "administer", "targetType": "application"} in answer["operations"]) == administers
    asked = [(entry.route, entry.user) for entry in app.server.requests() if "/user/current" in entry.path]
    assert asked == [
        ("GET /wiki/rest/api/user/current", "admin@example.com"),
        ("GET /wiki/rest/api/user/current", "viewer@example.com"),
    ]


def test_jira_is_behind_the_gateway_too(app):
    token = app.tokens(scope="read:jira-work read:jira-user")["access_token"]
    assert app.gateway("/rest/api/3/myself", token, "jira").json()["emailAddress"] == "admin@example.com"
    assert app.gateway("/rest/api/3/project/search", token, "jira").status == 200
    refused = app.gateway("/rest/api/3/issue", token, "jira", method="POST", json={})
    assert (refused.status, refused.json()["message"]) == (401, "Unauthorized; scope does not match")


def test_rights_are_those_of_the_moment(app):
    token = app.tokens()["access_token"]
    app.server.site.users.put("admin@example.com", "Ada Admin", "viewer", token="emulator")
    assert {"operation": "administer", "targetType": "application"} not in app.gateway(CURRENT, token).json()[
        "operations"
    ]


@pytest.mark.parametrize("token", ["", "made up"])
def test_without_a_good_token_nobody_passes(app, token):
    for path in ("/me", "/oauth/token/accessible-resources", f"/ex/confluence/{app.server.site.cloud_id}{CURRENT}"):
        answer = app.get(path, token)
        assert (answer.status, answer.json()) == (401, {"code": 401, "message": "Unauthorized"})


def test_a_token_is_for_the_gateway_and_a_password_for_the_site(app, client):
    token = app.tokens()["access_token"]
    assert app.get("/wiki/rest/api/user/current", token).status == 401
    basic = client.__class__(app.server.url)
    assert basic.ask("GET", f"/ex/confluence/{app.server.site.cloud_id}{CURRENT}").status == 401
    assert basic.ask("GET", CURRENT, headers={"atlassian_emulator.person": "x"}).status == 200
    basic.close()


@pytest.mark.parametrize(
    "path",
    ["/ex/confluence/not-an-id/wiki/rest/api/user/current", "/ex/bitbucket/{id}/wiki/x", "/ex/", "/ex/confluence/{id}"],
)
def test_an_address_that_is_none_is_not_found(app, path):
    token = app.tokens()["access_token"]
    assert app.get(path.format(id=app.server.site.cloud_id), token).status == 404


def test_the_control_path_and_the_other_product_are_not_behind_the_gateway(app):
    token = app.tokens(scope="read:jira-work read:confluence-user")["access_token"]
    assert app.gateway("/_emulator/status", token).status == 404
    assert app.gateway("/rest/api/3/project/search", token).status == 404
    assert app.gateway("/wiki/rest/api/user/current", token, "jira").status == 404


def test_another_site_is_reached_once_it_was_consented_to(app, make_atlassian_site):
    other = make_atlassian_site("globex")
    app.server.authority.join(other.site)
    first = app.tokens()["access_token"]
    assert app.gateway(CURRENT, first, cloud_id=other.site.cloud_id).status == 404
    second = app.tokens(site=other.site.cloud_id)["access_token"]
    # One grant for a person and an app: what is added to it, the first token reaches as well.
    for token in (first, second):
        assert app.gateway(CURRENT, token, cloud_id=other.site.cloud_id).status == 200
        sites = app.get("/oauth/token/accessible-resources", token).json()
        assert {each["name"] for each in sites} == {"acme", "globex"}
    assert [entry.user for entry in other.requests()] == ["admin@example.com", "admin@example.com"]
    assert "/wiki/rest/api/user/current" not in {entry.path for entry in app.server.requests()}


def test_the_weather_of_a_site_is_met_behind_the_gateway(app):
    token = app.tokens()["access_token"]
    app.server.set_weather(Disturbance(kind="unavailable", count=1, path="/wiki/*"))
    assert [app.gateway(CURRENT, token).status for _ in range(2)] == [503, 200]


@pytest.mark.documents
@pytest.mark.parametrize(
    ("document", "product", "base", "routes"),
    [
        ("confluence-v1", "confluence", "", confluence.ROUTES),
        ("confluence-v2", "confluence", "/wiki/api/v2", confluence.ROUTES),
        ("jira-v3", "jira", "", jira.ROUTES),
    ],
)
def test_whoever_has_the_documented_scopes_is_let_through(document, product, base, routes):
    operations = open_document(document).operations
    served = [route for route in routes if route.name in operations and route.template.startswith(base)]
    assert served
    for route in served:
        for alternative in operations[route.name].get("x-atlassian-oauth2-scopes", ()):
            scopes = tuple(alternative["scopes"])
            assert not scopes or allows(scopes, product, route.method, route.template), (route.name, scopes)
        assert not allows(("read:me", "offline_access"), product, route.method, route.template)


def test_the_clock_of_tokens_can_be_shortened(app):
    url = f"{app.server.url}/_emulator/oauth/token-life"
    assert app.pool.request("PUT", url, json={"seconds": 5}).status == 204
    assert app.tokens()["expires_in"] == 5
    assert app.pool.request("PUT", url, json={"seconds": 0}).status == 400


def test_clients_are_registered_by_the_control_path(app):
    url = f"{app.server.url}/_emulator/oauth/clients"
    new = {"client_id": "new", "client_secret": "s", "redirect_uris": ["http://127.0.0.1:1/callback"]}
    assert app.pool.request("PUT", url, json=new).status == 204
    assert app.see(client_id="new", redirect_uri="http://127.0.0.1:1/callback").status == 200
    assert app.pool.request("PUT", url, json={**new, "redirect_uris": []}).status == 400
