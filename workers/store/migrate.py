"""The schema brought to this program's version, by one process at a time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from workers.domain.errors import SettingsError
from workers.store.transactions import read, write

_LOCK = 7_263_549_014
"""Any number nobody else uses: PostgreSQL's advisory lock for migrations; SQLite's write lock needs none."""


def bring_up_to_date(engine: Engine) -> None:
    """Run the migrations that are missing. Raises SettingsError for a store that a newer Paperboy wrote."""
    script = ScriptDirectory.from_config(alembic_config())
    with read(engine) as connection:
        current = _version(connection)
    if current == script.get_current_head():
        return
    if current and current not in {revision.revision for revision in script.walk_revisions()}:
        raise SettingsError(f"store.url: written by a newer Paperboy (schema {current}); upgrade the program")
    with write(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def alembic_config() -> Config:
    """Alembic pointed at the migrations beside this file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
