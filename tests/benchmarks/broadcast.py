"""How near a broadcast comes to the platform's floor: `python -m tests.benchmarks.broadcast --chats 1000 --sections 8`.

S messages to each of N chats over a server that enforces Telegram's limits (about 30 a second, short bursts to a chat),
through outbox, store and pacer as the frontend runs them. The floor is max(N·S/30, S-1) seconds.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from datetime import date

from telegram import Bot
from telegram.request import HTTPXRequest

from bot.outbox import deliver_all
from bot.pacing import BROADCAST, TELEGRAM, Pacer
from bot.telegram.send import PLATFORM, TelegramSender
from tests.fakes.papers import paper
from tests.fakes.telegram import TOKEN, TelegramServer, serving
from workers.domain.deliveries import Delivery, Message
from workers.domain.models import Collected, Digest, Placed, Selection, SourceReport, Text
from workers.store import Store, open_store
from workers.system import SystemClock

DAY = date(2025, 6, 3)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--chats", type=int, default=100)
    parser.add_argument("--sections", type=int, default=8)
    parser.add_argument("--platform", choices=["telegram"], default="telegram")
    asked = parser.parse_args()
    os.environ["PTB_TIMEDELTA"] = "1"
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(f"sqlite:///{folder}/store.db", SystemClock()) as store,
        serving(enforce=True) as server,
    ):
        _fill(store, server, asked.chats)
        taken_s = asyncio.run(_broadcast(store, server, asked.sections))
        _print(server, asked.chats, asked.sections, taken_s)


def _fill(store: Store, server: TelegramServer, chats: int) -> None:
    attempt, one = store.editions.claim(DAY), paper()
    assert attempt is not None
    answer = Collected(SourceReport("arxiv", "ok", 1))
    store.editions.close(DAY, attempt, Selection((one,), {}), [Placed(1, one, "Robotics")], [answer])
    store.editions.save_text(DAY, Text(Digest(DAY.isoformat(), "ko", "제목", (), (), (), 1, 1, {}, ()), None))
    for chat in range(1, chats + 1):
        server.room(chat, "private")
        store.outbox.request(f"request:{chat}", PLATFORM, str(chat), DAY, "ko", "sections")


async def _broadcast(store: Store, server: TelegramServer, sections: int) -> float:
    def rendered(_text: Text | None, _delivery: Delivery) -> list[Message]:
        return [Message(f"section {n}") for n in range(sections)]

    request = HTTPXRequest(connection_pool_size=64, pool_timeout=5)
    async with Bot(TOKEN, base_url=f"{server.url}/bot", request=request) as bot:
        sender = TelegramSender(bot, store, Pacer(TELEGRAM), BROADCAST)

        started = time.monotonic()
        await deliver_all(store, PLATFORM, sender, rendered)
        return time.monotonic() - started


def _print(server: TelegramServer, chats: int, sections: int, taken_s: float) -> None:
    floor_s = max(chats * sections / 30, sections - 1)
    wanted = [f"section {n}" for n in range(sections)]
    print(f"seconds: {taken_s:.1f}")
    print(f"floor: {floor_s:.1f}")
    print(f"over_floor: {taken_s / floor_s:.3f}")
    print(f"answers_429: {server.refusals}")
    print(f"lost: {chats * sections - len(server.posted)}")
    print(f"out_of_order: {sum(server.texts(chat) != wanted for chat in range(1, chats + 1))}")
    print(f"twice: {sum(count - 1 for count in Counter((each.chat, each.text) for each in server.posted).values())}")


if __name__ == "__main__":
    main()
