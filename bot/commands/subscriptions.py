"""Subscribing a chat, its settings, and seeing what they make of an edition."""

from dataclasses import replace

from bot.commands.context import Reply, Said, line, told
from bot.commands.permissions import Verdict, may_subscribe
from bot.commands.setting_fields import Panel, days
from bot.commands.settings_menu import Screen, main, said_of
from bot.i18n import language_name, texts
from workers.domain.blocks import ChoiceBlock
from workers.domain.deliveries import PRIVATE, Choice, Subscription, View, private_chat
from workers.store.subscriptions import UNSUBSCRIBED, WAITING, Wanted


def subscribe(said: Said) -> Reply:
    """This chat gets the newest digest now and each later one at its hour, if `access` allows; settings are kept."""
    speaker, store = said.speaker, said.store
    verdict = may_subscribe(speaker, store, said.desk.settings)
    if verdict is Verdict.NO:
        return told(said.texts.may_not_subscribe)
    waiting = verdict is Verdict.WAIT
    known = store.subscriptions.of(speaker.platform, speaker.chat, speaker.thread)
    if known and known.reason != WAITING:
        waiting = waiting and not known.active
        if not known.active:
            store.subscriptions.resume(known, store.clock.now(), speaker.person, waiting)
    else:
        store.subscriptions.add(_wanted(said), waiting)
    if waiting:
        return _wait(said)
    now = store.subscriptions.of(speaker.platform, speaker.chat, speaker.thread)
    return confirmation(said, now) if now else Reply()


def _wanted(said: Said) -> Wanted:
    speaker, view = said.speaker, View(said.language, place=said.speaker.place)
    now = said.store.clock.now()
    return Wanted(speaker.platform, speaker.chat, now, thread=speaker.thread, view=view, person=speaker.person)


def _wait(said: Said) -> Reply:
    speaker, store, ours = said.speaker, said.store, said.desk.settings
    name = f"{speaker.platform}:{speaker.chat}"
    for platform, person in store.owners.all(ours.named_owners()):
        notice = texts(ours.digest.language).asks_to_subscribe.format(name=name)
        cause = f"approve:{name}:{store.clock.now():%Y-%m-%d}:{platform}:{person}"
        store.outbox.notify(cause, platform, private_chat(platform, person), ours.digest.language, notice)
    return told(said.texts.waits_for_owner)


def confirmation(said: Said, of: Subscription) -> Reply:
    """When, in which language and how loud it will be, and what may be done now."""
    language = of.view.language
    sound = said.texts.settings.notify[of.notify]
    text = said.texts.subscribed.format(
        days=days(of.weekdays, said.language),
        slot=of.slot,
        zone=of.zone,
        language=language_name(language),
        notify=sound,
    )
    choices = (
        Choice(said.texts.preview, f"/test {of.subscription_id}"),
        Choice(said.texts.post_now, f"/post {of.subscription_id}"),
        Choice(said.texts.settings_button, f"/settings {of.subscription_id}"),
    )
    return Reply([line(text), ChoiceBlock(choices)])


def unsubscribe(said: Said) -> Reply:
    speaker = said.speaker
    if not speaker.manages:
        return told(said.texts.may_not_subscribe)
    said.store.subscriptions.deactivate(speaker.platform, speaker.chat, UNSUBSCRIBED, speaker.thread)
    return told(said.texts.unsubscribed)


def settings(said: Said) -> Reply:
    """`/settings`, `/settings KEY`, `/settings KEY VALUE`; a number before them names another chat's subscription."""
    of, words, pressed = _which(said)
    if of is None:
        return _choose(said)
    if not said.speaker.manages:
        return told(said.texts.may_not_subscribe)
    here = None if said.speaker.elsewhere else said.speaker.thread
    panel = Panel(of, said.language, said.desk.categories, said.store, here, said.speaker.name)
    screen = said_of(panel, words) if words else main(panel)
    return _reply(screen, pressed)


def language(said: Said) -> Reply:
    """`/language`, `/language en`: the setting; in private also before anything is subscribed."""
    speaker, subscriptions = said.speaker, said.store.subscriptions
    if speaker.place == PRIVATE and not _which(said)[0]:
        subscriptions.add(_wanted(said))
        subscriptions.deactivate(speaker.platform, speaker.chat, UNSUBSCRIBED, speaker.thread)
    return settings(replace(said, words=f"language {said.words}".strip()))


def preview(said: Said) -> Reply:
    """The newest edition as the settings have it, to who asks, in private."""
    of = _which(said)[0]
    if of is None:
        return _choose(said)
    day = said.store.editions.newest(of.view.language)
    if day is None:
        return told(said.texts.no_digest)
    private = private_chat(said.speaker.platform, said.speaker.person)
    view = replace(of.view, place=PRIVATE)
    said.store.outbox.request(f"test:{_cause(said)}", said.speaker.platform, private, day, view)
    return told(said.texts.private_sent)


def post_now(said: Said) -> Reply:
    """The newest edition in the subscribed chat, unless it stands there as the settings have it."""
    of = _which(said)[0]
    if of is None or not said.speaker.manages:
        return told(said.texts.may_not_subscribe)
    day = said.store.editions.newest(of.view.language)
    if day is None:
        return told(said.texts.no_digest)
    if said.store.outbox.shown(of.chat, of.thread, day, of.view, of.platform):
        return told(said.texts.posted_already.format(date=day))
    said.store.outbox.request(f"post:{_cause(said)}", of.platform, of.chat, day, of.view, of.thread)
    return told(said.texts.digest_comes_there.format(date=day))


def target(words: str) -> int | None:
    """The subscription that a line such as `/settings 12 time 08:30` names; None for any other line."""
    word, _, rest = words.partition(" ")
    number = rest.split(" ")[0] if word in {"/settings", "/test", "/post"} else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None


def _which(said: Said) -> tuple[Subscription | None, str, bool]:
    """(the subscription meant, the words after it, whether it was named by its number)."""
    speaker, subscriptions = said.speaker, said.store.subscriptions
    number = target(f"/settings {said.words}")
    if number is not None:
        named = subscriptions.get(number)
        mine = named is not None and (named.platform, named.chat) == (speaker.platform, speaker.chat)
        return (named if mine else None), said.words.partition(" ")[2], True
    here = subscriptions.of(speaker.platform, speaker.chat, speaker.thread)
    others = subscriptions.of_chat(speaker.platform, speaker.chat)
    return here or next(iter(others), None), said.words, False


def _choose(said: Said) -> Reply:
    """In private: the chats that one subscribed, to choose from."""
    mine = said.store.subscriptions.by(said.speaker.platform, said.speaker.person)
    if said.speaker.place != PRIVATE or not mine:
        return told(said.texts.not_subscribed)
    choices = [Choice(f"{each.chat} {each.thread}".strip(), f"/settings {each.subscription_id}") for each in mine]
    return Reply([line(said.texts.which_chat), ChoiceBlock(tuple(choices))])


def _reply(screen: Screen, pressed: bool) -> Reply:
    return Reply(screen.blocks, expects=screen.expects, replaces=pressed and not screen.expects)


def _cause(said: Said) -> str:
    return said.cause or f"{said.speaker.platform}:{said.store.clock.now().isoformat()}"
