"""Bring the subscriptions back that a clock which was ahead has moved into the future."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select, update

from workers.domain.calendar import latest_day, next_slot
from workers.domain.deliveries import Subscription
from workers.store import chat_columns
from workers.store.chat_columns import is_thread
from workers.store.subscription_rows import readable_subscriptions_of
from workers.store.tables import delivery, subscription
from workers.store.transactions import UNREADABLE, write

_A_DAY = timedelta(hours=25)
"""The longest day, when the clocks change; a slot that is less far ahead is the next one, or at most a day late."""


def bring_back(engine: Engine, now: datetime) -> int:
    """Undo what a clock that was ahead did to slots and to what chats have got; returns how many rows it changed.

    A slot that is further ahead than the next one becomes the next one; one whose setting makes no sense stays. If the
    newest edition that a chat got is of the future, it becomes the latest other one that was delivered to the chat.
    """
    changed, latest = 0, latest_day(now)
    with write(engine) as connection:
        for known in readable_subscriptions_of(connection, subscription.c.due_at > now + _A_DAY):
            due_at = _next_slot(known, now)
            if due_at < known.due_at:
                mine = (subscription.c.id == known.subscription_id) & (subscription.c.due_at == known.due_at)
                changed += connection.execute(update(subscription).where(mine).values(due_at=due_at)).rowcount
        ahead = select(*chat_columns.identity(subscription))
        for row in connection.execute(ahead.where(subscription.c.had > latest)).all():
            got = select(func.max(delivery.c.day)).where(
                is_thread(delivery, chat_columns.of_row(row)), delivery.c.day <= latest
            )
            had = update(subscription).where(subscription.c.id == row.id).values(had=got.scalar_subquery())
            changed += connection.execute(had).rowcount
    return changed


def _next_slot(known: Subscription, now: datetime) -> datetime:
    try:
        return next_slot(now, known.slot, known.zone, known.weekdays)
    except UNREADABLE:
        return known.due_at
