"""What people may say to a bot, once for all frontends: a line comes in, a reply of blocks goes out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from bot.commands import admin, questions, subscriptions
from bot.commands.context import CommandContext, Reply, Services, text_block, text_reply
from bot.commands.permissions import Actor
from bot.presentation.blocks import blocks, category_blocks, contents, narrowed
from bot.presentation.keywords import load_day_papers
from workers.domain.blocks import ChoiceBlock
from workers.domain.deliveries import Choice, View
from workers.domain.models import Digest
from workers.domain.questions import PostedMessage


def answer(
    words: str,
    actor: Actor,
    language: str,
    services: Services,
    idempotency_key: str = "",
    message_id: str | None = None,
    about: PostedMessage | None = None,
) -> Reply:
    """The reply to one line a reader typed or pressed: a command, or a question. See `CommandContext`."""
    ctx = CommandContext(words.strip(), actor, language, services, idempotency_key, message_id, about)
    if idempotency_key and not services.rate_limiter.allows(actor.platform, actor.person, actor.chat):
        tells = services.rate_limiter.tells(actor.platform, actor.person)
        return text_reply(ctx.catalog.too_many.format(count=services.rate_limiter.a_minute)) if tells else Reply()
    word, _, rest = ctx.text.partition(" ")
    command = _COMMANDS.get(word.casefold())
    if command:
        return command(replace(ctx, text=rest.strip()))
    match word.casefold():
        case "":
            return Reply()
        case "/quit" | "/exit":
            return Reply([text_block(ctx.catalog.goodbye)], ends=True)
        case unknown if unknown.startswith("/"):
            return text_reply(ctx.catalog.unknown_command)
        case _:
            return questions.question(ctx)


def _help(ctx: CommandContext) -> Reply:
    end = f"\n{ctx.catalog.terminal_help}" if ctx.actor.platform == "terminal" else ""
    return text_reply(ctx.catalog.help + end)


def _start(ctx: CommandContext) -> Reply:
    """The line that a deep link carries (`digest_2025-06-03_3`), or the help."""
    word, _, rest = ctx.text.replace("_", " ").partition(" ")
    linked = _LINKED.get(word)
    return linked(replace(ctx, text=rest)) if linked else _help(ctx)


def _digest(ctx: CommandContext) -> Reply:
    """An edition in this chat now, as the chat sees them, or one category of it; it never makes one."""
    store, subscription = ctx.store, _subscription(ctx)
    view = subscription if subscription else View(ctx.language, place=ctx.actor.place)
    words, day, language = _asked(ctx, view.language)
    if day is None:
        return text_reply(ctx.catalog.no_digest)
    text = store.editions.text(day, language) if store.editions.stands(day) else None
    if text is None:
        return text_reply(ctx.catalog.no_digest_of.format(date=day))
    if words:
        return _category(ctx, text.digest, words)
    view = replace(view, language=language)
    if not ctx.idempotency_key:
        return Reply(blocks(narrowed(text.digest, view, load_day_papers(store, day, view)), ctx.services.categories))
    store.outbox.request(ctx.idempotency_key, ctx.actor.platform, ctx.actor.chat, day, view, ctx.actor.thread)
    choices = ChoiceBlock(tuple(contents(text.digest, ctx.services.categories)))
    return Reply([text_block(ctx.catalog.digest_comes.format(date=day)), choices])


def _category(ctx: CommandContext, digest: Digest, wanted: str) -> Reply:
    found = category_blocks(digest, ctx.services.categories, wanted)
    if not found:
        there = {section.category for section in digest.sections}
        names = ", ".join(each.named(ctx.language) for each in ctx.services.categories if each.name in there)
        return text_reply(ctx.catalog.no_such_section.format(names=names))
    place = getattr(found[0], "place", 0)
    ask = Choice(ctx.catalog.ask_here, f"/ask {digest.date} {place}")
    return Reply([*found, ChoiceBlock((ask,))])


def _subscription(ctx: CommandContext) -> View | None:
    known = ctx.store.subscriptions.of(ctx.actor.platform, ctx.actor.chat, ctx.actor.thread)
    return known.view if known else None


def _asked(ctx: CommandContext, language: str) -> tuple[str, date | None, str]:
    """(what is left of the line, the day asked for or the newest, its language)."""
    left: list[str] = []
    day: date | None = None
    newest = ctx.store.editions.newest(language)
    for word in ctx.text.split():
        found = _day(word, newest)
        if found and day is None:
            day = found
        elif day and len(word) == 2 and ctx.store.editions.text(day, word.casefold()):
            language = word.casefold()
        elif newest and len(word) == 2 and ctx.store.editions.text(newest, word.casefold()):
            language, newest = word.casefold(), ctx.store.editions.newest(word.casefold())
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


_COMMANDS: Mapping[str, Callable[[CommandContext], Reply]] = {
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
_LINKED: Mapping[str, Callable[[CommandContext], Reply]] = {
    "digest": _digest,
    "ask": questions.ask,
    "settings": subscriptions.settings,
}
"""What a deep link may say: nothing that changes anything by being opened."""
