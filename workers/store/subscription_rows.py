"""Rows of subscriptions as the store reads them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from workers.domain.chats import ChatRef
from workers.domain.deliveries import Approval, Notify, Subscription, SubscriptionStatus
from workers.store import chat_columns, view_columns
from workers.store.tables import subscription
from workers.store.transactions import UNREADABLE

OnUnreadable = Callable[[int, ChatRef, Exception], None]
"""Is called with the id and the chat of a subscription whose row makes no sense, and with the error."""


def is_active() -> ColumnElement[bool]:
    """The condition for subscriptions that get deliveries: `Subscription.active` in SQL."""
    return (subscription.c.approval == Approval.GRANTED) & (subscription.c.status == SubscriptionStatus.ACTIVE)


def subscriptions_of(connection: Connection, *conditions: ColumnElement[bool]) -> list[Subscription]:
    """The subscriptions that match, oldest first. Raises one of UNREADABLE if a row makes no sense."""
    query = select(subscription).where(*conditions).order_by(subscription.c.id)
    return [_subscription(row) for row in connection.execute(query)]


def readable_subscriptions_of(
    connection: Connection, *conditions: ColumnElement[bool], on_unreadable: OnUnreadable | None = None
) -> list[Subscription]:
    """The same, without the rows that make no sense; `on_unreadable` is called with each of those."""
    try:
        return subscriptions_of(connection, *conditions)
    except UNREADABLE:
        query = select(*chat_columns.identity(subscription))
        found: list[Subscription] = []
        for row in connection.execute(query.where(*conditions)).all():
            try:
                found += subscriptions_of(connection, subscription.c.id == row.id)
            except UNREADABLE as error:
                if on_unreadable:
                    on_unreadable(row.id, chat_columns.of_row(row), error)
        return found


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        subscription_id=row.id,
        chat=chat_columns.of_row(row),
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
