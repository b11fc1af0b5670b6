"""How near a broadcast comes to the platform's floor: `python -m tests.benchmarks.broadcast --chats 1000 --sections 8`.

S messages to each of N chats over a server that enforces Telegram's limits (about 30 a second, short bursts to a chat),
through outbox, store and pacer as the frontend runs them; a person asks for a digest in the middle. The floor is
max(N·S/30, S-1) seconds. Beside it, to `--beside` chats: python-telegram-bot's own AIORateLimiter with gathered sends.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from datetime import date

from telegram import Bot
from telegram.error import TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from bot import outbox
from bot.outbox import Content
from bot.pacing import TELEGRAM, Pacer
from bot.telegram.send import PLATFORM, TelegramSender
from tests.fakes.papers import paper
from tests.fakes.telegram import TOKEN, TelegramServer, serving
from workers.domain.deliveries import Delivery, Message, Subscription, View
from workers.domain.models import Collected, Digest, Placed, Selection, SourceReport, Text
from workers.store import Store, open_store
from workers.store.subscriptions import Wanted
from workers.system import SystemClock

DAY = date(2025, 6, 3)
_PERSON = 999_999


class _Bell:
    """Nobody rings: a look every 50 ms."""

    async def rung(self) -> None:
        await asyncio.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--chats", type=int, default=100)
    parser.add_argument("--sections", type=int, default=8)
    parser.add_argument("--platform", choices=["telegram"], default="telegram")
    parser.add_argument("--beside", type=int, default=100, help="chats for AIORateLimiter; 0 leaves it out")
    asked = parser.parse_args()
    os.environ["PTB_TIMEDELTA"] = "1"
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(f"sqlite:///{folder}/store.db", SystemClock()) as store,
        serving(enforce=True) as server,
    ):
        _fill(store, server, asked.chats)
        taken_s, typed_s = asyncio.run(_broadcast(store, server, asked.sections))
        _print(server, asked.chats, asked.sections, taken_s)
        print(f"digest_asked_meanwhile_s: {typed_s:.2f}")
    if asked.beside:
        with serving(enforce=True) as server:
            taken_s = asyncio.run(_beside(server, asked.beside, asked.sections))
            _print(server, asked.beside, asked.sections, taken_s, "aioratelimiter_")


def _fill(store: Store, server: TelegramServer, chats: int) -> None:
    attempt, one = store.editions.claim(DAY), paper()
    assert attempt is not None
    answer = Collected(SourceReport("arxiv", "ok", 1))
    store.editions.close(DAY, attempt, Selection((one,), {}), [Placed(1, one, "Robotics")], [answer])
    store.editions.save_text(DAY, Text(Digest(DAY.isoformat(), "ko", "제목", (), (), (), 1, 1, {}, ()), None))
    server.room(_PERSON, "private")
    for chat in range(1, chats + 1):
        server.room(chat, "private")
        store.subscriptions.add(Wanted(PLATFORM, str(chat), store.clock.now()))
    due: list[Subscription] = store.subscriptions.due(store.clock.now())
    for each in due:
        store.subscriptions.deliver(each, [DAY], each.due_at, store.clock.now(), silent=False)


async def _broadcast(store: Store, server: TelegramServer, sections: int) -> tuple[float, float]:
    """(seconds of the broadcast, seconds until the digest that somebody asks for in its middle begins)."""

    def rendered(_content: Content, _delivery: Delivery) -> list[Message]:
        return [Message(f"section {n}", (n,)) for n in range(sections)]

    request = HTTPXRequest(connection_pool_size=64, pool_timeout=5)
    async with Bot(TOKEN, base_url=f"{server.url}/bot", request=request) as bot:
        sender = TelegramSender(bot, store, Pacer(TELEGRAM))
        started = time.monotonic()
        serve = asyncio.create_task(outbox.serve(store, PLATFORM, sender, rendered, _Bell()))
        await asyncio.sleep(2)
        typed = time.monotonic()
        store.outbox.request("request:1", PLATFORM, str(_PERSON), DAY, View())
        while not await asyncio.to_thread(store.outbox.idle, PLATFORM):
            await asyncio.sleep(0.05)
        taken_s = time.monotonic() - started
        serve.cancel()
        await asyncio.gather(serve, return_exceptions=True)
    answered = next(each.at for each in server.posted if each.chat == _PERSON)
    return taken_s, answered - typed


async def _beside(server: TelegramServer, chats: int, sections: int) -> float:
    """Each chat's messages one after the other, all chats at once, as the library's own limiter lets them go."""
    for chat in range(1, chats + 1):
        server.room(chat, "private")
    request = HTTPXRequest(connection_pool_size=256, pool_timeout=60)
    limiter = AIORateLimiter(max_retries=5)
    async with ExtBot(TOKEN, base_url=f"{server.url}/bot", request=request, rate_limiter=limiter) as bot:

        async def each(chat: int) -> None:
            for n in range(sections):
                try:
                    await bot.send_message(chat, f"section {n}")
                except TelegramError:
                    continue

        started = time.monotonic()
        await asyncio.gather(*(each(chat) for chat in range(1, chats + 1)))
        return time.monotonic() - started


def _print(server: TelegramServer, chats: int, sections: int, taken_s: float, name: str = "") -> None:
    floor_s = max(chats * sections / 30, sections - 1)
    wanted = [f"section {n}" for n in range(sections)]
    posted = [each for each in server.posted if each.chat != _PERSON]
    print(f"{name}seconds: {taken_s:.1f}")
    print(f"{name}floor: {floor_s:.1f}")
    print(f"{name}over_floor: {taken_s / floor_s:.3f}")
    print(f"{name}answers_429: {server.refusals}")
    print(f"{name}lost: {chats * sections - len(posted)}")
    print(f"{name}out_of_order: {sum(server.texts(chat) != wanted for chat in range(1, chats + 1))}")
    print(f"{name}twice: {sum(count - 1 for count in Counter((each.chat, each.text) for each in posted).values())}")


if __name__ == "__main__":
    main()
