"""A broadcast's time against the platform's minimum: `python -m tests.benchmarks.broadcast --chats 1000 --sections 8`.

Sends S messages to each of N chats of a server that enforces the platform's limits, through outbox, store and pacer as
the frontend runs them; a person asks for a digest in the meantime. Minimum: Telegram max(N·S/30, S-1) seconds, Discord
max(N·S/50, 5·⌊(S-1)/5⌋). For comparison, to `--beside` chats: concurrent sends with the library's own rate limiting.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import discord
from telegram import Bot
from telegram.error import TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from bot.delivery import outbox
from bot.delivery.pacing import Pacer
from bot.delivery.ports import Sender
from bot.discord.components import layout
from bot.discord.connector import bound_waits, client_options
from bot.discord.renderer import cards_of
from bot.discord.sender import DiscordSender
from bot.platforms import DISCORD, TELEGRAM
from bot.telegram.sender import TelegramSender
from tests.fakes import discord as fake_discord
from tests.fakes import telegram as fake_telegram
from tests.fakes.papers import paper
from tests.fakes.subscriptions import NewSubscription
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Content, Delivery, Message, View
from workers.domain.models import Digest, RankedPaper, Selection, SourceAnswer, SourceReport, Text
from workers.runtime.clock import SystemClock
from workers.store import Store, open_store

DAY = date(2025, 6, 3)
_PERSON = 999_999


class _PollingWakeup:
    """A wakeup without notifications: the outbox polls every 50 ms."""

    async def wait(self) -> None:
        await asyncio.sleep(0.05)


@dataclass(frozen=True)
class BroadcastResult:
    """Messages in the chats after the broadcast, in order of arrival: (chat, text, moment in seconds)."""

    posted: Sequence[tuple[int, str, float]]
    refusals: int


Broadcast = Callable[[Sender], Coroutine[Any, Any, tuple[float, float]]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--chats", type=int, default=100)
    parser.add_argument("--sections", type=int, default=8)
    parser.add_argument("--platform", choices=["telegram", "discord"], default="telegram")
    parser.add_argument("--beside", type=int, default=100, help="chats for the library's own way; 0 leaves it out")
    options = parser.parse_args()
    os.environ["PTB_TIMEDELTA"] = "1"
    ours, theirs = (_telegram, _gathered_telegram) if options.platform == "telegram" else (_discord, _gathered_discord)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(f"sqlite:///{folder}/store.db", SystemClock()) as store,
    ):
        _fill(store, options.platform, options.chats)

        async def run(sender: Sender) -> tuple[float, float]:
            return await _broadcast(store, options.platform, sender, options.sections)

        result, (taken_s, typed) = ours(options.chats, store, run)
        _print(options, result, options.chats, taken_s)
        first = next(at for chat, _, at in result.posted if chat == _PERSON)
        print(f"digest_asked_meanwhile_s: {first - typed:.2f}")
    if options.beside:
        result, taken_s = theirs(options.beside, options.sections)
        _print(options, result, options.beside, taken_s, "library_")


def _fill(store: Store, platform: str, chats: int) -> None:
    attempt, one = store.editions.claim(DAY), paper()
    assert attempt is not None
    answer = SourceAnswer(SourceReport("arxiv", "ok", 1))
    store.editions.close(DAY, attempt, Selection((one,), {}), [RankedPaper(1, one, "Robotics")], [answer])
    store.texts.save(DAY, Text(Digest(DAY.isoformat(), "ko", "제목", (), (), (), 1, 1, {}, ()), None))
    for chat in range(1, chats + 1):
        store.subscriptions.add(NewSubscription(ChatRef(platform, str(chat)), store.clock.now()))
    for each in store.subscriptions.due(store.clock.now()):
        store.subscriptions.deliver(each, [DAY], each.due_at, store.clock.now(), silent=False)


async def _broadcast(store: Store, platform: str, sender: Sender, sections: int) -> tuple[float, float]:
    """Returns (seconds of the broadcast, the moment at which a person requested a digest)."""
    rendered_ = [Message(_text(platform, n), (n,)) for n in range(sections)]

    def rendered(_content: Content, _delivery: Delivery) -> list[Message]:
        return rendered_

    started = time.monotonic()
    serve = asyncio.create_task(outbox.serve(store, platform, sender, rendered, _PollingWakeup()))
    await asyncio.sleep(2)
    typed = time.monotonic()
    store.outbox.request("request:1", ChatRef(platform, str(_PERSON)), DAY, View())
    while not await asyncio.to_thread(store.outbox.idle, platform):
        await asyncio.sleep(0.05)
    taken_s = time.monotonic() - started
    serve.cancel()
    await asyncio.gather(serve, return_exceptions=True)
    return taken_s, typed


def _text(platform: str, n: int) -> str:
    card = [{"text": f"section {n}", "choices": [["ask", "/ask"]]}]
    return f"section {n}" if platform == "telegram" else json.dumps(card)


def _telegram(chats: int, store: Store, run: Broadcast) -> tuple[BroadcastResult, tuple[float, float]]:
    async def scenario(server: fake_telegram.TelegramServer) -> tuple[float, float]:
        request = HTTPXRequest(connection_pool_size=64, pool_timeout=5)
        async with Bot(fake_telegram.TOKEN, base_url=f"{server.url}/bot", request=request) as bot:
            return await run(TelegramSender(bot, store, Pacer(TELEGRAM.limits)))

    with fake_telegram.serving(enforce=True) as server:
        for chat in (*range(1, chats + 1), _PERSON):
            server.room(chat, "private")
        figures = asyncio.run(scenario(server))
        return BroadcastResult([(each.chat, each.text, each.at) for each in server.posted], server.refusals), figures


def _discord(chats: int, store: Store, run: Broadcast) -> tuple[BroadcastResult, tuple[float, float]]:
    async def scenario() -> tuple[float, float]:
        async with discord.Client(intents=discord.Intents.none(), **client_options({})) as client:
            bound_waits(client)
            await client.login(fake_discord.TOKEN)
            await asyncio.sleep(1)  # the login's requests count against the limit of their second
            return await run(DiscordSender(client, store, Pacer(DISCORD.limits)))

    with fake_discord.serving(enforce=True, checked=False) as server:
        discord.http.Route.BASE = f"{server.url}/api/v10"
        for chat in (*range(1, chats + 1), _PERSON):
            server.room(chat)
        figures = asyncio.run(scenario())
        return BroadcastResult([(each.channel, each.text, each.at) for each in server.posted], server.refusals), figures


def _gathered_telegram(chats: int, sections: int) -> tuple[BroadcastResult, float]:
    """Sends each chat's messages in order, all chats concurrently, paced by AIORateLimiter."""

    async def scenario(server: fake_telegram.TelegramServer) -> float:
        request = HTTPXRequest(connection_pool_size=256, pool_timeout=60)
        limiter = AIORateLimiter(max_retries=5)
        base = f"{server.url}/bot"
        async with ExtBot(fake_telegram.TOKEN, base_url=base, request=request, rate_limiter=limiter) as bot:

            async def each(chat: int) -> None:
                for n in range(sections):
                    try:
                        await bot.send_message(chat, f"section {n}")
                    except TelegramError:
                        continue

            started = time.monotonic()
            await asyncio.gather(*(each(chat) for chat in range(1, chats + 1)))
            return time.monotonic() - started

    with fake_telegram.serving(enforce=True) as server:
        for chat in range(1, chats + 1):
            server.room(chat, "private")
        taken_s = asyncio.run(scenario(server))
        return BroadcastResult([(each.chat, each.text, each.at) for each in server.posted], server.refusals), taken_s


