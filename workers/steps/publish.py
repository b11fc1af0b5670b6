"""Step 9: give every subscription whose slot has come the editions it has not had."""

import logging
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workers.domain.ports import Subscriptions
from workers.logs import note

log = logging.getLogger(__name__)


def publish(subscriptions: Subscriptions, now: datetime) -> int:
    """Create the deliveries that are due at `now`, newest edition first; returns how many.

    Safe to repeat: a slot moves on in the transaction that creates its deliveries. A chat that has had nothing keeps
    waiting until there is a first edition.
    """
    made = 0
    for subscription in subscriptions.due(now):
        days = subscriptions.closed_after(subscription.had)
        if not days and subscription.had is None:
            continue
        following = next_slot(now, subscription.slot, subscription.zone, subscription.weekdays)
        if subscriptions.deliver(subscription, days, following, now):
            made += len(days)
            note(log, "published", subscription=subscription.subscription_id, editions=len(days), next_due=following)
    return made


def next_slot(after: datetime, slot: str, zone: str, weekdays: Iterable[int]) -> datetime:
    """The first moment later than `after` at which the clocks of `zone` show `slot` ("09:00") on one of `weekdays`.

    In UTC. A local time that the clocks skip becomes the first one they show; one they show twice counts the first
    time. Raises ValueError for no weekday at all.
    """
    wanted, place = frozenset(weekdays), ZoneInfo(zone)
    hour = time.fromisoformat(slot)
    day = after.astimezone(place).date()
    for ahead in range(9):
        each = day + timedelta(days=ahead)
        moment = _instant(each, hour, place)
        if each.weekday() in wanted and moment > after:
            return moment
    raise ValueError("a slot needs a weekday")


def _instant(day: date, hour: time, place: ZoneInfo) -> datetime:
    local = datetime.combine(day, hour, place)
    moment = local.astimezone(UTC)
    if moment.astimezone(place).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # The clocks skip this time. Read with the offsets before and after the change it lies on both sides of it.
    before, after = sorted([moment, local.replace(fold=1).astimezone(UTC)])
    offset = before.astimezone(place).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if middle.astimezone(place).utcoffset() == offset else (before, middle)
    return after.replace(microsecond=0)
