"""A run of Paperboy on both platforms, where some chats are well and each of the others has a fault of its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, text

from bot.runtime.sample import MORNING
from bot.runtime.sample.server import serving as sample_day
from tests.e2e.running import QUICK, Rehearsal, Running, running, write_settings
from tests.fakes import discord, telegram
from tests.fakes.discord import DiscordServer
from tests.fakes.discord_wire import DM
from tests.fakes.hostile import hostile
from tests.fakes.subscriptions import NewSubscription
from tests.fakes.telegram import TelegramServer
from tests.fakes.telegram_wire import retry_after
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Layout, Place, View
from workers.runtime.clock import system_clock
from workers.store import Store, open_store
from workers.store.tables import delivery, part

SLOT = MORNING + timedelta(minutes=30)
"""When every chat is due."""
FEEDS = ("hang", "members", "bad-reference")
OWNER, DISCORD_OWNER, READER, TOPIC = 9, 7, 8, 33
WELL = [ChatRef("telegram", chat) for chat in ("-101", "-102", "103", "104", "105")]
DISCORD_WELL = [ChatRef("discord", chat) for chat in ("601", "602", "603", "604", "605")]
FLOODED, NO_PHOTOS = ChatRef("telegram", "-201"), ChatRef("telegram", "-202")
NO_TOPIC = ChatRef("telegram", "-203", str(TOPIC))
NO_LAYOUT, NO_JSON, NO_NOTIFY = ChatRef("telegram", "-204"), ChatRef("telegram", "-205"), ChatRef("telegram", "-206")
REFUSED, REFUSED_ONCE = ChatRef("telegram", "-207"), ChatRef("telegram", "-208")
DISCORD_FLOODED, DELETED, NO_FILTER = ChatRef("discord", "701"), ChatRef("discord", "702"), ChatRef("discord", "703")
DISCORD_REFUSED, ASKING = ChatRef("discord", "704"), 705
ILL = [FLOODED, NO_PHOTOS, NO_TOPIC, NO_LAYOUT, NO_JSON, NO_NOTIFY, REFUSED, REFUSED_ONCE]
DISCORD_ILL = [DISCORD_FLOODED, DELETED, NO_FILTER, DISCORD_REFUSED]
UNUSUAL = View(exclude=("a word that no paper has",), place=Place.GROUP)
"""A view of one chat alone, so that its messages are stored for no other."""
_SPOILS = "AFTER INSERT ON {table} WHEN NEW.{column} = '{value}' BEGIN UPDATE {table} SET {set} WHERE id = NEW.id; END"
_REFUSES = (
    "BEFORE UPDATE ON part WHEN NEW.state = 'sending' AND NEW.n = {n} AND NEW.delivery_id IN"
    " (SELECT id FROM delivery WHERE chat = '{chat}' AND day IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'disk full'); END"
)
TRIGGERS = {
    "layout": _SPOILS.format(table="delivery", column="chat", value=NO_LAYOUT.chat, set="layout = 'spiral'"),
    "filter": _SPOILS.format(table="delivery", column="chat", value=NO_FILTER.chat, set="filter = '{'"),
    "json": _SPOILS.format(table="rendering", column="filter", value=UNUSUAL.key, set="messages = '[{'"),
    "refused": _REFUSES.format(n=1, chat=REFUSED.chat),
    "refused_once": _REFUSES.format(n=1, chat=REFUSED_ONCE.chat),
    "discord_refused": _REFUSES.format(n=0, chat=DISCORD_REFUSED.chat),
    "question": "BEFORE INSERT ON question WHEN NEW.text LIKE '%unlucky%' BEGIN SELECT RAISE(ABORT, 'disk full'); END",
}
"""Name → what SQLite does to one chat's rows, or to one question."""


