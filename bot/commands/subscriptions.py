"""Subscribing a chat, its settings, and seeing what they make of an edition."""

from dataclasses import replace

from bot.commands.context import CommandContext, Reply, text_block, text_reply
from bot.commands.permissions import Decision, may_subscribe
from bot.commands.setting_fields import Panel, days
from bot.commands.settings_menu import Screen, main, said_of
from bot.i18n import catalog_for, language_name
from workers.domain.blocks import ChoiceBlock
from workers.domain.deliveries import Approval, Choice, Place, Subscription, SubscriptionStatus, View, direct_chat
from workers.store.subscriptions import NewSubscription


def subscribe(ctx: CommandContext) -> Reply:
    """This chat gets the newest digest now and each later one at its hour, if `access` allows; settings are kept."""
    actor, store = ctx.actor, ctx.store
    decision = may_subscribe(actor, store, ctx.services.settings)
    if decision is Decision.NO:
        return text_reply(ctx.catalog.may_not_subscribe)
    approval = Approval.WAITING if decision is Decision.WAIT else Approval.GRANTED
    known = store.subscriptions.of(actor.platform, actor.chat, actor.thread)
    if known is None:
        store.subscriptions.add(replace(_new_subscription(ctx), approval=approval))
    elif not known.active:
        store.subscriptions.resume(known, store.clock.now(), actor.person, approval)
    if approval is Approval.WAITING and not (known and known.active):
        return _wait(ctx)
    now = store.subscriptions.of(actor.platform, actor.chat, actor.thread)
    return confirmation(ctx, now) if now else Reply()


def _new_subscription(ctx: CommandContext) -> NewSubscription:
    actor, view = ctx.actor, View(ctx.language, place=ctx.actor.place)
    now = ctx.store.clock.now()
    return NewSubscription(actor.platform, actor.chat, now, thread=actor.thread, view=view, person=actor.person)


def _wait(ctx: CommandContext) -> Reply:
    actor, store, ours = ctx.actor, ctx.store, ctx.services.settings
    name = f"{actor.platform}:{actor.chat}"
    for platform, person in store.owners.all(ours.named_owners()):
        notice = catalog_for(ours.digest.language).asks_to_subscribe.format(name=name)
        idempotency_key = f"approve:{name}:{store.clock.now():%Y-%m-%d}:{platform}:{person}"
        store.outbox.notify(idempotency_key, platform, direct_chat(person), ours.digest.language, notice)
    return text_reply(ctx.catalog.waits_for_owner)


def confirmation(ctx: CommandContext, of: Subscription) -> Reply:
    """When, in which language and how loud it will be, and what may be done now."""
    language = of.view.language
    sound = ctx.catalog.settings.notify[of.notify]
    text = ctx.catalog.subscribed.format(
        days=days(of.weekdays, ctx.language),
        slot=of.slot,
        zone=of.zone,
        language=language_name(language),
        notify=sound,
    )
    choices = (
        Choice(ctx.catalog.preview, f"/test {of.subscription_id}"),
        Choice(ctx.catalog.post_now, f"/post {of.subscription_id}"),
        Choice(ctx.catalog.settings_button, f"/settings {of.subscription_id}"),
    )
    return Reply([text_block(text), ChoiceBlock(choices)])


def unsubscribe(ctx: CommandContext) -> Reply:
    actor = ctx.actor
    if not actor.manages:
        return text_reply(ctx.catalog.may_not_subscribe)
    ctx.store.subscriptions.pause(actor.platform, actor.chat, SubscriptionStatus.UNSUBSCRIBED, thread=actor.thread)
    return text_reply(ctx.catalog.unsubscribed)


def settings(ctx: CommandContext) -> Reply:
    """`/settings`, `/settings KEY`, `/settings KEY VALUE`; a number before them names another chat's subscription."""
    of, words, pressed = _which(ctx)
    if of is None:
        return _choose(ctx)
    if not ctx.actor.manages:
        return text_reply(ctx.catalog.may_not_subscribe)
    here = None if ctx.actor.elsewhere else ctx.actor.thread
    panel = Panel(of, ctx.language, ctx.services.categories, ctx.store, here, ctx.actor.name)
    screen = said_of(panel, words) if words else main(panel)
    return _reply(screen, pressed)


