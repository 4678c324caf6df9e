"""Attacks on everything that is served: whatever is sent, the answer is a plain refusal, and never a fault."""

from __future__ import annotations

import io
import json
import socket
import zipfile
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from .calling import new_key, pipeline

FAULT = "fault"
ODD_IDS = (
    "0",
    "-1",
    "1.5",
    "99999999999999999999",
    "9" * 400,
    "1e9",
    "%31%00",
    "%EF%BC%91",
    "..%2f..%2fetc%2fpasswd",
    "..",
    "%2e%2e",
    "x'--",
    "a" * 5000,
)
PAGES = (
    "/sites/acme/backup/{}/file",
    "/sites/acme/backup/{}/delete",
    "/sites/acme/backup/tasks/{}",
    "/sites/acme/backup?before={}",
    "/sites/acme/backup/files?before={}",
    "/sites/acme/backup/spaces?q={}",
    "/sites/acme/audit?before={}",
    "/sites/acme/audit?words={}",
    "/sites/acme/audit?since={}",
    "/sites/acme/audit?action={}&person={}&outcome={}",
    "/sites/acme/audit/export.json?until={}",
    "/sites/acme/restore/archives/{}",
    "/sites/acme/restore/tasks/{}",
    "/sites/acme/restore/tasks/{}/state",
    "/sites/acme/restore/plans/{}",
    "/sites/acme/restore/plans/{}/records?after={}&text={}",
    "/sites/acme/restore/restores/{}",
    "/sites/acme/restore/restores/{}/report.csv",
    "/sites/acme/restore/restores/{}/undo",
    "/sites/acme/jira-data/imports/{}",
    "/sites/acme/jira-data/plans/{}",
    "/sites/acme/jira-data/plans/{}/undecided.csv",
    "/sites/acme/jira-data/tasks/{}",
    "/sites/acme/jira-data/exports/{}/file",
    "/sites/{}/backup",
    "/sites/{}/audit/export.json",
    "/sign-in?next={}&told={}",
    "/static/{}",
    "/{}",
)
CALLS = (
    "backups/{}",
    "backups/{}/file",
    "backups?after={}",
    "backups?limit={}",
    "tasks/{}",
    "tasks?state={}",
    "tasks?limit={}",
    "archives/{}",
    "jira-data/files/{}",
    "jira-data/plans/{}",
    "jira-data/plans/{}/macros?start={}&limit={}",
    "jira-data/imports/{}",
    "jira-data/exports/{}/file",
)


@pytest.fixture(scope="module")
def key(served: Any) -> str:
    return new_key(served.home, "attack")


def faults(served: Any) -> int:
    return served.said().count("Fault ")


@pytest.mark.parametrize("template", PAGES)
def test_odd_ids_and_words_are_refused_by_pages(visitor: Any, served: Any, template: str) -> None:
    before = faults(served)
    for odd in ODD_IDS:
        answer = visitor.get(template.replace("{}", odd))
        assert answer.status_code < 500, (odd, answer.text[-600:])
        assert "etc/passwd" not in answer.text or "root:" not in answer.text
    assert faults(served) == before


@pytest.mark.parametrize("template", CALLS)
def test_odd_ids_and_words_are_refused_by_the_api(served: Any, key: str, template: str) -> None:
    with pipeline(served.url, key) as call:
        for odd in ODD_IDS:
            for method in ("GET", "DELETE"):
                path = call.path(template.replace("{}", odd))
                answer = call.http.request(method, path)
                assert answer.status_code < 500, (method, odd, answer.text)


BODIES = [
    b"",
    b"[" * 500_000,
    b'{"spaces":' * 100_000,
    b'{"spaces": ["\\ud800"]}',
    b'{"spaces": ["\\u0000"]}',
    b'{"spaces": [' + b",".join([b'"K"'] * 10_001) + b"]}",
    b'{"spaces": ["' + b"K" * 900_000 + b'"]}',
    b'{"spaces": [1e400]}',
    b'{"spaces": null, "spaces": ["X"]}',
    b"\xef\xbb\xbf{}",
    b"\xff\xfe",
    b'{"unknown": 1}',
    b"null",
    b"7",
]


