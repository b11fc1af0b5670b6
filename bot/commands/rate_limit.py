"""Limits how many commands a person and a chat may give in a minute, so that the bot stays free for others."""

import time
from collections.abc import Callable

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from workers.domain.chats import ChatRef

_STEP_S = 5.0
"""A clock that goes back by less is being adjusted; the counters then only last as much longer."""


class RateLimiter:
    """Counters are kept in memory and reset on restart. A chat may give three times as many commands as a person.

    They hold times of the system clock, `now_s` in seconds; when it goes back, all counters are reset.
    """

    def __init__(self, a_minute: int = 20, now_s: Callable[[], float] = time.time) -> None:
        self.a_minute = a_minute
        self._now_s, self._last_s = now_s, now_s()
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._person, self._chat = RateLimitItemPerMinute(a_minute), RateLimitItemPerMinute(3 * a_minute)
        self._warning = RateLimitItemPerMinute(1)

    def hit(self, chat: ChatRef, person: str) -> bool:
        """Count a command; False if the person or the chat has used up this minute's commands."""
        self._mind_the_clock()
        mine = self._limiter.hit(self._person, chat.platform, "person", person)
        return mine and self._limiter.hit(self._chat, chat.platform, "chat", chat.chat)

    def should_warn(self, chat: ChatRef, person: str) -> bool:
        """Whether to tell the person about the limit: once a minute, so that warnings are no flood themselves."""
        self._mind_the_clock()
        return self._limiter.hit(self._warning, chat.platform, "warning", person)

    def _mind_the_clock(self) -> None:
        last, self._last_s = self._last_s, self._now_s()
        if self._last_s < last - _STEP_S:
            self._storage.reset()
