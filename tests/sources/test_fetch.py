"""The fetcher: it respects servers' waits, limits size and time, and gives a reason for every failure."""

import gzip
import threading
from datetime import timedelta
from email.utils import format_datetime

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.gate import FakeGate
from tests.fakes.http_cache import FakeHttpCache
from tests.fakes.web import Answer, web
from tests.sources.conftest import MakeFetcher
from workers.domain.errors import SourceError

LATER = Answer(429, b"Rate exceeded.", {"Retry-After": "7"})


def test_the_program_names_itself_and_its_owner(make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=b"x")) as site:
        make_fetcher(contact="me@example.org").get(site.url)
    assert site.seen[0][1]["User-Agent"] == "Paperboy/1.0 (me@example.org)"


def test_an_unchanged_answer_is_not_sent_again(make_fetcher: MakeFetcher) -> None:
    validators = {"ETag": '"1"', "Last-Modified": "Tue, 03 Jun 2025 04:00:00 GMT"}
    fetcher = make_fetcher(FakeHttpCache())
    with web(Answer(200, b"feed", validators), Answer(304)) as site:
        assert [fetcher.get(site.url), fetcher.get(site.url)] == [b"feed", b"feed"]
    assert "If-None-Match" not in site.seen[0][1]
    assert site.seen[1][1]["If-None-Match"] == '"1"'
    assert site.seen[1][1]["If-Modified-Since"] == validators["Last-Modified"]


def test_parameters_join_those_the_address_has(make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=b"x")) as site:
        make_fetcher().get(f"{site.url}/list?sort=new", {"date": "2025-06-03"})
    assert site.seen[0][0] == "/list?sort=new&date=2025-06-03"


@pytest.mark.parametrize("status", [406, 429, 503])
def test_a_server_that_says_later_is_waited_for_as_long_as_it_says(
    status: int, make_fetcher: MakeFetcher, clock: FakeClock
) -> None:
    gate = FakeGate()
    with web(Answer(status, headers={"Retry-After": "7"}), Answer(body=b"now")) as site:
        assert make_fetcher().get(site.url, gate=gate) == b"now"
    assert clock.slept == [7]
    assert gate.passed == 2, "each try passes the gate"


def test_a_date_to_come_back_at_is_waited_for(make_fetcher: MakeFetcher, clock: FakeClock) -> None:
    when = format_datetime(clock.now() + timedelta(seconds=12), usegmt=True)
    with web(Answer(503, headers={"Retry-After": when}), Answer(body=b"now")) as site:
        assert make_fetcher().get(site.url) == b"now"
    assert clock.slept == [12]


def test_without_a_time_the_waits_grow_and_end(make_fetcher: MakeFetcher, clock: FakeClock) -> None:
    with web(Answer(429)) as site, pytest.raises(SourceError, match="HTTP 429"):
        make_fetcher(patience_s=0).get(site.url)
    with web(Answer(429), Answer(429), Answer(429), Answer(body=b"now")) as site:
        assert make_fetcher().get(site.url) == b"now"
    assert len(clock.slept) == 3
    assert clock.slept[0] < clock.slept[2]


def test_a_wait_beyond_all_patience_is_not_begun(make_fetcher: MakeFetcher, clock: FakeClock) -> None:
    with web(Answer(429, headers={"Retry-After": "86400"})) as site:
        with pytest.raises(SourceError, match="longer than http"):
            make_fetcher().get(site.url)
        assert len(site.seen) == 1
    assert clock.slept == []


@pytest.mark.parametrize(
    ("answer", "changed", "reason"),
    [
        (Answer(500), {}, "HTTP 500"),
        (Answer(404), {}, "HTTP 404"),
        (Answer(hold=threading.Event()), {"timeout_s": 0.2}, "no answer within 0.2 s"),
        (Answer(body=b"x" * 5000), {"max_bytes": 4096}, "larger than 4,096 bytes"),
        (Answer(body=gzip.compress(b"x" * 5000)), {"max_bytes": 4096}, "larger than 4,096 bytes"),
        (Answer(body=b"\x1f\x8bnot gzip"), {}, "packed body that cannot be unpacked"),
        (Answer(302, headers={"Location": "/again"}), {}, "is redirected without end"),
    ],
)
def test_no_usable_answer_is_a_reason(
    answer: Answer, changed: dict[str, object], reason: str, make_fetcher: MakeFetcher, clock: FakeClock
) -> None:
    with web(answer) as site, pytest.raises(SourceError, match=reason):
        make_fetcher(**changed).get(site.url)
    assert clock.slept == []


def test_a_gzip_body_without_its_header_is_unpacked(make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=gzip.compress(b"<rss></rss>"))) as site:
        assert make_fetcher().get(site.url) == b"<rss></rss>"


def test_nobody_listening_is_a_reason(make_fetcher: MakeFetcher) -> None:
    with pytest.raises(SourceError, match="cannot be reached: ConnectError"):
        make_fetcher().get("http://127.0.0.1:9/feed")


def test_an_error_is_never_kept_as_an_answer(make_fetcher: MakeFetcher) -> None:
    cache = FakeHttpCache()
    with web(Answer(500, b"oops", {"ETag": '"bad"'})) as site, pytest.raises(SourceError):
        make_fetcher(cache).get(site.url)
    assert cache.kept == {}
