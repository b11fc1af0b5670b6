"""Subscriptions and closed editions in memory, as publishing needs them from the store."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from workers.domain.deliveries import Notify, Subscription
from workers.store import subscriptions
from workers.store.subscription_rows import OnUnreadable


@dataclass(frozen=True, slots=True)
class NewSubscription(subscriptions.NewSubscription):
    """A new subscription with defaults: 09:00 in Seoul, Monday to Friday, a sound with the first message."""

    slot: str = "09:00"
    zone: str = "Asia/Seoul"
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    notify: Notify = Notify.FIRST


class FakeSubscriptions:
    """Holds each chat's slot and its newest edition. `delivered` holds (chat, day of the edition) in order."""

    def __init__(self, chats: Sequence[Subscription], closed: Sequence[date]) -> None:
        self.chats = {chat.subscription_id: chat for chat in chats}
        self.closed = list(closed)
        self.delivered: list[tuple[str, date]] = []
        self.silent: list[bool] = []
        self.unreadable: set[int] = set()

    def due(self, now: datetime, on_unreadable: OnUnreadable | None = None) -> list[Subscription]:
        """Those in `unreadable` are handed to `on_unreadable`."""
        for chat in self.chats.values():
            if on_unreadable and chat.subscription_id in self.unreadable:
                on_unreadable(chat.subscription_id, chat.chat, ValueError("no such layout"))
        due = [chat for chat in self.chats.values() if chat.due_at <= now]
        return [chat for chat in due if chat.subscription_id not in self.unreadable]

    def closed_after(self, had: date | None) -> list[date]:
        """Returns closed days after `had`, newest first; only the newest day if `had` is None."""
        days = sorted((day for day in self.closed if had is None or day > had), reverse=True)
        return days if had else days[:1]

    def deliver(
        self, to: Subscription, days: Sequence[date], next_due_at: datetime, now: datetime, silent: bool
    ) -> bool:
        if self.chats[to.subscription_id].due_at != to.due_at:
            return False
        self.chats[to.subscription_id] = replace(to, due_at=next_due_at, had=max([*days, to.had or date.min]))
        self.delivered += [(to.chat.chat, day) for day in days]
        self.silent += [silent for _ in days]
        return True
