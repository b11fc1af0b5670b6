"""One HTTP request, as a child process makes it: bounded in time and size, and refused where it must not lead."""

import ipaddress
import signal
import socket
import ssl
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache

import httpx

from workers.domain.errors import SourceError

_GZIP_MAGIC = b"\x1f\x8b"
_MEMBERS = 1_000
"""A gzip body may have that many members; programs that compress in parallel write one for each 64 KiB or more."""
_SLICE = 65_536
"""Bytes of packed data that are unpacked at a time."""
_PACKED = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate", "br": "br", "zstd": "zstd", "compress": "compress"}
"""Content codings (IANA). Any other word, such as `UTF-8` or `none`, is a mistake that means "not packed"."""
_SHOWN_CHARS = 200
"""Characters of an address in a reason."""


@dataclass(frozen=True, slots=True)
class Request:
    """`public_only`: the address comes from a redirect, so it must not lead into a private network."""

    url: str
    headers: Mapping[str, str]
    timeout_s: float
    deadline_s: float
    max_bytes: int
    proxy: str | None = None
    public_only: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered. `location` is the absolute address of a redirect; `body` is unpacked, only of a 200."""

    status: int
    url: str
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    retry_after: str = ""
    date: str = ""
    location: str = ""
    body: bytes = b""


class _Late(BaseException):
    """The deadline has passed. No library may catch it."""


def fetch(request: Request) -> Response:
    """Send the request; redirects are not followed. Raises SourceError with a reason that readers can be shown.

    Runs in the main thread, because a signal ends it at its deadline: a server may send its headers one by one, each
    before the time-out.
    """
    try:
        url = httpx.URL(request.url)
        readable = url.scheme in {"http", "https"} and bool(url.host)
    except (httpx.InvalidURL, UnicodeError):
        readable = False
    if not readable:
        raise SourceError("its address is not a URL")
    try:
        with _deadline(request.deadline_s):
            return _fetch(request, url)
    except _Late:
        raise SourceError(f"not complete within {request.deadline_s:g} s") from None
    except httpx.TimeoutException:
        raise SourceError(f"no answer within {request.timeout_s:g} s") from None
    except (httpx.InvalidURL, UnicodeError):
        raise SourceError("is redirected to what is not a web address") from None
    except httpx.ProxyError:
        raise SourceError("the proxy refuses: check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY") from None
    except httpx.HTTPError as error:
        raise SourceError(f"cannot be reached: {type(error).__name__}") from None


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """The authorities that a server's certificate is checked by; reading them takes longer than a request."""
    return httpx.create_ssl_context()


def _fetch(request: Request, url: httpx.URL) -> Response:
    if request.public_only:
        _refuse_private(url, _addresses(url) if not request.proxy else _literal(url))
    with (
        httpx.Client(timeout=request.timeout_s, proxy=request.proxy, verify=tls_context(), trust_env=False) as client,
        client.stream("GET", url, headers=request.headers) as answer,
    ):
        if request.public_only and not request.proxy:
            _refuse_private(url, _peer(answer))
        headers = answer.headers
        found = Response(
            status=answer.status_code,
            url=request.url,
            content_type=headers.get("Content-Type", ""),
            etag=headers.get("ETag"),
            last_modified=headers.get("Last-Modified"),
            retry_after=headers.get("Retry-After", "").strip(),
            date=headers.get("Date", ""),
            location=_location(answer),
        )
        if answer.status_code != httpx.codes.OK:
            return found
        body = _read(answer, request.max_bytes)
    return replace(found, body=unpacked(body, headers.get("Content-Encoding", ""), request.max_bytes))


def _location(answer: httpx.Response) -> str:
    """The address that a redirect leads to; "" without one. Raises SourceError if it is not a web address."""
    if not answer.has_redirect_location:
        return ""
    given = answer.headers["Location"]
    try:
        target = answer.url.join(given)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise SourceError(f"is redirected to {shown(given)}: not a web address") from None
    if target.scheme not in {"http", "https"} or not target.host:
        raise SourceError(f"is redirected to {shown(given)}: not a web address")
    return str(target)