@pytest.mark.parametrize("number", range(len(BODIES)))
@pytest.mark.parametrize("path", ["backups", "tasks/x/cancel", "archives/1/verify"])
def test_odd_json_is_refused(served: Any, key: str, path: str, number: int) -> None:
    with pipeline(served.url, key) as call:
        if path == "backups" and BODIES[number] in (b"", b"null"):
            return  # A backup of everything.
        answer = call.http.post(call.path(path), content=BODIES[number], headers={"Content-Type": "application/json"})
        assert answer.status_code < 500, answer.text
        assert len(answer.content) < 20_000


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/plain", "multipart/form-data", "application/x-msgpack", "x", "", "a/b;" * 500],
)
def test_other_kinds_of_bodies_are_refused(visitor: Any, served: Any, content_type: str) -> None:
    before = faults(served)
    token = visitor.csrf_token()
    for path in ("/sites/acme/backup/start", "/sites/acme/backup/csv", "/sites/acme/backup/1/delete"):
        for body in (b"{", b"[]", b"mode=%ff", b"\x81\xa4mode\xc1"):
            headers = {"Content-Type": content_type, "x-csrftoken": token}
            answer = visitor.http.post(path, content=body, headers=headers)
            assert answer.status_code < 500, (path, body, answer.text[-600:])
    assert faults(served) == before


def multipart(boundary: bytes, *parts: bytes) -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"


FILE = b'Content-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s'


@pytest.mark.parametrize(
    ("boundary", "body"),
    [
        (b"b", multipart(b"b", *[FILE % (b"a.csv", b"REL")] * 5000)),
        (b"b", multipart(b"b", FILE % (b"a" * 100_000, b"REL"))),
        (b"b", multipart(b"b", FILE % (b"../../evil\\x.csv", b"REL"))),
        (b"b", multipart(b"b", FILE % (b"a\x00b<script>.csv", b"\x00\x00"))),
        (b"b", multipart(b"b", b'Content-Disposition: form-data; name="file"\r\n\r\nREL')),
        (b"b", multipart(b"b", b"X-Y: " + b"z" * 100_000 + b"\r\n\r\nREL")),
        (b"b", b"--b\r\n" * 50_000),
        (b"b" * 2000, b""),
        (b"b", b""),
        (b"", b"x"),
    ],
)
def test_odd_forms_are_refused(visitor: Any, served: Any, boundary: bytes, body: bytes) -> None:
    before = faults(served)
    headers = {"Content-Type": b"multipart/form-data; boundary=" + boundary, "x-csrftoken": visitor.csrf_token()}
    answer = visitor.http.post("/sites/acme/backup/csv", content=body, headers=headers)
    assert answer.status_code < 500, answer.text[-600:]
    assert "<script>" not in answer.text.replace("<script src", "")
    assert faults(served) == before


@pytest.mark.parametrize(
    "content",
    [
        b'"' * 500_000,
        b"\n" * 1_000_000,
        b",".join([b""] * 1_000_000),
        b"=HYPERLINK(1)\n+1\n-1\n@x\n<script>alert(1)</script>\n",
        b"\n".join(b"%d" % n for n in range(200_000)),
        b"REL\n" * 300_000,
        b"\xff\xfe" + "REL\n".encode("utf-16-le") * 150_000,
        b"a;" * 500_000,
    ],
    ids=["quotes", "lines", "commas", "formulas", "unknown", "twice", "utf-16", "semicolons"],
)
def test_hostile_lists_of_spaces_are_answered_shortly(visitor: Any, served: Any, content: bytes) -> None:
    before = faults(served)
    headers = {"x-csrftoken": visitor.csrf_token(), "HX-Request": "true"}
    answer = visitor.http.post(
        "/sites/acme/backup/csv", files={"file": ("a.csv", content)}, headers=headers, timeout=60
    )
    assert answer.status_code < 500, answer.text[-600:]
    assert len(answer.content) < 2_000_000
    assert "<script>" not in answer.text
    assert faults(served) == before


