"""Questions on their way in: kept before anything is said, or politely refused."""

import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import date

from bot.commands.context import Reply, Said, told
from bot.presentation.blocks import category_blocks
from bot.presentation.keywords import hits, pool_of
from workers.domain.blocks import SectionBlock
from workers.domain.errors import QueueDown
from workers.domain.questions import Asked, Post

LONGEST = 2000
"""Characters of a question; what is longer is cut, for no question needs more."""


def question(said: Said) -> Reply:
    """Keep the question; its answer comes by the outbox."""
    speaker, store = said.speaker, said.store
    most = said.desk.settings.questions.per_person_a_day
    today = store.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    if store.questions.asked_since(speaker.platform, speaker.person, today) >= most:
        return told(said.texts.too_many_questions.format(count=most))
    asked = Asked(
        speaker.platform,
        speaker.chat,
        speaker.thread,
        speaker.person,
        said.language,
        said.words[:LONGEST],
        said.message_id,
        _with_hits(said),
    )
    kept = store.questions.ask(said.cause or f"{speaker.platform}:{uuid.uuid4()}", asked)
    if kept is not None and said.desk.work:
        with suppress(QueueDown):  # the clock finds it and asks again
            said.desk.work.ask_for_answer(kept, store.clock.now())
    return Reply()


def again(said: Said) -> Reply:
    """`/again 12 7`: the question of that number once more, about the paper that its reader chose."""
    number, _, label = said.words.partition(" ")
    known = said.store.questions.get(int(number)) if number.isdigit() else None
    if known is None or known.asked.chat != said.speaker.chat or not label:
        return Reply()
    marked = label if label.startswith("K") else f"[{label}]"
    return question(replace(said, words=f"{marked} {known.asked.text}", post=known.asked.post or said.post))


def _with_hits(said: Said) -> Post | None:
    """The post that is asked about, with what K1, K2 … mean in this chat."""
    post, speaker = said.post, said.speaker
    known = said.store.subscriptions.of(speaker.platform, speaker.chat, speaker.thread)
    if post is None or known is None or not known.view.wanted:
        return post
    pool = pool_of(said.store, post.day, known.view)
    found = hits(known.view, pool, ()) if pool else []
    keyed = tuple((hit.label, hit.url.rpartition("/")[2]) for hit in found if "arxiv.org/abs/" in hit.url)
    return replace(post, keyed=keyed)


def ask(said: Said) -> Reply:
    """`/ask QUESTION`; `/ask 2025-06-03 3 QUESTION` about one section, as buttons say it; without one, a prompt."""
    post, name, words = _about(said)
    if words:
        return question(replace(said, words=words, post=post))
    prompt = said.texts.ask_about.format(name=name) if name else said.texts.question_of
    return Reply(told(prompt).blocks, expects=f"/ask {said.words}".strip())


def forget(said: Said) -> Reply:
    """Delete what this person asked, and our answers, from the store."""
    count = said.store.questions.forget(said.speaker.platform, said.speaker.person)
    return told(said.texts.forgotten.format(count=count))


def _about(said: Said) -> tuple[Post | None, str, str]:
    """(the section named by day and place, what it is called, the words after that)."""
    parts = said.words.split(" ", 2)
    if len(parts) >= 2 and len(parts[0]) == 10 and parts[1].isdigit():
        try:
            day = date.fromisoformat(parts[0])
        except ValueError:
            return said.post, "", said.words
        written = said.store.editions.languages(day)
        language = said.language if said.language in written else next(iter(written), said.language)
        text = said.store.editions.text(day, language)
        found = category_blocks(text.digest, said.desk.categories, parts[1]) if text else []
        if found and isinstance(found[0], SectionBlock):
            block = found[0]
            numbers = tuple(paper.n for paper in block.papers)
            words = parts[2] if len(parts) > 2 else ""
            return Post(day, language, numbers), f"{block.emoji} {block.name}", words
    return said.post, "", said.words
