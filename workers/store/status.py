"""The state of the store for owners, read in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from workers.domain.calendar import latest_day
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Approval, PartState
from workers.domain.units import Failure, UnitKind
from workers.store import Store, chat_columns
from workers.store.model_uses import DayOfUse
from workers.store.source_answers import SourceAnswerRow
from workers.store.subscription_rows import is_active
from workers.store.tables import delivery, edition, failure, listing, part, source_answer, subscription
from workers.store.transactions import read

FAILURES_SHOWN = 20
"""Failed units that the status lists."""


@dataclass(frozen=True, slots=True)
class EditionLine:
    """One edition; it is still being made while `closed_at` is None."""

    day: date
    closed_at: datetime | None
    retracted: bool
    listed: int
    collected: int
    attempts: int


@dataclass(frozen=True, slots=True)
class PausedChat:
    """A chat that gets nothing now, and why, in English."""

    chat: ChatRef
    reason: str


@dataclass(frozen=True, slots=True)
class PartCount:
    """How many message parts of a platform are in `state`."""

    platform: str
    state: PartState
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Editions, newest first; sources, by name; subscriptions, deliveries and message parts."""

    editions: Sequence[EditionLine]
    sources: Sequence[SourceAnswerRow]
    active: Mapping[str, int]
    """Active subscriptions by platform."""
    paused: Sequence[PausedChat]
    open_deliveries: int
    parts: Sequence[PartCount]
    """By platform, then state."""
    failures: Sequence[Failure]
    """Units of work whose last try failed, the latest first, at most FAILURES_SHOWN."""
    more_failures: int
    """How many others there are."""
    uses: Sequence[DayOfUse]
    """What models cost today (UTC)."""
    model_failure: Failure | None
    """The latest one of a model, also if it answered again."""


def overview(store: Store, limit: int = 5) -> Overview:
    """The newest `limit` editions, the newest answer of each source, all subscriptions, deliveries and parts.

    What a clock that was ahead did in the future is left out.
    """
    failures, latest = store.failures.newest(FAILURES_SHOWN), latest_day(store.clock.now())
    today = store.clock.now().date()
    uses = store.model_calls.uses(since=today)
    failed_models = store.failures.newest_of_models(1)
    with read(store.engine) as connection:
        return Overview(
            editions=_editions(connection, limit, latest),
            sources=_sources(connection, latest),
            active=_counted(
                connection,
                select(subscription.c.platform, func.count()).where(is_active()).group_by(subscription.c.platform),
            ),
            paused=[PausedChat(chat_columns.of_row(row), _why_paused(row)) for row in connection.execute(_paused())],
            open_deliveries=connection.execute(
                select(func.count()).select_from(delivery).where(delivery.c.done_at.is_(None))
            ).scalar_one(),
            parts=[
                PartCount(row[0], PartState(row[1]), row[2])
                for row in connection.execute(
                    select(delivery.c.platform, part.c.state, func.count())
                    .join(delivery, delivery.c.id == part.c.delivery_id)
                    .group_by(delivery.c.platform, part.c.state)
                    .order_by(delivery.c.platform, part.c.state)
                )
            ],
            failures=failures,
            more_failures=connection.execute(_failures_counted()).scalar_one() - len(failures),
            uses=[use for use in uses if use.day == today],
            model_failure=failed_models[0] if failed_models else None,
        )


def _failures_counted() -> Select[Any]:
    return select(func.count()).select_from(failure).where(failure.c.kind != UnitKind.MODEL)


def _paused() -> Select[Any]:
    """Only the columns that are shown, so that a row whose settings make no sense is shown too."""
    why = (subscription.c.approval, subscription.c.status, subscription.c.reason)
    return select(*chat_columns.identity(subscription, *why)).where(~is_active()).order_by(subscription.c.id)


def _why_paused(row: Row[Any]) -> str:
    """The subscription's state, and the reason that the platform gave, if any."""
    state = "waiting for approval" if row.approval == Approval.WAITING else str(row.status).replace("_", " ")
    return f"{state}: {row.reason}" if row.reason else state


def _editions(connection: Connection, limit: int, latest: date) -> list[EditionLine]:
    listed = select(func.count()).where(listing.c.day == edition.c.day).scalar_subquery()
    shown = (edition.c.day, edition.c.closed_at, edition.c.retracted_at, edition.c.collected, edition.c.attempt)
    query = select(*shown, listed.label("listed")).where(edition.c.day <= latest)
    rows = connection.execute(query.order_by(edition.c.day.desc()).limit(limit)).all()
    return [
        EditionLine(row.day, row.closed_at, row.retracted_at is not None, row.listed, row.collected or 0, row.attempt)
        for row in rows
    ]


def _sources(connection: Connection, latest: date) -> list[SourceAnswerRow]:
    newest = select(source_answer.c.source, func.max(source_answer.c.day).label("day"))
    last = newest.where(source_answer.c.day <= latest).group_by(source_answer.c.source).subquery()
    rows = connection.execute(
        select(source_answer)
        .join(last, (last.c.source == source_answer.c.source) & (last.c.day == source_answer.c.day))
        .order_by(source_answer.c.source)
    ).all()
    return [SourceAnswerRow(row.day, row.source, row.status, row.reason, row.used_on, row.retry_at) for row in rows]


def _counted(connection: Connection, query: Any) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(query)}
