"""Lines that start a backup, poll it and download the file, to be pasted as they are.

Tests run them as the page prints them.
"""

from __future__ import annotations


def curl_lines(base: str, path: str, key: str, header: str) -> str:
    """For a shell with curl 7.84 or newer. The file is saved under its own name."""
    return f"""\
KEY='{key}'
BASE='{base}'
call() {{ curl -sS --fail-with-body -H "{header}: $KEY" "$@"; }}
TASK=$(call -X POST -o task.json -w '%header{{location}}' "$BASE{path}")
while grep -Eq '"state":"(waiting|running|interrupted)"' task.json; do sleep 1; call -o task.json "$BASE$TASK"; done
FILE=$(sed -n 's/.*"file":"\\([^"]*\\)".*/\\1/p' task.json)
if [ -n "$FILE" ]; then call -OJ "$BASE$FILE"; else cat task.json; false; fi
"""


def python_lines(base: str, path: str, key: str, header: str) -> str:
    """For Python 3.8 or newer, with nothing to install. The file is saved as backup.zip."""
    return f"""\
import json, shutil, time, urllib.request

KEY, BASE = "{key}", "{base}"


def call(path, method="GET"):
    headers = {{"{header}": KEY}}
    return urllib.request.urlopen(urllib.request.Request(BASE + path, method=method, headers=headers))


task = json.load(call("{path}", "POST"))
while task["state"] not in ("done", "failed", "cancelled"):
    time.sleep(1)
    task = json.load(call(task["links"]["self"]))
    print(task["message"])
if task["state"] != "done":
    raise SystemExit(task["message"])
with call(task["links"]["file"]) as answer, open("backup.zip", "wb") as file:
    shutil.copyfileobj(answer, file)
"""
