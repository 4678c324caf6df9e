"""Locks that end with the process that holds them, however it ends.

They answer the one question the job engine leaves open: is the process that runs this job still alive? A time-out
could only guess. Beside SQLite a lock is a file that the operating system locks, in PostgreSQL it is a session
advisory lock (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS), which the server gives
up when the connection goes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote

import sqlalchemy as sa

_TRY_AGAIN_SECONDS = 0.05


class HeldLock(Protocol):
    """A lock that this process took."""

    def is_lost(self) -> bool:
        """Whether it ended without being released: a PostgreSQL server that restarts forgets its locks."""
        ...

    def release(self) -> None: ...


class Locks(Protocol):
    """All locks beside one system database."""

    def try_lock(self, name: str) -> HeldLock | None:
        """The lock, or `None` while somebody holds it, be it this process."""
        ...

    def sweep(self) -> None:
        """Remove what processes left that were killed. A lock that is free may seem taken for that moment."""
        ...


def is_held(locks: Locks, name: str) -> bool:
    """Whether some process holds the lock. It is taken for a moment to find out."""
    lock = locks.try_lock(name)
    if lock is None:
        return True
    lock.release()
    return False


@contextmanager
def wait_for(locks: Locks, name: str, pause: Callable[[float], None]) -> Iterator[None]:
    """Hold the lock as soon as it is free. `pause` sleeps between tries, and may raise to give up."""
    while (lock := locks.try_lock(name)) is None:
        pause(_TRY_AGAIN_SECONDS)
    try:
        yield
    finally:
        lock.release()


class FileLocks:
    """Locks as files in `folder`. It must lie on this machine's own disk, as an SQLite database must."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def try_lock(self, name: str) -> HeldLock | None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{quote(name, safe='')}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        # Somebody may have released, and so removed, the file between open and flock: the lock that others see is
        # the one on the file that has the name now.
        if not _is_still_named(descriptor, path):
            os.close(descriptor)
            return self.try_lock(name)
        return _FileLock(descriptor, path)

    def sweep(self) -> None:
        for path in self._folder.glob("*.lock"):
            is_held(self, unquote(path.stem))


def _is_still_named(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


class _FileLock:
    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path

    def is_lost(self) -> bool:
        return False

    def release(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


class AdvisoryLocks:
    """Locks in a PostgreSQL database; each holds a connection of its own."""

    def __init__(self, url: sa.URL) -> None:
        # A lock whose server is lost must be noticed by the server side too, so the kernel asks after idle peers.
        keepalive = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
        self._engine = sa.create_engine(
            url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT", connect_args=keepalive
        )

    def try_lock(self, name: str) -> HeldLock | None:
        digest = hashlib.sha256(f"snapshots {name}".encode()).digest()
        key = int.from_bytes(digest[:8], "big", signed=True)
        connection = self._engine.connect()
        if connection.scalar(sa.select(sa.func.pg_try_advisory_lock(key))):
            return _AdvisoryLock(connection)
        connection.close()
        return None

    def sweep(self) -> None:
        """Nothing: the server gives up the locks of whoever is gone."""


class _AdvisoryLock:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def is_lost(self) -> bool:
        try:
            self._connection.scalar(sa.select(1))
        except sa.exc.SQLAlchemyError:
            # Not only what the driver says: a connection that was closed already says so itself.
            return True
        return False

    def release(self) -> None:
        # Closing the session gives up its locks, also when the connection is already broken.
        self._connection.close()
