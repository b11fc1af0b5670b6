"""Who wants the digest, where and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, select, update

from workers.domain.deliveries import (
    EVERYTHING,
    Approval,
    DeliveryKind,
    Notify,
    Subscription,
    SubscriptionStatus,
    View,
)
from workers.store import view_columns
from workers.store.tables import delivery, edition, subscription
from workers.store.transactions import insert, read, write

FAILURES = 3
"""Deliveries that a chat must refuse one after the other before its subscription is paused."""
_PAUSED_BY_PLATFORM = (SubscriptionStatus.REMOVED, SubscriptionStatus.NOT_WRITABLE)
"""Pauses that end when the bot is let in again."""


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """What a chat asks for when it subscribes; `due_at` is its first slot, in UTC, `person` who asks."""

    platform: str
    chat: str
    due_at: datetime
    thread: str = ""
    slot: str = "09:00"
    zone: str = "Asia/Seoul"
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    view: View = EVERYTHING
    notify: Notify = Notify.FIRST
    person: str = ""
    approval: Approval = Approval.GRANTED


class SubscriptionStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, wanted: NewSubscription) -> None:
        """Subscribe a chat, or change what it asked for; what it has had stays had.

        With `Approval.WAITING` it gets nothing before `approve`.
        """
        values = {
            **view_columns.columns(wanted.view),
            "slot": wanted.slot,
            "zone": wanted.zone,
            "weekdays": list(wanted.weekdays),
            "notify": wanted.notify,
            "person": wanted.person,
            "approval": wanted.approval,
            "status": SubscriptionStatus.ACTIVE,
            "reason": None,
            "failures": 0,
            "due_at": wanted.due_at,
        }
        with write(self._engine) as connection:
            connection.execute(
                insert(connection, subscription)
                .values(platform=wanted.platform, chat=wanted.chat, thread=wanted.thread, **values)
                .on_conflict_do_update(index_elements=["platform", "chat", "thread"], set_=values)
            )

    def resume(self, which: Subscription, due_at: datetime, person: str, approval: Approval) -> None:
        """Go on with the settings that a chat had."""
        self._change(
            subscription.c.id == which.subscription_id,
            approval=approval,
            status=SubscriptionStatus.ACTIVE,
            reason=None,
            failures=0,
            due_at=due_at,
            person=person,
        )

    def change(self, changed: Subscription) -> bool:
        """Write down other settings; False where another subscription holds that topic already."""
        with write(self._engine) as connection:
            taken = select(subscription.c.id).where(
                *_named(changed.platform, changed.chat, changed.thread), subscription.c.id != changed.subscription_id
            )
            if connection.execute(taken).one_or_none():
                return False
            connection.execute(
                update(subscription)
                .where(subscription.c.id == changed.subscription_id)
                .values(
                    **view_columns.columns(changed.view),
                    thread=changed.thread,
                    slot=changed.slot,
                    zone=changed.zone,
                    weekdays=list(changed.weekdays),
                    notify=changed.notify,
                    due_at=changed.due_at,
                )
            )
        return True

    def approve(self, platform: str, chat: str, due_at: datetime) -> bool:
        """Let a waiting chat have its digests, the first at `due_at`; False where none waits under that name."""
        waits = (
            subscription.c.platform == platform,
            subscription.c.chat == chat,
            subscription.c.approval == Approval.WAITING,
        )
        return self._change(*waits, approval=Approval.GRANTED, due_at=due_at) > 0

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
        return next(iter(self._found(*_named(platform, chat, thread))), None)

    def get(self, subscription_id: int) -> Subscription | None:
        return next(iter(self._found(subscription.c.id == subscription_id)), None)

    def of_chat(self, platform: str, chat: str) -> list[Subscription]:
        """Those of a chat and its topics, paused or not."""
        return self._found(subscription.c.platform == platform, subscription.c.chat == chat)

    def by(self, platform: str, person: str) -> list[Subscription]:
        """What a person subscribed, as it came."""
        return self._found(subscription.c.platform == platform, subscription.c.person == person)

    def pause(
        self, platform: str, chat: str, status: SubscriptionStatus, reason: str = "", thread: str | None = None
    ) -> list[Subscription]:
        """Pause a chat's subscriptions, or that of one thread; returns those that were active.

        Their settings and their approval stay for when it comes back.
        """
        which = [subscription.c.platform == platform, subscription.c.chat == chat]
        if thread is not None:
            which.append(subscription.c.thread == thread)
        active = [each for each in self._found(*which) if each.active]
        self._change(*which, status=status, reason=reason or None)
        return active

    def reactivate(self, platform: str, chat: str) -> bool:
        """Resume what was paused because the bot was removed or lacked permissions; False if there was nothing."""
        paused = (
            subscription.c.platform == platform,
            subscription.c.chat == chat,
            subscription.c.status.in_(_PAUSED_BY_PLATFORM),
        )
        return self._change(*paused, status=SubscriptionStatus.ACTIVE, reason=None, failures=0) > 0

    def paused_chats(self, platform: str) -> set[str]:
        """Chats paused because the bot was removed or lacks permissions.

        Not those that unsubscribed or await approval.
        """
        which = (subscription.c.platform == platform, subscription.c.status.in_(_PAUSED_BY_PLATFORM))
        return {each.chat for each in self._found(*which)}

    def refused(self, platform: str, chat: str, thread: str) -> int:
        """Count a delivery that the chat did not take; returns how many one after the other."""
        which = _named(platform, chat, thread)
        self._change(*which, failures=subscription.c.failures + 1)
        with read(self._engine) as connection:
            return connection.execute(select(subscription.c.failures).where(*which)).scalar_one_or_none() or 0

    def taken(self, platform: str, chat: str, thread: str) -> None:
        """The chat took a delivery: earlier refusals are forgotten."""
        self._change(*_named(platform, chat, thread), subscription.c.failures > 0, failures=0)

    def due(self, now: datetime) -> list[Subscription]:
        """Active subscriptions whose slot has come, the longest waiting first."""
        return sorted(
            self._found(is_active(), subscription.c.due_at <= now),
            key=lambda each: (each.due_at, each.subscription_id),
        )

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
            query = select(subscription.c.language).where(is_active()).distinct()
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
                        idempotency_key=f"slot:{to.subscription_id}:{day}",
                        platform=to.platform,
                        chat=to.chat,
                        thread=to.thread,
                        kind=DeliveryKind.EDITION,
                        day=day,
                        **view_columns.columns(to.view),
                        notify=to.notify,
                        silent=silent,
                        attempt=0,
                        created_at=now,
                    )
                    .on_conflict_do_nothing()
                )
        return True

    def _found(self, *which: ColumnElement[bool]) -> list[Subscription]:
        with read(self._engine) as connection:
            rows = connection.execute(select(subscription).where(*which).order_by(subscription.c.id)).all()
        return [_subscription(row) for row in rows]

    def _change(self, *which: ColumnElement[bool], **values: object) -> int:
        with write(self._engine) as connection:
            return connection.execute(update(subscription).where(*which).values(**values)).rowcount


def is_active() -> ColumnElement[bool]:
    """The condition for subscriptions that get deliveries: `Subscription.active` in SQL."""
    approved = subscription.c.approval == Approval.GRANTED
    return approved & (subscription.c.status == SubscriptionStatus.ACTIVE)


def _named(platform: str, chat: str, thread: str) -> tuple[ColumnElement[bool], ...]:
    return subscription.c.platform == platform, subscription.c.chat == chat, subscription.c.thread == thread


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        subscription_id=row.id,
        platform=row.platform,
        chat=row.chat,
        thread=row.thread,
        slot=row.slot,
        zone=row.zone,
        weekdays=tuple(row.weekdays),
        due_at=row.due_at,
        had=row.had,
        view=view_columns.of_row(row),
        notify=Notify(row.notify),
        person=row.person,
        approval=Approval(row.approval),
        status=SubscriptionStatus(row.status),
        reason=row.reason or "",
    )