def language(ctx: CommandContext) -> Reply:
    """`/language`, `/language en`: the setting; in private also before anything is subscribed."""
    actor, subscriptions = ctx.actor, ctx.store.subscriptions
    if actor.place == Place.PRIVATE and not _which(ctx)[0]:
        subscriptions.add(_new_subscription(ctx))
        subscriptions.pause(actor.platform, actor.chat, SubscriptionStatus.UNSUBSCRIBED, thread=actor.thread)
    return settings(replace(ctx, text=f"language {ctx.text}".strip()))


def preview(ctx: CommandContext) -> Reply:
    """The newest edition as the settings have it, to who asks, in private."""
    of = _which(ctx)[0]
    if of is None:
        return _choose(ctx)
    day = ctx.store.editions.newest(of.view.language)
    if day is None:
        return text_reply(ctx.catalog.no_digest)
    private = direct_chat(ctx.actor.person)
    view = replace(of.view, place=Place.PRIVATE)
    ctx.store.outbox.request(f"test:{_idempotency_key(ctx)}", ctx.actor.platform, private, day, view)
    return text_reply(ctx.catalog.private_sent)


def post_now(ctx: CommandContext) -> Reply:
    """The newest edition in the subscribed chat, unless it stands there as the settings have it."""
    of = _which(ctx)[0]
    if of is None or not ctx.actor.manages:
        return text_reply(ctx.catalog.may_not_subscribe)
    day = ctx.store.editions.newest(of.view.language)
    if day is None:
        return text_reply(ctx.catalog.no_digest)
    if ctx.store.outbox.is_shown(of.chat, of.thread, day, of.view, of.platform):
        return text_reply(ctx.catalog.posted_already.format(date=day))
    ctx.store.outbox.request(f"post:{_idempotency_key(ctx)}", of.platform, of.chat, day, of.view, of.thread)
    return text_reply(ctx.catalog.digest_comes_there.format(date=day))


def target(words: str) -> int | None:
    """The subscription that a line such as `/settings 12 time 08:30` names; None for any other line."""
    word, _, rest = words.partition(" ")
    number = rest.split(" ")[0] if word in {"/settings", "/test", "/post"} else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None


def _which(ctx: CommandContext) -> tuple[Subscription | None, str, bool]:
    """(the subscription meant, the words after it, whether it was named by its number)."""
    actor, subscriptions = ctx.actor, ctx.store.subscriptions
    number = target(f"/settings {ctx.text}")
    if number is not None:
        named = subscriptions.get(number)
        mine = named is not None and (named.platform, named.chat) == (actor.platform, actor.chat)
        return (named if mine else None), ctx.text.partition(" ")[2], True
    here = subscriptions.of(actor.platform, actor.chat, actor.thread)
    others = subscriptions.of_chat(actor.platform, actor.chat)
    return here or next(iter(others), None), ctx.text, False


def _choose(ctx: CommandContext) -> Reply:
    """In private: the chats that one subscribed, to choose from."""
    mine = ctx.store.subscriptions.by(ctx.actor.platform, ctx.actor.person)
    if ctx.actor.place != Place.PRIVATE or not mine:
        return text_reply(ctx.catalog.not_subscribed)
    choices = [Choice(f"{each.chat} {each.thread}".strip(), f"/settings {each.subscription_id}") for each in mine]
    return Reply([text_block(ctx.catalog.which_chat), ChoiceBlock(tuple(choices))])


def _reply(screen: Screen, pressed: bool) -> Reply:
    return Reply(screen.blocks, expects=screen.expects, replaces=pressed and not screen.expects)


def _idempotency_key(ctx: CommandContext) -> str:
    return ctx.idempotency_key or f"{ctx.actor.platform}:{ctx.store.clock.now().isoformat()}"
