"""What every frontend must know of a chat before it answers: its language, and who may change its subscription."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.commands.context import Services
from bot.commands.permissions import Actor
from bot.commands.subscriptions import target
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Subscription


def chat_language(services: Services, chat: ChatRef, spoken: str = "") -> str:
    """The language of the chat's subscription, else `spoken` if known, else the digest's."""
    subscriptions = services.store.subscriptions
    known = subscriptions.of(chat) or next(iter(subscriptions.of_chat(chat)), None)
    return known.view.language if known else spoken or services.settings.digest.language


async def actor_about(
    command: str,
    actor: Actor,
    services: Services,
    elsewhere: Callable[[Subscription], Awaitable[Actor | None]],
) -> Actor:
    """`actor` as the command's subject has it: a command may name the subscription of another chat.

    `elsewhere` gives the actor about that chat, None if the person may not manage it; then the actor may not either.
    """
    number = target(command)
    if number is None:
        return actor
    subscription = await asyncio.to_thread(services.store.subscriptions.get, number)
    if subscription is None or subscription.chat.platform != actor.chat.platform:
        return actor
    if subscription.chat.whole == actor.chat.whole:
        return actor
    allowed = await elsewhere(subscription)
    return allowed or replace(actor, chat=subscription.chat, manages=False, elsewhere=True)
