"""The system database of the job engine: how it is reached, and that its library stays quiet."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from snapshots.errors import ConfigurationError, StorageError
from snapshots.jobs.locks import AdvisoryLocks, FileLocks, Locks

if TYPE_CHECKING:
    from dbos import DBOSClient

logger = logging.getLogger("snapshots.jobs")
logger.addHandler(logging.NullHandler())


class SystemDatabase:
    """Where jobs are recorded: an SQLite file or a PostgreSQL database, which may be the registry's own."""

    def __init__(self, url: str, data_dir: Path) -> None:
        self.url = _parse_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _create_sqlite_engine(self.url) if self.is_sqlite else _create_postgresql_engine(self.url)
        self.locks: Locks = FileLocks(data_dir / "executors") if self.is_sqlite else AdvisoryLocks(self.url)
        self._has_tables = False

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    def has_tables(self) -> bool:
        """Whether an engine was ever launched on it. Never creates the SQLite file."""
        if not self._has_tables:
            missing_file = self.is_sqlite and not Path(self.url.database or "").exists()
            schema = None if self.is_sqlite else "dbos"
            self._has_tables = not missing_file and sa.inspect(self.engine).has_table("workflow_status", schema=schema)
        return self._has_tables

    def open_client(self) -> DBOSClient:
        """Reads and marks jobs without being able to run one. The tables must be there."""
        quiet_dbos()
        from dbos import DBOSClient, DBOSPortableJSONSerializer

        return DBOSClient(
            system_database_engine=self.engine,
            serializer=DBOSPortableJSONSerializer(),
            retry_connection_errors=False,
        )

    @contextmanager
    def failures_named(self) -> Iterator[None]:
        """Turns what the database raises into a `StorageError` that names it."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise StorageError(
                f"The job database {self} cannot be written ({error.orig}); make room on its disk, or check that it "
                "can be reached."
            ) from error

    def close(self) -> None:
        self.engine.dispose()


def _parse_url(text: str) -> sa.URL:
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError:
        raise ConfigurationError(
            "The address of the job database is not a database address; write sqlite:///path or postgresql://…."
        ) from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        return url
    raise ConfigurationError(
        f"Jobs cannot be kept in {url.render_as_string(hide_password=True)}; use an SQLite file or PostgreSQL."
    )


def _create_sqlite_engine(url: sa.URL) -> sa.Engine:
    # Without these a step costs 2.2 times as much, and two processes that read before they write fail with
    # "database is locked" instead of waiting for each other.
    engine = sa.create_engine(url, connect_args={"isolation_level": "IMMEDIATE"}, pool_size=20)

    @sa.event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, record: object) -> None:
        for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _create_postgresql_engine(url: sa.URL) -> sa.Engine:
    return sa.create_engine(url, pool_size=10, pool_pre_ping=True)


class _Relay(logging.Handler):
    """Hands DBOS's own log to ours, as debugging output: what matters of a job is in its record."""

    def emit(self, record: logging.LogRecord) -> None:
        logger.debug("%s: %s", record.levelname.lower(), record.getMessage(), exc_info=record.exc_info)


def quiet_dbos() -> None:
    """Keep DBOS off the terminal. It adds its console handler only where it finds no handler at all."""
    dbos_logger = logging.getLogger("dbos")
    if not any(isinstance(handler, _Relay) for handler in dbos_logger.handlers):
        dbos_logger.handlers[:] = [_Relay()]
        dbos_logger.propagate = False
