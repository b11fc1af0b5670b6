"""How the client reaches Discord: through which proxies, and without waits of the library's own."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp
import discord
import yarl
from aiohttp.client import ClientRequest, ClientTimeout
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError, ProxyType

from bot.discord.errors import LONGEST_WAIT_S, trace
from workers.runtime.proxies import proxy_for

_SOCKS_PORT = 1080
"""Default port of a SOCKS proxy."""


def client_options(environment: Mapping[str, str]) -> dict[str, Any]:
    """Arguments for a discord.Client. To be called in the event loop, followed by `bound_waits` for the client."""
    return {"connector": ProxyingConnector(environment), "http_trace": trace()}


def bound_waits(client: discord.Client) -> None:
    """Let the library wait at most LONGEST_WAIT_S for a bucket that is used up.

    Its own option for this has a minimum of 30 s, and refuses requests to buckets that are not used up.
    """
    client.http.__class__ = _HTTPClient


def check_proxies(urls: Iterable[str], environment: Mapping[str, str]) -> None:
    """Raises SettingsError if the proxy of one of the URLs cannot be read."""
    for url in urls:
        proxy_for(url, environment)


class _HTTPClient(discord.http.HTTPClient):
    def get_ratelimit(self, key: str) -> discord.http.Ratelimit:
        if key not in self._buckets:
            self._buckets[key] = _Bucket(None)
            self._try_clear_expired_ratelimits()
        return self._buckets[key]


class _Bucket(discord.http.Ratelimit):
    """Holds a request back only before it is sent, and only shortly; the library's own holds its response back too."""

    async def acquire(self) -> None:
        """Raises discord.RateLimited if the bucket is used up for longer than LONGEST_WAIT_S."""
        now = self._last_request = self._loop.time()
        wait_s = self.expires - now if self.expires is not None and self.remaining <= 0 else 0.0
        if wait_s > LONGEST_WAIT_S:
            raise discord.RateLimited(wait_s)
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        if self.is_expired():
            self.reset()  # type: ignore[no-untyped-call]
        self.remaining -= 1
        self.outgoing += 1

    async def __aexit__(self, *_: object) -> None:
        self.outgoing -= 1


class ProxyingConnector(aiohttp.TCPConnector):
    """Chooses the proxy by each request's URL. discord.py takes one proxy for all, without SOCKS and NO_PROXY.

    A proxy that refuses or cannot be reached raises aiohttp.ClientProxyConnectionError.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__(limit=0)
        self._environment = environment
        self._socks: dict[str, ProxyConnector] = {}

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:
        proxy = proxy_for(str(req.url), self._environment)
        if proxy is None:
            return await super().connect(req, traces, timeout)
        if not proxy.startswith("socks"):
            req.update_proxy(yarl.URL(proxy), None, None)
            return await super().connect(req, traces, timeout)
        if proxy not in self._socks:
            self._socks[proxy] = _socks_connector(yarl.URL(proxy))
        try:
            return await self._socks[proxy].connect(req, traces, timeout)
        except (ProxyError, ProxyConnectionError, ProxyTimeoutError) as error:
            refusal = OSError(None, f"SOCKS proxy: {type(error).__name__}")
            raise aiohttp.ClientProxyConnectionError(req.connection_key, refusal) from None

    async def close(self, *, abort_ssl: bool = False) -> None:
        for connector in self._socks.values():
            await connector.close(abort_ssl=abort_ssl)
        await super().close(abort_ssl=abort_ssl)


def _socks_connector(proxy: yarl.URL) -> ProxyConnector:
    """The proxy resolves host names itself, as with httpx: behind it there is often no other way."""
    host, port = proxy.host or "", proxy.port or _SOCKS_PORT
    return ProxyConnector(host, port, ProxyType.SOCKS5, proxy.user, proxy.password, rdns=True, limit=0)
