"""How a job failed, turned back from its record into the error it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snapshots import errors
from snapshots.errors import SiteRefused, SnapshotsError

if TYPE_CHECKING:
    from dbos import PortableWorkflowError


class UnexpectedJobError(Exception):
    """A job failed by an error that is no `SnapshotsError`, which is a defect of this program."""


def restore_error(recorded: PortableWorkflowError) -> Exception:
    """The error with its class and sentence.

    A class that another room derived comes back as the class of `errors.py` it stands under, for that is what
    doors go by and the record holds nothing else of it.
    """
    for kind in _iter_subclasses(SnapshotsError):
        if kind.__name__ == recorded.name:
            ground = next(base for base in kind.__mro__ if base.__module__ == errors.__name__)
            if ground is SiteRefused:
                return SiteRefused(recorded.message, status=int(recorded.code or 0))
            error: SnapshotsError = ground(recorded.message)
            return error
    return UnexpectedJobError(f"{recorded.name}: {recorded.message}")


def _iter_subclasses(kind: type[SnapshotsError]) -> Iterator[type[SnapshotsError]]:
    yield kind
    for subclass in kind.__subclasses__():
        yield from _iter_subclasses(subclass)
