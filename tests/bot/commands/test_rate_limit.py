"""The limit of commands in a minute, whatever the system clock did."""

from bot.commands.rate_limit import RateLimiter
from workers.domain.chats import ChatRef

CHAT = ChatRef("telegram", "-100")


def test_a_person_has_so_many_commands_a_minute_and_a_chat_three_times_as_many() -> None:
    limiter = RateLimiter(2)
    assert [limiter.hit(CHAT, "7") for _ in range(3)] == [True, True, False]
    assert [limiter.hit(CHAT, person) for person in ("8", "9", "10", "11", "12")] == [True, True, True, True, False]


def test_a_clock_that_goes_back_locks_nobody_out() -> None:
    moments = iter([3600.0, 3601.0, 3602.0, 1.0, 2.0])
    limiter = RateLimiter(1, lambda: next(moments))
    assert [limiter.hit(CHAT, "7") for _ in range(4)] == [True, False, True, False]
