"""Opens the store: parses the URL, sets up the database's transactions and migrates the schema."""

import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, delete, event, false, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError
from sqlalchemy.pool import QueuePool
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from workers.domain.errors import SettingsError
from workers.domain.ports import Clock
from workers.store.editions import EditionStore
from workers.store.failures import FailureStore
from workers.store.http_cache import HttpCacheStore
from workers.store.locks import RowGate, RowLease
from workers.store.migrate import bring_up_to_date
from workers.store.model_calls import ModelCallStore
from workers.store.outbox import OutboxStore
from workers.store.owners import OwnerStore
from workers.store.paper_texts import PaperTextStore
from workers.store.questions import QuestionStore
from workers.store.sent_messages import SentMessageStore
from workers.store.source_answers import SourceAnswerStore
from workers.store.subscriptions import SubscriptionStore
from workers.store.tables import failure
from workers.store.texts import TextStore
from workers.store.transactions import write
from workers.store.updates import UpdateStore
from workers.store.uploads import UploadStore

_BUSY_S = 30
"""Seconds that a SQLite writer waits for another one; writing a day's edition takes less than one."""


@dataclass(frozen=True)
class Store:
    """The store's parts, one for each group of tables, all on one engine."""

    engine: Engine
    editions: EditionStore
    texts: TextStore
    source_answers: SourceAnswerStore
    subscriptions: SubscriptionStore
    model_calls: ModelCallStore
    outbox: OutboxStore
    sent_messages: SentMessageStore
    updates: UpdateStore
    uploads: UploadStore
    owners: OwnerStore
    questions: QuestionStore
    paper_texts: PaperTextStore
    http_cache: HttpCacheStore
    failures: FailureStore
    clock: Clock

    def gate(self, name: str, interval_s: float) -> RowGate:
        return RowGate(self.engine, name, interval_s, self.clock)

    def lease(self, name: str, lasts_s: float) -> RowLease:
        return RowLease(self.engine, name, lasts_s, self.clock)

    def check_writable(self) -> None:
        """Raises SettingsError if nothing can be written now, e.g. because the file may only be read."""
        try:
            with write(self.engine) as connection:
                connection.execute(delete(failure).where(false()))
        except DatabaseError as error:
            raise SettingsError(f"store.url: nothing can be written: {_cause(error)}") from None

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(url: str, clock: Clock, edition_lease_s: float = 20, delivery_lease_s: float = 30) -> Store:
    """The store at `url`, with its schema migrated to the newest version.

    Raises SettingsError where the URL is wrong or the database does not answer; its message never contains the URL,
    which may hold a password.
    """
    engine = _engine(url)
    try:
        bring_up_to_date(engine)
    except DatabaseError as error:
        engine.dispose()
        raise SettingsError(f"store.url: the database cannot be opened: {_cause(error)}") from None
    except SettingsError:
        engine.dispose()
        raise
    return Store(
        engine,
        EditionStore(engine, clock, timedelta(seconds=edition_lease_s)),
        TextStore(engine, clock, timedelta(seconds=edition_lease_s)),
        SourceAnswerStore(engine, clock),
        SubscriptionStore(engine, clock),
        ModelCallStore(engine, clock),
        OutboxStore(engine, clock, timedelta(seconds=delivery_lease_s)),
        SentMessageStore(engine),
        UpdateStore(engine, clock),
        UploadStore(engine),
        OwnerStore(engine, clock),
        QuestionStore(engine, clock, timedelta(seconds=edition_lease_s)),
        PaperTextStore(engine, clock),
        HttpCacheStore(engine, clock),
        FailureStore(engine, clock),
        clock,
    )


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: the port is no number
        raise SettingsError("store.url: want sqlite:///FILE or postgresql://USER@HOST/NAME") from None
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise SettingsError("store.url: want a file, because several processes share the store")
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, poolclass=QueuePool, connect_args={"timeout": _BUSY_S})
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    try:
        return create_engine(parsed, pool_pre_ping=True)
    except (NoSuchModuleError, ModuleNotFoundError):
        raise SettingsError(
            "store.url: no driver for it here; PostgreSQL needs pip install 'paperboy[postgres]'"
        ) from None


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # _sqlite_begin starts the transactions instead of the driver
    # Switching a new file to WAL fails at once where another process holds the lock (no busy timeout): try again.
    retrying = Retrying(
        retry=retry_if_exception_type(sqlite3.OperationalError),
        stop=stop_after_delay(_BUSY_S),
        reraise=True,
        wait=wait_random(0, 0.1),
    )
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        retrying(connection.execute, f"PRAGMA {pragma}").close()


def _sqlite_begin(connection: Connection) -> None:
    """Begin a writing transaction with SQLite's write lock, because taking it later can fail at once with "busy"."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("write") else "BEGIN")


def _cause(error: DatabaseError) -> str:
    return str(error.orig).splitlines()[0] if error.orig else type(error).__name__
