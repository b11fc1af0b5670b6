"""A platform's limits kept beforehand: who may send when, answers to people before broadcasts."""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from bot.platforms import Limits

INTERACTIVE, BROADCAST = 0, 1
"""A person waits for the first; the second takes what is left."""


_MINUTE_S = 60.0
_CATCH_UP_S = 0.2
"""How far behind an even pace the line may fall and still make up for it."""


@dataclass(order=True)
class _Waiting:
    priority: int
    turn: int
    chat: str = field(compare=False)
    group: bool = field(compare=False)
    go: "asyncio.Future[None]" = field(compare=False)


class Pacer:
    """One for all that is sent with one token. Times are those of the event loop, or of `now` in a test.

    A send reaches the platform at some moment between its turn and its end. What is under way is therefore counted
    beside what ended within the window: whatever the line does, no window of the platform's holds more than `overall`.
    """

    def __init__(self, limits: Limits, now: Callable[[], float] | None = None) -> None:
        self._limits, self._now = limits, now or (lambda: asyncio.get_running_loop().time())
        self._gap_s, self._free_at = limits.window_s / limits.overall, 0.0
        self._under_way, self._ended = 0, deque[float]()
        self._chats: dict[str, float] = {}
        self._groups: dict[str, deque[float]] = {}
        self._halted_until = 0.0
        self._queue: list[_Waiting] = []
        self._turns, self._timer = count(), None

    _timer: asyncio.TimerHandle | None

    @asynccontextmanager
    async def turn(self, chat: str, *, group: bool, priority: int) -> AsyncIterator[None]:
        """Enter when one message may be sent to `chat`, and send it inside.

        Whoever waits longest within a priority goes first.
        """
        await self._may_go(chat, group, priority)
        try:
            yield
        finally:
            self._under_way -= 1
            self._ended.append(self._now())
            self._let_go()

    async def _may_go(self, chat: str, group: bool, priority: int) -> None:
        waiting = _Waiting(priority, next(self._turns), chat, group, asyncio.get_running_loop().create_future())
        heapq.heappush(self._queue, waiting)
        self._let_go()
        try:
            await waiting.go
        except asyncio.CancelledError:
            if waiting in self._queue:
                self._queue.remove(waiting)
                heapq.heapify(self._queue)
            elif waiting.go.done() and not waiting.go.cancelled():
                self._under_way -= 1
            raise

    def halt(self, seconds: float) -> None:
        """The platform said "later": nothing is sent before that, whatever else happens meanwhile."""
        self._halted_until = max(self._halted_until, self._now() + seconds)

    def _let_go(self) -> None:
        """Wake everybody who may send now, and look again when the next one may."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        kept: list[_Waiting] = []
        earliest = float("inf")
        while self._queue:
            waiting = heapq.heappop(self._queue)
            now = self._now()
            at = max(self._overall_at(), self._chat_at(waiting, now))
            if at <= now:
                if not waiting.go.done():
                    self._count(waiting, now)
                    waiting.go.set_result(None)
            else:
                earliest = min(earliest, at)
                kept.append(waiting)
                if self._overall_at() > now:  # for nobody; those behind may go as soon as it opens
                    earliest = min(earliest, self._overall_at())
                    break
        self._queue = [*kept, *self._queue]
        heapq.heapify(self._queue)
        if self._queue and earliest < float("inf"):
            self._timer = asyncio.get_running_loop().call_later(max(0.0, earliest - self._now()), self._let_go)

    def _overall_at(self) -> float:
        """Sends are spread evenly too, for a burst at each window's start serves nobody."""
        now, window_s = self._now(), self._limits.window_s
        while self._ended and self._ended[0] <= now - window_s:
            self._ended.popleft()
        free_at = max(self._halted_until, self._free_at)
        if self._under_way + len(self._ended) < self._limits.overall:
            return free_at
        return max(free_at, self._ended[0] + window_s) if self._ended else float("inf")

    def _chat_at(self, waiting: _Waiting, now: float) -> float:
        at = self._chats.get(waiting.chat, float("-inf")) + self._limits.chat_gap_s
        if waiting.group and self._limits.group:
            minute = self._groups.setdefault(waiting.chat, deque())
            while minute and minute[0] <= now - _MINUTE_S:
                minute.popleft()
            if len(minute) >= self._limits.group:
                at = max(at, minute[0] + _MINUTE_S)
        return at

    def _count(self, waiting: _Waiting, now: float) -> None:
        self._under_way += 1
        self._free_at = max(self._free_at, now - _CATCH_UP_S) + self._gap_s
        self._chats[waiting.chat] = now
        if waiting.group and self._limits.group:
            self._groups.setdefault(waiting.chat, deque()).append(now)
        if len(self._chats) > 10_000:
            self._chats = {chat: at for chat, at in self._chats.items() if at > now - self._limits.chat_gap_s}
