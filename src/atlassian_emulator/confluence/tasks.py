"""Long tasks in v1. What is long on the real site is done here when it is asked for, so every task is finished."""

from __future__ import annotations

import sqlite3

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.routing import Route
from atlassian_emulator.site import Site


def add_finished_task(site: Site, c: sqlite3.Connection, name: str) -> str:
    """Note a task that was carried out and return its id."""
    task_id = site.ids.take("task")
    c.execute("INSERT INTO tasks (id, name, elapsed_ms) VALUES (?, ?, 0)", (task_id, name))
    return str(task_id)


def get_task(call: Call) -> Reply:
    text = call.path["id"]
    with call.site.database.read() as c:
        row = c.execute("SELECT * FROM tasks WHERE CAST(id AS TEXT) = ?", (text,)).fetchone()
    if row is None:
        raise call.refusal(404, f"No long task found with id : {text}")
    return Reply(
        body={
            "id": text,
            "name": {"key": row["name"], "args": []},
            "elapsedTime": row["elapsed_ms"],
            "percentageComplete": 100,
            "successful": True,
            "finished": True,
            "messages": [],
            "errors": [],
            "_links": {"self": f"{call.site.base_url}/wiki/rest/api/longtask/{text}"},
        }
    )


ROUTES = (Route("GET", "/wiki/rest/api/longtask/{id}", get_task),)
