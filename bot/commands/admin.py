"""Commands of owners: become one, approve chats, see the status, send unknown message parts again."""

from collections.abc import Iterator

from bot.commands.context import CommandContext, Reply, text_block, text_reply
from workers.domain.blocks import ChoiceBlock
from workers.domain.chats import ChatRef
from workers.domain.completions import Usage
from workers.domain.deliveries import Choice, PartState
from workers.domain.errors import QueueDown
from workers.i18n.lines import unit_name
from workers.queue import WorkQueue
from workers.store.status import Overview, overview

_PAUSED_SHOWN = 10
"""How many paused chats the status lists, the newest."""


def redeem(ctx: CommandContext) -> Reply:
    """`/owner K7QM-2ZPA`: become an owner by a one-time code."""
    valid = ctx.store.owners.redeem(ctx.text, ctx.actor.chat.platform, ctx.actor.person)
    return text_reply(ctx.catalog.owner_now if valid else ctx.catalog.code_is_wrong)


def approve(ctx: CommandContext) -> Reply:
    """`/approve telegram:-100`: let that chat get digests."""
    if not ctx.is_owner:
        return text_reply(ctx.catalog.owners_only)
    platform, _, chat = ctx.text.partition(":")
    approved = ctx.store.subscriptions.approve_chat(ChatRef(platform, chat), ctx.store.clock.now())
    return text_reply((ctx.catalog.approved if approved else ctx.catalog.nobody_waits).format(name=ctx.text))


def status(ctx: CommandContext) -> Reply:
    """Queue, last digest, deliveries, costs and paused chats; with a button if messages may be lost."""
    if not ctx.is_owner:
        return text_reply(ctx.catalog.owners_only)
    current = overview(ctx.store, limit=1)
    unknown = sum(parts.count for parts in current.parts if parts.state == PartState.UNKNOWN)
    again = Choice(ctx.catalog.status_repeat.format(count=unknown), "/repeat")
    return Reply([text_block("\n".join(_lines(ctx, current))), *([ChoiceBlock((again,))] if unknown else [])])


def repeat(ctx: CommandContext) -> Reply:
    """Send the message parts again of which it is unknown whether they arrived."""
    if not ctx.is_owner:
        return text_reply(ctx.catalog.owners_only)
    return text_reply(ctx.catalog.status_repeated.format(count=ctx.store.outbox.repeat_unknown()))


def _lines(ctx: CommandContext, current: Overview) -> Iterator[str]:
    catalog = ctx.catalog.status
    yield catalog["queue"].format(state=_queue(ctx))
    newest = next(iter(current.editions), None)
    made = catalog["made"].format(listed=newest.listed, collected=newest.collected) if newest else catalog["none"]
    yield catalog["edition"].format(day=newest.day if newest else "—", state=made)
    for source in current.sources:
        yield catalog["source"].format(name=source.source, state=source.status, day=source.day)
    yield catalog["chats"].format(active=sum(current.active.values()), paused=len(current.paused))
    counts = ", ".join(f"{parts.platform} {parts.state} {parts.count}" for parts in current.parts)
    yield catalog["deliveries"].format(waiting=current.open_deliveries, parts=counts or "—")
    if current.uses:
        use, day = sum((each.usage for each in current.uses), Usage()), current.uses[0].day
        yield catalog["costs"].format(day=day, calls=use.calls, tokens=f"{use.tokens:,}", usd=f"{use.cost_usd:.4f}")
    if failed := current.model_failure:
        at = f"{failed.last_at:%Y-%m-%d %H:%M} UTC"
        yield catalog["model_failed"].format(name=failed.unit.about, at=at, reason=failed.reason)
    for paused in current.paused[-_PAUSED_SHOWN:]:
        yield catalog["paused"].format(name=str(paused.chat), reason=paused.reason)
    for failure in current.failures:
        line = catalog["given_up" if failure.given_up else "retried"]
        yield line.format(unit=unit_name(failure.unit, ctx.language), reason=failure.reason)
    if current.more_failures:
        yield catalog["more"].format(count=current.more_failures)


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
