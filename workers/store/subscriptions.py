"""Subscriptions: which chats get the digest, when and in which form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Engine, select, update

from workers.domain.calendar import latest_day
from workers.domain.chats import ChatRef
from workers.domain.deliveries import (
    EVERYTHING,
    Approval,
    DeliveryKind,
    Notify,
    Subscription,
    SubscriptionStatus,
    View,
)
from workers.domain.ports import Clock
from workers.store import chat_columns, tables, view_columns
from workers.store.chat_columns import is_chat, is_thread
from workers.store.subscription_rows import OnUnreadable, is_active, readable_subscriptions_of, subscriptions_of
from workers.store.transactions import insert, read, write

FAILURES = 3
"""A subscription is paused when its chat has refused this many deliveries in a row."""
_PAUSED_BY_PLATFORM = (SubscriptionStatus.REMOVED, SubscriptionStatus.NOT_WRITABLE)
"""Pauses that end when the bot is added again or gets its permissions back."""


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """The wishes of a chat that subscribes; `due_at` (UTC) is its first slot, `person` the one who subscribes it."""

    chat: ChatRef
    due_at: datetime
    slot: str
    zone: str
    weekdays: tuple[int, ...]
    notify: Notify
    view: View = EVERYTHING
    person: str = ""
    approval: Approval = Approval.GRANTED


class SubscriptionStore:
    """One row per chat and thread. A method that acts on a chat and all its threads has `chat` in its name."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def add(self, new: NewSubscription) -> None:
        """Subscribe a chat. If it is subscribed already, its settings are replaced; the editions it got stay recorded.

        With `Approval.WAITING` it gets nothing until it is approved.
        """
        values = {
            **view_columns.columns(new.view),
            "slot": new.slot,
            "zone": new.zone,
            "weekdays": list(new.weekdays),
            "notify": new.notify,
            "person": new.person,
            "approval": new.approval,
            "status": SubscriptionStatus.ACTIVE,
            "reason": None,
            "failures": 0,
            "due_at": new.due_at,
        }
        with write(self._engine) as connection:
            connection.execute(
                insert(connection, tables.subscription)
                .values(**chat_columns.columns(new.chat), **values)
                .on_conflict_do_update(index_elements=["platform", "chat", "thread"], set_=values)
            )

    def resume(self, subscription: Subscription, due_at: datetime, person: str, approval: Approval) -> None:
        """Make a paused subscription active again with the settings it had."""
        self._change(
            tables.subscription.c.id == subscription.subscription_id,
            approval=approval,
            status=SubscriptionStatus.ACTIVE,
            reason=None,
            failures=0,
            due_at=due_at,
            person=person,
        )

    def change(self, changed: Subscription) -> bool:
        """Store the settings of `changed`; False if another subscription has its thread already."""
        with write(self._engine) as connection:
            other = select(tables.subscription.c.id).where(
                is_thread(tables.subscription, changed.chat), tables.subscription.c.id != changed.subscription_id
            )
            if connection.execute(other).one_or_none():
                return False
            connection.execute(
                update(tables.subscription)
                .where(tables.subscription.c.id == changed.subscription_id)
                .values(
                    **view_columns.columns(changed.view),
                    thread=changed.chat.thread,
                    slot=changed.slot,
                    zone=changed.zone,
                    weekdays=list(changed.weekdays),
                    notify=changed.notify,
                    due_at=changed.due_at,
                )
            )
        return True

    def approve_chat(self, chat: ChatRef, due_at: datetime) -> bool:
        """Approve the chat's waiting subscriptions, with the first slot at `due_at`; False if none waits."""
        waiting = is_chat(tables.subscription, chat) & (tables.subscription.c.approval == Approval.WAITING)
        return self._change(waiting, approval=Approval.GRANTED, due_at=due_at) > 0

    def migrate_chat(self, chat: ChatRef, new_chat: str) -> None:
        """Give the chat's subscriptions and open deliveries its new id, because the platform has changed it."""
        new = ChatRef(chat.platform, new_chat)
        with write(self._engine) as connection:
            taken = select(tables.subscription.c.thread).where(is_chat(tables.subscription, new))
            connection.execute(
                update(tables.subscription)
                .where(is_chat(tables.subscription, chat), tables.subscription.c.thread.not_in(taken))
                .values(chat=new.chat)
            )
            connection.execute(
                update(tables.delivery)
                .where(is_chat(tables.delivery, chat), tables.delivery.c.done_at.is_(None))
                .values(chat=new.chat)
            )

    def of(self, chat: ChatRef) -> Subscription | None:
        """The subscription of exactly this chat and thread, active or not."""
        return next(iter(self._select(is_thread(tables.subscription, chat))), None)

    def get(self, subscription_id: int) -> Subscription | None:
        return next(iter(self._select(tables.subscription.c.id == subscription_id)), None)

    def of_chat(self, chat: ChatRef) -> list[Subscription]:
        """The subscriptions of the chat and all its threads, active or not, oldest first."""
        return self._select(is_chat(tables.subscription, chat))

    def by(self, platform: str, person: str) -> list[Subscription]:
        """The subscriptions that a person made, oldest first."""
        return self._select(tables.subscription.c.platform == platform, tables.subscription.c.person == person)

    def pause(self, chat: ChatRef, status: SubscriptionStatus, reason: str = "") -> list[Subscription]:
        """Pause the subscription of exactly this chat and thread; returns it if it was active.

        Settings and approval are kept for when it resumes.
        """
        return self._pause(is_thread(tables.subscription, chat), status, reason)

    def pause_chat(self, chat: ChatRef, status: SubscriptionStatus, reason: str = "") -> list[Subscription]:
        """Pause the subscriptions of the chat and all its threads; returns those that were active.

        One that its chat ended stays ended, so that it does not resume by itself when the bot is added again.
        """
        ended = tables.subscription.c.status == SubscriptionStatus.UNSUBSCRIBED
        return self._pause(is_chat(tables.subscription, chat) & ~ended, status, reason)

    def _pause(self, condition: ColumnElement[bool], status: SubscriptionStatus, reason: str) -> list[Subscription]:
        active = [subscription for subscription in self._select(condition) if subscription.active]
        self._change(condition, status=status, reason=reason or None)
        return active

    def reactivate_chat(self, chat: ChatRef) -> bool:
        """Resume what was paused because the bot was removed or lacked permissions; False if there was nothing."""
        paused = is_chat(tables.subscription, chat) & tables.subscription.c.status.in_(_PAUSED_BY_PLATFORM)
        return self._change(paused, status=SubscriptionStatus.ACTIVE, reason=None, failures=0) > 0

    def paused_chats(self, platform: str) -> set[str]:
        """Ids of the chats paused because the bot was removed or lacks permissions.

        Chats that unsubscribed or await approval are not among them.
        """
        table = tables.subscription
        paused = (table.c.platform == platform) & table.c.status.in_(_PAUSED_BY_PLATFORM)
        with read(self._engine) as connection:
            return set(connection.execute(select(table.c.chat).where(paused)).scalars())

    def count_refusal(self, chat: ChatRef) -> int:
        """Count a delivery that the chat refused; returns how many it has refused in a row."""
        condition = is_thread(tables.subscription, chat)
        self._change(condition, failures=tables.subscription.c.failures + 1)
        with read(self._engine) as connection:
            query = select(tables.subscription.c.failures).where(condition)
            return connection.execute(query).scalar_one_or_none() or 0

    def reset_refusals(self, chat: ChatRef) -> None:
        """The chat accepted a delivery, so the count of refusals begins at 0 again."""
        self._change(is_thread(tables.subscription, chat), tables.subscription.c.failures > 0, failures=0)

    def due(self, now: datetime, on_unreadable: OnUnreadable | None = None) -> list[Subscription]:
        """Active subscriptions whose slot has come, the longest waiting first.

        A row that makes no sense is left out; `on_unreadable` is called with it.
        """
        conditions = (is_active(), tables.subscription.c.due_at <= now)
        with read(self._engine) as connection:
            found = readable_subscriptions_of(connection, *conditions, on_unreadable=on_unreadable)
        return sorted(found, key=lambda subscription: (subscription.due_at, subscription.subscription_id))

    def closed_after(self, had: date | None) -> list[date]:
        """Closed editions newer than `had`, newest first. If `had` is None: only the newest edition with papers.

        An edition without papers is included if readers expected one that day; one of the future never is.
        """
        edition = tables.edition
        has_papers, was_expected = edition.c.new > 0, edition.c.wanted_at.is_not(None)
        query = select(edition.c.day).where(edition.c.closed_at.is_not(None), edition.c.retracted_at.is_(None))
        query = query.where(edition.c.day <= latest_day(self._clock.now()))
        query = query.where(edition.c.day > had, has_papers | was_expected) if had else query.where(has_papers)
        with read(self._engine) as connection:
            days = connection.execute(query.order_by(edition.c.day.desc())).scalars().all()
        return list(days if had else days[:1])

    def languages(self) -> list[str]:
        """The languages of the active subscriptions, sorted."""
        with read(self._engine) as connection:
            query = select(tables.subscription.c.language).where(is_active()).distinct()
            return sorted(connection.execute(query).scalars())

    def deliver(
        self, to: Subscription, days: Sequence[date], next_due_at: datetime, now: datetime, silent: bool
    ) -> bool:
        """Create the deliveries of one slot and move the slot on, in one transaction.

        Returns False, and creates nothing, if another process has moved the slot already.
        """
        with write(self._engine) as connection:
            moved = connection.execute(
                update(tables.subscription)
                .where(tables.subscription.c.id == to.subscription_id, tables.subscription.c.due_at == to.due_at)
                .values(due_at=next_due_at, had=max([*days, *([to.had] if to.had else [])], default=None))
            )
            if moved.rowcount != 1:
                return False
            for day in days:
                connection.execute(
                    insert(connection, tables.delivery)
                    .values(
                        idempotency_key=f"slot:{to.subscription_id}:{day}",
                        **chat_columns.columns(to.chat),
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

    def _select(self, *conditions: ColumnElement[bool]) -> list[Subscription]:
        with read(self._engine) as connection:
            return subscriptions_of(connection, *conditions)

    def _change(self, *conditions: ColumnElement[bool], **values: object) -> int:
        """Update the matching rows; returns how many there were."""
        with write(self._engine) as connection:
            return connection.execute(update(tables.subscription).where(*conditions).values(**values)).rowcount
