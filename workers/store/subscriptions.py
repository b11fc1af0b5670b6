"""Who wants the digest, where and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Row, select, update

from workers.domain.deliveries import Subscription
from workers.store.tables import delivery, edition, subscription
from workers.store.transactions import insert, read, write

WAITING = "waits for an owner's word"
"""Why a subscription that nobody has approved yet is not active."""


GONE = "put out of the chat"
"""Why a subscription rests whose bot was removed; it goes on when the bot is let in again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a chat asks for when it subscribes; `due_at` is its first slot, in UTC."""

    platform: str
    chat: str
    due_at: datetime
    thread: str = ""
    language: str = "ko"
    slot: str = "09:00"
    zone: str = "Asia/Seoul"
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    layout: str = "sections"


class SubscriptionStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, wanted: Wanted, waiting: bool = False) -> None:
        """Subscribe a chat, or change what it asked for; what it has had stays had. `waiting`: not before `approve`."""
        values = {
            "language": wanted.language,
            "slot": wanted.slot,
            "zone": wanted.zone,
            "weekdays": list(wanted.weekdays),
            "layout": wanted.layout,
            "active": not waiting,
            "reason": WAITING if waiting else None,
            "due_at": wanted.due_at,
        }
        with write(self._engine) as connection:
            connection.execute(
                insert(connection, subscription)
                .values(platform=wanted.platform, chat=wanted.chat, thread=wanted.thread, **values)
                .on_conflict_do_update(index_elements=["platform", "chat", "thread"], set_=values)
            )

    def approve(self, platform: str, chat: str, due_at: datetime) -> bool:
        """Let a waiting chat have its digests, the first at `due_at`; False where none waits under that name."""
        with write(self._engine) as connection:
            approved = connection.execute(
                update(subscription)
                .where(subscription.c.platform == platform, subscription.c.chat == chat)
                .where(subscription.c.reason == WAITING)
                .values(active=True, reason=None, due_at=due_at)
            )
            return approved.rowcount > 0

    def migrate(self, platform: str, old: str, new: str) -> None:
        """A chat has a new id: its subscriptions and what waits for it go there."""
        with write(self._engine) as connection:
            taken = select(subscription.c.thread).where(subscription.c.platform == platform, subscription.c.chat == new)
            connection.execute(
                update(subscription)
                .where(subscription.c.platform == platform, subscription.c.chat == old)
                .where(subscription.c.thread.not_in(taken))
                .values(chat=new)
            )
            connection.execute(
                update(delivery)
                .where(delivery.c.platform == platform, delivery.c.chat == old, delivery.c.done_at.is_(None))
                .values(chat=new)
            )

    def of(self, platform: str, chat: str, thread: str = "") -> Subscription | None:
        """A chat's subscription, paused or not."""
        with read(self._engine) as connection:
            row = connection.execute(
                select(subscription).where(
                    subscription.c.platform == platform, subscription.c.chat == chat, subscription.c.thread == thread
                )
            ).one_or_none()
        return _subscription(row) if row else None

    def deactivate(self, platform: str, chat: str, reason: str, thread: str | None = None) -> None:
        """Pause a chat's subscriptions, or that of one thread; their settings stay for when it comes back."""
        with write(self._engine) as connection:
            paused = update(subscription).where(subscription.c.platform == platform, subscription.c.chat == chat)
            if thread is not None:
                paused = paused.where(subscription.c.thread == thread)
            connection.execute(paused.values(active=False, reason=reason))

    def reactivate(self, platform: str, chat: str) -> bool:
        """Let in again: the subscriptions that rested for that go on as they were."""
        with write(self._engine) as connection:
            back = connection.execute(
                update(subscription)
                .where(subscription.c.platform == platform, subscription.c.chat == chat)
                .where(~subscription.c.active, subscription.c.reason == GONE)
                .values(active=True, reason=None)
            )
            return back.rowcount > 0

    def due(self, now: datetime) -> list[Subscription]:
        """Active subscriptions whose slot has come, the longest waiting first."""
        with read(self._engine) as connection:
            rows = connection.execute(
                select(subscription)
                .where(subscription.c.active, subscription.c.due_at <= now)
                .order_by(subscription.c.due_at, subscription.c.id)
            ).all()
        return [_subscription(row) for row in rows]

    def closed_after(self, had: date | None) -> list[date]:
        """Editions that a chat has not had, newest first; a chat that has had none gets the newest with papers.

        A quiet edition counts where readers expected one.
        """
        papers, told = edition.c.new > 0, edition.c.wanted_at.is_not(None)
        query = select(edition.c.day).where(edition.c.closed_at.is_not(None), edition.c.retracted_at.is_(None))
        query = query.where(edition.c.day > had, papers | told) if had else query.where(papers)
        with read(self._engine) as connection:
            days = connection.execute(query.order_by(edition.c.day.desc())).scalars().all()
        return list(days if had else days[:1])

    def languages(self) -> list[str]:
        """The languages of the active subscriptions."""
        with read(self._engine) as connection:
            query = select(subscription.c.language).where(subscription.c.active).distinct()
            return sorted(connection.execute(query).scalars())

    def deliver(
        self, to: Subscription, days: Sequence[date], next_due_at: datetime, now: datetime, silent: bool
    ) -> bool:
        """Create the deliveries of one slot and move the slot on, in one transaction; False if it was moved already."""
        with write(self._engine) as connection:
            moved = connection.execute(
                update(subscription)
                .where(subscription.c.id == to.subscription_id, subscription.c.due_at == to.due_at)
                .values(due_at=next_due_at, had=max([*days, *([to.had] if to.had else [])], default=None))
            )
            if moved.rowcount != 1:
                return False
            for day in days:
                connection.execute(
                    insert(connection, delivery)
                    .values(
                        cause=f"slot:{to.subscription_id}:{day}",
                        platform=to.platform,
                        chat=to.chat,
                        thread=to.thread,
                        day=day,
                        language=to.language,
                        layout=to.layout,
                        silent=silent,
                        attempt=0,
                        created_at=now,
                    )
                    .on_conflict_do_nothing()
                )
        return True


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        subscription_id=row.id,
        platform=row.platform,
        chat=row.chat,
        thread=row.thread,
        language=row.language,
        slot=row.slot,
        zone=row.zone,
        weekdays=tuple(row.weekdays),
        layout=row.layout,
        due_at=row.due_at,
        had=row.had,
    )
