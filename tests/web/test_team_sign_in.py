"""A team signs in: the whole service on a real socket, the emulator as Atlassian, and a clock in our hands."""

from __future__ import annotations

import re
import socket
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn

from atlassian_emulator.oauth import OAuthClient
from atlassian_emulator.server import EmulatorServer
from atlassian_emulator.weather import Disturbance
from snapshots.access.sites import Addresses
from snapshots.acts import signing_in, sites
from snapshots.app import App
from snapshots.config import read_config
from snapshots.registry import audit_events
from snapshots.web.application import build_application
from snapshots.web.server import ServeOptions, settings_of
from snapshots.web.service import Service
from snapshots.web.signin import team as team_module
from snapshots.web.signin.limits import TRIES_A_MINUTE
from snapshots.web.signin.team import CALLBACK_PATH, CHECK_EVERY_SECONDS, Team, TeamSignIns, open_team

from ..signing_in import consent

# What Litestar 3 will want otherwise; here the application is made within the process of the tests.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")

SECRET = "cl13nt-s3cret"
CALL = {"follow_redirects": False, "timeout": 30}


@dataclass
class Clock:
    ahead: float = 0.0

    def __call__(self):
        return time.monotonic() + self.ahead


@dataclass
class Installation:
    """Two sites, Atlassian before them, and the service."""

    acme: EmulatorServer
    globex: EmulatorServer
    app: App
    url: str = ""
    clock: Clock = field(default_factory=Clock)
    service: Service = None
    told: list[str] = field(default_factory=list)

    def browser(self, **options):
        return httpx.Client(base_url=self.url, **CALL, **options)

    def begin(self, http, next_path="/sites/acme/backup"):
        """The address of Atlassian's page."""
        answer = http.get("/sign-in/atlassian", params={"next": next_path})
        assert answer.status_code == 303
        return answer.headers["location"]

    def come_back(self, http, email="admin@example.com", **choices):
        sent = consent(self.begin(http), self.acme, email, **choices)
        assert sent.startswith(f"{self.url}{CALLBACK_PATH}?")
        return http.get(sent)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("CLIENT_SECRET_OF_TEST", SECRET)
    (tmp_path / "token").write_text("emulator")
    with EmulatorServer("acme") as acme, EmulatorServer("globex") as globex:
        acme.authority.join(globex.site)
        settings = {
            "SNAPSHOTS_HOME": str(tmp_path / "home"),
            "SNAPSHOTS_SIGN_IN_CLIENT_ID": "snapshots",
            "SNAPSHOTS_SIGN_IN_CLIENT_SECRET": "env:CLIENT_SECRET_OF_TEST",
            # Another name of this machine is another site to a browser, as Atlassian is.
            "SNAPSHOTS_SIGN_IN_AUTH_URL": acme.url.replace("127.0.0.1", "localhost"),
            "SNAPSHOTS_SIGN_IN_API_URL": acme.url,
        }
        with App(read_config(settings)) as app:
            for site in (acme, globex):
                addresses = Addresses(f"{site.url}/wiki", site.url)
                secret = f"file:{tmp_path / 'token'}"
                sites.add_site(
                    app, site.site.name, addresses, account="admin@example.com", secret=secret, replace=False
                )
            here = Installation(acme, globex, app)
            with socket.create_server(("127.0.0.1", 0)) as listening:
                here.service = make_service(here, listening.getsockname()[1])
                server = uvicorn.Server(uvicorn.Config(build_application(here.service), log_config=None))
                thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
                thread.start()
                yield here
                server.should_exit = True
                thread.join()


def make_service(here, port):
    settings = settings_of(ServeOptions(port=port))
    here.url = settings.public_url
    here.acme.authority.register([OAuthClient("snapshots", SECRET, (f"{here.url}{CALLBACK_PATH}",), "Snapshots")])
    authorisation = open_team(here.app, settings.public_url).authorisation
    sign_ins = TeamSignIns(
        check=lambda tokens: signing_in.check(here.app, authorisation, tokens),
        renew=authorisation.renew,
        is_over=authorisation.is_over,
        clock=here.clock,
    )
    return Service(here.app, settings, here.told.append, Team(authorisation, sign_ins))


@pytest.fixture
def http(here):
    with here.browser() as opened:
        yield opened


def leave(http):
    token = re.search(r'"x-csrftoken": "(\w+)"', http.get("/sign-in").text)[1]
    return http.post("/sign-out", data={"_csrf_token": token})


def test_an_administrator_comes_in_and_where_they_wanted_to_go(here, http):
    answer = here.come_back(http)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sites/acme/backup")
    page = http.get("/sites/acme/backup")
    assert page.status_code == 200
    assert "Ada Admin" in page.text


def test_only_sites_that_confluence_affirms_are_open(here, http):
    here.come_back(http)
    # Nobody consented to globex, so it is as good as not administered.
    assert http.get("/sites/globex/backup").status_code == 403
    assert "globex" not in http.get("/sites/acme/backup").text
    assert here.come_back(http, site=here.globex.site.cloud_id).status_code == 303
    assert http.get("/sites/globex/backup").status_code == 200


