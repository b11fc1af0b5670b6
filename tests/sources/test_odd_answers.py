"""Malformed answers: each costs at most one item or one source, never the run, and never much time."""

import gzip
import json
from datetime import date

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.http_cache import FakeHttpCache
from tests.fakes.web import Answer, web
from tests.sources.conftest import MakeFetcher
from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.sources import arxiv, feed, huggingface
from workers.sources.arxiv_answers import ApiPage
from workers.sources.deeplearn import FrontPage, PaperLink, parse_front
from workers.text.latex import authors, readable
from workers.text.markup import title_text

ITEM = "<item><title>A Title</title><link>https://arxiv.org/abs/2506.00001</link><pubDate>{}</pubDate></item>"


@pytest.mark.parametrize("broken", ["\\sqrt", "\\footnote", "\\textcolor", "\\frac", "\\url", "\\overline", "\\today"])
def test_a_command_without_its_braces_is_left_out(broken: str) -> None:
    assert readable(f"a {broken}") == "a"


def test_dollars_and_tildes_outside_formulas_are_text() -> None:
    assert readable("From $5 to $10 at Caf\\'e, 12~20%, a ~ b") == "From $5 to $10 at Café, 12~20%, a ~ b"


@pytest.mark.parametrize(
    "stamp", ["0001-01-01T00:00:00Z", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59-1200", "9999-12-31T23:59:59Z"]
)
def test_a_date_no_feed_can_mean_is_no_date(stamp: str) -> None:
    body = f"<rss><channel>{ITEM.format(stamp)}</channel></rss>".encode()
    assert len(feed.parse(Document(body), "lab", date(2025, 6, 3)).entries) == 1
    with pytest.raises(SourceError, match="no date"):
        arxiv.parse_rss(Document(body), "arxiv")
    entry = (
        f"<entry><id>http://arxiv.org/abs/2506.00001v1</id><title>A Title</title><published>{stamp}</published></entry>"
    )
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>'.encode()
    assert arxiv.parse_api(Document(atom), "arxiv", ()) == ApiPage(1, [], 1)


def test_a_number_of_results_that_is_none_is_counted() -> None:
    body = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:o="http://a9.com/-/spec/opensearch/1.1/">'
        b"<o:totalResults>many</o:totalResults></feed>"
    )
    assert arxiv.parse_api(Document(body), "arxiv", ()).total == 0


def test_json_nested_without_end_is_not_json() -> None:
    with pytest.raises(SourceError, match="not JSON"):
        huggingface.parse(Document(b"[" * 200_000), "h")


def test_half_a_surrogate_can_be_written_down() -> None:
    rows = [{"paper": {"id": "2410.00001", "title": "Kept", "summary": "a \ud800 b", "authors": [{"name": "\udfff"}]}}]
    (entry,) = huggingface.parse(Document(json.dumps(rows).encode()), "h").entries
    assert entry.abstract.encode() == b"a ? b"
    with pytest.raises(SourceError) as failure:
        huggingface.parse(Document(rb'{"error": "bad \ud800 \u0000date"}'), "h")
    assert str(failure.value) == "answers: bad ? date"


def test_what_no_database_takes_is_left_out() -> None:
    rows = [{"paper": {"id": "2410.00001", "title": "Ke\0pt", "summary": "a\0b", "upvotes": 10**30}}]
    (entry,) = huggingface.parse(Document(json.dumps(rows).encode()), "h").entries
    assert (entry.title, entry.abstract, entry.upvotes) == ("Ke pt", "a b", None)


@pytest.mark.parametrize("href", ["http://[", "//[x", "http://deeplearn.org\u2100/arxiv/1"])
def test_a_link_that_is_no_address_is_dropped(href: str) -> None:
    links = "".join(f'<div class="title"><a href="{each}">T</a></div>' for each in (href, "/arxiv/1/x"))
    page = f'<div class="panel"><h3 class="panel-title">Hot Papers</h3>{links}</div>'
    assert parse_front(Document(page.encode()), "http://d") == FrontPage([PaperLink("T", "http://d/arxiv/1/x")], 1)


def test_markup_without_end_costs_no_time() -> None:
    assert len(title_text("<script>" * 20_000)) <= 2_000
    assert authors("A" + " " * 100_000 + "B") == ("A B",)
    body = b"<rss><channel>" + b"<item/>" * 100_000 + b"</channel></rss>"
    with pytest.raises(SourceError, match="truncated: 100,000 entries"):
        feed.parse(Document(body), "lab", date(2025, 6, 3))


def test_a_torn_gzip_body_is_not_taken_for_a_whole_one(make_fetcher: MakeFetcher) -> None:
    whole, cache = gzip.compress(b"<rss>" + bytes(range(256)) * 50), FakeHttpCache()
    for headers in ({"ETag": '"1"'}, {"ETag": '"1"', "Content-Encoding": "gzip"}):
        with web(Answer(body=whole[:-20], headers=headers)) as site, pytest.raises(SourceError, match="ends too soon"):
            make_fetcher(cache).get(site.url)
    assert cache.kept == {}
    with web(Answer(body=gzip.compress(b"one ") + gzip.compress(b"two"))) as site:
        assert make_fetcher().get(site.url) == b"one two"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, br"])
def test_a_body_packed_in_a_way_nobody_asked_for_is_refused(encoding: str, make_fetcher: MakeFetcher) -> None:
    with web(Answer(body=b"x", headers={"Content-Encoding": encoding})) as site:
        with pytest.raises(SourceError, match="not asked for"):
            make_fetcher().get(site.url)
        assert site.seen[0][1]["Accept-Encoding"] == "gzip"


def test_patience_is_the_sum_of_the_waits(make_fetcher: MakeFetcher, clock: FakeClock) -> None:
    with web(Answer(429, headers={"Retry-After": "20"})) as site, pytest.raises(SourceError):
        make_fetcher(patience_s=50).get(site.url)
    assert clock.slept == [20, 20]


def test_a_validator_that_cannot_be_sent_is_not_sent(make_fetcher: MakeFetcher) -> None:
    fetcher = make_fetcher(FakeHttpCache())
    with web(Answer(body=b"x", headers={"ETag": '"\u00e9"'})) as site:
        assert [fetcher.get(site.url), fetcher.get(site.url)] == [b"x", b"x"]


def test_an_address_that_is_none_is_a_reason(make_fetcher: MakeFetcher) -> None:
    with pytest.raises(SourceError, match="not a URL"):
        make_fetcher().get("http://xn--/")
