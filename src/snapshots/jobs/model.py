"""What a job is, to those who write one and to those who look at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

# Arguments and results are plain JSON: they are kept in the database, read by other processes and by later
# releases, and shown to people. So they never hold a secret.
Json = Any
JobState = Literal["waiting", "running", "interrupted", "done", "failed", "cancelled"]
FINAL_STATES: frozenset[JobState] = frozenset({"done", "failed", "cancelled"})

T = TypeVar("T")


class JobContext(Protocol):
    """What the function of a job is given to work with."""

    @property
    def job_id(self) -> str: ...

    def step(self, name: str, function: Callable[..., T], *args: Any) -> T:
        """Run `function` and record its result, which must be JSON; once recorded it never runs again.

        Only the job's own thread takes steps, and takes the same ones in the same order when it is run again:
        what decides the order must come out of steps. A step that was under way when the process died runs
        again, so what it does outside the database must bear that.
        """
        ...

    def progress(self, stage: str, done: int, total: int | None, unit: str) -> None:
        """Implements `snapshots.progress.Progress`; cheap, from any thread. Raises `JobCancelled` like the next one."""
        ...

    def raise_if_cancelled(self) -> None:
        """Raise `JobCancelled` when somebody asked for it, at most half a second ago. Cheap, from any thread."""
        ...


@dataclass(frozen=True, slots=True)
class JobKind:
    """A sort of work the engine can run: its name in the database and the function that does it.

    `exclusive` names what a job needs for itself alone, made from its arguments (`site main`): a second job, of
    whatever kind, that needs the same is refused.
    """

    name: str
    run: Callable[[JobContext, dict[str, Json]], Json]
    exclusive: Callable[[Mapping[str, Json]], str | None] = lambda args: None


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job said it had come; see `snapshots.progress.Progress`."""

    stage: str
    done: int
    total: int | None
    unit: str


@dataclass(frozen=True, slots=True)
class Job:
    """What is recorded of a job. Moments are µs UTC.

    `interrupted` means that the process that ran it is gone; whoever resumes it goes on behind the last step.
    """

    id: str
    kind: str
    state: JobState
    args: dict[str, Json]
    created_at: int
    updated_at: int
    progress: JobProgress | None
    error: str | None
    result: Json
    exclusive: str | None
    error_code: str | None = None
    """`SnapshotsError.code` of the error; `fault` for a defect of this program."""
    steps: tuple[str, ...] = ()
    """Names of the recorded steps in order. Filled by `get_job` only."""
