"""What a person does on Atlassian's consent page, without a browser."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

import urllib3

from atlassian_emulator.server import EmulatorServer

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def consent(address: str, server: EmulatorServer, email: str, *, accept: bool = True, site: str = "") -> str:
    """Visit the page at `address`, choose and click; the answer is where the browser is sent."""
    with urllib3.PoolManager(retries=False) as pool:
        page = pool.request("GET", address, redirect=False)
        assert page.status == 200, page.data
        ticket = re.search(r'name="ticket" value="([^"]+)"', page.data.decode())
        account = server.site.users.find_by_email(email)
        assert ticket
        assert account
        form = {
            "ticket": ticket[1],
            "account": account.account_id,
            "site": site or server.site.cloud_id,
            "decision": "accept" if accept else "cancel",
        }
        url = urlsplit(address)
        answer = pool.request(
            "POST", f"{url.scheme}://{url.netloc}/authorize", body=urlencode(form), headers=FORM, redirect=False
        )
        assert answer.status == 302, answer.data
        return answer.headers["Location"]
