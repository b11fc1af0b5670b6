"""How often one person may ask something of the bot, so that nobody takes it from the others."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class RateLimiter:
    """Counted in this process: a restart forgives."""

    def __init__(self, a_minute: int = 20) -> None:
        self.a_minute = a_minute
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._person, self._chat = RateLimitItemPerMinute(a_minute), RateLimitItemPerMinute(3 * a_minute)
        self._told = RateLimitItemPerMinute(1)

    def allows(self, platform: str, person: str, chat: str) -> bool:
        """Whether this person, and this chat, may have one more answer in this minute."""
        mine = self._limiter.hit(self._person, platform, "person", person)
        return mine and self._limiter.hit(self._chat, platform, "chat", chat)

    def tells(self, platform: str, person: str) -> bool:
        """Whether to say so: once a minute, for more would be the flood that it stops."""
        return self._limiter.hit(self._told, platform, "told", person)
