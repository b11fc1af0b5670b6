"""Keeps a platform's rate limits: who may send when, with answers to people before broadcasts."""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from bot.platforms import Limits
from workers.domain.errors import SendRetryable

INTERACTIVE = 0
"""Priority of a message that a person waits for."""
BROADCAST = 1
"""Priority of all other messages; they are sent when no interactive one waits."""
_MINUTE_S = 60.0
_CATCH_UP_S = 0.2
"""If sends fall behind the even pace by at most this much, they may catch up."""
_LONGEST_REST_S = 10.0
"""A chat that must wait longer than this is not waited for: its messages are put off, and their turns are free."""
_REFUSED_IN_A_ROW = 3
"""Different chats refused one after the other, with no send between them that succeeded: then the platform means the
bot and not the chat. Two chats that are flooded at the same time are common in a broadcast, three are not."""


@dataclass(order=True)
class _Waiting:
    priority: int
    turn: int
    chat: str = field(compare=False)
    group: bool = field(compare=False)
    go: "asyncio.Future[None]" = field(compare=False)


class Pacer:
    """Spaces out everything that is sent with one token. Times are those of the event loop, or of `now` in a test.

    The platform counts a send at some moment between its turn and its end. Sends under way are therefore counted
    together with those that ended within the window, so that no window of the platform holds more than `overall`,
    however slow the network is.
    """

    def __init__(self, limits: Limits, now: Callable[[], float] | None = None) -> None:
        self._limits, self._now = limits, now or (lambda: asyncio.get_running_loop().time())
        self._gap_s, self._free_at = limits.window_s / limits.overall, 0.0
        self._under_way, self._ended = 0, deque[float]()
        self._chats: dict[str, float] = {}
        self._groups: dict[str, deque[float]] = {}
        self._halted_until = 0.0
        self._rests: dict[str, float] = {}
        """Chat → when it takes messages again."""
        self._refused: dict[str, float] = {}
        """The chats that were refused since the last send that succeeded, with the same moment."""
        self._queue: list[_Waiting] = []
        self._turns, self._timer = count(), None

    _timer: asyncio.TimerHandle | None

    @asynccontextmanager
    async def turn(self, chat: str, *, group: bool, priority: int) -> AsyncIterator[None]:
        """Enter when one message may be sent to `chat`, and send it inside.

        Within a priority, the caller that has waited longest goes first. `group`: the limit per minute applies too.
        Raises SendRetryable if the platform asked for a pause, of this chat or of all, that is too long to wait here.
        """
        await self._may_go(chat, group, priority)
        try:
            yield
            self._refused.clear()
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
            elif waiting.go.done() and not waiting.go.cancelled() and not waiting.go.exception():
                self._under_way -= 1
            raise

    def halt(self, seconds: float) -> None:
        """Send nothing for `seconds`, because the platform said "later"; a longer halt from before stays."""
        self._halted_until = max(self._halted_until, self._now() + seconds)

    def refused(self, chat: str, seconds: float) -> None:
        """Send nothing to `chat` for `seconds`, because the platform said "later" to a message for it.

        If several chats in a row were refused, nothing is sent at all until the first of them may be tried again.
        """
        now = self._now()
        until = max(self._rests.get(chat, 0.0), now + seconds)
        self._rests = {other: at for other, at in self._rests.items() if at > now} | {chat: until}
        self._refused = {other: at for other, at in self._refused.items() if at > now} | {chat: until}
        if len(self._refused) >= _REFUSED_IN_A_ROW:
            self.halt(min(self._refused.values()) - now)
            self._refused.clear()
        self._let_go()

    def _let_go(self) -> None:
        """Let every caller go that may send now, and set a timer for the next one."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        kept: list[_Waiting] = []
        earliest = float("inf")
        while self._queue:
            waiting = heapq.heappop(self._queue)
            now = self._now()
            rest_s = max(self._halted_until, self._rests.get(waiting.chat, 0.0)) - now
            if rest_s > _LONGEST_REST_S:
                if not waiting.go.done():
                    waiting.go.set_exception(SendRetryable(f"told to wait {rest_s:.0f} s", rest_s))
                continue
            at = max(self._overall_at(), self._chat_at(waiting, now))
            if at <= now:
                if not waiting.go.done():
                    self._count(waiting, now)
                    waiting.go.set_result(None)
            else:
                earliest = min(earliest, at)
                kept.append(waiting)
                if self._overall_at() > now:  # nobody may send before that, so the rest need not be checked
                    earliest = min(earliest, self._overall_at())
                    break
        self._queue = [*kept, *self._queue]
        heapq.heapify(self._queue)
        if self._queue and earliest < float("inf"):
            self._timer = asyncio.get_running_loop().call_later(max(0.0, earliest - self._now()), self._let_go)

    def _overall_at(self) -> float:
        """When the limit over all chats allows a send. Sends are spread evenly over each window, without a burst."""
        now, window_s = self._now(), self._limits.window_s
        while self._ended and self._ended[0] + window_s <= now:
            self._ended.popleft()
        free_at = max(self._halted_until, self._free_at)
        if self._under_way + len(self._ended) < self._limits.overall:
            return free_at
        return max(free_at, self._ended[0] + window_s) if self._ended else float("inf")

    def _chat_at(self, waiting: _Waiting, now: float) -> float:
        """When the limits of the caller's chat allow a send."""
        at = self._chats.get(waiting.chat, float("-inf")) + self._limits.chat_gap_s
        at = max(at, self._rests.get(waiting.chat, at))
        if waiting.group and self._limits.group:
            minute = self._groups.setdefault(waiting.chat, deque())
            while minute and minute[0] + _MINUTE_S <= now:
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
