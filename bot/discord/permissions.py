"""What Discord's channels are and what the bot may do there, and what Discord's errors mean."""

import time
from collections import deque
from collections.abc import Callable

import aiohttp
import discord

from workers.domain.errors import ChatGone, ChatNotWritable, SendRefused, SendRetryable, SendUnknown

_GONE = frozenset({10003, 10004, 50001, 50007})
"""Unknown channel or server, missing access, closed private messages
(discord.com/developers/docs/topics/opcodes-and-status-codes#json)."""
_NOT_WRITABLE = frozenset({50013, 160005, 50083, 160006, 40067})
"""Missing permissions, locked thread, archived thread, too many threads, a forum that wants a tag."""
_THREAD_EXISTS = 160004
_SERVER_ERRORS = frozenset({500, 502, 503, 504})
_AGAIN_S = 5.0
"""Seconds until a request is sent again if Discord does not say."""
_NEEDED = ("view_channel", "send_messages", "embed_links", "attach_files", "read_message_history")
_IN_THREADS = ("create_public_threads", "send_messages_in_threads")
_INVALID = frozenset({401, 403, 429})
"""HTTP statuses of which Discord allows an IP address 10,000 in ten minutes; then it bans the address."""
_INVALID_LIMIT = 9_000
"""Sending pauses at this number, before the ban."""
_INVALID_WINDOW_S = 600.0


class Channels:
    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._private: dict[str, int] = {}
        self._opened: set[int] = set()

    async def number(self, chat: str) -> int:
        """The channel's id; for `@PERSON` the private channel with that person is opened."""
        if not chat.startswith("@"):
            return int(chat)
        if chat not in self._private:
            user = self._client.get_user(int(chat[1:])) or await self._client.fetch_user(int(chat[1:]))
            self._private[chat] = (await user.create_dm()).id
        return self._private[chat]

    def same_server(self, channel: int, other: int) -> bool:
        """Whether two channels are known to be in one server."""
        first, second = (getattr(self._client.get_channel(number), "guild", None) for number in (channel, other))
        return first is not None and first == second

    def forum(self, channel: int) -> discord.ForumChannel | None:
        known = self._client.get_channel(channel)
        return known if isinstance(known, discord.ForumChannel) else None

    def is_announcement(self, channel: int) -> bool:
        known = self._client.get_channel(channel)
        return isinstance(known, discord.TextChannel) and known.is_news()

    def may_post(self, channel: int, inside: bool) -> None:
        """Raises ChatNotWritable with the missing permissions: Discord counts each refusal towards a ban."""
        missing = self.missing(channel, inside)
        if missing:
            raise ChatNotWritable(f"missing permissions: {', '.join(missing)}")

    def missing(self, channel: int, inside: bool) -> list[str]:
        """The permissions that posting needs and the bot lacks, by Discord's names; empty for an unknown channel."""
        known = self._client.get_channel(channel)
        if known is None or isinstance(known, discord.abc.PrivateChannel) or known.guild.me is None:
            return []
        have = known.permissions_for(known.guild.me)
        if isinstance(known, discord.ForumChannel):
            needed = ["view_channel", "send_messages", "embed_links", "attach_files", "send_messages_in_threads"]
        elif isinstance(known, discord.Thread):
            needed = ["view_channel", "send_messages_in_threads", "embed_links", "attach_files", "read_message_history"]
        else:
            needed = [*_NEEDED, *(_IN_THREADS if inside else ())]
        return [name.replace("_", " ").title() for name in needed if not getattr(have, name)]

    def is_open(self, channel: int, number: int) -> bool:
        """Whether the thread under the message is known to exist; in a forum it always does."""
        return number in self._opened or self.forum(channel) is not None

    async def open_thread(self, channel: int, number: int, name: str) -> None:
        """Open the thread under a message, if it is not there already; the thread has the message's id."""
        known = self._client.get_channel(channel) or await self._client.fetch_channel(channel)
        if not isinstance(known, discord.TextChannel):
            raise ChatNotWritable("there can be no thread here")
        try:
            await known.get_partial_message(number).create_thread(name=name)
        except discord.HTTPException as error:
            if error.code != _THREAD_EXISTS:
                raise
        self._opened.add(number)


class RefusalCount:
    """Counts the responses for which Discord bans an IP address if there are too many."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._times: deque[float] = deque()

    def record(self, error: Exception) -> None:
        """Count `error` if it is such a response."""
        if isinstance(error, discord.HTTPException) and error.status in _INVALID:
            self._times.append(self._now())

    def pause_s(self) -> float:
        """Seconds for which nothing may be sent; 0 while a ban is far away."""
        while self._times and self._times[0] <= self._now() - _INVALID_WINDOW_S:
            self._times.popleft()
        return _INVALID_WINDOW_S if len(self._times) >= _INVALID_LIMIT else 0.0


def refused(error: Exception) -> Exception:
    """The SendError for one of Discord's errors. The order matters: some are subclasses of others."""
    if isinstance(error, discord.RateLimited):
        return SendRetryable(str(error), error.retry_after)
    if isinstance(error, aiohttp.ClientConnectorError):
        return SendRetryable(type(error).__name__, _AGAIN_S)
    if not isinstance(error, discord.HTTPException) or error.status in _SERVER_ERRORS:
        return SendUnknown(type(error).__name__)
    if error.status == 429:
        return SendRetryable("HTTP 429", _AGAIN_S)
    reason = f"HTTP {error.status} ({error.code}): {error.text}"
    if error.code in _NOT_WRITABLE:
        return ChatNotWritable(reason)
    return ChatGone(reason) if error.code in _GONE or error.status in {403, 404} else SendRefused(reason)