def _gathered_discord(chats: int, sections: int) -> tuple[BroadcastResult, float]:
    """Sends each channel's messages in order, all channels concurrently, paced by discord.py."""

    async def scenario() -> float:
        async with discord.Client(intents=discord.Intents.none()) as client:
            await client.login(fake_discord.TOKEN)

            async def each(chat: int) -> None:
                for n in range(sections):
                    view = layout(cards_of(Message(_text("discord", n))))
                    try:
                        mentions = discord.AllowedMentions.none()
                        await client.get_partial_messageable(chat).send(view=view, allowed_mentions=mentions)
                    except discord.HTTPException:
                        continue

            started = time.monotonic()
            await asyncio.gather(*(each(chat) for chat in range(1, chats + 1)))
            return time.monotonic() - started

    with fake_discord.serving(enforce=True, checked=False) as server:
        discord.http.Route.BASE = f"{server.url}/api/v10"
        for chat in range(1, chats + 1):
            server.room(chat)
        taken_s = asyncio.run(scenario())
        return BroadcastResult([(each.channel, each.text, each.at) for each in server.posted], server.refusals), taken_s


def _print(options: argparse.Namespace, result: BroadcastResult, chats: int, taken_s: float, name: str = "") -> None:
    sections = options.sections
    floor_s = max(chats * sections / 30, sections - 1)
    if options.platform == "discord":
        floor_s = max(chats * sections / 50, 5 * ((sections - 1) // 5))
    wanted = [f"section {n}" for n in range(sections)]
    posted = [each for each in result.posted if each[0] != _PERSON]
    in_chat: dict[int, list[str]] = {chat: [] for chat in range(1, chats + 1)}
    for chat, text, _ in posted:
        in_chat[chat].append(text)
    print(f"{name}seconds: {taken_s:.1f}")
    print(f"{name}floor: {floor_s:.1f}")
    print(f"{name}over_floor: {taken_s / floor_s:.3f}")
    print(f"{name}answers_429: {result.refusals}")
    print(f"{name}lost: {chats * sections - len(posted)}")
    print(f"{name}out_of_order: {sum(texts != wanted for texts in in_chat.values())}")
    print(f"{name}twice: {sum(count - 1 for count in Counter((chat, text) for chat, text, _ in posted).values())}")


if __name__ == "__main__":
    main()
