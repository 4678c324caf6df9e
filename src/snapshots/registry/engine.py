"""Opening the registry: one SQLite file, or one PostgreSQL database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from snapshots.errors import ConfigurationError
from snapshots.registry import schema
from snapshots.registry.failures import failures_explained

Dialect = Literal["sqlite", "postgresql"]

_WRITER_LOCK = 0x536E6170
"""Key of PostgreSQL's advisory lock that one writer holds at a time."""

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA busy_timeout=30000",
    "PRAGMA foreign_keys=ON",
)

_READER_CACHE = "PRAGMA cache_size=-2000"
_WRITER_CACHE = "PRAGMA cache_size=-65536"
"""In KiB. Rows in bulk touch their indexes all over, which takes twice as long in SQLite's usual 2 MB."""


class Registry:
    """An open registry. Safe to share between threads; each `read` or `write` has a connection of its own.

    Both databases behave alike: any number of readers, each on one consistent snapshot that no
    writer disturbs, and one writer at a time. So `max(number) + 1` inside `write` is safe.
    """

    def __init__(self, engine: sa.Engine, place: str) -> None:
        self._engine = engine
        self.place = place
        """The URL without its password, for messages."""

    def __repr__(self) -> str:
        return f"Registry({self.place!r})"

    @property
    def dialect(self) -> Dialect:
        """Which database it is."""
        return "sqlite" if self._engine.dialect.name == "sqlite" else "postgresql"

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent snapshot, fixed on entry; writing on this connection fails."""
        with failures_explained(self.place), self._engine.connect() as conn:
            if self.dialect == "sqlite":
                conn = conn.execution_options(snapshots_begin="BEGIN")
                conn.exec_driver_sql("PRAGMA query_only=ON")
                try:
                    # The snapshot of a deferred transaction begins with its first read.
                    conn.exec_driver_sql("SELECT 1 FROM sqlite_schema").close()
                    yield conn
                finally:
                    conn.rollback()
                    conn.exec_driver_sql("PRAGMA query_only=OFF")
            else:
                conn = conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                # Likewise: the snapshot is taken by the first statement.
                conn.exec_driver_sql("SELECT 1")
                yield conn

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """The only writer until the block ends; commits at its end, rolls back when it raises."""
        with failures_explained(self.place), self._engine.connect() as conn:
            if self.dialect == "sqlite":
                conn = conn.execution_options(snapshots_begin="BEGIN IMMEDIATE")
            with self._large_cache(conn), conn.begin():
                if self.dialect == "postgresql":
                    conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER_LOCK)))
                yield conn

    @contextmanager
    def _large_cache(self, conn: sa.Connection) -> Iterator[None]:
        if self.dialect != "sqlite":
            yield
            return
        driver = conn.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute(_WRITER_CACHE).close()
        try:
            yield
        finally:
            driver.execute(_READER_CACHE).close()

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def open_registry(url: str) -> Registry:
    """The registry at `sqlite:///path` or `postgresql://user:password@host/database`.

    An empty place becomes a new registry, one of an older schema is migrated; several processes may
    do so at once. Raises ConfigurationError for a URL that is not understood, a database that is not
    a registry or is of a newer Snapshots, StorageError where the file or server cannot be used.
    """
    place, engine = _make_engine(url)
    registry = Registry(engine, place)
    try:
        with failures_explained(place):
            schema.prepare(engine, registry.write, place)
    except BaseException:
        engine.dispose()
        raise
    return registry


def _make_engine(url: str) -> tuple[str, sa.Engine]:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except sa.exc.ArgumentError:
        raise ConfigurationError(
            "The registry's URL cannot be understood; write sqlite:///path/registry.db or "
            "postgresql://user:password@host/database."
        ) from None
    if backend == "sqlite":
        return _make_sqlite_engine(parsed)
    if backend == "postgresql":
        return _make_postgresql_engine(parsed)
    raise ConfigurationError(
        f"The registry cannot live in '{backend}'; write sqlite:///path/registry.db or "
        "postgresql://user:password@host/database."
    )


def _make_sqlite_engine(url: URL) -> tuple[str, sa.Engine]:
    if not url.database or url.database == ":memory:":
        raise ConfigurationError(
            "The registry needs a file, since memory is forgotten; write sqlite:///path/registry.db."
        )
    folder = Path(url.database).parent
    if not folder.is_dir():
        raise ConfigurationError(f"The registry's folder {folder} does not exist; create it or name another.")
    engine = sa.create_engine(URL.create("sqlite", database=url.database))

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # The driver's own transaction control begins too late and commits before DDL.
        connection.isolation_level = None
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(pragma).close()

    @sa.event.listens_for(engine, "begin")
    def _on_begin(conn: sa.Connection) -> None:
        conn.exec_driver_sql(conn.get_execution_options().get("snapshots_begin", "BEGIN"))

    return f"sqlite:///{url.database}", engine


def _make_postgresql_engine(url: URL) -> tuple[str, sa.Engine]:
    options: dict[str, Any] = {"pool_pre_ping": True, "connect_args": {"connect_timeout": 10}}
    place = url.set(drivername="postgresql").render_as_string(hide_password=True)
    return place, sa.create_engine(url.set(drivername="postgresql+psycopg"), **options)
