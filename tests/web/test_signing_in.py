"""Who comes in, and who does not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from snapshots.web.security import local_path
from snapshots.web.signin.limits import TRIES_A_MINUTE
from snapshots.web.signin.links import LINK_SECONDS, OneTimeLinks


def test_a_link_signs_one_person_in_once(serve: Any) -> None:
    served = serve()
    with httpx.Client() as first, httpx.Client() as second:
        assert first.get(served.link()).headers["location"] == "/"
        assert first.get(f"{served.url}/sites/acme/backup").status_code == 200
        assert second.get(served.link()).headers["location"] == "/sign-in?told=spent"
        assert second.get(f"{served.url}/sites/acme/backup").status_code == 302


def test_whoever_sees_the_terminal_can_have_a_new_link(served: Any) -> None:
    with httpx.Client() as http:
        assert http.get(served.new_link()).headers["location"] == "/"


def test_links_are_not_guessed_for_long(serve: Any) -> None:
    served = serve()
    with httpx.Client(base_url=served.url) as http:
        statuses = [http.get(f"/sign-in/link?token={number}").status_code for number in range(TRIES_A_MINUTE + 5)]
    assert statuses[0] == 302 and statuses[-1] == 429


def test_a_link_expires() -> None:
    now = [0.0]
    links = OneTimeLinks(lambda: now[0])
    token = links.make_path().partition("token=")[2]
    now[0] = LINK_SECONDS
    assert not links.redeem(token)


def test_links_asked_for_without_end_take_no_memory() -> None:
    links = OneTimeLinks()
    tokens = [links.make_path().partition("token=")[2] for _ in range(1000)]
    assert [links.redeem(token) for token in tokens[-20:]] == [True] * 20
    assert not links.redeem(tokens[0])


@pytest.mark.parametrize("path", ["/sites/acme/backup", "/sites/acme/audit", "/sites/none/backup", "/"])
def test_a_stranger_is_sent_to_the_sign_in(stranger: Any, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/sign-in")
    assert stranger.http.head(path).status_code in (302, 405)


def test_a_part_of_a_page_sends_the_whole_page_to_the_sign_in(stranger: Any) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"{stranger.http.base_url}/sites/acme/backup?x=1"}
    answer = stranger.get("/sites/acme/backup", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in?next=%2Fsites%2Facme%2Fbackup"


def test_a_form_that_comes_too_late_leads_back_to_the_page_it_stood_on(stranger: Any) -> None:
    page = f"{stranger.http.base_url}/sites/acme/api"
    answer = stranger.post("/sites/acme/api/keys", {"name": "late"}, headers={"Referer": page})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fsites%2Facme%2Fapi")
    assert "Nothing was lost" in stranger.get(answer.headers["location"]).text
    for odd in ("http://[", "//elsewhere.example", ""):
        answer = stranger.post("/sites/acme/api/keys", {"name": "late"}, headers={"Referer": odd})
        assert answer.headers["location"] == "/sign-in"


def test_a_session_survives_a_restart_and_ends_with_the_sign_out(serve: Any) -> None:
    served = serve()
    with httpx.Client(base_url=served.url) as http:
        http.get(served.link())
        before = dict(http.cookies)
        assert served.stop() == 0
        served.start()
        assert http.get("/sites/acme/backup").status_code == 200
        page = http.get("/sites/acme/backup").text
        token = page.partition('"x-csrftoken": "')[2].partition('"')[0]
        assert http.post("/sign-out", data={"_csrf_token": token}).status_code == 303
        assert http.get("/sites/acme/backup").status_code == 302
    # Somebody who kept the cookie is out too.
    assert httpx.get(f"{served.url}/sites/acme/backup", cookies=before).status_code == 302


def test_an_id_planted_before_the_sign_in_is_worth_nothing_after_it(serve: Any) -> None:
    served = serve()
    name = f"snapshots_session_{served.port}"
    with httpx.Client(base_url=served.url, cookies={name: "0" * 64}) as http:
        http.get(served.link())
    assert httpx.get(f"{served.url}/sites/acme/backup", cookies={name: "0" * 64}).status_code == 302


def test_strangers_leave_no_sessions_behind(stranger: Any, served: Any) -> None:
    kept = served.home / "web" / "sessions"
    before = len(list(kept.iterdir()))
    for _ in range(3):
        answer = stranger.get("/sign-in")
        assert "snapshots_session" not in answer.headers.get("set-cookie", "")
    assert len(list(kept.iterdir())) == before


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "", "evil", "/a\nb", None],
)
def test_nobody_is_sent_to_another_host(address: str | None) -> None:
    assert local_path(address) == "/"


def test_the_way_back_is_kept() -> None:
    assert local_path("/sites/acme/restore?plan=3") == "/sites/acme/restore?plan=3"
