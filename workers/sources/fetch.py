"""HTTP for the sources: GET with limits on time and size, validators from the cache, and waits when throttled."""

import logging
import re
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from email.utils import parsedate_to_datetime

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential_jitter

from workers.config import HttpSettings
from workers.domain.errors import SourceError
from workers.domain.ports import CachedAnswer, Clock, Gate, HttpCache
from workers.runtime.logs import loggable_url, note

log = logging.getLogger(__name__)

THROTTLED = frozenset({406, 429, 503})
"""HTTP statuses with which arXiv throttles (info.arxiv.org/help/api/tou; 406 was observed)."""
_GZIP_MAGIC = b"\x1f\x8b"
_REDIRECT_LIMIT = 3
_LONGEST_WAIT_S = 60.0
"""Of the waits that we choose ourselves; a Retry-After may be longer."""
_BACK_OFF = wait_exponential_jitter(initial=1, max=_LONGEST_WAIT_S)


class Throttled(Exception):
    """The server throttles; `retry_after_s` is its Retry-After, 0 without one."""

    def __init__(self, status: int, retry_after_s: float) -> None:
        super().__init__(f"HTTP {status}")
        self.retry_after_s = retry_after_s


class Fetcher:
    """GET requests for the adapters.

    If the server throttles, the request is repeated after exactly its Retry-After, or after a growing pause without
    one. The waits of one request add up to at most `http.patience_s`. Every other status than 200 and 304, and every
    time-out, raises SourceError at once.
    """

    def __init__(self, client: httpx.Client, settings: HttpSettings, cache: HttpCache, clock: Clock) -> None:
        self._client, self._settings, self._cache, self._clock = client, settings, cache, clock

    def get(self, url: str, params: Mapping[str, str] | None = None, gate: Gate | None = None) -> bytes:
        """The decoded body. Each try passes `gate`. Raises SourceError with a reason that can be shown to readers."""
        retrying = Retrying(
            sleep=self._clock.sleep,
            wait=_wait,
            stop=lambda state: state.idle_for + state.upcoming_sleep > self._settings.patience_s,
            retry=retry_if_exception_type(Throttled),
            reraise=True,
        )
        try:
            address = httpx.URL(url).copy_merge_params(params or {})
            return retrying(self._get_once, str(address), gate)
        except Throttled as error:
            raise SourceError(f"{error}: asks to wait longer than http.patience_s allows") from None
        except httpx.TimeoutException:
            raise SourceError(f"no answer within {self._settings.timeout_s:g} s") from None
        except httpx.HTTPError as error:
            raise SourceError(f"cannot be reached: {type(error).__name__}") from None
        except (httpx.InvalidURL, UnicodeError):
            raise SourceError("its address is not a URL") from None

    def _get_once(self, url: str, gate: Gate | None) -> bytes:
        cached = self._cache.get(url)
        with (
            gate.passing() if gate else nullcontext(),
            self._followed(httpx.URL(url), _validators(cached)) as answer,
        ):
            note(log, "fetched", level=logging.DEBUG, url=loggable_url(url), status=answer.status_code)
            if answer.status_code == httpx.codes.NOT_MODIFIED and cached:
                return cached.body
            if answer.status_code in THROTTLED:
                raise Throttled(answer.status_code, _retry_after_s(answer, self._clock))
            if answer.status_code != httpx.codes.OK:
                raise SourceError(f"HTTP {answer.status_code}")
            body = _unpacked(self._read(answer), answer.headers.get("Content-Encoding", ""), self._settings.max_bytes)
        etag, modified = answer.headers.get("ETag"), answer.headers.get("Last-Modified")
        if body and (etag or modified):
            self._cache.put(url, CachedAnswer(body, etag, modified))
        return body

    @contextmanager
    def _followed(self, url: httpx.URL, validators: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Send the request and follow at most _REDIRECT_LIMIT redirects.

        Raises SourceError for a redirect to another site, so that no server can make us fetch from another host.
        """
        for _ in range(_REDIRECT_LIMIT + 1):
            with self._client.stream("GET", url, headers=validators) as answer:
                if answer.next_request is None:
                    yield answer
                    return
                target = answer.next_request.url
            if _site(target) != _site(url):
                raise SourceError("is redirected to another site")
            url = target
        raise SourceError("is redirected without end")

    def _read(self, answer: httpx.Response) -> bytes:
        """The body as sent. It is read in chunks; raises SourceError once it is too large or takes too long."""
        started, body = time.monotonic(), bytearray()
        for chunk in answer.iter_raw():
            body += chunk
            if len(body) > self._settings.max_bytes:
                raise SourceError(f"larger than {self._settings.max_bytes:,} bytes")
            if time.monotonic() - started > self._settings.deadline_s:
                raise SourceError(f"not complete within {self._settings.deadline_s:g} s")
        return bytes(body)


def client(settings: HttpSettings, user_agent: str) -> httpx.Client:
    """An httpx client that names the program and its contact. It accepts only gzip, which `_unpacked` decodes."""
    contact = f" ({settings.contact})" if settings.contact else ""
    return httpx.Client(
        timeout=settings.timeout_s,
        headers={"User-Agent": user_agent + contact, "Accept-Encoding": "gzip"},
    )


def _wait(state: RetryCallState) -> float:
    outcome = state.outcome.exception() if state.outcome else None
    retry_after_s = outcome.retry_after_s if isinstance(outcome, Throttled) else 0.0
    return retry_after_s or float(_BACK_OFF(state))


def _retry_after_s(answer: httpx.Response, clock: Clock) -> float:
    """Retry-After, which is seconds or an HTTP date (RFC 9110, 10.2.3); 0 if it is missing or unreadable."""
    value = answer.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", value):
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - clock.now()).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _validators(cached: CachedAnswer | None) -> dict[str, str]:
    if cached is None:
        return {}
    pairs = {"If-None-Match": cached.etag, "If-Modified-Since": cached.last_modified}
    return {header: value for header, value in pairs.items() if value and value.isascii()}


def _site(url: httpx.URL) -> str:
    """The last two labels of the host name; for an IP address, host and port."""
    host = url.host
    return url.netloc.decode() if re.fullmatch(r"[\d.:]+", host) else ".".join(host.split(".")[-2:])


def _unpacked(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """`body`, decompressed if it is gzip, with or without the header.

    Raises SourceError if it cannot be decompressed or exceeds `max_bytes`.
    """
    if encoding.lower() not in {"", "gzip", "identity"}:
        raise SourceError("packed in a way that was not asked for")
    if not body.startswith(_GZIP_MAGIC):
        if encoding.lower() == "gzip" and body:
            raise SourceError("a gzip body that cannot be unpacked")
        return body
    unpacked = b""
    while body.startswith(_GZIP_MAGIC):  # a gzip file can have several members
        unpacker = zlib.decompressobj(wbits=31)
        try:
            unpacked += unpacker.decompress(body, max_bytes - len(unpacked) + 1)
        except zlib.error:
            raise SourceError("a gzip body that cannot be unpacked") from None
        if len(unpacked) > max_bytes:
            raise SourceError(f"larger than {max_bytes:,} bytes")
        if not unpacker.eof:
            raise SourceError("torn: the gzip body ends too soon")
        body = unpacker.unused_data
    return unpacked
