"""Why something could not go on, sorted by who must act.

    SnapshotsError
    ├── PersonError          the person who typed it
    │   ├── InvalidInput         it cannot be understood or is not allowed
    │   │   └── AlreadyRunning       a job holds what this one needs for itself
    │   ├── NotFound             it names a thing that is not there
    │   │   └── Gone                 it was there, and was deleted
    │   ├── DecisionNeeded       it cannot go on before a person decides
    │   ├── NotLetIn             no key or session that opens this door
    │   ├── NotAllowed           a key or session that does not open this room
    │   └── TooManyTries         too often in too short a time
    ├── AdministratorError   whoever set up the tool or the site
    │   ├── ConfigurationError   a setting, a secret or a database is missing or wrong
    │   ├── AuthenticationFailed the site does not accept the account or token
    │   └── PermissionDenied     the account may not do this
    ├── SiteError            the remote site
    │   ├── SiteUnavailable      worth trying again later
    │   ├── SiteRefused          it answered no, and will again
    │   ├── StaleVersion         somebody changed the page in between
    │   └── PayloadTooLarge      over the site's attachment limit
    ├── StorageError         this machine: disk full, file not writable, database gone
    ├── DamageError          nobody: bytes are not what they were
    └── JobCancelled         somebody asked for it

A message is one sentence that names the thing, the reason and the next step, and never holds a
secret. Doors turn classes into exit codes and HTTP statuses in one table each.
"""

from __future__ import annotations

import re


class SnapshotsError(Exception):
    """Something could not go on; `str()` is the sentence shown to a person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)

    @classmethod
    def code(cls) -> str:
        """What machines know this sort of error by, the same for ever (docs/errors.md): `not-found`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


class PersonError(SnapshotsError):
    """The person who asked must change the request."""


class InvalidInput(PersonError):
    """The input cannot be understood or is not allowed."""


class AlreadyRunning(InvalidInput):
    """A job holds what this one needs for itself. `job_id` names it."""

    def __init__(self, message: str, *, job_id: str = "") -> None:
        super().__init__(message)
        self.job_id = job_id


class NotFound(PersonError):
    """The input names a thing that does not exist, or that the account may not see."""


class Gone(NotFound):
    """The thing was there, and was deleted or has expired."""


class DecisionNeeded(PersonError):
    """It could go on in more than one way, and only a person may choose."""


class NotLetIn(PersonError):
    """The caller showed no key or session that opens this door."""


class NotAllowed(PersonError):
    """The caller's key or session is good, but not for this."""


class TooManyTries(PersonError):
    """Too often in too short a time; worth trying again after `retry_after_seconds`."""

    def __init__(self, message: str, *, retry_after_seconds: int = 60) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class AdministratorError(SnapshotsError):
    """Whoever set up the tool or the site must act."""


class ConfigurationError(AdministratorError):
    """A setting, a secret or a database is missing or wrong."""


class AuthenticationFailed(AdministratorError):
    """The site does not accept the account or its token (HTTP 401)."""


class PermissionDenied(AdministratorError):
    """The account may not do this on the site (HTTP 403)."""


class SiteError(SnapshotsError):
    """The remote site could not or would not."""


class SiteUnavailable(SiteError):
    """No usable answer after all tries: time-out, dropped connection, 429 or 5xx. Worth trying later."""


class SiteRefused(SiteError):
    """The site answered no and will answer no again. `status` is its HTTP status."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class StaleVersion(SiteError):
    """The page was changed by somebody else since it was read (HTTP 409)."""


class PayloadTooLarge(SiteError):
    """The payload does not fit under the site's attachment limit."""


class StorageError(SnapshotsError):
    """A file or database on this side cannot be read or written: disk full, no rights, gone."""


class DamageError(SnapshotsError):
    """Bytes are not what they were when they were written."""


class JobCancelled(SnapshotsError):
    """Somebody asked the job to stop."""
