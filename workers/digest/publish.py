"""Step 9: give every subscription whose slot has come the editions it has not had."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from workers.domain.calendar import is_night, next_slot
from workers.domain.deliveries import Subscription
from workers.domain.ports import Subscriptions
from workers.runtime.logs import note

log = logging.getLogger(__name__)

LATE = timedelta(hours=2)
"""After which a missed slot is caught up without a sound, and no longer waits for an edition under way."""
_PUNCTUAL = timedelta(minutes=10)


def publish(subscriptions: Subscriptions, in_the_making: Callable[[datetime], bool], now: datetime) -> int:
    """Create the deliveries that are due at `now`, newest edition first; returns how many.

    Safe to repeat: a slot moves on in the transaction that creates its deliveries. While an edition is in the making
    (and was wanted since a moment) nobody's slot passes by, for it would miss that edition; nor does that of a chat
    that has had nothing.
    """
    if in_the_making(now - LATE):
        return 0
    made = 0
    for subscription in subscriptions.due(now):
        days = subscriptions.closed_after(subscription.had)
        if not days and subscription.had is None:
            continue
        following = next_slot(now, subscription.slot, subscription.zone, subscription.weekdays)
        if subscriptions.deliver(subscription, days, following, now, silent=_silent(subscription, now)):
            made += len(days)
            note(log, "published", subscription=subscription.subscription_id, editions=len(days), next_due=following)
    return made


def _silent(subscription: Subscription, now: datetime) -> bool:
    """A slot caught up late or in the night wakes nobody; a slot that its owner set into the night is meant."""
    late = now - subscription.due_at
    return late > LATE or (late > _PUNCTUAL and is_night(now, subscription.zone))
