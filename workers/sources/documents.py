"""Fetches documents and parses them in bounded child processes; the parent keeps gate, cache, waits and redirects."""

import hashlib
import logging
import os
import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential_jitter

from workers.config import HttpSettings
from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.domain.ports import CachedAnswer, Clock, Gate, HttpCache
from workers.runtime.children import Child, ChildProcesses, OwnWork
from workers.runtime.logs import loggable_url, note
from workers.runtime.proxies import proxy_for
from workers.sources.document_child import BODY, fetch_message, parse_message, response_of, result_type
from workers.sources.fetch import Request, Response, shown

log = logging.getLogger(__name__)

T = TypeVar("T")
THROTTLED = frozenset({406, 429, 503})
"""HTTP statuses with which arXiv throttles (info.arxiv.org/help/api/tou; 406 was observed)."""
_NOT_MODIFIED = 304
_OK = 200
_REDIRECT_LIMIT = 5
_TURN_S = 600.0
"""Seconds that a request may wait for its turn at the gate; a day needs about ten requests, 3 seconds apart."""
_LONGEST_WAIT_S = 60.0
"""Of the waits that we choose ourselves; a Retry-After may be longer."""
_BACK_OFF = wait_exponential_jitter(initial=1, max=_LONGEST_WAIT_S)


class Throttled(Exception):
    """The server throttles; `retry_after_s` is its Retry-After, 0 without one."""

    def __init__(self, status: int, retry_after_s: float) -> None:
        super().__init__(f"HTTP {status}")
        self.retry_after_s = retry_after_s


class _KeptUnreadable(Exception):
    """A kept answer cannot be read; its child process may be dead."""


@dataclass(frozen=True)
class DocumentReader:
    """Implements `domain.ports.DocumentReader`.

    If a server throttles, the request is repeated after exactly its Retry-After, or after a growing pause without one.
    The waits of one document add up to at most `http.patience_s`, its wait at the gate to _TURN_S, and they end before
    `waits_until`. Every other status than
    200 and 304, and every time-out, raises SourceError at once.

    A redirect is followed on the same host, to the hosts that the settings name, and to public addresses.
    """

    children: ChildProcesses
    settings: HttpSettings
    user_agent: str
    cache: HttpCache
    clock: Clock
    named_hosts: frozenset[str] = frozenset()
    waits_until: Callable[[datetime], datetime | None] = lambda _now: None
    """The moment at which waits must have ended, if there is one."""
    own_work: OwnWork | None = None
    moves: list[str] | None = None
    """New addresses of documents that have moved to another host for good."""
    on_response: Callable[[Response], None] = lambda _response: None
    """Called with each response, without its body."""

    def for_one_answer(self) -> "DocumentReader":
        """A reader whose documents share one limit of time: those of a source's answer, or of a paper."""
        return replace(self, own_work=OwnWork(), moves=[])

    @property
    def moved_to(self) -> str:
        """The new address of a document of this answer that has moved to another host for good; "" if none has."""
        return self.moves[-1] if self.moves else ""

    def left_s(self, seconds: float) -> float:
        """`seconds`, or fewer if waits must end before that."""
        now = self.clock.now()
        end = self.waits_until(now)
        return min(seconds, (end - now).total_seconds()) if end else seconds

    def read(
        self,
        url: str,
        parse: Callable[..., T],
        *arguments: object,
        params: Mapping[str, str] | None = None,
        gate: Gate | None = None,
    ) -> T:
        """What `parse(document, *arguments)` returns in a child process.

        `parse` is a function of a module, with its return type annotated; the arguments go through JSON. Each request
        passes `gate`. Raises SourceError with a reason that readers can be shown, and SettingsError for a proxy
        variable that cannot be read.
        """
        patience_s = self.left_s(self.settings.patience_s)
        retrying = Retrying(
            sleep=self.clock.sleep,
            wait=_wait,
            stop=lambda state: state.idle_for + state.upcoming_sleep > patience_s,
            retry=retry_if_exception_type(Throttled),
            reraise=True,
        )
        reading = _Reading(self, _with_params(url, params), gate)
        try:
            result: T = retrying(reading.read, parse, arguments)
        except Throttled as error:
            raise SourceError(f"{error}: asks to wait longer than http.patience_s allows") from None
        return result


