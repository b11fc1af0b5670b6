"""Questions on their way in: kept before anything is said, or politely refused."""

import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import date

from bot.commands.context import CommandContext, Reply, text_reply
from bot.presentation.blocks import category_blocks
from bot.presentation.keywords import hits, load_day_papers
from workers.domain.blocks import SectionBlock
from workers.domain.errors import QueueDown
from workers.domain.questions import PostedMessage, QuestionRequest

LONGEST = 2000
"""Characters of a question; what is longer is cut, for no question needs more."""


def question(ctx: CommandContext) -> Reply:
    """Keep the question; its answer comes by the outbox."""
    actor, store = ctx.actor, ctx.store
    limit = ctx.services.settings.questions.per_person_a_day
    today = store.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    if store.questions.asked_since(actor.platform, actor.person, today) >= limit:
        return text_reply(ctx.catalog.too_many_questions.format(count=limit))
    asked = QuestionRequest(
        actor.platform,
        actor.chat,
        actor.thread,
        actor.person,
        ctx.language,
        ctx.text[:LONGEST],
        ctx.message_id,
        _with_hits(ctx),
    )
    kept = store.questions.ask(ctx.idempotency_key or f"{actor.platform}:{uuid.uuid4()}", asked)
    if kept is not None and ctx.services.work:
        with suppress(QueueDown):  # the clock finds it and asks again
            ctx.services.work.ask_for_answer(kept, store.clock.now())
    return Reply()


def again(ctx: CommandContext) -> Reply:
    """`/again 12 7`: the question of that number once more, about the paper that its reader chose."""
    number, _, label = ctx.text.partition(" ")
    known = ctx.store.questions.get(int(number)) if number.isdigit() else None
    if known is None or known.asked.chat != ctx.actor.chat or not label:
        return Reply()
    marked = label if label.startswith("K") else f"[{label}]"
    return question(replace(ctx, text=f"{marked} {known.asked.text}", about=known.asked.about or ctx.about))


def _with_hits(ctx: CommandContext) -> PostedMessage | None:
    """The post that is asked about, with what K1, K2 … mean in this chat."""
    about, actor = ctx.about, ctx.actor
    known = ctx.store.subscriptions.of(actor.platform, actor.chat, actor.thread)
    if about is None or known is None or not known.view.include:
        return about
    day_papers = load_day_papers(ctx.store, about.day, known.view)
    found = hits(known.view, day_papers, ()) if day_papers else []
    keyed = tuple((hit.label, hit.url.rpartition("/")[2]) for hit in found if "arxiv.org/abs/" in hit.url)
    return replace(about, keyed=keyed)


def ask(ctx: CommandContext) -> Reply:
    """`/ask QUESTION`; `/ask 2025-06-03 3 QUESTION` about one section, as buttons say it; without one, a prompt."""
    about, name, words = _about(ctx)
    if words:
        return question(replace(ctx, text=words, about=about))
    prompt = ctx.catalog.ask_about.format(name=name) if name else ctx.catalog.question_of
    return Reply(text_reply(prompt).blocks, expects=f"/ask {ctx.text}".strip())


def forget(ctx: CommandContext) -> Reply:
    """Delete what this person asked, and our answers, from the store."""
    count = ctx.store.questions.forget(ctx.actor.platform, ctx.actor.person)
    return text_reply(ctx.catalog.forgotten.format(count=count))


def _about(ctx: CommandContext) -> tuple[PostedMessage | None, str, str]:
    """(the section named by day and place, what it is called, the words after that)."""
    parts = ctx.text.split(" ", 2)
    if len(parts) >= 2 and len(parts[0]) == 10 and parts[1].isdigit():
        try:
            day = date.fromisoformat(parts[0])
        except ValueError:
            return ctx.about, "", ctx.text
        written = ctx.store.editions.languages(day)
        language = ctx.language if ctx.language in written else next(iter(written), ctx.language)
        text = ctx.store.editions.text(day, language)
        found = category_blocks(text.digest, ctx.services.categories, parts[1]) if text else []
        if found and isinstance(found[0], SectionBlock):
            block = found[0]
            numbers = tuple(paper.n for paper in block.papers)
            words = parts[2] if len(parts) > 2 else ""
            return PostedMessage(day, language, numbers), f"{block.emoji} {block.name}", words
    return ctx.about, "", ctx.text
