"""Limits how many commands a person and a chat may give in a minute, so that the bot stays free for others."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from workers.domain.chats import ChatRef


class RateLimiter:
    """Counters are kept in memory and reset on restart. A chat may give three times as many commands as a person."""

    def __init__(self, a_minute: int = 20) -> None:
        self.a_minute = a_minute
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._person, self._chat = RateLimitItemPerMinute(a_minute), RateLimitItemPerMinute(3 * a_minute)
        self._warning = RateLimitItemPerMinute(1)

    def hit(self, chat: ChatRef, person: str) -> bool:
        """Count a command; False if the person or the chat has used up this minute's commands."""
        mine = self._limiter.hit(self._person, chat.platform, "person", person)
        return mine and self._limiter.hit(self._chat, chat.platform, "chat", chat.chat)

    def should_warn(self, chat: ChatRef, person: str) -> bool:
        """Whether to tell the person about the limit: once a minute, so that warnings are no flood themselves."""
        return self._limiter.hit(self._warning, chat.platform, "warning", person)
