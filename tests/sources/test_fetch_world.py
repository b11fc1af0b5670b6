"""What servers do: addresses, packings, redirects, validators and slowness that a fetcher must live with."""

import gzip
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest

from tests.fakes.gate import FakeGate
from tests.fakes.http_cache import FakeHttpCache
from tests.fakes.web import Answer, web
from tests.sources import parsers
from tests.sources.conftest import MakeFetcher
from workers.domain.errors import SettingsError, SourceError
from workers.sources.feed import Feed

FEED = b"<rss></rss>"


@contextmanager
def raw_server(*pieces: bytes, pause_s: float = 0.0) -> Iterator[str]:
    """Yields the address of a server that sends these bytes to its first client, one piece after the other."""
    stopping = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(65_536)
            for piece in pieces:
                try:
                    connection.sendall(piece)
                except OSError:
                    return
                stopping.wait(pause_s)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        stopping.set()
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    "path",
    ["/feed?type=rss;action=.xml", "/?rss", "/feed?abc==", "/feed/", "/feed?a=%2F&b=c+d", "/a//b?x[]=1", "/x;v=2"],
)
def test_an_address_is_asked_as_it_is_written(path: str, make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=FEED)) as site:
        make_fetcher().get(site.url + path)
    assert site.seen[0][0] == path


@pytest.mark.parametrize("encoding", ["UTF-8", "none", "identity", "utf8", "", "binary", "text/xml"])
def test_a_word_that_is_no_packing_means_not_packed(encoding: str, make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=FEED, headers={"Content-Encoding": encoding})) as site:
        assert make_fetcher().get(site.url) == FEED


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("x-gzip", gzip.compress(FEED, mtime=0)),
        ("GZIP", gzip.compress(FEED, mtime=0)),
        ("UTF-8", gzip.compress(FEED, mtime=0)),
        ("deflate", zlib.compress(FEED)),
        ("deflate", zlib.compress(FEED, wbits=-15)),
    ],
)
def test_a_packed_body_is_unpacked(encoding: str, body: bytes, make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=body, headers={"Content-Encoding": encoding})) as site:
        assert make_fetcher().get(site.url) == FEED


def test_very_many_gzip_members_are_refused_at_once(make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=gzip.compress(b"") * 200_000)) as site, pytest.raises(SourceError, match="1,000 members"):
        make_fetcher().get(site.url)


def test_headers_that_drip_end_at_the_deadline(make_fetcher: MakeFetcher) -> None:
    drops = [b"HTTP/1.1 200 OK\r\n", *[b"X-Drop: 1\r\n"] * 100]
    with raw_server(*drops, pause_s=0.05) as url, pytest.raises(SourceError, match="not complete within"):
        make_fetcher(deadline_s=0.4).get(url)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x16\x03\x01 not HTTP at all",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 300_000 + b"\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_http_is_a_reason(answer: bytes, make_fetcher: MakeFetcher) -> None:
    with raw_server(answer) as url, pytest.raises(SourceError) as raised:
        make_fetcher(timeout_s=2).get(url)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "bad",
    [
        Answer(body=b"<html>Just a moment...</html>", headers={"Last-Modified": "Tue, 03 Jun 2025 04:00:00 GMT"}),
        Answer(body=b"<rss><item>", headers={"ETag": '"whole"'}),
        Answer(body=b"", headers={"ETag": '"empty"'}),
    ],
)
def test_an_answer_that_could_not_be_read_is_not_kept(bad: Answer, make_fetcher: MakeFetcher) -> None:
    cache = FakeHttpCache()
    documents = make_fetcher(cache).documents
    with web(bad, Answer(body=FEED, headers={"ETag": '"whole"'})) as site:
        with pytest.raises(SourceError, match="torn"):
            documents.read(site.url, parsers.feed)
        assert cache.kept == {}
        documents.read(site.url, parsers.feed)
    assert "If-None-Match" not in site.seen[1][1]
    assert "If-Modified-Since" not in site.seen[1][1]
    assert [answer.body for answer in cache.kept.values()] == [FEED]


@pytest.mark.parametrize("parse", [parsers.feed, parsers.dies_of_the_old])
def test_an_answer_that_was_kept_and_cannot_be_read_any_more_is_asked_for_again(
    parse: Callable[..., str], make_fetcher: MakeFetcher
) -> None:
    cache = FakeHttpCache()
    fetcher = make_fetcher(cache)
    old = Answer(body=b"<rss><old>", headers={"ETag": '"1"'})
    with web(old, Answer(304), Answer(body=FEED, headers={"ETag": '"2"'})) as site:
        fetcher.get(site.url)
        assert fetcher.documents.read(site.url, parse).startswith("<rss></rss>")
    assert [headers.get("If-None-Match") for _, headers in site.seen] == [None, '"1"', None]


def test_the_content_type_of_a_kept_answer_is_kept_too(make_fetcher: MakeFetcher) -> None:
    documents = make_fetcher(FakeHttpCache()).documents
    headers = {"ETag": '"1"', "Content-Type": "text/xml; charset=euc-kr"}
    with web(Answer(body=FEED, headers=headers), Answer(304)) as site:
        read = [documents.read(site.url, parsers.feed) for _ in range(2)]
    assert read == ["<rss></rss> text/xml; charset=euc-kr"] * 2


