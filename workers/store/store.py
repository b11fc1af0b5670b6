"""Opening the store: the URL, the transactions of each database, the schema brought up to date."""

import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import QueuePool
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from workers.domain.errors import SettingsError
from workers.domain.ports import Clock
from workers.store.editions import EditionStore
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
from workers.store.updates import UpdateStore
from workers.store.uploads import UploadStore

_BUSY_S = 30
"""Seconds a SQLite writer waits for another; a day's edition is written in under one."""


@dataclass(frozen=True)
class Store:
    """The tables by what they are for; all on one engine."""

    engine: Engine
    editions: EditionStore
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
    clock: Clock

    def gate(self, name: str, interval_s: float) -> RowGate:
        return RowGate(self.engine, name, interval_s, self.clock)

    def lease(self, name: str, lasts_s: float) -> RowLease:
        return RowLease(self.engine, name, lasts_s, self.clock)

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(url: str, clock: Clock, edition_lease_s: float = 20, delivery_lease_s: float = 30) -> Store:
    """The store at `url`, its schema migrated where it is behind.

    Raises SettingsError where the URL is wrong or the database does not answer; the text never holds the URL.
    """
    engine = _engine(url)
    try:
        bring_up_to_date(engine)
    except OperationalError as error:
        engine.dispose()
        raise SettingsError(f"store.url: the database cannot be opened: {_cause(error)}") from None
    except SettingsError:
        engine.dispose()
        raise
    return Store(
        engine,
        EditionStore(engine, clock, timedelta(seconds=edition_lease_s)),
        SourceAnswerStore(engine, clock),
        SubscriptionStore(engine),
        ModelCallStore(engine, clock),
        OutboxStore(engine, clock, timedelta(seconds=delivery_lease_s)),
        SentMessageStore(engine),
        UpdateStore(engine, clock),
        UploadStore(engine),
        OwnerStore(engine, clock),
        QuestionStore(engine, clock, timedelta(seconds=edition_lease_s)),
        PaperTextStore(engine, clock),
        HttpCacheStore(engine, clock),
        clock,
    )


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError("store.url: want sqlite:///FILE or postgresql://USER@HOST/NAME") from None
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise SettingsError("store.url: want a file, for several processes share the store")
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
    connection.isolation_level = None  # the begin event below decides, not the driver
    # A new file's change to WAL does not wait for another's lock as everything else does, so it is tried again.
    waiting = Retrying(
        retry=retry_if_exception_type(sqlite3.OperationalError),
        stop=stop_after_delay(_BUSY_S),
        reraise=True,
        wait=wait_random(0, 0.1),
    )
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        waiting(connection.execute, f"PRAGMA {pragma}").close()


def _sqlite_begin(connection: Connection) -> None:
    """A transaction that will write takes the lock first: an upgrade in its middle could fail at once as busy."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("write") else "BEGIN")


def _cause(error: OperationalError) -> str:
    return str(error.orig).splitlines()[0] if error.orig else type(error).__name__
