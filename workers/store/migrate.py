"""Migrates the schema to this program's version, in one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event, inspect, text

from workers.domain.errors import SettingsError
from workers.store.transactions import read, write

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0013"
"""The newest migration. Numbers have four digits, so that they compare as text."""
_LOCK = 7_263_549_014
"""Number of PostgreSQL's advisory lock for migrations, chosen at random; SQLite has its write lock."""


def bring_up_to_date(engine: Engine) -> None:
    """Run the migrations that are missing. Raises SettingsError for a store that a newer Paperboy wrote."""
    current = version(engine)
    if current == HEAD:
        return
    from alembic import command  # takes 0.1 s and 10 MB, so it is imported only to migrate

    if current and current > HEAD:
        raise SettingsError(f"store.url: written by a newer Paperboy (schema {current}); upgrade the program")
    with tables_may_be_rebuilt(engine), write(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def version(engine: Engine) -> str | None:
    """The number of the store's last migration; None for an empty database."""
    with read(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


@contextmanager
def tables_may_be_rebuilt(engine: Engine) -> Iterator[None]:
    """Turn SQLite's foreign keys off on every connection while the body runs.

    SQLite changes a table by building a new one, and dropping the old one would delete the rows that refer to it
    (sqlite.org/lang_altertable.html, section 7).
    """
    if engine.dialect.name != "sqlite":
        yield
        return

    def unchecked(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA foreign_keys=OFF").close()

    engine.dispose()
    event.listen(engine, "connect", unchecked)
    try:
        yield
    finally:
        event.remove(engine, "connect", unchecked)
        engine.dispose()


def alembic_config() -> "Config":
    """Alembic's configuration for the migrations beside this file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
