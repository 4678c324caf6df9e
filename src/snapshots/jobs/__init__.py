"""Long work that is recorded step by step, so that it can be watched, cancelled and taken up again after a crash."""

from snapshots.jobs.engine import JobEngine
from snapshots.jobs.failure import UnexpectedJobError
from snapshots.jobs.model import FINAL_STATES, Job, JobContext, JobKind, JobProgress, JobState, Json
from snapshots.jobs.reader import JobReader

__all__ = [
    "FINAL_STATES",
    "Job",
    "JobContext",
    "JobEngine",
    "JobKind",
    "JobProgress",
    "JobReader",
    "JobState",
    "Json",
    "UnexpectedJobError",
]
