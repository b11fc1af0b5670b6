"""What owners alone may do: become one, let chats in, see how it stands, repeat what was lost."""

from collections.abc import Iterator

from bot.commands.context import Reply, Said, line, told
from workers.domain.blocks import ChoiceBlock
from workers.domain.deliveries import UNKNOWN, Choice
from workers.domain.errors import QueueDown
from workers.queue import WorkQueue
from workers.store.status import Overview, overview

_PAUSED_SHOWN = 10


def redeem(said: Said) -> Reply:
    good = said.store.owners.redeem(said.words, said.speaker.platform, said.speaker.person)
    return told(said.texts.owner_now if good else said.texts.code_is_wrong)


def approve(said: Said) -> Reply:
    """`/approve telegram:-100`: let that chat have its digests."""
    if not said.from_owner:
        return told(said.texts.owners_only)
    platform, _, chat = said.words.partition(":")
    approved = said.store.subscriptions.approve(platform, chat, said.store.clock.now())
    return told((said.texts.approved if approved else said.texts.nobody_waits).format(name=said.words))


def status(said: Said) -> Reply:
    """Queue, last digest, deliveries, costs and chats that rest; and a choice where messages may be lost."""
    if not said.from_owner:
        return told(said.texts.owners_only)
    seen = overview(said.store.engine, most=1)
    lost = sum(count for (_, state), count in seen.parts.items() if state == UNKNOWN)
    again = Choice(said.texts.status_repeat.format(count=lost), "/repeat")
    return Reply([line("\n".join(_lines(said, seen))), *([ChoiceBlock((again,))] if lost else [])])


def repeat(said: Said) -> Reply:
    """Send again what nobody knows to have arrived."""
    if not said.from_owner:
        return told(said.texts.owners_only)
    return told(said.texts.status_repeated.format(count=said.store.outbox.repeat_unknown()))


def _lines(said: Said, seen: Overview) -> Iterator[str]:
    words = said.texts.status
    yield words["queue"].format(state=_queue(said))
    newest = next(iter(seen.editions), None)
    made = words["made"].format(listed=newest.listed, collected=newest.collected) if newest else words["none"]
    yield words["edition"].format(day=newest.day if newest else "—", state=made)
    for source in seen.sources:
        yield words["source"].format(name=source.source, state=source.status, day=source.day)
    yield words["chats"].format(active=sum(seen.active.values()), paused=len(seen.paused))
    counted = ", ".join(f"{platform} {state} {count}" for (platform, state), count in sorted(seen.parts.items()))
    yield words["deliveries"].format(waiting=seen.open_deliveries, parts=counted or "—")
    cost = next(iter(said.store.model_calls.days()), None)
    if cost:
        use = cost.usage
        tokens = f"{use.input_tokens + use.output_tokens:,}"
        yield words["costs"].format(day=cost.day, calls=use.calls, tokens=tokens, usd=f"{use.cost_usd:.4f}")
    for platform, chat, reason in seen.paused[-_PAUSED_SHOWN:]:
        yield words["paused"].format(name=f"{platform}:{chat}", reason=reason)


def _queue(said: Said) -> str:
    url = said.desk.settings.queue.url
    if not url:
        return said.texts.status["private"]
    queue = WorkQueue(url)
    try:
        waiting = sum(queue.waiting().values())
        return said.texts.status["serving"].format(workers=queue.workers(), waiting=waiting)
    except QueueDown as error:
        return str(error)
