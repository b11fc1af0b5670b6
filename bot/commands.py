"""What people may say to a bot, once for all frontends: a command comes in, a reply of blocks goes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.access import Speaker, Verdict, is_owner, may_subscribe
from bot.texts import texts
from bot.view import blocks, category_blocks
from workers.config import Settings
from workers.domain.blocks import Block, Closing
from workers.domain.deliveries import private_chat
from workers.domain.models import Category
from workers.store import Store
from workers.store.subscriptions import Wanted


@dataclass(frozen=True, slots=True)
class Reply:
    """`blocks` in order; `ends` when the reader said goodbye."""

    blocks: Sequence[Block] = ()
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """What answering needs: the store, the settings, and the closed list that readers know."""

    store: Store
    settings: Settings
    categories: Sequence[Category]


def answer(line: str, speaker: Speaker, language: str, desk: Desk) -> Reply:
    """The reply to one line a reader typed: a command, or a question."""
    said = texts(language)
    word, _, rest = line.strip().partition(" ")
    command = _COMMANDS.get(word.casefold())
    if command:
        return Reply(command(rest.strip(), speaker, language, desk))
    match word.casefold():
        case "":
            return Reply()
        case "/quit" | "/exit":
            return Reply([_line(said.goodbye)], ends=True)
        case unknown if unknown.startswith("/"):
            return Reply([_line(said.unknown_command)])
        case _:
            return Reply([_line(said.questions_not_yet)])


def _line(text: str) -> Block:
    return Closing(tuple(text.splitlines()))


def _help(_rest: str, _speaker: Speaker, language: str, _desk: Desk) -> Sequence[Block]:
    return [_line(texts(language).help)]


def _digest(wanted: str, _speaker: Speaker, language: str, desk: Desk) -> Sequence[Block]:
    """The newest digest, or one category of it; it never makes one."""
    day = desk.store.editions.newest(language)
    text = desk.store.editions.text(day, language) if day else None
    if text is None:
        return [_line(texts(language).no_digest)]
    if not wanted:
        return blocks(text.digest, desk.categories)
    found = category_blocks(text.digest, desk.categories, wanted)
    there = {section.category for section in text.digest.sections}
    names = ", ".join(each.named(language) for each in desk.categories if each.name in there)
    return found or [_line(texts(language).no_such_section.format(names=names))]


def _subscribe(_rest: str, speaker: Speaker, language: str, desk: Desk) -> Sequence[Block]:
    """This chat gets the newest digest now and each later one at its hour, if `access` allows."""
    said, store = texts(language), desk.store
    verdict = may_subscribe(speaker, store, desk.settings)
    if verdict is Verdict.NO:
        return [_line(said.may_not_subscribe)]
    wanted = Wanted(speaker.platform, speaker.chat, store.clock.now(), thread=speaker.thread, language=language)
    if verdict is Verdict.YES:
        store.subscriptions.add(wanted)
        return [_line(said.subscribed.format(slot=wanted.slot, zone=wanted.zone))]
    store.subscriptions.add(wanted, waiting=True)
    name = f"{speaker.platform}:{speaker.chat}"
    for platform, person in store.owners.all(desk.settings.named_owners()):
        notice = texts(desk.settings.digest.language).asks_to_subscribe.format(name=name)
        cause = f"approve:{name}:{store.clock.now():%Y-%m-%d}:{platform}:{person}"
        store.outbox.notify(cause, platform, private_chat(platform, person), desk.settings.digest.language, notice)
    return [_line(said.waits_for_owner)]


def _unsubscribe(_rest: str, speaker: Speaker, language: str, desk: Desk) -> Sequence[Block]:
    if not speaker.manages:
        return [_line(texts(language).may_not_subscribe)]
    desk.store.subscriptions.deactivate(speaker.platform, speaker.chat, "unsubscribed", speaker.thread)
    return [_line(texts(language).unsubscribed)]


def _approve(name: str, speaker: Speaker, language: str, desk: Desk) -> Sequence[Block]:
    said = texts(language)
    if not is_owner(speaker, desk.store, desk.settings):
        return [_line(said.owners_only)]
    platform, _, chat = name.partition(":")
    approved = desk.store.subscriptions.approve(platform, chat, desk.store.clock.now())
    return [_line((said.approved if approved else said.nobody_waits).format(name=name))]


def _owner(code: str, speaker: Speaker, language: str, desk: Desk) -> Sequence[Block]:
    said = texts(language)
    good = desk.store.owners.redeem(code, speaker.platform, speaker.person)
    return [_line(said.owner_now if good else said.code_is_wrong)]


_COMMANDS: dict[str, Callable[[str, Speaker, str, Desk], Sequence[Block]]] = {
    "/digest": _digest,
    "/help": _help,
    "/start": _help,
    "/subscribe": _subscribe,
    "/unsubscribe": _unsubscribe,
    "/approve": _approve,
    "/owner": _owner,
}
