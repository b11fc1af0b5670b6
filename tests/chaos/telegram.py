"""Telegram for the rounds: a slow server, so that a kill interrupts messages being sent."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tests.fakes.telegram import TOKEN, TelegramServer, serving
from workers.domain.deliveries import EVERYTHING, View


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

    def messages(self) -> Counter[tuple[str, str]]:
        return Counter((str(each.chat), each.text) for each in self.server.posted)


@contextmanager
def place() -> Iterator[Telegram]:
    with serving() as server:
        server.slow_s = 0.05
        yield Telegram(server)
