"""Discord's rate limits, and the 429 with which it answers."""

import json
import math
import time
from collections import defaultdict, deque

from aiohttp import web


def too_many(wait_s: float, scope: str, via: bool = True, headers: dict[str, str] | None = None) -> web.Response:
    """Returns a 429 as Discord answers it (discord.com/developers/docs/topics/rate-limits).

    `scope` is "user" for the bot's own bucket, "shared" for a resource's, "global" for everything.
    """
    everywhere = scope == "global"
    body = {"message": "You are being rate limited.", "retry_after": round(wait_s, 3), "global": everywhere, "code": 0}
    known = {"Content-Type": "application/json", "Retry-After": str(math.ceil(wait_s)), "X-RateLimit-Scope": scope}
    known |= {"Via": "1.1 test"} if via else {}
    known |= {"X-RateLimit-Global": "true"} if everywhere else bucket_headers(0, wait_s)
    return web.Response(body=json.dumps(body).encode(), status=429, headers={**known, **(headers or {})})


def bucket_headers(remaining: int, reset_after_s: float) -> dict[str, str]:
    left = {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": str(remaining), "X-RateLimit-Bucket": "messages"}
    reset = {
        "X-RateLimit-Reset-After": f"{reset_after_s:.3f}",
        "X-RateLimit-Reset": f"{time.time() + reset_after_s:.3f}",
    }
    return {**left, **reset}


class Limits:
    """50 requests a second in total, and 5 messages in 5 seconds per channel, announced in headers."""

    def __init__(self) -> None:
        self._all: deque[float] = deque()
        self._buckets: dict[str, tuple[float, int]] = defaultdict(lambda: (0.0, 0))

    def global_wait(self) -> float:
        now = time.monotonic()
        while self._all and self._all[0] <= now - 1:
            self._all.popleft()
        if len(self._all) >= 50:
            return self._all[0] + 1 - now
        self._all.append(now)
        return 0.0

    def bucket(self, channel: str) -> tuple[dict[str, str], float]:
        """Returns (headers, seconds to wait); 0 seconds if the channel's bucket is not used up."""
        now = time.monotonic()
        ends, used = self._buckets[channel]
        if now >= ends:
            ends, used = now + 5, 0
        wait = ends - now if used >= 5 else 0.0
        used = used if wait else used + 1
        self._buckets[channel] = (ends, used)
        return bucket_headers(5 - used, ends - now), wait
