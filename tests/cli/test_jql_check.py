"""`snapshots jql check`: one JQL a line in, one JSON object a line out."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

COMMAND = [sys.executable, "-m", "snapshots", "jql", "check"]


def check(given: bytes, *options: str, code: int = 0) -> list[dict[str, Any]]:
    done = subprocess.run([*COMMAND, *options], input=given, capture_output=True, check=False, env={}, timeout=60)
    assert done.returncode == code, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.split(b"\n")[:-1]]


def test_every_line_has_its_answer_whatever_it_holds() -> None:
    lines = [
        b"\xef\xbb\xbfproject = ACME\r",
        b"",
        "summary ~ 'é 😀' and = 1".encode(),
        b"a = \xc3\xa9\xff",
        b"  ",
        b"parent = $key ORDER BY " + b"a, " * 30_000 + b"b",
        b'a = "never',
    ]
    answers = check(b"\n".join(lines))
    assert answers[0] == {"ok": True, "text": "project = ACME"}
    assert answers[1] == {"ok": True, "text": ""}
    assert answers[2] == {
        "ok": False,
        "position": 20,
        "line": 1,
        "column": 21,
        "expected": "a field, NOT or (",
        "found": "=",
    }
    assert (answers[3]["position"], answers[3]["expected"], answers[3]["found"]) == (5, "UTF-8", "the byte 0xff")
    assert answers[4]["text"] == "  "
    assert answers[5]["text"] == lines[5].decode()
    assert answers[6]["found"] == "the end"
    assert len(answers) == len(lines)


def test_strict_tells_by_its_exit_code_and_nothing_in_gives_nothing_out() -> None:
    assert check(b"") == []
    assert check(b"a = 1\n", "--strict") == [{"ok": True, "text": "a = 1"}]
    check(b"a = 1\nb\nc = 1\n", "--strict", code=3)


def test_a_string_of_json_may_hold_line_ends() -> None:
    given = ["a = 1\nor = 2", "a\n= 1", "\ud800 = 1"]
    answers = check("\n".join([*map(json.dumps, given), "7", "a = 1"]).encode(), "--strings")
    assert (answers[0]["line"], answers[0]["column"], answers[0]["position"]) == (2, 4, 9)
    assert [answer.get("text") for answer in answers[1:3]] == given[1:]
    assert [answer["expected"] for answer in answers[3:]] == ["a JSON string", "a JSON string"]


def test_whoever_asks_line_by_line_is_answered_line_by_line() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}) as running:
        assert running.stdin is not None and running.stdout is not None
        for text in ("a = 1", "b in (2"):
            running.stdin.write(f"{text}\n".encode())
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["ok"] is (text == "a = 1")
        running.stdin.close()
        assert running.wait(timeout=60) == 0


def test_it_starts_without_loading_what_it_does_not_need() -> None:
    script = (
        "import io, sys; from snapshots.cli import run; sys.stdin = io.TextIOWrapper(io.BytesIO(b'a = 1'));"
        "run(['jql', 'check']);"
        "sys.exit(' '.join({'sqlalchemy', 'dbos', 'litestar', 'urllib3', 'snapshots.app'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=60)
    assert done.stderr.decode().strip() == ""
