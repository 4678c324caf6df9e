"""Kinds of jobs for the tests, and a process that runs them and may be killed.

python worker.py URL DATA_DIR run KIND ARGS    prints the job's id, then its result or the class of its error
python worker.py URL DATA_DIR foreground KIND ARGS    the same, but the id is not known before the end
python worker.py URL DATA_DIR resume           takes over what was interrupted and waits for it
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from snapshots.errors import DamageError, SiteRefused, SnapshotsError
from snapshots.jobs import JobContext, JobEngine, JobKind, Json


def add_up(context: JobContext, args: dict[str, Json]) -> Json:
    """Adds the numbers below `count`, a step each. Every run of a step leaves a line in the file `log`."""
    total = 0
    for number in range(args["count"]):
        total = context.step(f"add {number}", _add, args["log"], total, number, args["seconds"])
        context.progress("adding", number + 1, args["count"], "numbers")
    return {"total": total}


def _add(log: str, total: int, number: int, seconds: float) -> int:
    with Path(log).open("a") as file:
        file.write(f"{number}\n")
    time.sleep(seconds)
    return total + number


def refuse(context: JobContext, args: dict[str, Json]) -> Json:
    raise SiteRefused("The site answers no.", status=418)


def damage_in_step(context: JobContext, args: dict[str, Json]) -> Json:
    """Fails in a step, dies behind it when told to, and fails by the same error when it is run again."""
    try:
        context.step("read", _damage)
    except DamageError:
        if Path(args["dies"]).exists():
            Path(args["dies"]).unlink()
            os._exit(9)
        raise
    return None


def _damage() -> None:
    raise DamageError("Member 3 is not what it was.")


def stumble(context: JobContext, args: dict[str, Json]) -> Json:
    return {}["nothing"]


def one_site(args: Any) -> str | None:
    return f"site {args['site']}" if "site" in args else None


KINDS = (
    JobKind("add-up", add_up, one_site),
    JobKind("refuse", refuse),
    JobKind("damage", damage_in_step),
    JobKind("stumble", stumble),
)


def main(url: str, data_dir: str, command: str, *rest: str) -> None:
    with JobEngine(url, KINDS, Path(data_dir)) as engine:
        try:
            if command == "foreground":
                print(json.dumps(engine.run(rest[0], json.loads(rest[1]))), flush=True)
                return
            job_ids = [engine.start(rest[0], json.loads(rest[1]))] if command == "run" else engine.resume_interrupted()
            print(*job_ids, flush=True)
            for job_id in job_ids:
                print(json.dumps(engine.wait(job_id)), flush=True)
        except SnapshotsError as error:
            print(type(error).__name__, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
