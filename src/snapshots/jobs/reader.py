"""Looking at jobs, and asking one to stop, from any process. Runs nothing."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from snapshots.errors import InvalidInput, JobCancelled, NotFound, SnapshotsError, StorageError
from snapshots.jobs.database import SystemDatabase
from snapshots.jobs.failure import restore_error
from snapshots.jobs.locks import is_held, wait_for
from snapshots.jobs.model import FINAL_STATES, Job, JobProgress, JobState, Json

if TYPE_CHECKING:
    from dbos import DBOSClient, WorkflowStatus

# Held while a job is begun, taken over or cancelled, so that whoever decides by a job's state decides alone.
START_LOCK = "start"

_STATES: dict[str, JobState] = {
    "ENQUEUED": "waiting",
    "DELAYED": "waiting",
    "PENDING": "running",
    "SUCCESS": "done",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
    "CANCELLED": "cancelled",
}


def executor_lock(executor_id: str | None) -> str:
    """Name of the lock that a process holds for as long as it can run jobs."""
    return f"executor {executor_id}"


class JobReader:
    """The jobs of one system database, as they are recorded."""

    def __init__(self, url: str, data_dir: Path) -> None:
        self._database = SystemDatabase(url, data_dir)
        self._client: DBOSClient | None = None

    def list_jobs(self, limit: int = 50, states: Collection[JobState] = ()) -> list[Job]:
        """Newest first; only those in `states`, if any are named. Without their steps."""
        recorded = _recorded_as(states or _STATES.values())
        words = [word for word, state in _STATES.items() if state in recorded]
        # Whether a job is interrupted is not in the database, so then the database cannot count.
        counted = limit if not states or "running" not in recorded else None
        jobs = map(self._job_of, self._list_statuses(status=words, sort_desc=True, limit=counted))
        return [job for job in jobs if not states or job.state in states][:limit]

    def list_unfinished(self) -> list[Job]:
        """Those that wait, run or were interrupted; oldest first."""
        statuses = self._list_statuses(status=["ENQUEUED", "DELAYED", "PENDING"], load_output=False)
        return [self._job_of(status) for status in statuses]

    def get_job(self, job_id: str, *, with_steps: bool = True) -> Job:
        """The job as it is recorded; without its steps for those who ask again and again."""
        status = self._get_status(job_id)
        steps = self._open().list_workflow_steps(job_id, load_output=False) if with_steps else []
        return self._job_of(status, tuple(step["function_name"] for step in steps))

    def get_step_results(self, job_id: str) -> dict[str, Json]:
        """What each step answered that was recorded and did not fail, by its name."""
        self._get_status(job_id)
        steps = self._open().list_workflow_steps(job_id)
        return {step["function_name"]: step["output"] for step in steps if step["error"] is None}

    def get_result(self, job_id: str) -> Json:
        """What a finished job answered, or its error raised."""
        from dbos import PortableWorkflowError

        status = self._get_status(job_id)
        if status.status == "CANCELLED":
            raise JobCancelled(f"Job {job_id} was cancelled; start it again to do the work after all.")
        if isinstance(status.error, PortableWorkflowError):
            raise restore_error(status.error)
        return status.output

    def list_cancelled(self, job_ids: list[str]) -> frozenset[str]:
        """Which of these jobs somebody cancelled."""
        statuses = self._list_statuses(workflow_ids=job_ids, status="CANCELLED", load_input=False, load_output=False)
        return frozenset(status.workflow_id for status in statuses)

    def is_run_by(self, job_id: str, executor_id: str) -> bool:
        """Whether the record says that this process runs the job now."""
        status = self._get_status(job_id)
        return status.status == "PENDING" and status.executor_id == executor_id

    def cancel_job(self, job_id: str) -> None:
        """Ask a job to stop. It is `cancelled` from now on; one that runs notices within about half a second."""
        job = self.get_job(job_id)
        if job.state in FINAL_STATES:
            raise InvalidInput(f"Job {job_id} cannot be cancelled, for it is already {job.state}.")
        with wait_for(self._database.locks, START_LOCK, time.sleep):
            self._open().cancel_workflow(job_id)

    def _get_status(self, job_id: str) -> WorkflowStatus:
        statuses = self._list_statuses(workflow_ids=[job_id])
        if not statuses:
            raise NotFound(f"There is no job {job_id}; list the jobs to see which there are.")
        return statuses[0]

    def close(self) -> None:
        if self._client is not None:
            self._client.destroy()
            self._client = None
        self._database.close()

    def _list_statuses(self, **options: Any) -> list[WorkflowStatus]:
        try:
            return self._open().list_workflows(**options) if self._database.has_tables() else []
        except sa.exc.DBAPIError as error:
            raise StorageError(
                f"The jobs in {self._database} cannot be read ({error.orig}); check that the database can be reached."
            ) from error

    def _open(self) -> DBOSClient:
        if self._client is None:
            self._client = self._database.open_client()
        return self._client

    def _job_of(self, status: WorkflowStatus, steps: tuple[str, ...] = ()) -> Job:
        attributes = status.attributes or {}
        progress = attributes.get("progress")
        return Job(
            id=status.workflow_id,
            kind=status.name,
            state=self._state_of(status),
            args=status.input["args"][0] if status.input else {},
            created_at=(status.created_at or 0) * 1000,
            updated_at=(status.updated_at or 0) * 1000,
            progress=JobProgress(**progress) if progress else None,
            error=None if status.error is None else str(status.error),
            error_code=None if status.error is None else _code_of(status.error),
            result=status.output,
            exclusive=attributes.get("exclusive"),
            steps=steps,
        )

    def _state_of(self, status: WorkflowStatus) -> JobState:
        if status.status == "PENDING" and not is_held(self._database.locks, executor_lock(status.executor_id)):
            return "interrupted"
        return _STATES[status.status]


def _code_of(recorded: Exception) -> str:
    from dbos import PortableWorkflowError

    error = restore_error(recorded) if isinstance(recorded, PortableWorkflowError) else recorded
    return error.code() if isinstance(error, SnapshotsError) else "fault"


def _recorded_as(states: Collection[JobState]) -> set[JobState]:
    """An interrupted job is recorded as running: nobody was left to record anything else."""
    return {"running" if state == "interrupted" else state for state in states}