@dataclass(frozen=True)
class World:
    telegram: TelegramServer
    discord: DiscordServer
    run: Running
    store: Store
    rehearsal: Rehearsal

    def pass_time(self, seconds: float) -> None:
        self.rehearsal.move_to(self.store.clock.now() + timedelta(seconds=seconds))

    def sql(self, statement: str) -> None:
        with self.store.engine.begin() as connection:
            connection.execute(text(statement))

    def allow(self, name: str) -> None:
        """Let the store take what the trigger of this name refuses."""
        self.sql(f"DROP TRIGGER {name}")

    def texts(self, chat: ChatRef) -> list[str]:
        """The messages in a chat, and in Discord's threads under it, in order."""
        number = int(chat.chat)
        if chat.platform == "telegram":
            return self.telegram.texts(number)
        rooms = [each for each, room in self.discord.rooms.items() if number in {each, room.parent}]
        return [posted.text for posted in self.discord.posted if posted.channel in rooms]

    def notices(self) -> dict[str, list[str]]:
        """Platform → the messages that its owner got, as they read."""
        unescaped = [text.replace("\\", "") for text in self.discord.texts(DM)]
        return {"telegram": self.telegram.texts(OWNER), "discord": unescaped}

    def states(self, chat: ChatRef) -> list[str]:
        """The states of the parts of the chat's digest, in order."""
        query = select(part.c.state).join(delivery).where(delivery.c.chat == chat.chat, delivery.c.day.is_not(None))
        with self.store.engine.connect() as connection:
            return list(connection.execute(query.order_by(part.c.delivery_id, part.c.n)).scalars())

    def is_done(self, chat: ChatRef) -> bool:
        """Whether the chat's digest was sent as far as it will be."""
        query = select(delivery.c.done_at).where(delivery.c.chat == chat.chat, delivery.c.day.is_not(None))
        with self.store.engine.connect() as connection:
            ends = connection.execute(query).scalars().all()
        return bool(ends) and None not in ends


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Start the run on the sample day beside FEEDS; yields once the edition is made and both bots are connected."""
    rehearsal = Rehearsal(folder / "ahead")
    rehearsal.move_to(MORNING)
    with (
        telegram.serving() as telegram_server,
        discord.serving() as discord_server,
        sample_day() as sources,
        hostile() as bad,
    ):
        _open_rooms(telegram_server, discord_server)
        environment = {
            **rehearsal.environment,
            "TELEGRAM_BOT_TOKEN": telegram.TOKEN,
            "TELEGRAM_API_URL": telegram_server.url,
            "DISCORD_BOT_TOKEN": discord.TOKEN,
            "DISCORD_API_URL": f"{discord_server.url}/api/v10",
            "DISCORD_GATEWAY_URL": discord_server.url.replace("http", "ws") + "/gw",
        }
        settings = write_settings(
            folder,
            [
                {"name": "huggingface", "kind": "huggingface", "url": f"{sources}/api/daily_papers"},
                *({"name": path, "kind": "feed", "url": f"{bad}/{path}"} for path in FEEDS),
            ],
            arxiv={"min_interval_s": 0, "base_url": sources},
            clock=QUICK["clock"],
            lease={"edition_s": 20, "delivery_s": 300},  # longer than the jumps of the clock in these tests
            child={"time_s": 4, "memory_mb": 128},
        )
        url = f"sqlite:///{folder / 'store.db'}"
        with open_store(url, system_clock(environment)) as store, running(settings, folder, environment) as run:
            made = World(telegram_server, discord_server, run, store, rehearsal)
            _subscribe(made)
            run.until(
                lambda: store.texts.newest("ko") and discord_server.online and "getUpdates" in telegram_server.calls
            )
            yield made


def _open_rooms(telegram_server: TelegramServer, discord_server: DiscordServer) -> None:
    for person in (OWNER, READER):
        telegram_server.room(person, "private")
    for chat in (*WELL, *ILL):
        number = int(chat.chat)
        telegram_server.room(number, "supergroup" if number < 0 else "private")
    telegram_server.faults[int(FLOODED.chat)] = [retry_after(3600)] * 9
    telegram_server.rooms[int(NO_PHOTOS.chat)].photos = False
    telegram_server.rooms[int(NO_PHOTOS.chat)].bot = "member"
    telegram_server.rooms[int(NO_TOPIC.chat)].deleted_topics.add(TOPIC)
    for chat in (*DISCORD_WELL, *DISCORD_ILL):
        if chat != DELETED:
            discord_server.room(int(chat.chat))
    discord_server.room(ASKING)
    discord_server.limited[int(DISCORD_FLOODED.chat)] = time.monotonic() + 3600


def _subscribe(made: World) -> None:
    """Subscribe all chats, and let the store treat the rows of some in its own way."""
    store = made.store
    store.owners.add("telegram", str(OWNER))
    store.owners.add("discord", str(DISCORD_OWNER))
    views = {
        NO_JSON: UNUSUAL,
        DISCORD_WELL[-1]: View(layout=Layout.THREAD, place=Place.CHANNEL),
        **{chat: View(place=Place.PRIVATE) for chat in WELL if not chat.chat.startswith("-")},
    }
    for chat in (*WELL, *ILL, *DISCORD_WELL, *DISCORD_ILL):
        store.subscriptions.add(NewSubscription(chat, SLOT, view=views.get(chat, View(place=Place.GROUP))))
    made.sql(f"UPDATE subscription SET notify = 'seldom' WHERE chat = '{NO_NOTIFY.chat}'")  # noqa: S608 - no input
    for name, what in TRIGGERS.items():
        made.sql(f"CREATE TRIGGER {name} {what}")