@pytest.mark.parametrize("email", ["viewer@example.com", "editor@example.com"])
def test_who_is_no_administrator_is_told_so_and_stays_outside(here, http, email):
    answer = here.come_back(http, email)
    assert answer.status_code == 403
    assert "does not administer Confluence on acme" in answer.text
    assert "session" not in answer.headers.get("set-cookie", "")
    assert http.get("/sites/acme/backup").status_code == 302


def test_who_says_no_is_not_signed_in(here, http):
    answer = here.come_back(http, accept=False)
    assert answer.status_code == 403
    assert "did not let Snapshots ask" in answer.text
    assert http.get("/").status_code == 302


@pytest.mark.parametrize("path", ["/wiki/*", "/oauth/token", "/oauth/token/accessible-resources"])
def test_while_atlassian_does_not_answer_nobody_is_let_in(here, http, path):
    sent = consent(here.begin(http), here.acme, "admin@example.com")
    here.acme.set_weather(Disturbance(kind="drop", path=path))
    answer = http.get(sent)
    assert answer.status_code == 503
    assert "did not answer" in answer.text
    assert http.get("/sites/acme/backup").status_code == 302


def test_an_answer_is_taken_in_the_browser_that_asked_and_once(here, http):
    """Somebody who sends a victim their own answer would have the victim work under the wrong name."""
    sent = consent(here.begin(http), here.acme, "admin@example.com")
    with here.browser() as victim:
        assert victim.get(sent).status_code == 400
        here.begin(victim)
        assert victim.get(sent).status_code == 400
        assert victim.get("/sites/acme/backup").status_code == 302
    assert http.get(sent).status_code == 303
    again = http.get(sent)
    assert again.status_code == 400
    assert "start again" in again.text


@pytest.mark.parametrize(
    "query",
    ["", "code=x", "state=x", "code=x&state=x", "error=access_denied&state=x", "code=%ff&state=%00", "state=&code="],
)
def test_an_answer_made_up_is_refused(here, http, query):
    for _ in range(2):
        answer = http.get(f"{CALLBACK_PATH}?{query}")
        assert answer.status_code == 400
        here.begin(http)


