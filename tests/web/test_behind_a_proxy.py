"""What a proxy says is believed of trusted ones alone; what is logged of a request."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from snapshots.errors import InvalidInput
from snapshots.web.server import ServeOptions, settings_of
from snapshots.web.sessions import cookie_name

from .calling import new_key, pipeline


def lines(served: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (served.home / "access.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def behind(serve: Any, tmp_path_factory: Any) -> Any:
    return _start(serve, tmp_path_factory, "--trusted-proxy", "127.0.0.1")


@pytest.fixture(scope="module")
def alone(serve: Any, tmp_path_factory: Any) -> Any:
    return _start(serve, tmp_path_factory)


def _start(serve: Any, tmp_path_factory: Any, *options: str) -> Any:
    log = tmp_path_factory.mktemp("log") / "access.jsonl"
    served = serve("--access-log", str(log), *options)
    (served.home / "access.jsonl").symlink_to(log)
    return served


def test_the_callers_address_comes_from_a_trusted_proxy(behind: Any) -> None:
    # What the caller itself put in front of the proxy's own word is not believed.
    httpx.get(
        f"{behind.url}/sign-in", headers={"X-Forwarded-For": "10.9.9.9, 203.0.113.7", "X-Forwarded-Proto": "https"}
    )
    assert lines(behind)[-1]["address"] == "203.0.113.7"


def test_anybody_elses_word_is_not_believed(alone: Any) -> None:
    httpx.get(f"{alone.url}/sign-in", headers={"X-Forwarded-For": "203.0.113.7"})
    assert lines(alone)[-1]["address"] == "127.0.0.1"


def test_a_line_says_who_asked_for_what_and_no_secret(alone: Any) -> None:
    link = alone.link()
    with httpx.Client(base_url=alone.url) as http:
        http.get(link)
        http.get("/sites/acme/backup")
        http.get("/nothing%0d%0ahere%22?secret=1")
        http.get("/sign-in", headers={"Host": "evil.example"})
    written = lines(alone)[-4:]
    assert [(line["method"], line["path"], line["status"]) for line in written] == [
        ("GET", "/sign-in/link", 302),
        ("GET", "/sites/acme/backup", 200),
        ("GET", '/nothing\r\nhere"', written[2]["status"]),
        ("GET", "/sign-in", 400),
    ]
    assert written[1]["who"] == "local"
    everything = (alone.home / "access.jsonl").read_text("utf-8")
    assert link.partition("token=")[2] not in everything
    assert "secret" not in everything


def test_a_line_names_the_key_that_was_shown(alone: Any) -> None:
    with pipeline(alone.url, new_key(alone.home, "logged")) as call:
        call("GET", "tasks", 200)
    assert lines(alone)[-1]["who"].startswith("key ")


def test_cookies_over_https_belong_to_this_host_alone() -> None:
    assert cookie_name("session", port=8760, is_https=True) == "__Host-snapshots_session_8760"
    assert cookie_name("session", port=8760, is_https=False) == "snapshots_session_8760"


@pytest.mark.parametrize(
    "url",
    ["https://snapshots.example/path", "ftp://snapshots.example", "snapshots.example", "https://u:p@snapshots.example"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="--public-url"):
        settings_of(ServeOptions(public_url=url))


@pytest.mark.parametrize(
    "origin",
    [
        "https://acme.example/path",
        "https://acme.example; script-src *",
        "https://a.example https://b.example",
        "*",
        "https://*.example",
        "'self'",
        "acme.example",
        "https://u:p@acme.example",
        "https://",
        "javascript:alert(1)",
        "",
    ],
)
def test_a_frame_that_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(InvalidInput, match="--frame-ancestor"):
        settings_of(ServeOptions(frame_ancestors=(origin,)))


def test_origins_are_taken_as_browsers_write_them() -> None:
    given = ("https://ACME.atlassian.net/", "http://localhost:8080", "http://[::1]:80")
    expected = ("https://acme.atlassian.net", "http://localhost:8080", "http://[::1]:80")
    assert settings_of(ServeOptions(frame_ancestors=given)).frame_ancestors == expected
