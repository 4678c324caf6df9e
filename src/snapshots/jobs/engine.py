"""Jobs that outlive the process that began them.

DBOS records each step and runs a job again from its last one. What it leaves open, and what is here: who may take
over whose job (locks that end with the process), that two jobs for one site do not run at once, progress that other
processes can read, and errors that keep their class.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from snapshots.errors import AlreadyRunning, InvalidInput, SnapshotsError, StorageError
from snapshots.jobs.database import SystemDatabase, quiet_dbos
from snapshots.jobs.locks import HeldLock, wait_for
from snapshots.jobs.model import FINAL_STATES, JobKind, JobProgress, Json
from snapshots.jobs.reader import START_LOCK, JobReader, executor_lock
from snapshots.jobs.running import RunningJob, plain_json
from snapshots.progress import Progress, silent

if TYPE_CHECKING:
    from dbos import DBOSClient

# Recorded with every job: while it stays the same, a job begun by one release is taken up by the next. DBOS would
# otherwise use a hash of the code. A job whose steps changed gets a new kind instead.
_APPLICATION_VERSION = "1"
_PULSE_SECONDS = 0.5
_STOP_SECONDS = 10
_RECORD_SECONDS = 5
"""How long the end of a job may take to be recorded before its database is taken for broken."""

logger = logging.getLogger("snapshots.jobs")


class JobEngine:
    """Runs jobs in threads of this process; there can be only one, because DBOS is one per process.

    Nothing is opened before the first `start`, `run`, `wait` or `resume_interrupted`: DBOS alone takes most of a
    second to import. `jobs` looks at the same records without being able to run one.
    """

    _one_per_process = threading.Lock()

    def __init__(self, url: str, kinds: Iterable[JobKind], data_dir: Path) -> None:
        self.jobs = JobReader(url, data_dir)
        self._database = SystemDatabase(url, data_dir)
        self._kinds = {kind.name: kind for kind in kinds}
        self._workflows: dict[str, Callable[[dict[str, Json]], Json]] = {}
        self._running: dict[str, RunningJob] = {}
        self._written: dict[str, JobProgress] = {}
        self._ended_at: dict[str, float] = {}
        self._unrecorded: set[str] = set()
        self._look_again_at = 0.0
        self._executor_id = str(uuid.uuid4())
        self._executor_lock: HeldLock | None = None
        self._client: DBOSClient | None = None
        self._pulse: threading.Thread | None = None
        self._closing = threading.Event()
        self._launching = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def run(self, kind: str, args: dict[str, Json], on_progress: Progress = silent) -> Json:
        """Start a job and attend to it until its result is there."""
        return self.attend(self.start(kind, args), on_progress)

    def attend(self, job_id: str, on_progress: Progress = silent) -> Json:
        """Like `wait`, for a person at a terminal: Ctrl-C asks the job to stop, a second does not wait for that."""
        try:
            return self.wait(job_id, on_progress)
        except KeyboardInterrupt:
            with suppress(InvalidInput):  # it ended in the same moment
                self.cancel(job_id)
            return self.wait(job_id, on_progress)

    def start(self, kind: str, args: dict[str, Json]) -> str:
        """Start a job in this process and answer its id at once.

        Raises `AlreadyRunning` while another job has what this one needs for itself, or was interrupted with it.
        """
        if kind not in self._kinds:
            raise InvalidInput(f"There are no jobs of kind {kind}, only {', '.join(sorted(self._kinds))}.")
        args = plain_json(args)
        exclusive = self._kinds[kind].exclusive(args)
        self._launch()
        from dbos import DBOS, SetWorkflowAttributes, SetWorkflowID

        job_id = f"{kind}-{secrets.token_hex(5)}"
        with self._database.failures_named(), wait_for(self._database.locks, START_LOCK, time.sleep):
            # DBOS's deduplication ids would do, but they belong to queues and are dropped when a job is resumed.
            self._refuse_second(exclusive)
            self._running[job_id] = self._new_running(job_id)
            with SetWorkflowID(job_id), SetWorkflowAttributes({"exclusive": exclusive}):
                try:
                    DBOS.start_workflow(self._workflows[kind], args)
                except sa.exc.DBAPIError:
                    del self._running[job_id]
                    raise
        return job_id

    def wait(self, job_id: str, on_progress: Progress = silent) -> Json:
        """The result of a job, whichever process runs it; its error is raised as the class it had.

        If that process dies, the job is taken over.
        """
        told: JobProgress | None = None
        pause_seconds = _PULSE_SECONDS
        while True:
            if running := self._running.get(job_id):
                running.finished.wait(_PULSE_SECONDS / 5)
                state, latest = None, running.latest
                pause_seconds = 0.01
            else:
                job = self.jobs.get_job(job_id)
                state, latest = job.state, job.progress
                if state == "interrupted":
                    self.resume_interrupted([job_id])
                elif state == "running":
                    self._refuse_unrecorded(job_id)
            if latest is not None and latest != told:
                told = latest
                on_progress(latest.stage, latest.done, latest.total, latest.unit)
            if state in FINAL_STATES:
                return self.jobs.get_result(job_id)
            time.sleep(pause_seconds)

    def cancel(self, job_id: str) -> None:
        """Like `JobReader.cancel_job`; a job of this process notices at once."""
        self.jobs.cancel_job(job_id)
        if running := self._running.get(job_id):
            running.cancelled.set()

    def resume_interrupted(self, job_ids: Iterable[str] | None = None) -> list[str]:
        """Take over jobs whose process is gone, all or those named, and answer which they were.

        Only of kinds this engine knows. They go on behind their last recorded step, here or in another process
        that runs jobs and was faster.
        """
        wanted = None if job_ids is None else set(job_ids)
        self._launch()
        from dbos import DBOS

        with wait_for(self._database.locks, START_LOCK, time.sleep):
            taken = [
                job.id
                for job in self.jobs.list_unfinished()
                if job.state == "interrupted" and job.kind in self._kinds and (wanted is None or job.id in wanted)
            ]
            for job_id in taken:
                DBOS.resume_workflow(job_id)
        return taken

    def close(self) -> None:
        """Stop. Jobs that still run here end at their next step or word of progress and are then interrupted."""
        if self._pulse is not None:
            from dbos import DBOS

            still_running = list(self._running.values())
            for running in still_running:
                running.stopping.set()
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=_STOP_SECONDS if still_running else 0)
            self._closing.set()
            self._pulse.join()
            self._pulse = None
            self._one_per_process.release()
        if self._client is not None:
            self._client.destroy()
        self._release_executor_lock()
        self.jobs.close()
        self._database.close()

    def _launch(self) -> None:
        with self._launching:
            if self._pulse is not None:
                return
            if not self._one_per_process.acquire(blocking=False):
                raise RuntimeError("Another job engine is open in this process; close it first.")
            try:
                # Two processes that create the tables at the same moment would trip over each other.
                with wait_for(self._database.locks, "launch", time.sleep):
                    self._launch_dbos()
            except (sa.exc.DBAPIError, OSError) as error:
                self._abandon_launch()
                reason = error.orig if isinstance(error, sa.exc.DBAPIError) else error
                raise StorageError(
                    f"The job database {self._database} cannot be opened ({reason}); check that it is there and that "
                    "it may be written."
                ) from error
            self._client = self._database.open_client()
            self._pulse = threading.Thread(target=self._beat, name="snapshots-jobs-pulse", daemon=True)
            self._pulse.start()

    def _abandon_launch(self) -> None:
        from dbos import DBOS

        DBOS.destroy(destroy_registry=True)
        self._release_executor_lock()
        self._one_per_process.release()

    def _release_executor_lock(self) -> None:
        if self._executor_lock is not None:
            self._executor_lock.release()
            self._executor_lock = None

    def _launch_dbos(self) -> None:
        quiet_dbos()
        from dbos import DBOS, DBOSPortableJSONSerializer

        # Under the lock of launching, so that no other process takes its own at this moment.
        self._database.locks.sweep()
        self._executor_lock = self._database.locks.try_lock(executor_lock(self._executor_id))
        DBOS(
            config={
                "name": "snapshots",
                "system_database_url": self._database.url.render_as_string(hide_password=False),
                "system_database_engine": self._database.engine,
                "executor_id": self._executor_id,
                "application_version": _APPLICATION_VERSION,
                "serializer": DBOSPortableJSONSerializer(),
                "use_listen_notify": False,
                # How long its listener sleeps at a time, and so how long `close` takes. Nothing here is listened to.
                "notification_listener_polling_interval_sec": 0.2,
            }
        )
        for kind in self._kinds.values():
            self._workflows[kind.name] = DBOS.workflow(name=kind.name)(self._workflow_of(kind))
        DBOS.launch()

    def _workflow_of(self, kind: JobKind) -> Callable[[dict[str, Json]], Json]:
        from dbos import DBOS

        def workflow(args: dict[str, Json]) -> Json:
            job_id = str(DBOS.workflow_id)
            running = self._running.setdefault(job_id, self._new_running(job_id))
            self._ended_at.pop(job_id, None)
            running.begin()
            try:
                with self._alone(kind.exclusive(args), running):
                    return plain_json(kind.run(running, args))
            finally:
                self._write_progress(running)
                self._running.pop(job_id, None)
                self._written.pop(job_id, None)
                self._ended_at[job_id] = time.monotonic()
                running.finished.set()

        return workflow

    def _new_running(self, job_id: str) -> RunningJob:
        return RunningJob(job_id, lambda: bool(self.jobs.list_cancelled([job_id])))

    def _refuse_unrecorded(self, job_id: str) -> None:
        """Raise `StorageError` when the job ended here, and its database did not take that in, as on a full disk."""
        if job_id in self._unrecorded:
            raise StorageError(
                f"The job database {self._database} cannot be written, so how job {job_id} ended is not known; make "
                "room on its disk, then go on with `snapshots job resume`."
            )

    def _alone(self, exclusive: str | None, running: RunningJob) -> AbstractContextManager[None]:
        """Wait for the tail of a cancelled job that had the same to itself: its record ends before its thread."""
        if exclusive is None:
            return nullcontext()
        return wait_for(self._database.locks, f"exclusive {exclusive}", running.pause)

    def _refuse_second(self, exclusive: str | None) -> None:
        for job in self.jobs.list_unfinished():
            if exclusive is not None and job.exclusive == exclusive:
                way_on = "resume or cancel it" if job.state == "interrupted" else "wait for it or cancel it"
                raise AlreadyRunning(
                    f"Two of these cannot run at once ({exclusive}), and job {job.id} there is {job.state}; {way_on}, "
                    "then start again.",
                    job_id=job.id,
                )

    def _beat(self) -> None:
        """Twice a second, carry the progress of the jobs here into their records and see which were cancelled."""
        while not self._closing.wait(_PULSE_SECONDS):
            try:
                self._keep_executor_lock()
                here = list(self._running.values())
                for running in here:
                    self._write_progress(running)
                if here:
                    self._notice_cancelled(here)
                self._take_up_unrecorded()
            except Exception:
                # Without a pulse the jobs here would seem interrupted, and be run a second time elsewhere.
                logger.exception("The pulse of this process missed a beat")

    def _take_up_unrecorded(self) -> None:
        """Go on with jobs that ended here while their database was away, and so stand there as running for ever."""
        now = time.monotonic()
        if now < self._look_again_at:
            return
        for job_id in [job_id for job_id, ended_at in self._ended_at.items() if now - ended_at > _RECORD_SECONDS]:
            try:
                with wait_for(self._database.locks, START_LOCK, time.sleep):
                    if self._client is not None and self.jobs.is_run_by(job_id, self._executor_id):
                        logger.warning("The end of job %s was not recorded; it goes on behind its last step.", job_id)
                        # Not DBOS's own way, which would hold up the pulse for as long as the database is away.
                        self._client.resume_workflow(job_id)
                self._ended_at.pop(job_id, None)
                self._unrecorded.discard(job_id)
            except (SnapshotsError, sa.exc.DBAPIError, OSError) as error:
                self._unrecorded.add(job_id)
                self._look_again_at = now + _RECORD_SECONDS
                logger.warning("Whether the end of job %s was recorded is not known yet: %s", job_id, error)

    def _keep_executor_lock(self) -> None:
        """Take the lock again if it was lost, before somebody takes the jobs that still run here for interrupted."""
        if self._executor_lock is None or not self._executor_lock.is_lost():
            return
        try:
            self._executor_lock.release()
            self._executor_lock = self._database.locks.try_lock(executor_lock(self._executor_id)) or self._executor_lock
        except sa.exc.DBAPIError as error:
            logger.warning("The lock of this process was lost and is tried again: %s", error.orig)

    def _write_progress(self, running: RunningJob) -> None:
        latest = running.latest
        if self._client is None or latest is None or self._written.get(running.job_id) == latest:
            return
        try:
            self._client.update_workflow_attributes(running.job_id, {"progress": asdict(latest)}, merge=True)
            self._written[running.job_id] = latest
        except sa.exc.DBAPIError as error:
            # The work itself does not depend on being watched; its next step will meet the database too.
            logger.warning("Progress of job %s was not recorded: %s", running.job_id, error.orig)

    def _notice_cancelled(self, here: list[RunningJob]) -> None:
        try:
            cancelled = self.jobs.list_cancelled([running.job_id for running in here])
        except StorageError as error:
            logger.warning("%s", error)
            return
        for running in here:
            if running.job_id in cancelled:
                running.cancelled.set()
