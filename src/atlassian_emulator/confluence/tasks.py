"""Long tasks in v1: deleting a space, copying a tree, archiving, deleting a tree.

What a task does is done when it is asked for; how long the task itself says to be running is set by the control
path (PUT /_emulator/long-tasks), and is nothing unless set.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.legacy import answer_part
from atlassian_emulator.routing import Route
from atlassian_emulator.site import Site


class TaskPace:
    """How long the tasks of a site run."""

    def __init__(self, site: Site) -> None:
        self.seconds = 0.0


def set_pace(call: Call) -> Reply:
    """PUT /_emulator/long-tasks with {"seconds": 2.5}: how long tasks that start from now on take."""
    seconds = call.json_object().get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= 3600:
        raise call.refusal(400, "seconds must be a number from 0 to 3600")
    call.site.part(TaskPace).seconds = float(seconds)
    return Reply(204)


def answer_task(call: Call, c: sqlite3.Connection, name: str, details: dict[str, Any] | None = None) -> Reply:
    """Note a task and answer 202 with where to ask for it."""
    task_id = call.site.ids.take("task")
    duration_us = int(call.site.part(TaskPace).seconds * 1_000_000)
    c.execute(
        "INSERT INTO long_tasks (id, name, started_at, duration_us, details) VALUES (?, ?, ?, ?, ?)",
        (task_id, name, call.site.clock(), duration_us, json.dumps(details or {})),
    )
    ari = f"ari:cloud:confluence:{call.site.cloud_id}:long-running-task/{task_id}"
    return Reply(202, {"ari": ari, "id": str(task_id), "links": {"status": f"/rest/api/longtask/{task_id}"}})


def _show(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    elapsed_us = min(max(0, call.site.clock() - row["started_at"]), row["duration_us"])
    done = elapsed_us >= row["duration_us"]
    return {
        "ari": f"ari:cloud:confluence:{call.site.cloud_id}:long-running-task/{row['id']}",
        "id": str(row["id"]),
        "name": {"key": row["name"], "args": []},
        "elapsedTime": elapsed_us // 1000,
        "percentageComplete": 100 if done else elapsed_us * 100 // row["duration_us"],
        "successful": done,
        "finished": done,
        "messages": [],
        "status": "Complete" if done else "In progress",
        "errors": [],
        "additionalDetails": json.loads(row["details"]),
    }


def get_task(call: Call) -> Reply:
    text = call.path["id"]
    with call.site.database.read() as c:
        row = c.execute("SELECT * FROM long_tasks WHERE CAST(id AS TEXT) = ?", (text,)).fetchone()
    if row is None:
        raise call.refusal(404, f"No long task found with id : {text}")
    self_link = f"{call.site.base_url}/wiki/rest/api/longtask/{text}"
    return Reply(body={**_show(call, row), "_links": {"self": self_link}})


def list_tasks(call: Call) -> Reply:
    """Tasks that are still running."""
    with call.site.database.read() as c:
        rows = c.execute(
            "SELECT * FROM long_tasks WHERE started_at + duration_us > ? ORDER BY id", (call.site.clock(),)
        ).fetchall()
    key = call.query("key")
    return answer_part(call, [_show(call, row) for row in rows if key in ("", row["name"])], 100)


ROUTES = (
    Route("GET", "/wiki/rest/api/longtask", list_tasks),
    Route("GET", "/wiki/rest/api/longtask/{id}", get_task),
)
