"""The fetcher in detail: caching, waits between retries, and size and time limits."""

import gzip
import logging
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.gate import FakeGate
from tests.fakes.http_cache import FakeHttpCache
from tests.fakes.web import Answer, web
from tests.sources import parsers
from tests.sources.conftest import MakeFetcher
from workers.domain.errors import SourceError
from workers.domain.ports import CachedAnswer
from workers.sources.arxiv import parse_rss
from workers.sources.fetch import unpacked

BODY = b"<rss><channel></channel></rss>"


def later(retry_after: str | None) -> Answer:
    return Answer(429, b"Rate exceeded.", {} if retry_after is None else {"Retry-After": retry_after})


class ObservedGate(FakeGate):
    """A gate that records whether a request is inside it."""

    inside = False

    @contextmanager
    def passing(self, within_s: float | None = None) -> Iterator[None]:
        with super().passing():
            self.inside = True
            try:
                yield
            finally:
                self.inside = False


def test_answers_to_different_parameters_are_kept_apart(make_fetcher: MakeFetcher) -> None:
    cache = FakeHttpCache()
    fetcher = make_fetcher(cache)
    with web(Answer(body=b"1", headers={"ETag": '"1"'}), Answer(body=b"2", headers={"ETag": '"2"'})) as site:
        for day in ("2025-06-02", "2025-06-03"):
            fetcher.get(site.url, {"date": day})
    assert sorted(answer.body for answer in cache.kept.values()) == [b"1", b"2"]
    assert all("If-None-Match" not in headers for _, headers in site.seen)


def test_a_changed_answer_takes_the_place_of_the_old(make_fetcher: MakeFetcher) -> None:
    cache = FakeHttpCache()
    fetcher = make_fetcher(cache)
    with web(Answer(body=b"old", headers={"ETag": '"1"'}), Answer(body=b"new", headers={"ETag": '"2"'})) as site:
        assert [fetcher.get(site.url), fetcher.get(site.url)] == [b"old", b"new"]
    assert list(cache.kept.values()) == [CachedAnswer(b"new", '"2"', None)]


def test_without_a_validator_nothing_is_kept(make_fetcher: MakeFetcher) -> None:
    cache = FakeHttpCache()
    with web(Answer(body=BODY)) as site:
        make_fetcher(cache).get(site.url)
    assert cache.kept == {}


def test_unchanged_is_no_answer_to_somebody_who_has_nothing(make_fetcher: MakeFetcher) -> None:
    with web(Answer(304)) as site, pytest.raises(SourceError, match="HTTP 304"):
        make_fetcher().get(site.url)


@pytest.mark.parametrize("unclear", [None, "", "0", "soon", "-5", "1.5", "Tue, 03 Jun 2025 07:00:00 GMT"])
def test_without_a_usable_wait_it_backs_off_further_each_time(
    unclear: str | None, make_fetcher: MakeFetcher, clock: FakeClock
) -> None:
    with web(later(unclear), later(unclear), later(unclear), Answer(body=BODY)) as site:
        assert make_fetcher().get(site.url) == BODY
    first, second, third = clock.slept
    assert 1 <= first <= 2 <= second <= 3
    assert 4 <= third <= 5


@pytest.mark.parametrize(
    "too_long", ["61", "999999999", "Tue, 03 Jun 2025 08:01:01 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"]
)
def test_a_wait_a_second_beyond_patience_is_not_begun(
    too_long: str, make_fetcher: MakeFetcher, clock: FakeClock
) -> None:
    with web(later(too_long)) as site, pytest.raises(SourceError, match="HTTP 429: asks to wait longer than"):
        make_fetcher(patience_s=60).get(site.url)
    assert (clock.slept, len(site.seen)) == ([], 1)


@pytest.mark.parametrize("status", [204, 400, 403, 404, 410, 500, 502])
def test_any_other_status_fails_at_once(status: int, make_fetcher: MakeFetcher, clock: FakeClock) -> None:
    with web(Answer(status), Answer(body=BODY)) as site, pytest.raises(SourceError, match=rf"^HTTP {status}$"):
        make_fetcher().get(site.url)
    assert (clock.slept, len(site.seen)) == ([], 1)


def test_the_waiting_is_done_outside_the_gate(make_fetcher: MakeFetcher) -> None:
    gate = ObservedGate()

    class ClockOutsideTheGate(FakeClock):
        def sleep(self, seconds: float) -> None:
            assert not gate.inside
            super().sleep(seconds)

    clock = ClockOutsideTheGate(datetime(2025, 6, 3, 8, tzinfo=UTC))
    documents = replace(make_fetcher().documents, clock=clock)
    with web(later("3"), later("4"), Answer(body=BODY)) as site:
        assert documents.read(site.url, parsers.body, gate=gate) == BODY.decode()
    assert (gate.passed, clock.slept) == (3, [3, 4])


