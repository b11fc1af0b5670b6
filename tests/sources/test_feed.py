"""Other feeds: their recent items, with the ids found in the links."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.fakes.documents import FakeDocuments
from tests.fakes.papers import DAY
from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.sources.feed import UNDATED, Feed, parse

URL = "http://blog.example/feed"


def blog(*items: str) -> bytes:
    return f'<rss version="2.0"><channel><title>A blog</title>{"".join(items)}</channel></rss>'.encode()


def item(link: str = "https://blog.example/1", title: str = "A Fine Title", more: str = "") -> str:
    return f"<item><title>{title}</title><link>{link}</link>{more}</item>"


def dated(day: date) -> str:
    return item(title=str(day), more=f"<pubDate>{day:%a, %d %b %Y} 12:00:00 -0400</pubDate>")


def test_the_week_up_to_the_day_is_news() -> None:
    days = [DAY + timedelta(days=offset) for offset in range(-9, 3)]
    parsed = parse(Document(blog(*map(dated, days))), "blog", DAY)
    assert [entry.title for entry in parsed.entries] == [str(DAY - timedelta(days=back)) for back in range(6, -1, -1)]
    assert parsed.dropped == 0


def test_the_day_of_an_item_is_the_date_in_new_york() -> None:
    late = item(more="<pubDate>Wed, 04 Jun 2025 03:30:00 GMT</pubDate>")
    assert len(parse(Document(blog(late)), "blog", DAY).entries) == 1


def test_an_undated_item_is_always_news() -> None:
    assert len(parse(Document(blog(item())), "blog", date(2001, 1, 1)).entries) == 1


@pytest.mark.parametrize(
    ("link", "arxiv_id"),
    [
        ("https://arxiv.org/abs/2506.00019", "2506.00019"),
        ("http://www.arxiv.org/pdf/2506.00019v3.pdf", "2506.00019"),
        ("https://arxiv.org/html/2506.00019v1#S1", "2506.00019"),
        ("https://arxiv.org/abs/2506.00019v99999999999999999999", "2506.00019"),
        ("https://export.arxiv.org/abs/math.CO/0112567v2", "math.CO/0112567"),
        ("https://huggingface.co/papers/2506.00019", "2506.00019"),
        ("https://www.alphaxiv.org/abs/2506.00019v2", "2506.00019"),
        ("https://blog.example/2506.00019", None),
        ("https://blog.example/arxiv.org/abs/2506.00019", None),
        ("https://evil.example/?u=https://arxiv.org/abs/2506.00019v99", None),
        ("https://evil.example/#arxiv.org/abs/2506.00019", None),
        ("https://arxiv.org.evil.example/abs/2506.00019", None),
        ("https://notarxiv.org/abs/2506.00019", None),
        ("https://arxiv.org/list/2506.00019", None),
        ("https://arxiv.org/abs/２506.00019", None),
    ],
)
def test_the_host_and_the_path_of_a_link_tell_the_arxiv_id_and_no_version(link: str, arxiv_id: str | None) -> None:
    [entry] = parse(Document(blog(item(link))), "blog", DAY).entries
    assert (entry.url, entry.arxiv_id, entry.version) == (link, arxiv_id, None)


@pytest.mark.parametrize(
    ("link", "more", "doi"),
    [
        ("https://doi.org/10.1000/ABC.5", "", "10.1000/abc.5"),
        ("https://blog.example/1", "<dc:identifier>doi:10.1000/ABC.6</dc:identifier>", "10.1000/abc.6"),
        ("https://blog.example/1", "<prism:doi>10.1000/ABC.7</prism:doi>", "10.1000/abc.7"),
        ("https://doi.org/10.1000/link", "<prism:doi>10.1000/field</prism:doi>", "10.1000/field"),
        ("https://blog.example/10.1000/x", "", None),
    ],
)
def test_link_and_fields_tell_the_doi(link: str, more: str, doi: str | None) -> None:
    names = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'
    body = blog(item(link, more=more)).replace(b"<rss ", f"<rss {names} ".encode())
    [entry] = parse(Document(body), "blog", DAY).entries
    assert entry.doi == doi


@pytest.mark.parametrize(
    "link",
    [
        "",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "//evil.example/x",
        "https://",
        "mailto:a@b.example",
        "ftp://blog.example/x",
        "https://blog.example/a b",
        "https://blog.example/&quot;onclick=",
        "https://blog.example/&lt;script&gt;",
    ],
)
def test_a_link_no_reader_may_be_sent_to_drops_the_item(link: str) -> None:
    parsed = parse(Document(blog(item(link), item("https://blog.example/good"))), "blog", DAY)
    assert ([entry.url for entry in parsed.entries], parsed.dropped) == (["https://blog.example/good"], 1)


def test_a_feed_of_which_no_item_can_be_used_is_a_failure_that_says_why() -> None:
    with pytest.raises(SourceError) as failure:
        parse(Document(blog(item(""), item("mailto:a@b.example"), item(title=""))), "blog", DAY)
    assert str(failure.value) == (
        "none of 3 records is a paper or post: 2 without a link that can be shown; 1 without a title"
    )


def test_the_longer_of_summary_and_content_is_the_abstract() -> None:
    body = blog(
        item(
            more="<description>Short.</description><content:encoded>&lt;p&gt;A longer text.&lt;/p&gt;</content:encoded>"
        )
    ).replace(b"<rss ", b'<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" ')
    [entry] = parse(Document(body), "blog", DAY).entries
    assert entry.abstract == "A longer text."


def test_scripts_are_no_part_of_the_abstract() -> None:
    markup = "&lt;p&gt;Seen&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;style&gt;p{}&lt;/style&gt;"
    [entry] = parse(Document(blog(item(more=f"<description>{markup}</description>"))), "blog", DAY).entries
    assert entry.abstract == "Seen"


def test_an_abstract_without_tags_keeps_its_angle_brackets() -> None:
    [entry] = parse(
        Document(blog(item(more="<description>We let p &lt; 0.05 and &lt;think&gt;.</description>"))), "blog", DAY
    ).entries
    assert entry.abstract == "We let p < 0.05 and <think>."


def test_of_an_archive_the_newest_items_are_read_wherever_they_are() -> None:
    old = [dated(DAY - timedelta(days=30))] * 2_100
    for items in ([dated(DAY), *old], [*old, dated(DAY)]):
        assert [entry.title for entry in parse(Document(blog(*items)), "blog", DAY).entries] == [str(DAY)]


def test_of_an_archive_without_dates_only_the_beginning_is_news() -> None:
    items = [item(f"https://blog.example/{n}", f"Post {n}") for n in range(100)]
    parsed = parse(Document(blog(*items)), "blog", DAY)
    assert [entry.title for entry in parsed.entries] == [f"Post {n}" for n in range(UNDATED)]
    assert parsed.dropped == 0


def test_the_feed_is_asked_once_and_reported() -> None:
    fetcher = FakeDocuments({URL: blog(item(), item(""), dated(DAY - timedelta(days=30)))})
    collected = Feed("blog", URL, fetcher).collect(DAY)
    assert fetcher.asked == [(URL, {})]
    assert (collected.report.name, collected.report.status) == ("blog", "ok")
    assert (collected.report.entries, collected.report.dropped) == (1, 1)


def test_a_feed_without_news_is_quiet() -> None:
    fetcher = FakeDocuments({URL: blog(dated(DAY - timedelta(days=30)))})
    assert Feed("blog", URL, fetcher).collect(DAY).report.status == "quiet"


def test_a_feed_that_does_not_answer_is_a_failure() -> None:
    with pytest.raises(SourceError, match="HTTP 500"):
        Feed("blog", URL, FakeDocuments({URL: "HTTP 500"})).collect(DAY)


@pytest.mark.shared_data
def test_every_captured_feed_is_read_as_any_other(shared_data: Path) -> None:
    files = sorted((shared_data / "feeds").glob("*/*.xml"))
    assert len(files) == 20
    for file in files:
        parsed = parse(Document(file.read_bytes()), "blog", date(2026, 4, 28))
        assert parsed.dropped == 0, file.name
        assert all(entry.url.startswith(("http://arxiv.org/", "https://arxiv.org/")) for entry in parsed.entries)