HIDDEN = ("/sites/acme/backup", "/sites/acme/audit", "/sites/acme/audit/export.json", "/sites/acme/backup/1/file")


@pytest.mark.parametrize(
    "session", ["../../../../etc/passwd", "..%2f..%2fcsrf.key", "a" * 4000, "x/y", ".", "%00", "*"]
)
def test_a_session_id_made_up_opens_nothing(served: Any, session: str) -> None:
    cookie = f"snapshots_session_{served.port}={session}"
    for path in HIDDEN:
        assert httpx.get(served.url + path, headers={"Cookie": cookie}).status_code == 302
    assert (served.home / "web" / "csrf.key").exists()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_no_method_opens_a_page_to_a_stranger(served: Any, method: str) -> None:
    for path in HIDDEN:
        answer = httpx.request(method, served.url + path)
        assert answer.status_code in (204, 302, 403, 404, 405), (path, answer.status_code)
        assert not answer.content or b"Backup / Export" not in answer.content


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost",
        "127.0.0.1:{port}.evil.example",
        "evil@127.0.0.1:{port}",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/sites/acme/backups", "/static/theme.js"])
def test_dns_pointed_at_us_reaches_nothing(served: Any, key: str, host: str, path: str) -> None:
    headers = {"Host": host.format(port=served.port), "jira-snapshots-api-key": key}
    assert httpx.get(served.url + path, headers=headers).status_code == 400


def test_two_host_headers_are_refused(served: Any) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nHost: evil\r\n\r\n" % served.port)
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


def test_a_head_too_long_is_refused(served: Any) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(b"GET /" + b"x" * 100_000)
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("cookie", ["jira-snapshots-api-key", "snapshots_csrf_{port}"])
def test_a_cookie_is_no_key(served: Any, key: str, cookie: str) -> None:
    headers = {"Cookie": f"{cookie.format(port=served.port)}={key}"}
    assert httpx.get(f"{served.url}/api/v1/sites/acme/backups", headers=headers).status_code == 401


def test_a_session_opens_no_api_and_a_key_no_page(visitor: Any, served: Any, key: str) -> None:
    assert visitor.get("/api/v1/sites/acme/backups").status_code == 401
    for path in HIDDEN:
        assert httpx.get(served.url + path, headers={"jira-snapshots-api-key": key}).status_code == 302
    assert visitor.http.post("/api/v1/sites/acme/backups").status_code == 401


def test_a_form_of_another_page_starts_nothing(visitor: Any) -> None:
    """Without the token, with somebody else's, with one in the wrong place."""
    for data in ({"mode": "all"}, {"mode": "all", "_csrf_token": "0" * 128}):
        assert visitor.http.post("/sites/acme/backup/start", data=data).status_code == 403
    token = visitor.csrf_token()
    assert visitor.http.post(f"/sites/acme/backup/start?_csrf_token={token}", data={"mode": "all"}).status_code == 403
    assert visitor.http.get(f"/sites/acme/backup/start?mode=all&_csrf_token={token}").status_code == 405
    simple = {"Content-Type": "text/plain"}
    assert visitor.http.post("/sites/acme/backup/start", content=b"mode=all", headers=simple).status_code == 403