def test_no_address_is_kept_because_it_may_hold_a_password(make_fetcher: MakeFetcher) -> None:
    cache = FakeHttpCache()
    with web(Answer(body=FEED, headers={"ETag": '"1"'})) as site:
        make_fetcher(cache).get(site.url.replace("//", "//me:secret@") + "/?token=secret")
    assert "secret" not in str(cache.kept)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_host_is_followed_through_the_gate(status: int, make_fetcher: MakeFetcher) -> None:
    gate = FakeGate()
    with web(Answer(body=FEED)) as other, web(Answer(status, headers={"Location": f"{other.url}/new"})) as site:
        documents = make_fetcher().documents
        assert documents.read(site.url, parsers.address, gate=gate) == f"{other.url}/new"
    assert gate.passed == 2


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:{port}/x",
        "http://127.0.0.2:{port}/x",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://192.168.1.1/admin",
        "http://[::1]:{port}/x",
        "http://[::ffff:10.0.0.1]/",
        "http://[fe80::1]/",
        "http://2130706433/",
        "http://0/",
    ],
)
def test_no_server_leads_into_a_private_network(target: str, make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=FEED)) as inner:
        address = target.format(port=inner.url.rpartition(":")[2])
        with (
            web(Answer(301, headers={"Location": address})) as site,
            pytest.raises(SourceError, match="is redirected to http://") as raised,
        ):
            make_fetcher().get(site.url)
    assert inner.seen == []
    assert address.partition("?")[0] in str(raised.value)


def test_a_host_that_the_settings_name_may_be_redirected_to(make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=FEED)) as inner:
        address = inner.url.replace("127.0.0.1", "localhost")
        with web(Answer(301, headers={"Location": address})) as site:
            documents = replace(make_fetcher().documents, named_hosts=frozenset({"localhost"}))
            assert documents.read(site.url, parsers.body) == FEED.decode()


def test_the_report_of_a_feed_that_has_moved_names_its_new_address(make_fetcher: MakeFetcher) -> None:
    item = b"<item><title>A Post of Several Words</title><link>https://x.org/1</link></item>"
    feed = b'<rss version="2.0"><channel><title>A blog</title>' + item + b"</channel></rss>"
    with web(Answer(body=feed)) as new:
        address = new.url.replace("127.0.0.1", "localhost")
        with web(Answer(301, headers={"Location": f"{address}/feed?key=secret"})) as site:
            documents = replace(make_fetcher().documents, named_hosts=frozenset({"localhost"}))
            report = Feed("blog", site.url, documents).collect(date(2025, 6, 3)).report
    assert (report.status, report.entries, report.reason) == ("ok", 1, f"has moved to {address}/feed")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "javascript:1"])
def test_a_redirect_that_is_no_web_address_is_refused(target: str, make_fetcher: MakeFetcher) -> None:
    with web(Answer(302, headers={"Location": target})) as site, pytest.raises(SourceError, match="not a web address"):
        make_fetcher().get(site.url)


def test_a_parser_that_fails_is_a_reason_without_the_foreign_text(make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=b"the foreign text")) as site, pytest.raises(SourceError) as raised:
        make_fetcher().documents.read(site.url, parsers.fails)
    assert str(raised.value).startswith("KeyError in ")
    assert "foreign" not in str(raised.value)


def test_documents_of_one_answer_share_their_time(make_fetcher: MakeFetcher) -> None:
    documents = make_fetcher().documents.for_one_answer()
    assert documents.own_work is not None
    with web(Answer(body=FEED)) as site:
        documents.read(site.url, parsers.body)
        first_s = documents.own_work.spent_s
        documents.read(site.url, parsers.body)
    assert 0 < first_s < documents.own_work.spent_s


def test_a_wait_ends_before_the_close(make_fetcher: MakeFetcher) -> None:
    documents = make_fetcher(patience_s=90).documents
    documents = replace(documents, waits_until=lambda now: now.replace(second=30))
    with web(Answer(429, headers={"Retry-After": "31"})) as site, pytest.raises(SourceError, match="HTTP 429"):
        documents.read(site.url, parsers.body)
    assert len(site.seen) == 1


@pytest.mark.parametrize("value", ["gopher://127.0.0.1:9", "socks5://", "http://[::1", "::::"])
def test_a_proxy_that_cannot_be_read_names_its_variable(
    value: str, make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    with web(Answer(body=FEED)) as site, pytest.raises(SettingsError, match="ALL_PROXY"):
        make_fetcher().get(site.url)


def test_requests_go_through_the_proxy_unless_their_host_is_excepted(
    make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web(Answer(body=b"direct")) as site, web(Answer(body=b"through")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert make_fetcher().get(site.url + "/x") == b"through"
        assert proxy.seen[0][0] == site.url + "/x"
        monkeypatch.setenv("NO_PROXY", "fd07:b51a:cc66:f0::/64,127.0.0.0/8")
        assert make_fetcher().get(site.url) == b"direct"


def test_a_proxy_where_nobody_listens_is_a_reason(make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("http", "socks5h"):
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:9")
        with pytest.raises(SourceError, match=r"cannot be reached|proxy"):
            make_fetcher().get("http://feeds.example.org/rss")
