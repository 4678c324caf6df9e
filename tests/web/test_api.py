"""The REST API on a real server: each answer it can give."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import socket
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from snapshots.access.keys import HEADER
from snapshots.acts import api
from snapshots.backup.verify import verify_archive
from snapshots.registry import audit_events
from snapshots.web.pages.api_lines import curl_lines, python_lines

from .calling import ADA, Pipeline, new_key, opened, pipeline


@pytest.fixture(scope="module")
def key(served: Any) -> str:
    return new_key(served.home, "pipeline")


@pytest.fixture
def call(served: Any, key: str) -> Iterator[Pipeline]:
    with pipeline(served.url, key) as calling:
        yield calling


@pytest.fixture(scope="module")
def made(served: Any, key: str) -> dict[str, Any]:
    """A backup of everything, with its file."""
    with pipeline(served.url, key) as calling:
        task = calling.back_up()
        view = calling("GET", task["links"]["backup"], 200).json()
        return view | {"data": calling("GET", view["links"]["file"], 200).content}


def test_start_poll_download(call: Pipeline, tmp_path: Any) -> None:
    started = call("POST", "backups", 202)
    task = started.json()
    assert started.headers["location"] == task["links"]["self"]
    assert task["kind"] == "backup" and task["site"] == "acme"
    assert task["created_at"].endswith("Z")
    task = call.wait(task)
    assert (task["state"], task["percentage"], task["error"]) == ("done", 100, None)
    answer = call("GET", task["links"]["file"], 200)
    path = tmp_path / "acme.zip"
    path.write_bytes(answer.content)
    assert verify_archive(path).findings == ()
    sha256 = hashlib.sha256(answer.content)
    assert task["result"]["sha256"] == sha256.hexdigest()
    assert task["result"]["created_at"] == call("GET", task["links"]["backup"], 200).json()["created_at"]
    digest = base64.b64encode(sha256.digest()).decode()
    assert answer.headers["digest"] == f"sha-256={digest}"
    assert answer.headers["repr-digest"] == answer.headers["content-digest"] == f"sha-256=:{digest}:"
    assert answer.headers["etag"] == f'"{sha256.hexdigest()}"'
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="snapshots-acme-')
    assert int(answer.headers["content-length"]) == len(answer.content) == task["result"]["bytes"]


def test_the_archive_is_the_same_as_the_one_made_by_a_person(call: Pipeline, served: Any, tmp_path: Any) -> None:
    from snapshots.acts import backups
    from snapshots.backup.selection import ResolvedSelection

    task = call.back_up(spaces=["REL"])
    theirs = zipfile.ZipFile(io.BytesIO(call("GET", task["links"]["file"], 200).content))
    with opened(served.home) as app:
        backups.create_backup(app, "acme", ResolvedSelection("picked", ("REL",)), tmp_path / "own.zip", actor=ADA)
    own = zipfile.ZipFile(tmp_path / "own.zip")
    records = [name for name in own.namelist() if name.endswith(".ndjson")]
    assert own.namelist() == theirs.namelist()
    assert records
    assert [own.read(name) for name in records] == [theirs.read(name) for name in records]


def test_spaces_are_named_and_unknown_ones_are_listed(call: Pipeline) -> None:
    task = call.back_up(spaces=["rel", "QMS", "REL"])
    view = call("GET", task["links"]["backup"], 200).json()
    assert view["selection"] == {"mode": "picked", "spaces": ["QMS", "REL"]}
    before = len(call("GET", "tasks", 200).json()["items"])
    wrong = {"spaces": ["REL", *(f"NO{number}" for number in range(30))]}
    problem = call.problem("POST", "backups", 422, "unknown-spaces", json=wrong)
    assert problem["unknown_spaces"] == [f"NO{number}" for number in range(30)]
    assert "and 20 more" in problem["detail"]
    assert len(call("GET", "tasks", 200).json()["items"]) == before
    task = call.back_up(spaces=["REL", "NOPE"], skip_unknown=True)
    assert call("GET", task["links"]["backup"], 200).json()["selection"]["spaces"] == ["REL"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"x"',
        b'{"spaces": "REL"}',
        b'{"spaces": []}',
        b'{"spacez": ["REL"]}',
        b'{"spaces": [1]}',
        b"\xff\xfe",
    ],
)
def test_a_body_that_cannot_be_understood(call: Pipeline, body: bytes) -> None:
    problem = call("POST", "backups", 400, content=body, headers={"content-type": "application/json"}).json()
    assert problem["code"] in ("invalid-request", "invalid-input")
    assert b"Traceback" not in str(problem).encode()


def test_blank_space_keys_are_no_choice(call: Pipeline) -> None:
    assert (
        "No space was picked"
        in call.problem("POST", "backups", 400, "invalid-input", json={"spaces": ["", " "]})["detail"]
    )


def test_without_a_body_or_with_null_it_is_all_spaces(call: Pipeline) -> None:
    for body in (b"", b"null", b"{}"):
        task = call.wait(
            call("POST", "backups", 202, content=body, headers={"content-type": "application/json"}).json()
        )
        assert call("GET", task["links"]["backup"], 200).json()["selection"]["mode"] == "all"


def test_keys_that_do_not_open(served: Any, key: str) -> None:
    with opened(served.home) as app:
        row, disabled = api.make_key(app, "acme", ADA, name="disabled")
        api.disable_key(app, "acme", row.row.id, ADA)
        _, backup_only = api.make_key(app, "acme", ADA, name="backup only")
    for shown, status, code in (
        (None, 401, "key-missing"),
        ("", 401, "key-missing"),
        ("hunter2", 401, "key-unknown"),
        (key[:-1] + ("a" if key[-1] != "a" else "b"), 401, "key-unknown"),
        (disabled, 401, "key-ended"),
    ):
        with pipeline(served.url, None) as stranger:
            headers = {} if shown is None else {HEADER: shown}
            answer = stranger("POST", "backups", status, headers=headers)
            assert answer.json()["code"] == code
            assert HEADER in answer.headers["www-authenticate"]
            assert shown is None or len(shown) < 3 or shown not in answer.text
    with pipeline(served.url, backup_only) as pipe:
        assert "'backup only' is not for restore" in pipe.problem("GET", "archives", 403, "scope-missing")["detail"]
        assert pipe.problem("GET", "nothing", 404, "not-found")
    with pipeline(served.url, key, site="other") as elsewhere:
        assert "not for the site 'other'" in elsewhere.problem("GET", "backups", 403, "key-for-another-site")["detail"]
    with pipeline(served.url, "hunter2", site="other") as elsewhere:
        elsewhere.problem("GET", "backups", 401, "key-unknown")


def test_a_body_of_a_stranger_is_not_read(served: Any) -> None:
    with pipeline(served.url, None) as stranger:
        stranger.problem("POST", "backups", 401, "key-missing", content=b"{" * 100_000)


def test_the_list_in_pages(call: Pipeline, made: dict[str, Any]) -> None:
    for _ in range(2):
        call.back_up(spaces=["QMS"])
    seen, path = [], "backups?limit=2"
    while path:
        page = call("GET", path, 200).json()
        seen += [item["id"] for item in page["items"]]
        assert len(page["items"]) <= 2
        path = page["links"].get("next", "")
    assert seen == sorted(seen, reverse=True)
    assert made["id"] in seen and len(set(seen)) == len(seen)
    for wrong in ("limit=0", "limit=x", "limit=9999", "after=x", "after=1.", "after=1.99999999999999999999"):
        call.problem("GET", f"backups?{wrong}", 400, "invalid-request")


def test_parts_of_a_file(call: Pipeline, made: dict[str, Any]) -> None:
    data, path, length = made["data"], made["links"]["file"], made["bytes"]
    for asked, start, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=10-", 10, length),
        ("bytes=-5", length - 5, length),
        (f"bytes=-{length * 2}", 0, length),
        (f"bytes=5-{length * 9}", 5, length),
        ("BYTES = 1 - 2", 1, 3),
    ):
        answer = call("GET", path, 206, headers={"range": asked})
        assert answer.content == data[start:end], asked
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{length}"
        assert "content-digest" not in answer.headers
    for asked in ("bytes=0-1,5-6", "lines=1-2", "bytes"):
        assert call("GET", path, 200, headers={"range": asked}).content == data
    for asked in (f"bytes={length}-", "bytes=-0", "bytes=9-3", "bytes=x", "bytes=-", "bytes=--1", "bytes=1e3-"):
        answer = call("GET", path, 416, headers={"range": asked})
        assert answer.headers["content-range"] == f"bytes */{length}"
        assert answer.json()["code"] == "range-not-satisfiable"


def test_conditions_on_a_file(call: Pipeline, made: dict[str, Any]) -> None:
    path, etag = made["links"]["file"], f'"{made["sha256"]}"'
    for condition in (etag, f'"x", W/{etag}', "*"):
        answer = call("GET", path, 304, headers={"if-none-match": condition})
        assert (answer.content, answer.headers["etag"]) == (b"", etag)
    call("GET", path, 200, headers={"if-none-match": '"other"'})
    call("GET", path, 206, headers={"range": "bytes=0-9", "if-range": etag})
    whole = call("GET", path, 200, headers={"range": "bytes=0-9", "if-range": '"other"'})
    assert whole.content == made["data"]
    asked = call("HEAD", path, 200, headers={"range": "bytes=0-9"})
    assert (asked.content, asked.headers["content-length"], asked.headers["etag"]) == (b"", str(made["bytes"]), etag)
    assert asked.headers["content-type"] == "application/zip"
    assert call("HEAD", path, 304, headers={"if-none-match": etag}).content == b""


def test_a_deleted_file_is_gone_and_stays_in_the_list(call: Pipeline) -> None:
    task = call.back_up(spaces=["QMS"])
    backup, file = task["links"]["backup"], task["links"]["file"]
    assert call("DELETE", backup, 204).content == b""
    assert "was deleted" in call.problem("GET", file, 410, "gone")["detail"]
    assert call("HEAD", file, 410).content == b""
    call.problem("DELETE", backup, 410, "gone")
    view = call("GET", backup, 200).json()
    assert view["available"] is False and view["deleted_at"] and "file" not in view["links"]


def test_what_is_not_there(call: Pipeline) -> None:
    call.problem("GET", "backups/99999", 404, "not-found")
    call.problem("GET", "backups/99999/file", 404, "not-found")
    call.problem("GET", "backups/0", 400, "invalid-request")
    call.problem("GET", f"backups/{10**30}", 400, "invalid-request")
    call.problem("GET", "tasks/backup-0000000000", 404, "not-found")
    call.problem("GET", "tasks/%00", 400, "invalid-request")
    call.problem("GET", "archives/99999", 404, "not-found")
    call.problem("PUT", "backups", 405, "method-not-allowed")


def start_together(call: Pipeline) -> list[httpx.Response]:
    together = threading.Barrier(2)

    def start() -> httpx.Response:
        together.wait()
        return call.http.post(call.path("backups"))

    with ThreadPoolExecutor(2) as pool:
        return [each.result() for each in [pool.submit(start) for _ in range(2)]]


def test_a_second_backup_is_refused_naming_the_first(call: Pipeline) -> None:
    refused: list[Any] = []
    while not refused:
        answers = start_together(call)
        begun = [answer.json() for answer in answers if answer.status_code == 202]
        refused = [answer.json() for answer in answers if answer.status_code == 409]
        assert len(begun) + len(refused) == 2 and begun
        for task in begun:
            call.wait(task)
    assert (refused[0]["code"], refused[0]["task"]) == ("already-running", begun[0]["id"])
    assert begun[0]["id"] in refused[0]["detail"]
    path = begun[0]["links"]["self"]
    assert "already done" in call.problem("POST", f"{path}/cancel", 400, "invalid-input")["detail"]
    call.problem("POST", f"{path}/resume", 400, "invalid-input")


def test_an_archive_is_brought_checked_and_deleted(call: Pipeline, made: dict[str, Any]) -> None:
    digest = base64.b64encode(hashlib.sha256(made["data"]).digest()).decode()
    headers = {
        "content-digest": f"sha-256=:{digest}:",
        "content-disposition": 'attachment; filename="../a \\"b\\".zip"',
    }
    answer = call("POST", "archives", 201, content=made["data"], headers=headers)
    archive, task = answer.json()["archive"], answer.json()["task"]
    assert answer.headers["location"] == archive["links"]["self"]
    assert (archive["name"], archive["bytes"], archive["sha256"]) == ('a "b".zip', made["bytes"], made["sha256"])
    assert (archive["source"]["name"], archive["counts"]) == ("acme", made["counts"])
    assert archive["verified"] is None
    assert archive["expires_at"] > archive["uploaded_at"]
    assert call.wait(task)["state"] == "done"
    checked = call("GET", archive["links"]["self"], 200).json()
    assert (checked["verified"], checked["findings"]) == (True, [])
    again = call.wait(call("POST", archive["links"]["self"] + "/verify", 202).json())
    assert again["kind"] == "verify"
    assert archive["id"] in [item["id"] for item in call("GET", "archives", 200).json()["items"]]
    call("DELETE", archive["links"]["self"], 204)
    call.problem("GET", archive["links"]["self"], 410, "gone")
    call.problem("DELETE", archive["links"]["self"], 410, "gone")


def test_a_chunked_upload_of_unknown_length(call: Pipeline, made: dict[str, Any]) -> None:
    pieces = (made["data"][start : start + 700] for start in range(0, made["bytes"], 700))
    assert call("POST", "archives?name=piped.zip", 201, content=pieces).json()["archive"]["name"] == "piped.zip"


def test_uploads_that_are_refused_leave_nothing(call: Pipeline, key: str, made: dict[str, Any], served: Any) -> None:
    before = sorted(served.home.glob("uploads/*"))
    assert "is empty" in call.problem("POST", "archives", 400, "invalid-input", content=b"")["detail"]
    call.problem("POST", "archives", 400, "invalid-input", content=b"not a zip" * 1000)
    call.problem("POST", "archives", 422, "damage-error", content=made["data"][:-50])
    wrong = {"digest": "sha-256=" + base64.b64encode(b"x" * 32).decode()}
    call.problem("POST", "archives", 400, "upload-cut", content=made["data"], headers=wrong)
    assert b'"upload-too-large"' in send_head(served.url, key, 10**15)
    assert sorted(served.home.glob("uploads/*")) == before


def begin_upload(url: str, key: str, length: int) -> socket.socket:
    """A connection on which an archive of this length is to come."""
    host, port = url.removeprefix("http://").split(":")
    lines = ("POST /api/v1/sites/acme/archives HTTP/1.1", f"Host: {host}:{port}", f"{HEADER}: {key}")
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.sendall("\r\n".join((*lines, f"Content-Length: {length}", "", "")).encode())
    return connection


def send_head(url: str, key: str, length: int) -> bytes:
    """The answer to an upload of which nothing but its length was sent."""
    with begin_upload(url, key, length) as connection:
        answer = b""
        while b"}" not in answer:
            answer += connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    return answer


def test_a_cut_upload_leaves_nothing(served: Any, key: str) -> None:
    before = sorted(served.home.glob("uploads/*"))
    deadline = time.monotonic() + 20
    with begin_upload(served.url, key, 9_999_999) as connection:
        connection.sendall(b"x" * 3_000_000)
        while not list(served.home.glob("uploads/*.part")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    while sorted(served.home.glob("uploads/*")) != before:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_plan_restore_report_and_undo(call: Pipeline, made: dict[str, Any], served: Any) -> None:
    """Back to the same site, after the registry lost what is restored."""
    archive = call("POST", "archives?name=acme.zip", 201, content=made["data"]).json()["archive"]
    with opened(served.home) as app, app.registry.write() as conn:
        conn.exec_driver_sql("DELETE FROM sticker_assignment")
        conn.exec_driver_sql("DELETE FROM version WHERE number = 1")
        left = conn.exec_driver_sql("SELECT count(*) FROM version").scalar_one()
    task = call.wait(call("POST", "restore-plans", 202, json={"archive": archive["id"]}).json())
    assert task["state"] == "done", task
    plan = call("GET", task["links"]["plan"], 200).json()
    assert (plan["archive"], plan["source_site"], plan["pages"]) == (archive["id"], "acme", {"matched": 3})
    assert plan["totals"]["version"] == {"created": 3}
    assert plan["restore"] is None
    assert plan["id"] in [each["id"] for each in call("GET", "restore-plans", 200).json()["items"]]

    records, path = [], f"{plan['links']['records']}?limit=2"
    while path:
        page = call("GET", path, 200).json()
        records += page["items"]
        path = page["links"].get("next", "")
    assert len(records) == page["total"] == sum(sum(each.values()) for each in plan["totals"].values())
    assert all(each["page"]["rule"] and each["page"]["target"]["page_id"] for each in records)
    created = call("GET", f"{plan['links']['records']}?outcome=created&kind=version&space=REL", 200).json()
    assert {each["page"]["space_key"] for each in created["items"]} == {"REL"}
    assert call("GET", f"{plan['links']['records']}?text=KNOWN+defects&kind=version", 200).json()["total"] == 1
    assert call("GET", plan["links"]["ambiguous"], 200).json()["items"] == []
    nothing = {"decisions": [{"page": 1, "choice": ""}]}
    call.problem("POST", plan["links"]["self"] + "/decisions", 400, "invalid-input", json=nothing)
    call.problem("GET", f"{plan['links']['records']}?outcome=magic", 400, "invalid-request")

    again = call.wait(call("POST", plan["links"]["self"] + "/again", 202).json())
    assert again["links"]["plan"] != task["links"]["plan"]
    report = call.wait(call("POST", "restores", 202, json={"plan": plan["id"]}).json())
    assert report["state"] == "done", report
    assert report["result"]["totals"]["version"] == {"created": 3}
    second = call.wait(call("POST", "restores", 202, json={"plan": plan["id"]}).json())
    assert "already-carried-out" in [each["kind"] for each in second["result"]["findings"]]
    restore = call("GET", call("GET", task["links"]["plan"], 200).json()["links"]["restore"], 200).json()
    assert report["restore"] == restore["id"] and report["links"]["restore"] == restore["links"]["self"]
    assert (restore["archive_name"], restore["findings"]) == (archive["name"], report["result"]["findings"])
    assert (restore["state"], restore["totals"]["version"]) == ("done", {"created": 3})
    assert restore["id"] in [each["id"] for each in call("GET", "restores", 200).json()["items"]]

    would = call("GET", restore["links"]["undo"], 200).json()
    assert would["totals"]["version"]["removed"] == 3
    begun = call("POST", restore["links"]["undo"], 202).json()
    assert begun["links"]["restore"] == restore["links"]["self"]
    undone = call.wait(begun)
    assert undone["state"] == "done"
    assert call("GET", restore["links"]["self"], 200).json()["state"] == "undone"
    again = call.wait(call("POST", f"{restore['links']['self']}/undo", 202).json())
    assert again["state"] == "done", "undone twice is undone once"
    with opened(served.home) as app, app.registry.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM version").scalar_one() == left


def test_the_documented_lines_are_those_of_the_page_and_do_a_restore(
    served: Any, key: str, made: dict[str, Any], tmp_path: Path
) -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    place = ("https://snapshots.example.com", "/api/v1/sites/acme/backups", "snapshots_backup_…", HEADER)
    assert curl_lines(*place) in text
    assert python_lines(*place) in text
    lines = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)[1].replace("/sites/globex", "/sites/acme")
    define = curl_lines(served.url, place[1], key, HEADER).splitlines()[:3]
    (tmp_path / "acme.zip").write_bytes(made["data"])
    ran = subprocess.run(
        ["bash", "-ec", "\n".join((*define, lines))], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report = json.loads(ran.stdout)
    assert (report["kind"], report["state"]) == ("restore", "done")
    assert json.loads((tmp_path / "plan.json").read_text())["pages"] == {"matched": 3}
    assert json.loads((tmp_path / "records.json").read_text())["total"] > 6


def test_plans_that_cannot_be(call: Pipeline) -> None:
    for body in ({}, {"archive": 1, "parked_of": "x"}):
        call.problem("POST", "restore-plans", 400, "invalid-input", json=body)
    call.problem("POST", "restore-plans", 404, "not-found", json={"archive": 99999})
    call.problem("POST", "restore-plans", 404, "not-found", json={"parked_of": "nobody"})
    call.problem("POST", "restore-plans", 400, "invalid-request", json={"archive": 1, "conflict": "eat"})
    call.problem("POST", "restores", 404, "not-found", json={"plan": "0123456789abcdef"})
    call.problem("POST", "restores", 404, "not-found", json={"plan": "../../etc/passwd"})
    call.problem("GET", "restore-plans/..%2F..%2Fx", 404, "not-found")
    call.problem("GET", "restores/99", 404, "not-found")
    call.problem("POST", "restores/99/undo", 404, "not-found")


def test_switched_off_slowed_down_and_what_the_audit_log_says(serve: Any) -> None:
    served = serve()
    key = new_key(served.home, "nightly")
    with pipeline(served.url, key) as call, pipeline(served.url, "wrong") as attacker, opened(served.home) as app:
        task = call.back_up(spaces=["REL"])
        call("GET", task["links"]["file"], 206, headers={"range": "bytes=0-99"})
        call("GET", task["links"]["file"], 206, headers={"range": "bytes=100-"})
        call("DELETE", task["links"]["backup"], 204)

        for _ in range(10):
            attacker.problem("GET", "backups", 401, "key-unknown")
        waits = attacker("GET", "backups", 429)
        assert waits.json()["code"] == "too-many-tries"
        assert 1 <= int(waits.headers["retry-after"]) <= 61
        call("GET", "backups", 200)

        api.switch_api(app, "acme", ADA, enabled=False)
        for method, path in (("POST", "backups"), ("GET", "backups"), ("GET", "tasks")):
            assert "switched off" in call.problem(method, path, 403, "api-disabled")["detail"]
        call("GET", "/api/openapi.json", 200)
    assert served.stop() == 0
    with opened(served.home) as app, app.registry.read() as conn:
        events = audit_events.list_events(conn, None)[::-1]
    of_keys = [each for each in events if each.actor_kind == "key"]
    noted = [(each.action, each.actor_name, each.outcome) for each in of_keys]
    for action in ("backup.started", "backup.finished", "backup.downloaded", "backup.deleted", "key.used"):
        assert (action, "nightly", "done") in noted
    assert noted.count(("backup.downloaded", "nightly", "done")) == 1
    assert ("key.refused", "unknown key", "refused") in noted
    assert ("key.refused", "nightly", "refused") in noted
    assert {each.address for each in of_keys} == {"127.0.0.1"}
    assert key not in "".join(each.details + each.subject for each in events)


def test_the_document_is_there_for_everybody_and_names_no_other_host(served: Any) -> None:
    with httpx.Client(base_url=served.url) as http:
        answer = http.get("/api/openapi.json")
    assert answer.status_code == 200
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert "http" not in answer.text.replace("http-", "")
    for item in document["paths"].values():
        for operation in item.values():
            assert {"401", "403", "429", "500", "507"} <= operation["responses"].keys()
            assert operation["summary"] and operation["operationId"]
