"""Transactions and upserts for both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

UNREADABLE = (ValueError, TypeError, LookupError)
"""What reading a row raises that makes no sense: broken JSON, a value that its column does not have, a lacking key."""


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


def is_store_away(error: BaseException) -> bool:
    """Whether the database could not work at all just now: locked, full, restarted, out of connections.

    The same call can succeed later. False for an error in what was to be written.
    """
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, OperationalError | InternalError | PoolTimeout)