def test_a_request_that_fails_leaves_the_gate(make_fetcher: MakeFetcher) -> None:
    gate = ObservedGate()
    with web(Answer(500)) as site, pytest.raises(SourceError):
        make_fetcher().get(site.url, gate=gate)
    assert (gate.passed, gate.inside) == (1, False)


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_may_be_as_large_as_the_limit(packed: bool, make_fetcher: MakeFetcher) -> None:
    def body(size: int) -> Answer:
        return Answer(body=gzip.compress(b"x" * size) if packed else b"x" * size)

    fetcher = make_fetcher(max_bytes=100_000)
    with web(body(100_000), body(100_001)) as site:
        assert len(fetcher.get(site.url)) == 100_000
        with pytest.raises(SourceError, match=r"^larger than 100,000 bytes$"):
            fetcher.get(site.url)


def test_an_answer_past_its_deadline_is_left(make_fetcher: MakeFetcher) -> None:
    slow = Answer(body=BODY, hold=threading.Event())
    with web(slow) as site, pytest.raises(SourceError, match=r"^not complete within 0.2 s$"):
        make_fetcher(deadline_s=0.2).get(site.url)


def test_a_gzip_body_that_says_so_is_unpacked_once(make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=gzip.compress(BODY), headers={"Content-Encoding": "gzip"})) as site:
        assert make_fetcher().get(site.url) == BODY


def test_a_gzip_body_is_kept_unpacked(make_fetcher: MakeFetcher) -> None:
    fetcher = make_fetcher(FakeHttpCache())
    with web(Answer(body=gzip.compress(BODY), headers={"ETag": '"1"'}), Answer(304)) as site:
        assert [fetcher.get(site.url), fetcher.get(site.url)] == [BODY, BODY]


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
def test_a_gzip_bomb_is_refused_at_the_size_limit(headers: dict[str, str], make_fetcher: MakeFetcher) -> None:
    bomb = Answer(body=gzip.compress(bytes(10_000_000)), headers=headers)
    with web(bomb) as site, pytest.raises(SourceError, match=r"^larger than 100,000 bytes$"):
        make_fetcher(max_bytes=100_000).get(site.url)


def test_a_gzip_bomb_takes_little_memory() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match="larger than"):
            unpacked(bomb, "", 100_000)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_body_that_only_claims_to_be_gzip_is_taken_as_it_is(make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=BODY, headers={"Content-Encoding": "gzip"})) as site:
        assert make_fetcher().get(site.url) == BODY


def test_a_port_where_nobody_listens_is_a_failure(make_fetcher: MakeFetcher) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(SourceError, match=r"^cannot be reached: ConnectError$"):
            make_fetcher().get(f"http://127.0.0.1:{bound.getsockname()[1]}/")


def test_a_redirect_is_followed(make_fetcher: MakeFetcher) -> None:
    with web(Answer(302, headers={"Location": "/rss/cs.LG"}), Answer(body=BODY)) as site:
        assert make_fetcher().get(site.url + "/rss/cs.CL") == BODY
    assert [path for path, _ in site.seen] == ["/rss/cs.CL", "/rss/cs.LG"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_leads_to_no_other_scheme(target: str, make_fetcher: MakeFetcher) -> None:
    with (
        web(Answer(302, headers={"Location": target})) as site,
        pytest.raises(SourceError, match="not a web address"),
    ):
        make_fetcher().get(site.url)
    assert len(site.seen) == 1


@pytest.mark.parametrize("address", ["feed.xml", "file:///etc/passwd", "http:///x", "http://\u2603..x/"])
def test_an_address_that_is_none_is_a_failure(address: str, make_fetcher: MakeFetcher) -> None:
    with pytest.raises(SourceError):
        make_fetcher().get(address)


def test_the_log_names_the_address_but_not_the_query(
    make_fetcher: MakeFetcher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "workers.sources.documents")
    with web(Answer(body=BODY)) as site:
        make_fetcher().get(site.url + "/feed", {"token": "secret"})
    lines = [record.getMessage() for record in caplog.records if record.name == "workers.sources.documents"]
    assert lines == [f"fetched url={site.url}/feed status=200"]


@pytest.mark.shared_data
def test_a_recorded_gzip_body_without_its_header_is_read(shared_data: Path, make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=(shared_data / "hostile" / "own" / "gzip_body_without_header.xml").read_bytes())) as site:
        parsed = make_fetcher().documents.read(site.url, parse_rss, "arxiv")
    assert (len(parsed.entries), parsed.dropped) == (1, 0)
