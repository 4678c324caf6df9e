"""A database server that goes away while jobs run, and comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from snapshots.jobs import JobContext, JobEngine, JobKind, Json


@contextmanager
def gone(server_url: str, database_url: str) -> Iterator[None]:
    """While inside, the server ends every connection to the database and takes no new one."""
    name = database_url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        yield
        conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


@pytest.mark.parametrize("registry_url", ["postgresql"], indirect=True)
def test_jobs_outlive_a_database_that_goes_away(
    postgres_server: str, registry_url: str, open_engine: Callable[..., JobEngine], wait_until: Callable, log: Path
) -> None:
    begun, on = threading.Event(), threading.Event()

    def wait_for_it(context: JobContext, args: dict[str, Json]) -> Json:
        def pause() -> int:
            begun.set()
            on.wait(60)
            return len(begun_again)

        begun_again.append(1)
        return context.step("pause", pause)

    begun_again: list[int] = []
    engine = open_engine((JobKind("pause", wait_for_it, lambda args: "site main"),))
    job_id = engine.start("pause", {})
    pulse = next(each for each in threading.enumerate() if each.name == "snapshots-jobs-pulse")
    assert begun.wait(30)
    with gone(postgres_server, registry_url):
        # Long enough for several beats, of which the second finds a lock that the first has given up.
        pulse.join(2)
        assert pulse.is_alive()
        on.set()
        pulse.join(1)
    wait_until(lambda: engine.jobs.get_job(job_id).state != "interrupted")
    assert engine.resume_interrupted() == [], "a job that runs here is nobody's to take over"
    assert engine.wait(job_id) in (1, 2)
    assert engine.jobs.get_job(job_id).state == "done"
