"""Opening the registry, its snapshots and its writers, and what it says when it cannot."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from snapshots.errors import ConfigurationError, DamageError, InvalidInput, StorageError
from snapshots.registry import backups, schema, sites, spaces, tables
from snapshots.registry.engine import Registry, open_registry


def add_site(conn: sa.Connection, name: str = "acme") -> int:
    return sites.add_site(
        conn,
        name=name,
        deployment="cloud",
        confluence_url="https://acme.example/wiki",
        jira_url="https://acme.example",
        cloud_id="cloud",
        account="admin@acme.example",
        secret="env:TOKEN",
        created_at=1,
    ).id


def test_migrations_make_exactly_the_tables_declared(registry: Registry) -> None:
    with registry.read() as conn:
        context = MigrationContext.configure(
            conn, opts={"target_metadata": tables.metadata, "version_table": schema.VERSION_TABLE}
        )
        assert compare_metadata(context, tables.metadata) == []


def test_the_revision_in_the_code_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(schema.MIGRATIONS)).get_heads() == [schema.REVISION]


def test_a_registry_of_the_first_release_is_migrated_and_keeps_what_it_holds(registry_url: str) -> None:
    engine = sa.create_engine(registry_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as conn:
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        conn.exec_driver_sql("INSERT INTO site VALUES (1, 'acme', 'cloud', 'u', 'u', 'cloud', 'ada', 'env:TOKEN', 1)")
        conn.exec_driver_sql("INSERT INTO backup VALUES (1, 1, 5, 'ada', '/a.zip', 10, 'aa', '{}', '{}')")
    engine.dispose()
    with open_registry(registry_url) as migrated, migrated.read() as conn:
        (backup,) = backups.list_backups(conn, 1)
    assert (backup.path, backup.made_by_name, backup.deleted_at) == ("/a.zip", None, None)


def test_opening_again_keeps_what_is_there(registry: Registry, registry_url: str) -> None:
    with registry.write() as conn:
        add_site(conn)
    with open_registry(registry_url) as again, again.read() as conn:
        assert [site.name for site in sites.list_sites(conn)] == ["acme"]


def test_processes_opening_an_empty_place_at_once_all_succeed(registry_url: str) -> None:
    program = "import sys; from snapshots.registry.engine import open_registry; open_registry(sys.argv[1]).close()"
    opening = [subprocess.Popen([sys.executable, "-c", program, registry_url]) for _ in range(3)]
    assert [process.wait(60) for process in opening] == [0, 0, 0]


def test_read_sees_one_moment(registry: Registry) -> None:
    with registry.write() as conn:
        site_id = add_site(conn)
    with registry.read() as reader:
        with registry.write() as writer:
            spaces.put_space(writer, site_id, "ACME", "1", "Acme")
        assert spaces.list_spaces(reader, site_id) == []
    with registry.read() as reader:
        assert [space.key for space in spaces.list_spaces(reader, site_id)] == ["ACME"]


def test_read_cannot_write_and_the_next_writer_can(registry: Registry) -> None:
    with pytest.raises((StorageError, sa.exc.DBAPIError)), registry.read() as conn:
        add_site(conn)
    with registry.write() as conn:
        add_site(conn)


def test_a_block_that_raises_writes_nothing(registry: Registry) -> None:
    with pytest.raises(RuntimeError), registry.write() as conn:
        add_site(conn)
        raise RuntimeError
    with registry.read() as conn:
        assert sites.list_sites(conn) == []


def test_writers_wait_for_each_other(registry: Registry) -> None:
    with registry.write() as conn:
        site_id = add_site(conn)

    def add_spaces(first: int) -> None:
        for number in range(first, first + 5):
            with registry.write() as conn:
                taken = [int(space.key) for space in spaces.list_spaces(conn, site_id)]
                spaces.put_space(conn, site_id, str(max(taken, default=0) + 1), str(number), "")

    threads = [threading.Thread(target=add_spaces, args=(first,)) for first in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with registry.read() as conn:
        assert sorted(int(space.key) for space in spaces.list_spaces(conn, site_id)) == list(range(1, 16))


def test_a_newer_schema_is_refused(registry: Registry, registry_url: str) -> None:
    with registry.write() as conn:
        conn.execute(sa.update(sa.table(schema.VERSION_TABLE, sa.column("version_num"))).values(version_num="9999"))
    with pytest.raises(ConfigurationError, match="newer version of Snapshots"):
        open_registry(registry_url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Buy milk. " * 1000)
    with pytest.raises(ConfigurationError, match="not an SQLite database"):
        open_registry(f"sqlite:///{path}")
    assert path.read_text() == "Buy milk. " * 1000


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "recipes.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
    connection.close()
    with pytest.raises(ConfigurationError, match=r"not a registry of Snapshots.*'recipe'"):
        open_registry(f"sqlite:///{path}")


def test_other_programs_tables_on_a_server_are_no_hindrance_unless_names_clash(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
        open_registry(postgres_url).close()
        connection.execute(f"DROP TABLE {schema.VERSION_TABLE}")
    with pytest.raises(ConfigurationError, match="not a registry of Snapshots"):
        open_registry(postgres_url)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"folder .*/missing does not exist"):
        open_registry(f"sqlite:///{tmp_path}/missing/registry.db")


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened"):
        open_registry(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("url", ["", "registry.db", "mysql://root:hunter2@host/db", "sqlite://", "sqlite:///:memory:"])
def test_other_urls_are_refused_with_an_example(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"write sqlite:///path/registry.db") as raised:
        open_registry(url)
    assert "hunter2" not in str(raised.value)


def test_an_unreachable_server_is_named_without_its_password() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(StorageError, match="does not answer") as raised:
            open_registry(f"postgresql://admin:hunter2@127.0.0.1:{port}/registry")
    assert "hunter2" not in str(raised.value)
    assert f"127.0.0.1:{port}/registry" in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_missing_database_of_a_server_is_a_matter_of_configuration(postgres_url: str) -> None:
    with pytest.raises(ConfigurationError, match="no such database"):
        open_registry(postgres_url.replace("snapshots_test", "missing"))


def test_a_database_in_another_encoding_is_refused(postgres_url: str) -> None:
    name = psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}_latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        with pytest.raises(ConfigurationError, match="LATIN1"):
            open_registry(postgres_url.replace(str(name), f"{name}_latin"))
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name}_latin WITH (FORCE)")


def test_a_full_disk_is_a_storage_error_and_loses_nothing(sqlite_url: str) -> None:
    with open_registry(sqlite_url) as registry:
        with registry.write() as conn:
            site_id = add_site(conn)
        with pytest.raises(StorageError, match="no space left"), registry.write() as conn:
            # SQLite answers at this limit as it does when the disk is full (SQLITE_FULL).
            pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
            conn.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            for number in range(10_000):
                spaces.put_space(conn, site_id, f"KEY{number}", str(number), "a name" * 100)
        registry.close()
        with registry.read() as conn:
            assert spaces.list_spaces(conn, site_id) == []


def test_a_damaged_file_is_damage(sqlite_url: str) -> None:
    with open_registry(sqlite_url) as registry, registry.write() as conn:
        site_id = add_site(conn)
        for number in range(2000):
            spaces.put_space(conn, site_id, f"KEY{number}", str(number), "a name" * 20)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.write_bytes(path.read_bytes()[:8192] + b"\xff" * (path.stat().st_size - 8192))
    with pytest.raises(DamageError, match="damaged"), open_registry(sqlite_url) as registry, registry.read() as conn:
        spaces.list_spaces(conn, site_id)


def test_a_name_is_used_once(registry: Registry) -> None:
    with registry.write() as conn:
        add_site(conn)
    with pytest.raises(InvalidInput, match="already a site called 'acme'"), registry.write() as conn:
        add_site(conn)


def test_repr_shows_no_secret(postgres_url: str) -> None:
    with open_registry(postgres_url.replace("postgres:@", "postgres:hunter2@")) as registry:
        assert "hunter2" not in repr(registry)
        assert "hunter2" not in registry.place