def test_a_code_is_not_exchanged_for_a_wrong_state(here, http):
    sent = consent(here.begin(http), here.acme, "admin@example.com")
    before = len(here.acme.requests())
    http.get(re.sub("state=[^&]+", "state=other", sent))
    assert len(here.acme.requests()) == before


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example", "x"]
)
def test_nobody_is_sent_elsewhere_after_the_sign_in(here, http, path):
    answer = http.get(consent(here.begin(http, path), here.acme, "admin@example.com"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_sign_in_gives_a_new_session(here, http):
    name = f"snapshots_session_{here.service.settings.port}"
    http.cookies.set(name, "f" * 64)
    here.come_back(http)
    assert http.cookies.get(name, domain="127.0.0.1") != "f" * 64
    first = [cookie.value for cookie in http.cookies.jar if cookie.name == name]
    here.come_back(http)
    second = [cookie.value for cookie in http.cookies.jar if cookie.name == name]
    assert set(first) != set(second)
    with here.browser(cookies={name: first[0]}) as old:
        assert old.get("/sites/acme/backup").status_code in (200, 302)


def test_cookies_are_hidden_from_scripts_and_other_sites(here, http):
    begun = http.get("/sign-in/atlassian").headers["set-cookie"]
    ended = here.come_back(http).headers.get_list("set-cookie")
    for cookie in (begun, *ended):
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
    assert "Path=/sign-in/atlassian" in begun


def test_who_loses_the_right_loses_the_session(here, http):
    here.come_back(http)
    here.acme.site.users.put("admin@example.com", "Ada Admin", "viewer", token="emulator")
    assert http.get("/sites/acme/backup").status_code == 200
    here.clock.ahead += CHECK_EVERY_SECONDS
    answer = http.get("/sites/acme/backup")
    assert (answer.status_code, answer.headers["location"]) == (302, "/sign-in?next=%2Fsites%2Facme%2Fbackup")
    here.acme.site.users.put("admin@example.com", "Ada Admin", "administrator", token="emulator")
    assert http.get("/sites/acme/backup").status_code == 302


def test_consent_taken_back_at_atlassian_ends_the_session(here, http):
    here.come_back(http)
    here.acme.authority.withdraw("admin@example.com")
    here.clock.ahead += CHECK_EVERY_SECONDS
    assert http.get("/sites/acme/backup").status_code == 302


def test_a_long_outage_is_told_and_ends_nothing(here, http):
    here.come_back(http)
    here.acme.set_weather(Disturbance(kind="drop", path="/wiki/*"))
    here.clock.ahead += CHECK_EVERY_SECONDS
    assert http.get("/sites/acme/backup").status_code == 200
    here.clock.ahead += team_module.GOOD_FOR_SECONDS
    told = http.get("/sites/acme/backup")
    assert told.status_code == 503
    assert "could not be checked" in told.text
    here.acme.set_weather()
    here.clock.ahead += 60
    assert http.get("/sites/acme/backup").status_code == 200


def test_after_a_sign_out_nothing_of_it_is_left(here, http):
    here.come_back(http)
    kept = dict(http.cookies)
    assert leave(http).status_code == 303
    with here.browser(cookies=kept) as thief:
        assert thief.get("/sites/acme/backup").status_code == 302
    assert not here.service.team.sign_ins._known


def test_a_session_on_disk_holds_no_token_and_no_right(here, http):
    here.come_back(http)
    (known,) = here.service.team.sign_ins._known.values()
    for file in (here.app.config.home / "web" / "sessions").iterdir():
        content = file.read_bytes()
        assert known.tokens.access.encode() not in content
        assert known.tokens.refresh.encode() not in content
        assert b"acme" not in content
    # Another server, which never saw the sign-in, takes the session for nothing.
    here.service.team.sign_ins._known.clear()
    assert http.get("/sites/acme/backup").status_code == 302


def test_where_a_team_signs_in_no_link_lets_anybody_in(here, http):
    link = here.service.links.make_path()
    assert http.get(link).headers["location"] == "/sign-in?told=spent"
    assert http.get("/sites/acme/backup").status_code == 302
    page = http.get("/sign-in").text
    assert "Sign in with Atlassian" in page
    assert "new-link" not in page
    token = re.search(r'"x-csrftoken": "(\w+)"', page)[1]
    http.post("/sign-in/new-link", data={"_csrf_token": token})
    assert here.told == []


def test_tries_are_counted(here, http):
    statuses = [http.get(f"{CALLBACK_PATH}?code=x&state=y").status_code for _ in range(TRIES_A_MINUTE + 5)]
    assert statuses[0] == 400
    assert statuses[-1] == 429


def test_who_came_and_who_did_not_is_in_the_audit_log(here, http):
    here.come_back(http, "viewer@example.com")
    here.come_back(http)
    with here.app.registry.read() as conn:
        events = [(row.action, row.actor_name, row.outcome) for row in audit_events.list_events(conn, None)]
    assert ("person.signed-in", "Ada Admin", "done") in events
    assert ("person.refused", "Vera Viewer", "refused") in events


def test_no_secret_is_logged(here, http, caplog):
    caplog.set_level("DEBUG")
    sent = consent(here.begin(http), here.acme, "admin@example.com")
    http.get(sent)
    here.acme.set_weather(Disturbance(kind="unavailable", path="/wiki/*"))
    here.clock.ahead += CHECK_EVERY_SECONDS
    http.get("/sites/acme/backup")
    (known,) = here.service.team.sign_ins._known.values()
    code = dict(pair.split("=") for pair in urlsplit(sent).query.split("&"))["code"]
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("snapshots"))
    for secret in (SECRET, known.tokens.access, known.tokens.refresh, code):
        assert secret not in logged


def test_a_person_signs_in_and_out_in_a_real_browser(here, chromium, shoot, scheme):
    context = chromium.new_context(base_url=here.url, color_scheme=scheme, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    tab = context.new_page()
    refused = []
    tab.on("console", lambda said: refused.append(said.text) if "Refused to" in said.text else None)

    def at_atlassian(name, button):
        tab.get_by_role("link", name="Sign in with Atlassian").click()
        tab.wait_for_url("http://localhost:*/authorize?**")
        tab.get_by_label(name).check()
        tab.get_by_role("button", name=button).click()
        tab.wait_for_url(f"{here.url}/**")

    tab.goto("/sites/acme/backup")
    shoot(tab, "sign-in-with-atlassian")
    at_atlassian("Ada Admin", "Cancel")
    assert "did not let Snapshots ask" in tab.locator("main").inner_text()
    tab.get_by_role("link", name="Start again").click()
    at_atlassian("Vera Viewer", "Accept")
    assert "Vera Viewer does not administer Confluence on acme" in tab.locator("main").inner_text()
    shoot(tab, "sign-in-refused")
    # By the keyboard alone, from the page that was wanted.
    tab.goto("/sites/acme/backup")
    tab.get_by_role("link", name="Sign in with Atlassian").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("http://localhost:*/authorize?**")
    tab.get_by_label("Ada Admin").focus()
    tab.keyboard.press("Space")
    tab.get_by_role("button", name="Accept").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"{here.url}/sites/acme/backup")
    assert tab.locator("header .who").inner_text() == "Ada Admin"
    tab.get_by_role("button", name="Sign out").click()
    tab.wait_for_url("**/sign-in?told=signed-out")
    tab.goto("/sites/acme/backup")
    assert "/sign-in" in tab.url
    assert not refused
    context.close()
