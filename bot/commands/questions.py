"""Commands that ask a question: it is stored before the reader gets any reply, or refused over the daily limit."""

import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from bot.commands.context import CommandContext, Reply, text_reply
from bot.presentation.blocks import category_blocks
from bot.presentation.keywords import hits, load_day_papers
from workers.domain.blocks import SectionBlock
from workers.domain.errors import QueueDown, TooManyQuestions
from workers.domain.questions import PostedMessage, QuestionCaps, QuestionRequest

LONGEST = 2000
"""Characters of a question; a longer one is cut."""


def question(ctx: CommandContext) -> Reply:
    """Store the question and queue it. The outbox sends the answer, so the reply is empty."""
    actor, store = ctx.actor, ctx.store
    limits = ctx.services.settings.questions
    caps = QuestionCaps(limits.per_person_a_day, limits.per_chat_a_day, limits.all_a_day)
    text, about = ctx.text[:LONGEST], _with_hits(ctx)
    request = QuestionRequest(actor.chat, actor.person, ctx.language, text, ctx.message_id, about)
    key = ctx.idempotency_key or f"{actor.chat.platform}:{uuid.uuid4()}"
    try:
        question_id = store.questions.ask(key, request, caps)
    except TooManyQuestions as error:
        return text_reply(ctx.catalog.too_many_questions[error.whose].format(count=error.cap))
    if question_id is not None and ctx.services.work:
        with suppress(QueueDown):  # the scheduler will queue it
            ctx.services.work.ask_for_answer(question_id, store.clock.now())
    return Reply()


def again(ctx: CommandContext) -> Reply:
    """`/again 12 7`: ask question 12 again, about paper 7, which the reader chose from a list."""
    number, _, label = ctx.text.partition(" ")
    known = ctx.store.questions.get(int(number)) if number.isdigit() else None
    if known is None or known.asked.chat.whole != ctx.actor.chat.whole or not label:
        return Reply()
    marked = label if label.startswith("K") else f"[{label}]"
    return question(replace(ctx, text=f"{marked} {known.asked.text}", about=known.asked.about or ctx.about))


def _with_hits(ctx: CommandContext) -> PostedMessage | None:
    """The posted message that the question is about, with the papers that K1, K2 … are in this chat."""
    about, known = ctx.about, ctx.store.subscriptions.of(ctx.actor.chat)
    if about is None or known is None or not known.view.include:
        return about
    day_papers = load_day_papers(ctx.store, about.day, known.view)
    found = hits(known.view, day_papers, ()) if day_papers else []
    keyed = tuple((hit.label, hit.url.rpartition("/")[2]) for hit in found if "arxiv.org/abs/" in hit.url)
    return replace(about, keyed=keyed)


def ask(ctx: CommandContext) -> Reply:
    """`/ask QUESTION`; or `/ask 2025-06-03 3 QUESTION` about a section, as buttons do. Without QUESTION: a prompt."""
    asked = _parse_ask(ctx)
    if asked.question:
        return question(replace(ctx, text=asked.question, about=asked.about))
    prompt = ctx.catalog.ask_about.format(name=asked.section) if asked.section else ctx.catalog.question_of
    return Reply(text_reply(prompt).blocks, expects=f"/ask {ctx.text}".strip())


def forget(ctx: CommandContext) -> Reply:
    """`/forget`: delete this person's questions and their answers from the store."""
    count = ctx.store.questions.forget(ctx.actor.chat.platform, ctx.actor.person)
    return text_reply(ctx.catalog.forgotten.format(count=count))


@dataclass(frozen=True, slots=True)
class _Ask:
    """The arguments of `/ask`: the question, what it is about, and the title of the section that was named, if any."""

    question: str
    about: PostedMessage | None
    section: str = ""


def _parse_ask(ctx: CommandContext) -> _Ask:
    unnamed = _Ask(ctx.text, ctx.about)
    parts = ctx.text.split(" ", 2)
    if len(parts) >= 2 and len(parts[0]) == 10 and parts[1].isdigit():
        try:
            day = date.fromisoformat(parts[0])
        except ValueError:
            return unnamed
        written = ctx.store.texts.languages(day)
        language = ctx.language if ctx.language in written else next(iter(written), ctx.language)
        text = ctx.store.texts.get(day, language)
        found = category_blocks(text.digest, ctx.services.categories, parts[1]) if text else []
        if found and isinstance(found[0], SectionBlock):
            block = found[0]
            numbers = tuple(paper.n for paper in block.papers)
            words = parts[2] if len(parts) > 2 else ""
            return _Ask(words, PostedMessage(day, language, numbers), f"{block.emoji} {block.name}")
    return unnamed
