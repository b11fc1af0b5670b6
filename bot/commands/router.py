"""What people may say to a bot, once for all frontends: a line comes in, a reply of blocks goes out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from bot.commands import admin, questions, subscriptions
from bot.commands.context import Desk, Reply, Said, line, told
from bot.commands.permissions import Speaker
from bot.presentation.blocks import blocks, category_blocks, contents, narrowed
from bot.presentation.keywords import pool_of
from workers.domain.blocks import ChoiceBlock
from workers.domain.deliveries import Choice, View
from workers.domain.models import Digest
from workers.domain.questions import Post

__all__ = ["Desk", "Reply", "answer"]


def answer(
    words: str,
    speaker: Speaker,
    language: str,
    desk: Desk,
    cause: str = "",
    message_id: str | None = None,
    post: Post | None = None,
) -> Reply:
    """The reply to one line a reader typed or pressed: a command, or a question. See `Said`."""
    said = Said(words.strip(), speaker, language, desk, cause, message_id, post)
    if cause and not desk.courtesy.allows(speaker.platform, speaker.person, speaker.chat):
        tells = desk.courtesy.tells(speaker.platform, speaker.person)
        return told(said.texts.too_many.format(count=desk.courtesy.a_minute)) if tells else Reply()
    word, _, rest = said.words.partition(" ")
    command = _COMMANDS.get(word.casefold())
    if command:
        return command(replace(said, words=rest.strip()))
    match word.casefold():
        case "":
            return Reply()
        case "/quit" | "/exit":
            return Reply([line(said.texts.goodbye)], ends=True)
        case unknown if unknown.startswith("/"):
            return told(said.texts.unknown_command)
        case _:
            return questions.question(said)


def _help(said: Said) -> Reply:
    end = f"\n{said.texts.terminal_help}" if said.speaker.platform == "terminal" else ""
    return told(said.texts.help + end)


def _start(said: Said) -> Reply:
    """The line that a deep link carries (`digest_2025-06-03_3`), or the help."""
    word, _, rest = said.words.replace("_", " ").partition(" ")
    linked = _LINKED.get(word)
    return linked(replace(said, words=rest)) if linked else _help(said)


def _digest(said: Said) -> Reply:
    """An edition in this chat now, as the chat sees them, or one category of it; it never makes one."""
    store, subscription = said.store, _subscription(said)
    view = subscription if subscription else View(said.language, place=said.speaker.place)
    words, day, language = _asked(said, view.language)
    if day is None:
        return told(said.texts.no_digest)
    text = store.editions.text(day, language) if store.editions.stands(day) else None
    if text is None:
        return told(said.texts.no_digest_of.format(date=day))
    if words:
        return _category(said, text.digest, words)
    view = replace(view, language=language)
    if not said.cause:
        return Reply(blocks(narrowed(text.digest, view, pool_of(store, day, view)), said.desk.categories))
    store.outbox.request(said.cause, said.speaker.platform, said.speaker.chat, day, view, said.speaker.thread)
    choices = ChoiceBlock(tuple(contents(text.digest, said.desk.categories)))
    return Reply([line(said.texts.digest_comes.format(date=day)), choices])


def _category(said: Said, digest: Digest, wanted: str) -> Reply:
    found = category_blocks(digest, said.desk.categories, wanted)
    if not found:
        there = {section.category for section in digest.sections}
        names = ", ".join(each.named(said.language) for each in said.desk.categories if each.name in there)
        return told(said.texts.no_such_section.format(names=names))
    place = getattr(found[0], "place", 0)
    ask = Choice(said.texts.ask_here, f"/ask {digest.date} {place}")
    return Reply([*found, ChoiceBlock((ask,))])


def _subscription(said: Said) -> View | None:
    known = said.store.subscriptions.of(said.speaker.platform, said.speaker.chat, said.speaker.thread)
    return known.view if known else None


def _asked(said: Said, language: str) -> tuple[str, date | None, str]:
    """(what is left of the line, the day asked for or the newest, its language)."""
    left: list[str] = []
    day: date | None = None
    newest = said.store.editions.newest(language)
    for word in said.words.split():
        found = _day(word, newest)
        if found and day is None:
            day = found
        elif day and len(word) == 2 and said.store.editions.text(day, word.casefold()):
            language = word.casefold()
        elif newest and len(word) == 2 and said.store.editions.text(newest, word.casefold()):
            language, newest = word.casefold(), said.store.editions.newest(word.casefold())
        else:
            left.append(word)
    return " ".join(left), day or newest, language


def _day(word: str, newest: date | None) -> date | None:
    """`2025-06-03`, `20250603` or `6/3` of the newest edition's year."""
    found = re.fullmatch(r"(?:(\d{4})[-./])?(\d{1,2})[-./](\d{1,2})|(\d{4})(\d\d)(\d\d)", word)
    if not found:
        return None
    year, month, day = found[1] or found[4], found[2] or found[5], found[3] or found[6]
    try:
        return date(int(year) if year else newest.year if newest else 0, int(month), int(day))
    except ValueError:
        return None


_COMMANDS: Mapping[str, Callable[[Said], Reply]] = {
    "/digest": _digest,
    "/help": _help,
    "/start": _start,
    "/subscribe": subscriptions.subscribe,
    "/unsubscribe": subscriptions.unsubscribe,
    "/settings": subscriptions.settings,
    "/language": subscriptions.language,
    "/test": subscriptions.preview,
    "/post": subscriptions.post_now,
    "/ask": questions.ask,
    "/again": questions.again,
    "/forget": questions.forget,
    "/approve": admin.approve,
    "/owner": admin.redeem,
    "/status": admin.status,
    "/repeat": admin.repeat,
}
_LINKED: Mapping[str, Callable[[Said], Reply]] = {
    "digest": _digest,
    "ask": questions.ask,
    "settings": subscriptions.settings,
}
"""What a deep link may say: nothing that changes anything by being opened."""
