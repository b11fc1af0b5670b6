"""Commands, once for all platforms: takes the line that a person typed or pressed, returns a reply of blocks."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from bot.commands import admin, questions, subscriptions
from bot.commands.context import CommandContext, Reply, Services, spaced, text_block, text_reply
from bot.commands.permissions import Actor
from bot.presentation.blocks import blocks, category_blocks, contents
from bot.presentation.keywords import load_day_papers
from bot.presentation.narrow import narrowed
from workers.domain.blocks import ChoiceBlock
from workers.domain.deliveries import Choice, View
from workers.domain.models import Digest
from workers.domain.questions import PostedMessage
from workers.text.clean import fold


def answer(
    line: str,
    actor: Actor,
    language: str,
    services: Services,
    idempotency_key: str = "",
    message_id: str | None = None,
    about: PostedMessage | None = None,
) -> Reply:
    """Run one line, which is a command or a question, and return the reply. See `CommandContext` for the arguments.

    Any white space separates a command from its arguments: a line break, a tab, a full-width space. Characters that a
    database cannot store are left out or replaced; a question keeps its line breaks.
    """
    lines = [fold(each) for each in line.splitlines()]
    text = spaced(" ".join(lines)) if line.lstrip().startswith("/") else "\n".join(lines).strip()
    ctx = CommandContext(text, actor, language, services, idempotency_key, message_id, about)
    limiter = services.rate_limiter
    if idempotency_key and not limiter.hit(actor.chat, actor.person):
        warn = limiter.should_warn(actor.chat, actor.person)
        return text_reply(ctx.catalog.too_many.format(count=limiter.a_minute)) if warn else Reply()
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
    end = f"\n{ctx.catalog.terminal_help}" if ctx.services.can_quit else ""
    return text_reply(ctx.catalog.help + end)


def _start(ctx: CommandContext) -> Reply:
    """`/start`: the help, or the command of a deep link, e.g. `digest_2025-06-03_3`."""
    word, _, rest = ctx.text.replace("_", " ").partition(" ")
    linked = _LINKED.get(word)
    return linked(replace(ctx, text=rest)) if linked else _help(ctx)


def _digest(ctx: CommandContext) -> Reply:
    """`/digest`: post an edition to this chat now, in the chat's view, or show one category of it. It makes none."""
    store, subscription = ctx.store, ctx.store.subscriptions.of(ctx.actor.chat)
    view = subscription.view if subscription else View(ctx.language, place=ctx.actor.place)
    wanted = _parse_digest(ctx, view.language)
    day, language = wanted.day, wanted.language
    if day is None:
        return text_reply(ctx.catalog.no_digest)
    text = store.texts.get(day, language) if store.editions.is_available(day) else None
    if text is None:
        return text_reply(ctx.catalog.no_digest_of.format(date=day))
    if wanted.category:
        return _category(ctx, text.digest, wanted.category)
    view = replace(view, language=language)
    if not ctx.idempotency_key:
        seen = narrowed(text.digest, view, load_day_papers(store, day, view))
        return Reply(blocks(seen, ctx.services.categories, text.digest))
    store.outbox.request(ctx.idempotency_key, ctx.actor.chat, day, view)
    choices = ChoiceBlock(tuple(contents(text.digest, ctx.services.categories)))
    return Reply([text_block(ctx.catalog.digest_comes.format(date=day)), choices])


def _category(ctx: CommandContext, digest: Digest, category: str) -> Reply:
    found = category_blocks(digest, ctx.services.categories, category)
    if not found:
        present = {section.category for section in digest.sections}
        names = ", ".join(known.named(ctx.language) for known in ctx.services.categories if known.name in present)
        return text_reply(ctx.catalog.no_such_section.format(names=names))
    place = getattr(found[0], "place", 0)
    ask = Choice(ctx.catalog.ask_here, f"/ask {digest.date} {place}")
    return Reply([*found, ChoiceBlock((ask,))])


@dataclass(frozen=True, slots=True)
class _WantedDigest:
    """The arguments of `/digest`. `day` is the newest edition's by default; None if there is none in `language`."""

    category: str
    day: date | None
    language: str


def _parse_digest(ctx: CommandContext, language: str) -> _WantedDigest:
    """A day, a language that the edition has, and a category, in any order; each may be missing."""
    category: list[str] = []
    day: date | None = None
    newest = ctx.store.texts.newest(language)
    for word in ctx.text.split():
        found = _day(word, newest)
        if found and day is None:
            day = found
        elif day and len(word) == 2 and ctx.store.texts.get(day, word.casefold()):
            language = word.casefold()
        elif newest and len(word) == 2 and ctx.store.texts.get(newest, word.casefold()):
            language, newest = word.casefold(), ctx.store.texts.newest(word.casefold())
        else:
            category.append(word)
    return _WantedDigest(" ".join(category), day or newest, language)


def _day(word: str, newest: date | None) -> date | None:
    """Parse `2025-06-03`, `20250603`, or `6/3` in the newest edition's year; None for anything else."""
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
"""Commands that a deep link may run: opening a link must change nothing."""
