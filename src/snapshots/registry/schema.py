"""The schema's revisions: making a registry, bringing an older one up to date, refusing a newer one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import sqlalchemy as sa

from snapshots.errors import ConfigurationError
from snapshots.registry import tables

REVISION = "0006"
"""The newest revision under `migrations/versions`."""

VERSION_TABLE = "snapshots_schema"
"""Where Alembic notes the revision; a name of our own, as the database may serve other programs too."""

MIGRATIONS = Path(__file__).parent / "migrations"


def prepare(engine: sa.Engine, write: Callable[[], AbstractContextManager[sa.Connection]], place: str) -> None:
    """Make the schema or migrate it to `REVISION`. Raises ConfigurationError where that must not be done.

    Looks first without the writer's lock, so that opening a registry in use waits for nobody.
    """
    with engine.connect() as conn:
        if _check(conn, place) == REVISION:
            return
    with write() as conn:
        # Another process may have migrated while this one waited for the lock.
        if _check(conn, place) != REVISION:
            _upgrade(conn)


def _check(conn: sa.Connection, place: str) -> str | None:
    """The revision found, None for an empty database."""
    names = set(sa.inspect(conn).get_table_names())
    if VERSION_TABLE not in names:
        # A server's database may hold tables of others; a file is one program's.
        strangers = names if conn.dialect.name == "sqlite" else names & set(tables.metadata.tables)
        if strangers:
            raise ConfigurationError(
                f"The database {place} is not a registry of Snapshots, since it already holds a table "
                f"'{min(strangers)}'; name another database."
            )
        _check_encoding(conn, place)
        return None
    revision = conn.scalar(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE)))
    if revision is not None and revision > REVISION:
        raise ConfigurationError(
            f"The registry {place} was made by a newer version of Snapshots (schema {revision}, this one knows "
            f"{REVISION}); upgrade Snapshots."
        )
    return revision


def _check_encoding(conn: sa.Connection, place: str) -> None:
    if conn.dialect.name != "postgresql":
        return
    encoding = conn.scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise ConfigurationError(
            f"The database {place} stores text as {encoding}, which cannot hold every title; "
            "create it again with the encoding UTF8."
        )


def _upgrade(conn: sa.Connection) -> None:
    # Alembic is loaded here and not above: most commands find the schema up to date.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = conn
    command.upgrade(config, REVISION)
