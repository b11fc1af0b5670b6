"""Pauses subscriptions whose channel is gone, and resumes them when the bot is let in again."""

import asyncio
from collections.abc import Callable, Iterable

from bot.delivery.patience import until_stored
from bot.discord.charts import PLATFORM
from workers.domain.chats import ChatRef
from workers.domain.deliveries import SubscriptionStatus
from workers.domain.units import Failure, Unit, UnitKind
from workers.runtime.boundary import Boundary
from workers.store import Store


class Membership:
    """Changes of servers and channels. Nothing is raised: a change that cannot be stored is tried again, then recorded.

    A change that comes while the process stops is not lost: the next send or the next start finds out.
    """

    def __init__(self, store: Store) -> None:
        self._store, self._boundary = store, Boundary(store.failures, store.clock)

    async def closed(self, channels: Iterable[int]) -> None:
        """The bot cannot reach these channels any more."""
        chats = [ChatRef(PLATFORM, str(channel)) for channel in channels]

        def pause() -> None:
            for chat in chats:
                self._store.subscriptions.pause_chat(chat, SubscriptionStatus.REMOVED)

        await self._store_change(f"closed {chats[0].chat if chats else ''}", pause)

    async def opened(self, channels: Iterable[int]) -> None:
        """The bot is in the server of these channels: subscriptions that were paused resume with their settings."""
        numbers = [str(channel) for channel in channels]

        def resume() -> None:
            paused = self._store.subscriptions.paused_chats(PLATFORM)
            for number in numbers:
                if number in paused:
                    self._store.subscriptions.reactivate_chat(ChatRef(PLATFORM, number))

        await self._store_change(f"opened {numbers[0] if numbers else ''}", resume)

    async def _store_change(self, name: str, change: Callable[[], object]) -> None:
        async def stored() -> None:
            await until_stored(change)

        unit = Unit(UnitKind.UPDATE, f"{PLATFORM}:{name}", PLATFORM)
        while isinstance(failure := await self._boundary.run_async(unit, stored), Failure):
            if failure.retry_at is None:
                return
            await asyncio.sleep(max(0.0, (failure.retry_at - self._store.clock.now()).total_seconds()))
