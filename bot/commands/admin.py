"""What owners alone may do: become one, let chats in, see how it stands, repeat what was lost."""

from collections.abc import Iterator

from bot.commands.context import CommandContext, Reply, text_block, text_reply
from workers.domain.blocks import ChoiceBlock
from workers.domain.deliveries import Choice, PartState
from workers.domain.errors import QueueDown
from workers.queue import WorkQueue
from workers.store.status import Overview, overview

_PAUSED_SHOWN = 10


def redeem(ctx: CommandContext) -> Reply:
    good = ctx.store.owners.redeem(ctx.text, ctx.actor.platform, ctx.actor.person)
    return text_reply(ctx.catalog.owner_now if good else ctx.catalog.code_is_wrong)


def approve(ctx: CommandContext) -> Reply:
    """`/approve telegram:-100`: let that chat have its digests."""
    if not ctx.is_owner:
        return text_reply(ctx.catalog.owners_only)
    platform, _, chat = ctx.text.partition(":")
    approved = ctx.store.subscriptions.approve(platform, chat, ctx.store.clock.now())
    return text_reply((ctx.catalog.approved if approved else ctx.catalog.nobody_waits).format(name=ctx.text))


def status(ctx: CommandContext) -> Reply:
    """Queue, last digest, deliveries, costs and chats that rest; and a choice where messages may be lost."""
    if not ctx.is_owner:
        return text_reply(ctx.catalog.owners_only)
    seen = overview(ctx.store.engine, limit=1)
    lost = sum(count for (_, state), count in seen.parts.items() if state == PartState.UNKNOWN)
    again = Choice(ctx.catalog.status_repeat.format(count=lost), "/repeat")
    return Reply([text_block("\n".join(_lines(ctx, seen))), *([ChoiceBlock((again,))] if lost else [])])


def repeat(ctx: CommandContext) -> Reply:
    """Send again what nobody knows to have arrived."""
    if not ctx.is_owner:
        return text_reply(ctx.catalog.owners_only)
    return text_reply(ctx.catalog.status_repeated.format(count=ctx.store.outbox.repeat_unknown()))


def _lines(ctx: CommandContext, seen: Overview) -> Iterator[str]:
    words = ctx.catalog.status
    yield words["queue"].format(state=_queue(ctx))
    newest = next(iter(seen.editions), None)
    made = words["made"].format(listed=newest.listed, collected=newest.collected) if newest else words["none"]
    yield words["edition"].format(day=newest.day if newest else "—", state=made)
    for source in seen.sources:
        yield words["source"].format(name=source.source, state=source.status, day=source.day)
    yield words["chats"].format(active=sum(seen.active.values()), paused=len(seen.paused))
    counted = ", ".join(f"{platform} {state} {count}" for (platform, state), count in sorted(seen.parts.items()))
    yield words["deliveries"].format(waiting=seen.open_deliveries, parts=counted or "—")
    cost = next(iter(ctx.store.model_calls.days()), None)
    if cost:
        use = cost.usage
        tokens = f"{use.input_tokens + use.output_tokens:,}"
        yield words["costs"].format(day=cost.day, calls=use.calls, tokens=tokens, usd=f"{use.cost_usd:.4f}")
    for platform, chat, reason in seen.paused[-_PAUSED_SHOWN:]:
        yield words["paused"].format(name=f"{platform}:{chat}", reason=reason)


def _queue(ctx: CommandContext) -> str:
    url = ctx.services.settings.queue.url
    if not url:
        return ctx.catalog.status["private"]
    queue = WorkQueue(url)
    try:
        waiting = sum(queue.waiting().values())
        return ctx.catalog.status["serving"].format(workers=queue.workers(), waiting=waiting)
    except QueueDown as error:
        return str(error)