@dataclass(frozen=True)
class _Reading:
    """The reading of one address."""

    reader: DocumentReader
    url: str
    gate: Gate | None

    def read(self, parse: Callable[..., Any], arguments: tuple[object, ...]) -> Any:
        """One try. Raises SourceError and Throttled."""
        cached = self.reader.cache.get(_cache_key(self.url))
        if cached:
            try:
                return self._read(parse, arguments, cached)
            except _KeptUnreadable:
                note(log, "kept answer unreadable", level=logging.WARNING, url=loggable_url(self.url))
        return self._read(parse, arguments, None)

    def _read(self, parse: Callable[..., Any], arguments: tuple[object, ...], cached: CachedAnswer | None) -> Any:
        """Raises _KeptUnreadable if the server says that `cached` is still right, but it cannot be read any more."""
        with self.reader.children.start(self.reader.own_work) as child:
            response = self._followed(child, cached)
            if response.status == _NOT_MODIFIED and cached:
                try:
                    return self._parsed(child, parse, arguments, cached)
                except SourceError:
                    raise _KeptUnreadable from None
            if response.status in THROTTLED:
                raise Throttled(response.status, _retry_after_s(response.retry_after, self.reader.clock))
            if response.status != _OK:
                raise SourceError(f"HTTP {response.status}")
            result = self._parsed(child, parse, arguments)
            if response.etag or response.last_modified:  # kept only now, because only now it is known to be readable
                kept = CachedAnswer(child.ask(BODY), response.etag, response.last_modified, response.content_type)
                self.reader.cache.put(_cache_key(self.url), kept)
        return result

    def _parsed(
        self, child: Child, parse: Callable[..., Any], arguments: tuple[object, ...], cached: CachedAnswer | None = None
    ) -> Any:
        given = Document(cached.body, cached.content_type, self.url) if cached else None
        return result_type(parse).validate_json(child.ask(parse_message(parse, arguments, given)))

    def _followed(self, child: Child, cached: CachedAnswer | None) -> Response:
        """Send the request and follow redirects; each request passes the gate."""
        url = self.url
        for _ in range(_REDIRECT_LIMIT + 1):
            request = self._request(url, cached)
            with self.gate.passing(self.reader.left_s(_TURN_S)) if self.gate else nullcontext():
                response = response_of(child.ask(fetch_message(request)))
            note(log, "fetched", level=logging.DEBUG, url=loggable_url(url), status=response.status)
            self.reader.on_response(response)
            if not response.location or response.status == _NOT_MODIFIED:
                return response
            if response.status in {301, 308} and urlsplit(response.location).hostname != urlsplit(url).hostname:
                note(log, "moved", level=logging.WARNING, url=loggable_url(url), to=shown(response.location))
                if self.reader.moves is not None:
                    self.reader.moves.append(shown(response.location))
            url = response.location
        raise SourceError(f"is redirected without end, at last to {shown(url)}")

    def _request(self, url: str, cached: CachedAnswer | None) -> Request:
        settings, host = self.reader.settings, urlsplit(url).hostname
        contact = f" ({settings.contact})" if settings.contact else ""
        headers = {"User-Agent": self.reader.user_agent + contact, "Accept-Encoding": "gzip"}
        return Request(
            url=url,
            headers=headers | _validators(cached),
            timeout_s=settings.timeout_s,
            deadline_s=settings.deadline_s,
            max_bytes=settings.max_bytes,
            proxy=proxy_for(url, os.environ),
            public_only=host != urlsplit(self.url).hostname and host not in self.reader.named_hosts,
        )


def _with_params(url: str, params: Mapping[str, str] | None) -> str:
    """`url` with the parameters after those it has; without parameters it stays as it is written."""
    if not params:
        return url
    address, hash_, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{urlencode(params)}{hash_}{fragment}"


def _cache_key(url: str) -> str:
    """A digest of the address, because an address may contain a password or a token."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def _wait(state: RetryCallState) -> float:
    outcome = state.outcome.exception() if state.outcome else None
    retry_after_s = outcome.retry_after_s if isinstance(outcome, Throttled) else 0.0
    return retry_after_s or float(_BACK_OFF(state))


def _retry_after_s(value: str, clock: Clock) -> float:
    """Retry-After, which is seconds or an HTTP date (RFC 9110, 10.2.3); 0 if it is missing or unreadable."""
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - clock.now()).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _validators(cached: CachedAnswer | None) -> dict[str, str]:
    if cached is None:
        return {}
    pairs = {"If-None-Match": cached.etag, "If-Modified-Since": cached.last_modified}
    return {header: value for header, value in pairs.items() if value and value.isascii() and value.isprintable()}
