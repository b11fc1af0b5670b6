"""Create the deliveries of the editions that a due subscription has not received."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from workers.domain.calendar import is_night, next_slot
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Subscription
from workers.domain.ports import Subscriptions
from workers.domain.units import Failure, Unit, UnitKind
from workers.runtime.boundary import Boundary
from workers.runtime.logs import note

log = logging.getLogger(__name__)

LATE = timedelta(hours=2)
"""A slot that is later than this is delivered silently and waits for no open edition."""
_PUNCTUAL = timedelta(minutes=10)
"""A slot that is later than this is delivered silently at night."""


def publish(
    subscriptions: Subscriptions, in_the_making: Callable[[datetime], bool], now: datetime, boundary: Boundary
) -> int:
    """Create the deliveries that are due at `now`, newest edition first; returns how many.

    Safe to repeat, because a slot advances in the transaction that creates its deliveries. Does nothing while a recent
    edition is still being made (at most LATE), so that no slot misses it. A chat that never received an edition keeps
    its slot until there is one. A subscription that fails costs itself alone, and is tried again later.
    """
    if in_the_making(now - LATE):
        return 0
    created = 0

    def unreadable(subscription_id: int, chat: ChatRef, error: Exception) -> None:
        unit = _unit(subscription_id, chat)
        if not boundary.rests(unit):
            boundary.failed(unit, error)

    for subscription in subscriptions.due(now, unreadable):
        unit = _unit(subscription.subscription_id, subscription.chat)
        if boundary.rests(unit):
            continue
        count = boundary.run(unit, partial(_publish_to, subscription, subscriptions, now))
        created += 0 if isinstance(count, Failure) else count
    return created


def _unit(subscription_id: int, chat: ChatRef) -> Unit:
    return Unit(UnitKind.DELIVERY, f"subscription {subscription_id}", str(chat))


def _publish_to(subscription: Subscription, subscriptions: Subscriptions, now: datetime) -> int:
    days = subscriptions.closed_after(subscription.had)
    if not days and subscription.had is None:
        return 0
    next_due_at = next_slot(now, subscription.slot, subscription.zone, subscription.weekdays)
    if not subscriptions.deliver(subscription, days, next_due_at, now, silent=_silent(subscription, now)):
        return 0
    note(log, "published", subscription=subscription.subscription_id, editions=len(days), next_due=next_due_at)
    return len(days)


def _silent(subscription: Subscription, now: datetime) -> bool:
    """Whether a delivery makes no sound: it is later than LATE, or not punctual and it is night in the chat's zone."""
    late = now - subscription.due_at
    return late > LATE or (late > _PUNCTUAL and is_night(now, subscription.zone))
