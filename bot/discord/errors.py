"""What Discord's refusals and broken connections mean; none of them makes the library wait inside a request.

discord.py sleeps through a 429 and repeats a request that got a 5xx. Both would happen while a delivery's lease runs
out, and a repeated request without a nonce would post twice. `TRACE` therefore raises an error at such a response.
"""

import json
import math
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord

from workers.domain.errors import (
    ChatGone,
    ChatNotWritable,
    PaperboyError,
    SendError,
    SendRefused,
    SendRetryable,
    SendUnknown,
)

LONGEST_WAIT_S = 1.5
"""Longest wait inside the library, in seconds: before a request to a bucket that is used up. Where it would be longer,
discord.RateLimited is raised, and the request is not sent."""
_GONE = frozenset({10003, 10004, 10013, 50001, 50007})
"""Unknown channel, server or user, missing access, closed private messages
(discord.com/developers/docs/topics/opcodes-and-status-codes#json)."""
_NOT_WRITABLE = frozenset({50008, 50013, 50024, 50083, 40067, 160002, 160005, 160006})
"""No text channel, missing permissions, the wrong kind of channel, an archived thread, a forum that wants a tag, no
right to read the history, a locked thread, too many threads (same page)."""
_LATER = frozenset({20016, 20028, 40003, 40004, 40006, 130000})
"""Slow mode, too many writes to a channel, private channels opened too fast, sending or a feature switched off for now,
Discord overloaded (same page)."""
_NETWORK = 40333
"""Discord's firewall refused the request ("internal network error", same page)."""
_AGAIN_S = 5.0
"""Seconds until a request is sent again if Discord does not say."""
_BLOCKED_S = 60.0
"""Seconds until the next request if something before Discord refuses us, or Discord refuses the token."""
_LONGEST_RETRY_S = 86_400.0
"""A longer "retry after" is not believed."""
_INVALID = frozenset({401, 403, 429})
"""HTTP statuses of which Discord allows an IP address 10,000 in ten minutes; then it bans the address."""
_INVALID_LIMIT = 9_000
"""Sending pauses at this number, before the ban."""
_INVALID_WINDOW_S = 600.0
_RESET = frozenset({54, 10054})
"""Error numbers of "connection reset" on macOS and Windows, after which the library repeats a request."""


class DiscordAway(PaperboyError):
    """Discord cannot be reached; the process ends and is started again."""


class TooMany(discord.HTTPException):
    """HTTP 429: the request was not carried out. `retry_after_s` is how long Discord wants us to wait.

    `everywhere`: it holds for all requests, not only for those to this channel. `shared`: the limit is one for all
    bots, so this response is not counted towards a ban.
    """

    def __init__(self, response: aiohttp.ClientResponse, body: Any) -> None:
        super().__init__(response, body)
        headers = response.headers
        # without Discord's JSON it comes from Cloudflare, which refuses the whole IP address
        from_discord = isinstance(body, dict) and "retry_after" in body
        said = body["retry_after"] if from_discord else headers.get("Retry-After")
        self.retry_after_s = _seconds(said, _AGAIN_S if from_discord else _BLOCKED_S)
        scope = headers.get("X-RateLimit-Scope", "")
        is_global = from_discord and body.get("global") is True
        self.everywhere = not from_discord or is_global or scope == "global" or "X-RateLimit-Global" in headers
        self.shared = scope == "shared"


def trace() -> aiohttp.TraceConfig:
    """The `http_trace` of a client: 429 and 5xx raise TooMany and discord.DiscordServerError at once."""
    config = aiohttp.TraceConfig()
    config.on_request_end.append(_raise_refusal)
    config.on_request_exception.append(_raise_reset)
    return config


async def _raise_refusal(
    session: aiohttp.ClientSession, context: SimpleNamespace, ended: aiohttp.TraceRequestEndParams
) -> None:
    del session, context
    response = ended.response
    if response.status != 429 and response.status < 500:
        return
    body: Any = None
    with suppress(ValueError, LookupError, aiohttp.ClientError, OSError):  # HTML, an unknown charset, half a body
        body = json.loads(await response.text(errors="replace"))
    body = body if isinstance(body, dict) else {}
    raise TooMany(response, body) if response.status == 429 else discord.DiscordServerError(response, body)


async def _raise_reset(
    session: aiohttp.ClientSession, context: SimpleNamespace, failed: aiohttp.TraceRequestExceptionParams
) -> None:
    del session, context
    if isinstance(failed.exception, OSError) and failed.exception.errno in _RESET:
        raise aiohttp.ServerDisconnectedError from failed.exception


def _seconds(said: object, default: float) -> float:
    """A waiting time as Discord or a proxy wrote it."""
    try:
        seconds = float(str(said))
    except ValueError:
        return default
    return min(max(seconds, 0.0), _LONGEST_RETRY_S) if math.isfinite(seconds) else default


class RefusalCount:
    """Counts the responses for which Discord bans an IP address if there are too many."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._times: deque[float] = deque()

    def record(self, error: Exception) -> None:
        """Count `error` if it is such a response."""
        counts = isinstance(error, discord.HTTPException) and error.status in _INVALID
        if counts and not (isinstance(error, TooMany) and error.shared):
            self._times.append(self._now())

    def pause_s(self) -> float:
        """Seconds for which nothing may be sent; 0 while a ban is far away."""
        while self._times and self._times[0] <= self._now() - _INVALID_WINDOW_S:
            self._times.popleft()
        return _INVALID_WINDOW_S if len(self._times) >= _INVALID_LIMIT else 0.0


def halt_s(error: Exception) -> float:
    """Seconds for which nothing may be sent to any channel because of `error`; 0 if it concerns one channel."""
    if isinstance(error, TooMany):
        return error.retry_after_s if error.everywhere else 0.0
    return _BLOCKED_S if isinstance(error, discord.HTTPException) and error.status == 401 else 0.0


def refused(error: Exception) -> SendError:
    """The SendError for any exception of a request. The order matters: some are subclasses of others.

    An exception that is not known counts as SendUnknown, because it may have been raised by the response.
    """
    if isinstance(error, SendError):
        return error
    if isinstance(error, TooMany):
        return SendRetryable("HTTP 429", error.retry_after_s)
    if isinstance(error, discord.RateLimited):
        return SendRetryable("rate limit", error.retry_after)
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.ClientHttpProxyError):
        return SendRetryable(type(error).__name__, _AGAIN_S)
    if not isinstance(error, discord.HTTPException) or error.status < 400 or error.status >= 500:
        return SendUnknown(type(error).__name__)
    if is_blocked(error):
        return SendRetryable(f"HTTP {error.status} without an answer of Discord", _BLOCKED_S)
    return _refused_by_discord(error)


def _refused_by_discord(error: discord.HTTPException) -> SendError:
    reason = f"HTTP {error.status} ({error.code}): {error.text}" if error.code else f"HTTP {error.status}"
    if error.code in _LATER or error.status in {408, 429}:
        return SendRetryable(reason, _BLOCKED_S)
    if error.code in _GONE:
        return ChatGone(reason)
    return ChatNotWritable(reason) if error.code in _NOT_WRITABLE or error.status == 403 else SendRefused(reason)


def is_blocked(error: Exception) -> bool:
    """Whether the token is refused, or a firewall before Discord answered; Discord's own refusals have a code."""
    if not isinstance(error, discord.HTTPException):
        return False
    return error.status in {401, 407, 451} or (error.status == 403 and error.code in {0, _NETWORK})
