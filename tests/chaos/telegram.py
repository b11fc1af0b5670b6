"""Telegram for the rounds: a slow server, so that a kill interrupts messages being sent."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tests.chaos.neighbours import Trouble, number_of
from tests.fakes.telegram import TOKEN, TelegramServer, serving
from tests.fakes.telegram_wire import retry_after
from workers.domain.chats import ChatRef
from workers.domain.deliveries import EVERYTHING, View

_TOPIC = 33


@dataclass(frozen=True)
class Telegram:
    server: TelegramServer
    platform: str = "telegram"
    view: View = EVERYTHING
    longest_s: float = 2.0

    def environment(self) -> Mapping[str, str]:
        return {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": self.server.url}

    def open(self, chat: int) -> None:
        self.server.room(chat, "private")

    def neighbours(self, base: int) -> Mapping[Trouble, ChatRef]:
        chats: dict[Trouble, ChatRef] = {}
        for trouble in Trouble:
            number = -number_of(base, trouble)
            room = self.server.room(number, "supergroup")
            match trouble:
                case Trouble.FLOODED:
                    self.server.faults[number] = [retry_after(3600)] * 99
                case Trouble.NO_PHOTOS:
                    room.photos, room.bot = False, "member"
                case Trouble.GONE:
                    room.deleted_topics.add(_TOPIC)
            chats[trouble] = ChatRef(self.platform, str(number), str(_TOPIC) if trouble is Trouble.GONE else "")
        return chats

    def disturb(self) -> None:
        self.server.update("message", {"text": "of nobody"})
        self.server.update("poem", {"lines": 14})

    def messages(self) -> Counter[tuple[str, str]]:
        return Counter((str(each.chat), each.text) for each in self.server.posted)


@contextmanager
def place() -> Iterator[Telegram]:
    with serving() as server:
        server.slow_s = 0.05
        yield Telegram(server)
