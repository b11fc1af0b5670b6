"""Transactions and upserts for both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; in SQLite it takes the write lock at its start."""
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        yield connection


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads; it sees one consistent state and does not block writers."""
    with engine.connect() as connection, connection.begin():
        yield connection


def insert(connection: Connection, table: Table) -> Any:
    """The database's own INSERT, which has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
