"""What a database says when it cannot, in our own words and classes.

Everything a driver raises while the registry is opened, read or written passes through
`failures_explained`, so that no other room needs to know a driver.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa

from snapshots.errors import ConfigurationError, DamageError, SnapshotsError, StorageError

_SQLITE_SENTENCES: tuple[tuple[str, type[SnapshotsError], str], ...] = (
    ("disk is full", StorageError, "there is no space left on its disk; free some and try again"),
    ("readonly", StorageError, "it may not be written; give this account the right to write the file and its folder"),
    ("unable to open", StorageError, "the file cannot be opened; check that its folder exists and may be written"),
    ("not a database", ConfigurationError, "the file is not an SQLite database; name another file"),
    ("malformed", DamageError, "the file is damaged; restore it from a copy, or make a new registry and rebuild"),
    ("locked", StorageError, "another process has been writing to it for too long; try again"),
    ("disk i/o error", StorageError, "its disk failed to read or write; look at the disk and try again"),
)
"""A part of SQLite's own message, what it means for us, and the sentence about it."""

_POSTGRESQL_SENTENCES: tuple[tuple[str, type[SnapshotsError], str], ...] = (
    ("53100", StorageError, "there is no space left on the server's disk; free some and try again"),
    ("53300", StorageError, "the server takes no more connections; try again, or raise its max_connections"),
    ("28", ConfigurationError, "the server does not accept the user or the password; correct the URL"),
    ("3D000", ConfigurationError, "the server has no such database; create it or correct the URL"),
    ("42501", ConfigurationError, "the user may not do this in the database; give it the right to create tables"),
    ("25006", StorageError, "the database is read-only at the moment, as a standby is; name the primary server"),
    ("XX001", DamageError, "the server reports damaged data; restore the database from a copy"),
)
"""How an SQLSTATE begins, what it means for us, and the sentence about it."""


@contextmanager
def failures_explained(place: str) -> Iterator[None]:
    """Turn what the drivers raise into our errors. `place` names the registry without any password.

    Broken constraints and wrong SQL pass as they are: they are mistakes of the program.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        explained = _explain(place, error.orig)
        if explained is None:
            raise
        # `from None`: the driver's text may hold the address that was connected to, password included.
        raise explained from None
    except (sqlite3.Error, psycopg.Error) as error:
        explained = _explain(place, error)
        if explained is None:
            raise
        raise explained from None


def _explain(place: str, error: BaseException | None) -> SnapshotsError | None:
    if isinstance(error, sqlite3.DatabaseError):
        said = str(error).lower()
        for part, kind, sentence in _SQLITE_SENTENCES:
            if part in said:
                return kind(f"The registry {place} cannot be used: {sentence}.")
        return None
    if not isinstance(error, psycopg.Error):
        return None
    for start, kind, sentence in _POSTGRESQL_SENTENCES:
        if error.sqlstate is not None and error.sqlstate.startswith(start):
            return kind(f"The registry {place} cannot be used: {sentence}.")
    if isinstance(error, psycopg.OperationalError):
        return _explain_connection(place, error)
    return None


def _explain_connection(place: str, error: psycopg.OperationalError) -> SnapshotsError:
    """A server that refuses during the handshake gives libpq a text and no SQLSTATE."""
    said = str(error)
    if "authentication failed" in said or "no password supplied" in said:
        return ConfigurationError(
            f"The registry {place} cannot be used: the server does not accept the user or the password; "
            "correct the URL."
        )
    if "does not exist" in said and "database" in said:
        return ConfigurationError(
            f"The registry {place} cannot be used: the server has no such database; create it or correct the URL."
        )
    return StorageError(
        f"The registry {place} cannot be used: the server does not answer or dropped the connection; "
        "check its address and that it runs."
    )
