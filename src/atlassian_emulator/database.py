"""SQLite under a site: in memory, or in a file that a restart finds again."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

_READERS_KEPT = 16


class Database:
    """Thread-safe access to one SQLite database.

    `read()` and `transaction()` hand out a connection whose rows can be read by index or name. Writers wait for
    each other; on a file, readers do not wait for writers and see one consistent state for as long as they read.
    Inside a transaction of the same thread both hand out the transaction's own connection.
    """

    def __init__(self, path: Path | None, schemas: Iterable[str]) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._current = threading.local()
        self._readers: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._writer = self._connect()
        with self.transaction() as c:
            for schema in schemas:
                for statement in _statements(schema):
                    c.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write: all of it is there afterwards, or nothing when the block raises."""
        before = self._mine()
        if before is self._writer:
            yield self._writer
            return
        with self._lock:
            self._writer.execute("BEGIN IMMEDIATE")
            self._current.connection = self._writer
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            else:
                self._writer.execute("COMMIT")
            finally:
                self._current.connection = before

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Read one consistent state."""
        connection = self._mine()
        if connection is not None:
            yield connection
        elif self._path is None:
            # Connections cannot share a database in memory without SQLite's table locks, so there is one for all.
            with self._lock:
                yield self._writer
        else:
            yield from self._read_beside()

    def _read_beside(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._readers.get_nowait()
        except Empty:
            connection = self._connect()
        self._current.connection = connection
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            self._current.connection = None
            connection.execute("ROLLBACK")
            if self._readers.qsize() < _READERS_KEPT:
                self._readers.put(connection)
            else:
                connection.close()

    def close(self) -> None:
        with self._lock:
            while not self._readers.empty():
                self._readers.get_nowait().close()
            self._writer.close()

    def _mine(self) -> sqlite3.Connection | None:
        connection: sqlite3.Connection | None = getattr(self._current, "connection", None)
        return connection

    def _connect(self) -> sqlite3.Connection:
        name = ":memory:" if self._path is None else str(self._path)
        connection = sqlite3.connect(name, isolation_level=None, check_same_thread=False, cached_statements=512)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA busy_timeout = 30000")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -65536")
        return connection


def _statements(schema: str) -> Iterator[str]:
    """Split a script: sqlite3's own executescript() would commit the transaction it runs in."""
    statement = ""
    for line in schema.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


SCHEMA = """
CREATE TABLE IF NOT EXISTS sequences (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