@pytest.mark.parametrize(
    "path", ["..%2fsnapshots.css", "%2e%2e/%2e%2e/view.py", "vendor/../../view.py", "..\\view.py", "/etc/passwd"]
)
def test_only_assets_are_static(served: Any, path: str) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(f"GET /static/{path} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())
        answer = connection.recv(65536)
    assert b" 200 " not in answer.partition(b"\r\n")[0] or b"text/css" in answer
    assert b"import" not in answer


def test_nothing_that_is_private_is_kept_by_caches(visitor: Any, served: Any, key: str) -> None:
    for path in ("/sites/acme/backup", "/sites/acme/audit/export.json", "/sign-in"):
        assert visitor.get(path).headers["cache-control"] == "no-store"
    with pipeline(served.url, key) as call:
        assert call("GET", "backups", 200).headers["cache-control"] == "no-store"
        assert (
            call.http.get("/api/v1/sites/acme/backups", headers={"jira-snapshots-api-key": "x"}).headers[
                "cache-control"
            ]
            == "no-store"
        )


def test_what_a_link_tells_is_shown_by_name_only(stranger: Any) -> None:
    page = stranger.get("/sign-in?told=<script>alert(1)</script>&next=/sites/%22%3E%3Cscript%3Ealert(1)</script>").text
    assert "<script>alert" not in page


@pytest.mark.parametrize("path", ["/sign-in/link?token=a&next=//evil.example", "/sign-in?next=https://evil.example"])
def test_no_link_to_us_leads_elsewhere(stranger: Any, path: str) -> None:
    answer = stranger.get(path)
    assert "evil.example" not in answer.headers.get("location", "") + answer.text


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"not a zip" * 1000,
        zipped(**{"manifest.json": b"{}"}),
        zipped(**{"../../evil": b"x", "manifest.json": json.dumps({"format": 1}).encode()}),
        zipped(**{"manifest.json": b"[" * 1_000_000}),
        zipped(**{"manifest.json": b"0" * 200_000_000}),
        zipped(**{f"{n}": b"" for n in range(20_000)}),
    ],
    ids=["empty", "cut", "other", "bare", "traversal", "nested", "bomb", "members"],
)
def test_hostile_archives_are_refused_and_leave_nothing(served: Any, key: str, content: bytes) -> None:
    with pipeline(served.url, key) as call:
        answer = call.http.post(call.path("archives"), content=content)
        assert answer.status_code in (400, 411, 422), answer.text
        assert str(served.home) not in answer.text
    folder = served.home / "uploads"
    assert not folder.exists() or not list(folder.iterdir())


@pytest.mark.parametrize(
    "name", ['a"; filename="evil.exe', "a\r\nSet-Cookie: x=1", "../../etc/passwd", "ä\u202egpj.exe", "x" * 5000]
)
def test_a_file_name_steers_neither_header_nor_path(served: Any, key: str, name: str) -> None:
    with pipeline(served.url, key) as call:
        for headers, query in (
            ({}, f"?name={quote(name)}"),
            ({"Content-Disposition": f'attachment; filename="{name}"'}, ""),
        ):
            try:
                answer = call.http.post(call.path(f"archives{query}"), content=b"no archive", headers=headers)
            except httpx.LocalProtocolError:
                continue
            except UnicodeEncodeError:
                continue
            assert answer.status_code in (400, 422), answer.text
            assert "\r" not in answer.json()["detail"]
            assert "/etc/" not in answer.json()["detail"]


@pytest.mark.parametrize("act", ["keys/{}/rotate", "keys/{}/expiry", "keys/{}/disable", "keys/{}/revoke", "keeping"])
def test_odd_forms_of_keys_are_refused(visitor: Any, served: Any, act: str) -> None:
    before = faults(served)
    for odd in ODD_IDS:
        if odd == "%EF%BC%91":
            # A 1 of another script, and so the key of these tests.
            continue
        fields = {"grace": odd, "days": odd, "uploads": odd, "backups": odd, "enabled": odd}
        answer = visitor.post(f"/sites/acme/api/{act.replace('{}', odd)}", fields)
        assert answer.status_code < 500, (odd, answer.text[-600:])
    assert faults(served) == before


def test_an_upload_wants_the_token_of_a_page_and_a_session(visitor: Any, served: Any) -> None:
    path = "/sites/acme/restore/upload?name=a.zip"
    assert visitor.http.put(path, content=b"x").status_code == 403
    assert httpx.put(served.url + path, content=b"x").status_code in (302, 403)
    headers = {"x-csrftoken": visitor.csrf_token(), "Origin": "http://evil.example"}
    assert visitor.http.put(path, content=b"x", headers=headers).status_code == 403


def test_a_stranger_sends_nothing_large(served: Any) -> None:
    """It is refused before the body is read, not after two gibibytes of it."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        head = f"PUT /sites/acme/restore/upload HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n"
        connection.sendall(f"{head}Content-Length: 2147483648\r\n\r\n".encode())
        assert connection.recv(100).split()[1] in (b"302", b"403")
