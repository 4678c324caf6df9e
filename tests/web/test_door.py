"""What stands in front of every page."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import httpx
import pytest

from snapshots import errors
from snapshots.errors import SnapshotsError
from snapshots.web.problems import STATUSES, problem_of


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sites/acme/backup", "/nothing-here", "/api/v1/nothing", "/static/theme.js"]
)
def test_every_answer_tells_the_browser_what_to_refuse(visitor: Any, path: str) -> None:
    headers = visitor.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_pages_are_kept_out_of_caches_and_assets_are_kept(visitor: Any) -> None:
    assert visitor.get("/sites/acme/backup").headers["cache-control"] == "no-store"
    assert "immutable" in visitor.get("/static/vendor/htmx.js").headers["cache-control"]


def test_nothing_is_sent_without_the_token_of_a_page(visitor: Any) -> None:
    assert visitor.http.post("/sign-out").status_code == 403
    assert visitor.get("/sites/acme/backup").status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}]
)
def test_pages_of_others_can_send_nothing(visitor: Any, headers: dict[str, str]) -> None:
    answer = visitor.post("/sign-in/new-link", {}, headers=headers)
    assert answer.status_code == 403
    assert "another site" in answer.text


def test_another_name_for_this_machine_is_refused(visitor: Any) -> None:
    answer = visitor.get("/sites/acme/backup", headers={"Host": "rebound.example"})
    assert answer.status_code == 400


def test_a_body_that_is_too_long_is_refused(stranger: Any) -> None:
    answer = stranger.http.post("/sign-in/new-link", content=b"x" * 2_000_000)
    assert answer.status_code in (403, 413)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = stranger.http.post("/sign-in/new-link", content=b"next=" + b"x" * 2_000_000, headers=form)
    assert answer.status_code == 413
    assert "smaller file" in answer.text


def test_a_site_that_is_not_there_is_named(visitor: Any) -> None:
    answer = visitor.get("/sites/atlantis/backup")
    assert answer.status_code == 404
    assert "atlantis" in answer.text
    part = visitor.get("/sites/atlantis/backup", headers={"HX-Request": "true"})
    assert part.status_code == 404
    assert "<html" not in part.text


def test_the_api_answers_in_problem_details(stranger: Any) -> None:
    answer = stranger.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = json.loads(answer.content)
    assert problem["code"] == "not-found"
    assert problem["status"] == 404
    assert problem["type"] == "urn:snapshots:problem:not-found"


def test_every_error_has_a_row_in_the_table() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SnapshotsError)}
    families = {SnapshotsError, errors.PersonError, errors.AdministratorError, errors.SiteError}
    assert not kinds - families - set(STATUSES)


def test_an_unforeseen_fault_says_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    said = "".join(("hun", "ter2"))
    try:
        raise RuntimeError(said)
    except RuntimeError as error:
        problem = problem_of(error)
    assert said not in problem.detail
    assert said not in caplog.text
    assert problem.extra["number"] in caplog.text
    assert __name__.rpartition(".")[2] in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_in_good_order(serve: Any, number: int) -> None:
    served = serve()
    assert served.stop(number) == 0
    assert "Traceback" not in served.said()


def _serve(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "snapshots", "serve", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "COLUMNS": "300"},
    )


def test_an_open_door_to_the_network_is_refused(tmp_path: Any) -> None:
    ended = _serve("--host", "0.0.0.0")
    assert ended.returncode == 3
    assert "--public-url" in ended.stderr


def test_a_taken_port_is_named(served: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPSHOTS_HOME", str(tmp_path))
    ended = _serve("--port", str(served.port))
    assert ended.returncode == 4
    assert "--port" in ended.stderr


def test_behind_a_proxy_cookies_are_for_https_only(serve: Any) -> None:
    served = serve("--public-url", "https://snapshots.example")
    link = served.said().partition("https://snapshots.example/sign-in/link")[2].split()[0]
    local = f"http://127.0.0.1:{served.port}"
    with httpx.Client(base_url=local, headers={"Host": "snapshots.example"}) as http:
        answer = http.get("/sign-in/link" + link)
        assert answer.status_code == 302
        assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))
        assert "max-age" in answer.headers["strict-transport-security"]
