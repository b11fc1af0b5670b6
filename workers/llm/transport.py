"""Carries requests to a model's endpoint, with a limit on the time and on the size of each whole exchange."""

import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from typing import Any

import httpx2

MOST_BYTES = 16 << 20
"""Of one answer, unpacked; a streamed one of 20,000 tokens has about 6 MiB."""
_SLICE = 64 << 10
"""Bytes that are unpacked at a time."""
_ends_at: ContextVar[float] = ContextVar("ends_at")


@contextmanager
def ending_at(deadline: float) -> Iterator[None]:
    """The exchanges of the body end at `deadline`, a time of `time.monotonic`, whatever the endpoint sends."""
    token = _ends_at.set(deadline)
    try:
        yield
    finally:
        _ends_at.reset(token)


class TooLarge(httpx2.TransportError):
    """An answer of more than MOST_BYTES."""


class BoundedTransport(httpx2.BaseTransport):
    """Closes the connection of an exchange whose time is over, so that no byte now and then keeps it alive.

    A timeout of httpx2 is for one read. Each exchange has a connection of its own, which its watch knows.
    """

    def __init__(self, proxy: str | None = None) -> None:
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._inner = httpx2.HTTPTransport(verify=_tls_context(), trust_env=False, proxy=proxy, limits=limits)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = "identity"
        watch = _Watch(_ends_at.get() - time.monotonic())
        request.extensions = {**request.extensions, "trace": watch.on_event}
        try:
            response = self._inner.handle_request(request)
            packed = response.headers.pop("Content-Encoding", "identity").strip().lower()
            body = _Body(response.stream, packed, watch)
        except BaseException as error:
            watch.stop()
            if watch.is_over and isinstance(error, httpx2.TransportError):
                raise httpx2.ReadTimeout("the exchange took too long") from None
            raise
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=body, extensions=response.extensions
        )

    def close(self) -> None:
        self._inner.close()


class _Watch:
    """Shuts the socket of one exchange after `limit_s` seconds."""

    def __init__(self, limit_s: float) -> None:
        self.is_over = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(max(0.0, limit_s), self._end)
        self._timer.daemon = True
        self._timer.start()

    def on_event(self, _name: str, info: Mapping[str, Any]) -> None:
        """Called by httpcore; when a connection is made or secured, the event has its stream."""
        find = getattr(info.get("return_value"), "get_extra_info", None)
        if find:
            self._socket = find("socket")
            if self.is_over:
                self._shut()

    def stop(self) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.is_over = True
        self._shut()

    def _shut(self) -> None:
        if self._socket:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class _Body(httpx2.SyncByteStream):
    """The body of an answer, unpacked a slice at a time. Raises TooLarge."""

    def __init__(self, stream: Any, packed: str, watch: _Watch) -> None:
        if packed not in {"identity", "gzip", "x-gzip", "deflate", ""}:
            raise httpx2.DecodingError(f"packed as {packed[:20]!r}, which was not asked for")
        self._stream, self._watch = stream, watch
        self._unpacker = None if packed in {"identity", ""} else zlib.decompressobj(wbits=47)

    def __iter__(self) -> Iterator[bytes]:
        left = MOST_BYTES
        try:
            for received in self._stream:
                for piece in self._unpacked(received):
                    left -= len(piece)
                    if left < 0:
                        raise TooLarge(f"an answer of more than {MOST_BYTES:,} bytes")
                    yield piece
        except httpx2.TransportError:
            if self._watch.is_over:
                raise httpx2.ReadTimeout("the exchange took too long") from None
            raise
        if self._watch.is_over:  # a body without a length ends where the connection is shut
            raise httpx2.ReadTimeout("the exchange took too long")

    def _unpacked(self, received: bytes) -> Iterator[bytes]:
        if self._unpacker is None:
            yield received
            return
        try:
            while received:
                yield self._unpacker.decompress(received, _SLICE)
                received = self._unpacker.unconsumed_tail
        except zlib.error:
            raise httpx2.DecodingError("a packed answer that cannot be unpacked") from None

    def close(self) -> None:
        self._watch.stop()
        self._stream.close()


@cache
def _tls_context() -> ssl.SSLContext:
    """The context of every endpoint of this process; reading the certificates takes 30 ms."""
    return httpx2.create_ssl_context(trust_env=False)
