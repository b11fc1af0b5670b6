"""Discord for the rounds: a slow server that forgets a nonce after seconds, so that some restarts come after that."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tests.chaos.neighbours import Trouble, number_of
from tests.fakes.discord import TOKEN, DiscordServer, serving
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Layout, Place, View


@dataclass(frozen=True)
class Discord:
    server: DiscordServer
    platform: str = "discord"
    view: View = View("ko", Layout.THREAD, place=Place.CHANNEL)  # noqa: RUF009 - a frozen value
    longest_s: float = 1.5

    def environment(self) -> Mapping[str, str]:
        gateway = self.server.url.replace("http", "ws") + "/gw/"
        api = f"{self.server.url}/api/v10"
        return {"DISCORD_BOT_TOKEN": TOKEN, "DISCORD_API_URL": api, "DISCORD_GATEWAY_URL": gateway}

    def open(self, chat: int) -> None:
        self.server.room(chat)

    def neighbours(self, base: int) -> Mapping[Trouble, ChatRef]:
        """All but a channel without photos, in which Discord lets a bot write nothing."""
        chats: dict[Trouble, ChatRef] = {}
        for trouble in set(Trouble) - {Trouble.NO_PHOTOS}:
            number = number_of(base, trouble)
            if trouble is not Trouble.GONE:
                self.server.room(number)
            if trouble is Trouble.FLOODED:
                self.server.limited[number] = time.monotonic() + 3600
            chats[trouble] = ChatRef(self.platform, str(number))
        return chats

    def disturb(self) -> None:
        self.server.dispatch("MESSAGE_CREATE", {"id": "no number"})
        self.server.dispatch("POEM_CREATE", {"lines": 14})

    def messages(self) -> Counter[tuple[str, str]]:
        """Return (channel, text) → count; a thread's messages count as messages of its parent channel."""
        return Counter((str(self._under(each.channel)), each.text) for each in self.server.posted)

    def _under(self, channel: int) -> int:
        return self.server.rooms[channel].parent or channel


@contextmanager
def place() -> Iterator[Discord]:
    with serving() as server:
        server.slow_s, server.nonce_s = 0.2, 4.0
        yield Discord(server)
