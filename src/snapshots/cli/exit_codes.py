"""What the command line tells a script: one table from errors to exit codes (docs/errors.md)."""

from __future__ import annotations

from snapshots import errors

DONE = 0
FAULT = 1
USAGE = 2
NEEDS_A_PERSON = 8
INTERRUPTED = 130
UNREAD = 141

BY_ERROR: tuple[tuple[type[errors.SnapshotsError], int], ...] = (
    (errors.PersonError, 3),
    (errors.AdministratorError, 4),
    (errors.SiteError, 5),
    (errors.DamageError, 6),
    (errors.StorageError, 7),
    (errors.JobCancelled, INTERRUPTED),
)


def exit_code_of(error: errors.SnapshotsError) -> int:
    """The exit code of the family `error` belongs to."""
    for family, code in BY_ERROR:
        if isinstance(error, family):
            return code
    return FAULT
