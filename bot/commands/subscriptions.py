"""Commands that subscribe a chat, change its settings, and show or post an edition with them."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.commands.context import CommandContext, Reply, spaced, text_block, text_reply
from bot.commands.permissions import Decision, may_subscribe
from bot.commands.setting import SettingsContext
from bot.commands.setting_fields import weekday_names
from bot.commands.settings_menu import SettingsScreen, apply_line, show_settings
from bot.i18n import catalog_for, language_name
from workers.config import SubscriptionSettings
from workers.domain.blocks import ChoiceBlock
from workers.domain.chats import ChatRef, direct_chat
from workers.domain.deliveries import Approval, Choice, Place, Subscription, SubscriptionStatus, View
from workers.store.subscriptions import NewSubscription


def subscribe(ctx: CommandContext) -> Reply:
    """`/subscribe`: the chat gets the newest digest now and later ones at its slot, if `access` allows it.

    A chat that was subscribed before keeps its settings.
    """
    actor, store = ctx.actor, ctx.store
    decision = may_subscribe(actor, store, ctx.services.settings)
    if decision is Decision.NO:
        return text_reply(ctx.catalog.may_not_subscribe)
    approval = Approval.WAITING if decision is Decision.WAIT else Approval.GRANTED
    known = store.subscriptions.of(actor.chat)
    if known is None:
        store.subscriptions.add(replace(_new_subscription(ctx), approval=approval))
    elif not known.active:
        store.subscriptions.resume(known, store.clock.now(), actor.person, approval)
    if approval is Approval.WAITING and not (known and known.active):
        return _wait(ctx)
    subscription = store.subscriptions.of(actor.chat)
    return confirmation(ctx, subscription) if subscription else Reply()


def new_subscription(settings: SubscriptionSettings, chat: ChatRef, due_at: datetime, view: View) -> NewSubscription:
    """A subscription with the time, zone, days and sound that new chats have by the settings."""
    return NewSubscription(chat, due_at, settings.time, settings.zone, settings.weekdays, settings.notify, view=view)


def _new_subscription(ctx: CommandContext) -> NewSubscription:
    actor, defaults = ctx.actor, ctx.services.settings.subscription
    view = View(ctx.language, place=actor.place)
    return replace(new_subscription(defaults, actor.chat, ctx.store.clock.now(), view), person=actor.person)


def _wait(ctx: CommandContext) -> Reply:
    """Ask the owners, once a day, to approve the chat."""
    store, settings, name = ctx.store, ctx.services.settings, str(ctx.actor.chat)
    language = settings.digest.language
    for platform, person in store.owners.all(settings.named_owners()):
        notice = catalog_for(language).asks_to_subscribe.format(name=name)
        idempotency_key = f"approve:{name}:{store.clock.now():%Y-%m-%d}:{platform}:{person}"
        store.outbox.notify(idempotency_key, direct_chat(platform, person), language, notice)
    return text_reply(ctx.catalog.waits_for_owner)


def confirmation(ctx: CommandContext, subscription: Subscription) -> Reply:
    """When the digests come, in which language, with or without sound; with buttons for what to do next."""
    language = subscription.view.language
    text = ctx.catalog.subscribed.format(
        days=weekday_names(subscription.weekdays, ctx.language),
        slot=subscription.slot,
        zone=subscription.zone,
        language=language_name(language),
        notify=ctx.catalog.settings.choices["notify"][subscription.notify],
    )
    choices = (
        Choice(ctx.catalog.preview, f"/test {subscription.subscription_id}"),
        Choice(ctx.catalog.post_now, f"/post {subscription.subscription_id}"),
        Choice(ctx.catalog.settings_button, f"/settings {subscription.subscription_id}"),
    )
    return Reply([text_block(text), ChoiceBlock(choices)])


def unsubscribe(ctx: CommandContext) -> Reply:
    """`/unsubscribe`: pause the subscription of this chat or topic."""
    if not ctx.actor.manages:
        return text_reply(ctx.catalog.may_not_subscribe)
    ctx.store.subscriptions.pause(ctx.actor.chat, SubscriptionStatus.UNSUBSCRIBED)
    return text_reply(ctx.catalog.unsubscribed)


def settings(ctx: CommandContext) -> Reply:
    """`/settings`, `/settings KEY`, `/settings KEY VALUE`; a subscription's number may come first."""
    choice = _choose_subscription(ctx)
    if choice.subscription is None:
        return _own_subscriptions(ctx)
    if not ctx.actor.manages:
        return text_reply(ctx.catalog.may_not_subscribe)
    here = None if ctx.actor.elsewhere else ctx.actor.chat.thread
    context = SettingsContext(
        choice.subscription, ctx.language, ctx.services.categories, ctx.store, here, ctx.actor.name
    )
    screen = apply_line(context, choice.rest) if choice.rest else show_settings(context)
    return _reply(screen, pressed=choice.by_number)