def shown(address: str) -> str:
    """An address of a redirect as a reason shows it: printable, short, without user and query."""
    plain = "".join(character for character in address.partition("?")[0] if character.isprintable())
    scheme, separator, rest = plain.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"[:_SHOWN_CHARS]


def _refuse_private(url: httpx.URL, addresses: list[str]) -> None:
    """Raise SourceError unless every address is public: no server may make us ask another one in our network."""
    for address in addresses:
        if not ipaddress.ip_address(address.partition("%")[0]).is_global:
            raise SourceError(
                f"is redirected to {shown(str(url))}, which is not a public address; if that is right, set it as url"
            )


def _addresses(url: httpx.URL) -> list[str]:
    try:
        found = socket.getaddrinfo(url.host, url.port or url.scheme, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SourceError(f"is redirected to {shown(str(url))}, whose host is not known") from None
    return [str(each[4][0]) for each in found]


def _literal(url: httpx.URL) -> list[str]:
    """The address that a URL names instead of a host. A proxy resolves host names itself."""
    if url.host.rstrip(".").lower() == "localhost":
        return ["127.0.0.1"]
    try:
        return [str(ipaddress.ip_address(url.host))]
    except ValueError:
        return []


def _peer(answer: httpx.Response) -> list[str]:
    """The address that was connected to: a name may resolve to another one at each look-up."""
    stream = answer.extensions.get("network_stream")
    address = stream.get_extra_info("server_addr") if stream else None
    return [str(address[0])] if address else []


def _read(answer: httpx.Response, max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise SourceError(f"larger than {max_bytes:,} bytes")
    return bytes(body)


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    def late(*_: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def unpacked(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """`body`, decompressed if it is gzip (with or without the header) or deflate.

    Raises SourceError if it is packed in another way, cannot be decompressed, or exceeds `max_bytes`.
    """
    packed = [_PACKED[word] for each in encoding.lower().split(",") if (word := each.strip()) in _PACKED]
    if body.startswith(_GZIP_MAGIC):
        return _gunzipped(body, max_bytes)
    if "deflate" in packed:
        return _inflated(body, max_bytes)
    for other in packed:
        if other != "gzip":  # a body that is not gzip although the header says so was unpacked on its way
            raise SourceError(f"packed as {other}, which was not asked for")
    return body


def _gunzipped(body: bytes, max_bytes: int) -> bytes:
    unpacked, rest, members = bytearray(), memoryview(body), 0
    while rest[:2] == _GZIP_MAGIC:
        members += 1
        if members > _MEMBERS:
            raise SourceError(f"a gzip body of more than {_MEMBERS:,} members")
        unpacker = zlib.decompressobj(wbits=31)
        while rest and not unpacker.eof:
            piece, rest = rest[:_SLICE], rest[_SLICE:]
            unpacked += _decompressed(unpacker, piece, len(unpacked), max_bytes)
        if not unpacker.eof:
            raise SourceError("torn: the gzip body ends too soon")
        unused = len(unpacker.unused_data)
        rest = memoryview(body)[len(body) - len(rest) - unused :]
    return bytes(unpacked)


def _inflated(body: bytes, max_bytes: int) -> bytes:
    """Servers send `deflate` with the zlib header, as RFC 9110 says, or without it."""
    zlib_header = body[:1] and body[0] & 0x0F == zlib.DEFLATED
    return _decompressed(zlib.decompressobj(wbits=15 if zlib_header else -15), body, 0, max_bytes)


def _decompressed(unpacker: "zlib._Decompress", piece: bytes | memoryview, before: int, max_bytes: int) -> bytes:
    """The next part of a body of which `before` bytes are unpacked already."""
    try:
        found = unpacker.decompress(piece, max_bytes - before + 1)
    except zlib.error:
        raise SourceError("a packed body that cannot be unpacked") from None
    if before + len(found) > max_bytes:
        raise SourceError(f"larger than {max_bytes:,} bytes")
    return found
