"""A job while this process runs it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from snapshots.errors import JobCancelled
from snapshots.jobs.failure import restore_error
from snapshots.jobs.model import JobProgress

T = TypeVar("T")


class ProcessStopping(BaseException):
    """Unwinds a job whose process is about to end, so that it is found interrupted and taken up again.

    Not an `Exception`, because a job that fails by one is recorded as failed, and because no code between may
    take it for an error of its own.
    """


class RunningJob:
    """Implements `JobContext`; the engine's pulse brings in cancellation and carries progress out."""

    def __init__(self, job_id: str, is_cancelled: Callable[[], bool]) -> None:
        """`is_cancelled` looks into the job's record."""
        self._job_id = job_id
        self._is_cancelled = is_cancelled
        self._thread: threading.Thread | None = None
        self.latest: JobProgress | None = None
        self.cancelled = threading.Event()
        self.stopping = threading.Event()
        self.finished = threading.Event()

    def begin(self) -> None:
        """Called by the thread that runs the job."""
        self._thread = threading.current_thread()

    @property
    def job_id(self) -> str:
        return self._job_id

    def step(self, name: str, function: Callable[..., T], *args: Any) -> T:
        from dbos import DBOS, PortableWorkflowError
        from dbos import error as dbos_errors

        if threading.current_thread() is not self._thread:
            # Elsewhere DBOS would run the function and silently record nothing.
            raise RuntimeError(f"Step {name!r} was taken outside the job's own thread.")
        self.raise_if_cancelled()
        try:
            return cast(T, DBOS.run_step({"name": name}, lambda: plain_json(function(*args))))
        except PortableWorkflowError as recorded:
            raise restore_error(recorded) from None
        except (dbos_errors.DBOSWorkflowCancelledError, dbos_errors.DBOSWorkflowConflictIDError):
            # DBOS met the record before the pulse did. Its own errors pass by every `except Exception`, so a
            # cancelled job would have no chance to tidy up; one that another process took over must not.
            if self._is_cancelled():
                self.cancelled.set()
            self.raise_if_cancelled()
            raise

    def progress(self, stage: str, done: int, total: int | None, unit: str) -> None:
        self.latest = JobProgress(stage, done, total, unit)
        self.raise_if_cancelled()

    def raise_if_cancelled(self) -> None:
        if self.cancelled.is_set():
            raise JobCancelled(f"Job {self._job_id} was cancelled; start it again to do the work after all.")
        if self.stopping.is_set():
            raise ProcessStopping

    def pause(self, seconds: float) -> None:
        """Sleep, unless the job is to end."""
        self.cancelled.wait(seconds)
        self.raise_if_cancelled()


def plain_json(value: Any) -> Any:
    """`value` as it will be read back from the record, so that the first run sees what a later one will.

    Raises `TypeError` for what JSON cannot hold.
    """
    return json.loads(json.dumps(value))