def language(ctx: CommandContext) -> Reply:
    """`/language`, `/language en`: the setting. In private it also works before anything is subscribed."""
    actor, subscriptions = ctx.actor, ctx.store.subscriptions
    if actor.place == Place.PRIVATE and not _choose_subscription(ctx).subscription:
        subscriptions.add(_new_subscription(ctx))
        subscriptions.pause(actor.chat, SubscriptionStatus.UNSUBSCRIBED)
    return settings(replace(ctx, text=f"language {ctx.text}".strip()))


def preview(ctx: CommandContext) -> Reply:
    """`/test`: send the newest edition, in the subscription's view, to the person in private."""
    subscription = _choose_subscription(ctx).subscription
    if subscription is None:
        return _own_subscriptions(ctx)
    day = ctx.store.texts.newest(subscription.view.language)
    if day is None:
        return text_reply(ctx.catalog.no_digest)
    private = direct_chat(ctx.actor.chat.platform, ctx.actor.person)
    view = replace(subscription.view, place=Place.PRIVATE)
    ctx.store.outbox.request(f"test:{_idempotency_key(ctx)}", private, day, view)
    return text_reply(ctx.catalog.private_sent)


def post_now(ctx: CommandContext) -> Reply:
    """`/post`: post the newest edition to the subscribed chat, unless it is there in the same view."""
    subscription = _choose_subscription(ctx).subscription
    if subscription is None or not ctx.actor.manages:
        return text_reply(ctx.catalog.may_not_subscribe)
    day = ctx.store.texts.newest(subscription.view.language)
    if day is None:
        return text_reply(ctx.catalog.no_digest)
    if ctx.store.sent_messages.is_shown(subscription.chat, day, subscription.view):
        return text_reply(ctx.catalog.posted_already.format(date=day))
    ctx.store.outbox.request(f"post:{_idempotency_key(ctx)}", subscription.chat, day, subscription.view)
    return text_reply(ctx.catalog.digest_comes_there.format(date=day))


def target(line: str) -> int | None:
    """The subscription number in a line such as `/settings 12 time 08:30`; None for any other line."""
    word, _, rest = spaced(line).partition(" ")
    number = rest.split(" ")[0] if word in {"/settings", "/test", "/post"} else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None


@dataclass(frozen=True, slots=True)
class _SubscriptionChoice:
    """The subscription that a command is about, None if there is none; `rest` is the text after its number."""

    subscription: Subscription | None
    rest: str
    by_number: bool


def _choose_subscription(ctx: CommandContext) -> _SubscriptionChoice:
    """The subscription of that number, if it is in the actor's chat; without a number this thread's, or the first."""
    subscriptions = ctx.store.subscriptions
    number = target(f"/settings {ctx.text}")
    if number is not None:
        named = subscriptions.get(number)
        mine = named is not None and named.chat.whole == ctx.actor.chat.whole
        return _SubscriptionChoice(named if mine else None, ctx.text.partition(" ")[2], by_number=True)
    here = subscriptions.of(ctx.actor.chat)
    others = subscriptions.of_chat(ctx.actor.chat)
    return _SubscriptionChoice(here or next(iter(others), None), ctx.text, by_number=False)


def _own_subscriptions(ctx: CommandContext) -> Reply:
    """In private: buttons for the chats that the person subscribed."""
    mine = ctx.store.subscriptions.by(ctx.actor.chat.platform, ctx.actor.person)
    if ctx.actor.place != Place.PRIVATE or not mine:
        return text_reply(ctx.catalog.not_subscribed)
    choices = [
        Choice(f"{known.chat.chat} {known.chat.thread}".strip(), f"/settings {known.subscription_id}") for known in mine
    ]
    return Reply([text_block(ctx.catalog.which_chat), ChoiceBlock(tuple(choices))])


def _reply(screen: SettingsScreen, pressed: bool) -> Reply:
    return Reply(screen.blocks, expects=screen.expects, replaces=pressed and not screen.expects)


def _idempotency_key(ctx: CommandContext) -> str:
    return ctx.idempotency_key or f"{ctx.actor.chat.platform}:{ctx.store.clock.now().isoformat()}"
