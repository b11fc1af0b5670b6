"""What follows when a chat refuses messages: its subscriptions are paused, and who subscribed it is told."""

from bot.i18n import catalog_for
from workers.domain.chats import ChatRef, direct_chat
from workers.domain.deliveries import Delivery, Subscription, SubscriptionStatus
from workers.domain.errors import ChatGone, ChatNotWritable
from workers.domain.units import Unit, UnitKind
from workers.store import Store
from workers.store.subscriptions import FAILURES


def chat_refused(store: Store, delivery: Delivery, error: ChatGone | ChatNotWritable) -> None:
    """Pause the chat's subscriptions, and tell the people who subscribed it how to resume them.

    A chat that is gone is paused at once; one that is not writable is paused after FAILURES refusals in a row, but its
    person is told at the first one.
    """
    if isinstance(error, ChatGone):
        status = SubscriptionStatus.REMOVED
        affected = store.subscriptions.pause_chat(delivery.chat, status, str(error))
    else:
        status = SubscriptionStatus.NOT_WRITABLE
        known = store.subscriptions.of(delivery.chat)
        affected = [known] if known and known.active else []
        if store.subscriptions.count_refusal(delivery.chat) >= FAILURES:
            store.subscriptions.pause(delivery.chat, status, str(error))
    for subscription in affected:
        _notify_person(store, subscription, status, str(error))


def chat_unit(chat: ChatRef) -> Unit:
    """One for each chat and not for each delivery, so that the owner is told once of a chat that refuses all."""
    return Unit(UnitKind.DELIVERY, f"chat {chat} {chat.thread}".rstrip(), str(chat))


def _notify_person(store: Store, subscription: Subscription, status: SubscriptionStatus, reason: str) -> None:
    """Tell the person who subscribed a chat, once a day, unless the chat is the one with that person."""
    person, chat = subscription.person, subscription.chat
    private = direct_chat(chat.platform, person)
    if not person or chat.chat in {person, private.chat}:
        return
    catalog = catalog_for(subscription.view.language)
    notice = catalog.trouble.format(name=str(chat), reason=reason, cure=catalog.trouble_cures[status])
    idempotency_key = f"trouble:{subscription.subscription_id}:{store.clock.now():%Y-%m-%d}"
    store.outbox.notify(idempotency_key, private, subscription.view.language, notice)
