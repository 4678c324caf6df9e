from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3

from atlassian_emulator.oauth import OAuthClient
from atlassian_emulator.pytest_plugin import make_atlassian_site
from atlassian_emulator.server import EmulatorServer

__all__ = ["make_atlassian_site"]

CALLBACK = "https://app.example.com/callback"
APP = OAuthClient("app-id", "app-secret", (CALLBACK, "https://app.example.com/other?kept=1"), "Example app")


class Hands:
    """A clock in microseconds that a test moves."""

    def __init__(self):
        self.ahead = 0

    def __call__(self):
        return time.time_ns() // 1000 + self.ahead

    def pass_by(self, seconds):
        self.ahead += seconds * 1_000_000


@dataclass
class App:
    """A program that signs people in, and their browser."""

    server: EmulatorServer
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def see(self, **changes):
        """The answer to a visit of the consent page."""
        wish = {
            "audience": "api.atlassian.com",
            "client_id": APP.client_id,
            "scope": "read:confluence-user read:me offline_access",
            "redirect_uri": CALLBACK,
            "state": "kept <by> the app",
            "response_type": "code",
            "prompt": "consent",
            **changes,
        }
        asked = urlencode({name: value for name, value in wish.items() if value is not None})
        return self.pool.request("GET", f"{self.server.url}/authorize?{asked}", redirect=False)

    def click(self, page, email="admin@example.com", decision="accept", site=None):
        ticket = re.search(r'name="ticket" value="([^"]+)"', page.data.decode())[1]
        account = self.server.site.users.find_by_email(email)
        form = {
            "ticket": ticket,
            "account": account.account_id if account else "nobody",
            "site": site or self.server.site.cloud_id,
            "decision": decision,
        }
        return self.pool.request(
            "POST", f"{self.server.url}/authorize", body=urlencode(form), headers=FORM, redirect=False
        )

    def code(self, email="admin@example.com", site=None, **changes):
        answer = self.click(self.see(**changes), email, site=site)
        assert answer.status == 302, answer.data
        return sent_back(answer)["code"]

    def ask_token(self, **wish):
        body = {"client_id": APP.client_id, "client_secret": APP.client_secret, **wish}
        return self.pool.request("POST", f"{self.server.url}/oauth/token", json=body)

    def exchange(self, code, **wish):
        return self.ask_token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK, **wish)

    def tokens(self, email="admin@example.com", site=None, **changes):
        answer = self.exchange(self.code(email, site, **changes))
        assert answer.status == 200, answer.data
        return answer.json()

    def get(self, path, token, method="GET", **options):
        headers = {"Authorization": f"Bearer {token}"}
        return self.pool.request(method, self.server.url + path, headers=headers, redirect=False, **options)

    def gateway(self, path, token, product="confluence", cloud_id=None, **options):
        return self.get(f"/ex/{product}/{cloud_id or self.server.site.cloud_id}{path}", token, **options)


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def sent_back(answer):
    parts = urlsplit(answer.headers["Location"])
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


@pytest.fixture
def clock():
    return Hands()


@pytest.fixture
def app(make_atlassian_site, clock):
    running = App(make_atlassian_site("acme", clock=clock, oauth_clients=[APP]))
    yield running
    running.pool.clear()
