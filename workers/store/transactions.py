"""Transactions and the upsert that both databases share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; SQLite takes its lock at once."""
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        yield connection


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: one consistent picture, and in WAL mode never in a writer's way."""
    with engine.connect() as connection, connection.begin():
        yield connection


def insert(connection: Connection, table: Table) -> Any:
    """The dialect's own INSERT, for its `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
