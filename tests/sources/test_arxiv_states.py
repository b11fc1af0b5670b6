"""arXiv on a day that is late, partial or stale: current categories count, the others are named and stay missing."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest

from tests.fakes.clock import FakeClock, utc
from tests.fakes.documents import FakeDocuments
from tests.fakes.gate import FakeGate
from workers.domain.models import SourceAnswer
from workers.domain.source_answers import joined
from workers.sources.arxiv import Arxiv, ArxivFeeds
from workers.sources.arxiv_day import Expectation

DAY = date(2025, 6, 3)
BEFORE, AFTER, SUNDAY = DAY - timedelta(days=1), DAY + timedelta(days=1), date(2025, 6, 8)
STALE = "stale: the feed has the day's date and papers of an earlier day"
EMPTY = "stale: the feed has the day's date and no papers"


def rss(day: date, *items: str) -> bytes:
    return (
        '<rss xmlns:arxiv="http://arxiv.org/schemas/atom" version="2.0"><channel><title>x</title>'
        f"<pubDate>{day:%a, %d %b %Y} 00:00:00 -0400</pubDate>{''.join(items)}</channel></rss>"
    ).encode()


def item(number: str, announce_type: str = "new", categories: Sequence[str] = ("cs.CL",)) -> str:
    return (
        f"<item><title>Paper {number}</title><link>https://arxiv.org/abs/{number}</link>"
        f"<guid>oai:arXiv.org:{number}v1</guid><arxiv:announce_type>{announce_type}</arxiv:announce_type>"
        f"{''.join(f'<category>{category}</category>' for category in categories)}</item>"
    )


def api(*numbers: str, total: int | None = None, category: str = "cs.AI") -> bytes:
    entries = [
        f"<entry><id>http://arxiv.org/abs/{number}v1</id><title>Paper {number}</title>"
        f'<published>2025-06-02T12:00:00Z</published><category term="{category}"/></entry>'
        for number in numbers
    ]
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        f"<opensearch:totalResults>{len(numbers) if total is None else total}</opensearch:totalResults>"
        f"{''.join(entries)}</feed>"
    ).encode()


def answer(
    bodies: Mapping[str, bytes | str | list[bytes]],
    day: date = DAY,
    shown: Mapping[str, Sequence[str]] | None = None,
    api_url: str | None = "http://a/api",
) -> SourceAnswer:
    """Returns the answer for `day`; `shown` are papers of earlier days and their categories."""
    known = {arxiv_id: frozenset(categories) for arxiv_id, categories in (shown or {}).items()}
    feeds = ArxivFeeds("http://a/rss", ("cs.CL", "cs.AI"), api_url)
    expectation = Expectation(shown=lambda _, ids: {each: known[each] for each in ids if each in known})
    clock = FakeClock(utc("2025-06-03 04:20"))
    source = Arxiv("arxiv", feeds, FakeDocuments(bodies), FakeGate(), clock, expectation)
    return source.collect(day)


def ids(answered: SourceAnswer) -> list[str]:
    return [entry.arxiv_id or "" for entry in answered.entries]


@pytest.mark.parametrize("api_url", ["http://a/api", None])
def test_feeds_of_yesterday_and_an_empty_api_are_late_on_a_working_day(api_url: str | None) -> None:
    yesterdays = rss(BEFORE, item("2506.00001"))
    report = answer({"cs.CL": yesterdays, "cs.AI": yesterdays, "/api": api()}, api_url=api_url).report
    assert (report.status, report.entries) == ("late", 0)
    assert report.reason == "cs.CL, cs.AI: the feed still shows 2025-06-02"


def test_feeds_of_friday_are_a_quiet_sunday() -> None:
    fridays = rss(date(2025, 6, 6), item("2506.00001"))
    report = answer({"cs.CL": fridays, "cs.AI": fridays, "/api": api()}, SUNDAY).report
    assert (report.status, report.reason) == ("quiet", None)


def test_a_category_that_is_late_is_named_and_the_current_one_is_kept() -> None:
    feeds = {"cs.CL": rss(DAY, item("2506.00001")), "cs.AI": rss(BEFORE, item("2505.00009")), "/api": api()}
    answered = answer(feeds)
    assert ids(answered) == ["2506.00001"]
    assert (answered.report.status, answered.report.reason) == ("partial", "cs.AI: the feed still shows 2025-06-02")


def test_the_api_adds_to_a_late_category_that_stays_missing_until_its_feed_comes() -> None:
    feeds = {"cs.CL": rss(DAY, item("2506.00001")), "cs.AI": rss(BEFORE), "/api": api("2506.00001", "2506.00002")}
    answered = answer(feeds)
    assert ids(answered) == ["2506.00001", "2506.00002"]
    assert answered.report.status == "partial"


def test_a_late_day_of_which_the_api_fails_is_failed() -> None:
    yesterdays = rss(BEFORE, item("2505.00009"))
    report = answer({"cs.CL": yesterdays, "cs.AI": yesterdays, "/api": "HTTP 503"}).report
    assert report.status == "failed"
    assert report.reason == "cs.CL, cs.AI: the feed still shows 2025-06-02 (API: HTTP 503)"


def test_what_the_api_cuts_short_is_not_used() -> None:
    feeds = {"cs.CL": rss(DAY, item("2506.00001")), "cs.AI": rss(BEFORE), "/api": api("2506.00002", total=4_500)}
    answered = answer(feeds)
    assert ids(answered) == ["2506.00001"]
    assert answered.report.reason == "cs.AI: the feed still shows 2025-06-02 (API: cut short: 1 of 4,500 entries)"


def test_a_category_past_the_day_is_completed_by_the_api() -> None:
    feeds = {"cs.CL": rss(DAY, item("2506.00001")), "cs.AI": rss(AFTER, item("2506.00009")), "/api": api("2506.00002")}
    answered = answer(feeds)
    assert ids(answered) == ["2506.00001", "2506.00002"]
    assert answered.report.status == "ok"


def test_a_category_past_the_day_is_missing_if_the_api_fails() -> None:
    current, later = rss(DAY, item("2506.00001")), rss(AFTER, item("2506.00009"))
    report = answer({"cs.CL": current, "cs.AI": later, "/api": "HTTP 503"}).report
    assert (report.status, report.reason) == ("partial", "cs.AI: the feed shows 2025-06-04 (API: HTTP 503)")


def test_a_batch_of_an_earlier_day_under_the_days_date_is_stale_and_not_counted() -> None:
    repeated = rss(DAY, item("2505.00001"), item("2505.00002", "cross", ["cs.LG", "cs.AI"]))
    shown = {"2505.00001": ["cs.AI"], "2505.00002": ["cs.LG", "cs.AI"]}
    answered = answer({"cs.CL": rss(DAY, item("2506.00001")), "cs.AI": repeated, "/api": api()}, shown=shown)
    assert ids(answered) == ["2506.00001"]
    assert (answered.report.status, answered.report.reason) == ("partial", f"cs.AI: {STALE}")


def test_every_category_stale_is_a_failure_and_no_quiet_day() -> None:
    repeated = rss(DAY, item("2505.00001"))
    answered = answer({"cs.CL": repeated, "cs.AI": repeated, "/api": api()}, shown={"2505.00001": []})
    assert (answered.report.status, answered.entries) == ("failed", ())
    assert answered.report.reason == f"cs.CL, cs.AI: {STALE}"


@pytest.mark.parametrize(
    "items",
    [
        [item("2505.00001"), item("2506.00002")],  # one of the papers is new
        [item("2505.00001", "replace"), item("2506.00002")],
        [item("2505.00001", "replace")],
        [item("2505.00001", "cross", ["cs.LG", "cs.AI"])],  # announced in cs.LG, and now cross-listed
    ],
)
def test_papers_that_come_back_do_not_make_a_batch_stale(items: Sequence[str]) -> None:
    feeds = {"cs.CL": rss(DAY, item("2506.00001")), "cs.AI": rss(DAY, *items)}
    assert answer(feeds, shown={"2505.00001": ["cs.LG"]}).report.status == "ok"


def test_an_empty_feed_under_the_days_date_is_missing_on_a_working_day() -> None:
    answered = answer({"cs.CL": rss(DAY, item("2506.00001")), "cs.AI": rss(DAY), "/api": api()})
    assert (answered.report.status, answered.report.reason) == ("partial", f"cs.AI: {EMPTY}")
    report = answer({"cs.CL": rss(DAY), "cs.AI": rss(DAY), "/api": api()}).report
    assert (report.status, report.reason) == ("failed", f"cs.CL, cs.AI: {EMPTY}")


def test_an_empty_feed_is_believed_where_the_api_has_the_day_and_nothing_of_the_category() -> None:
    feeds = {"cs.CL": rss(DAY, item("2506.00001")), "cs.AI": rss(DAY), "/api": api("2506.00001", category="cs.CL")}
    answered = answer(feeds)
    assert ids(answered) == ["2506.00001"]
    assert answered.report.status == "ok"


def test_empty_feeds_are_quiet_on_a_day_without_news() -> None:
    report = answer({"cs.CL": rss(SUNDAY), "cs.AI": rss(SUNDAY), "/api": "HTTP 404"}, SUNDAY).report
    assert (report.status, report.reason) == ("quiet", None)


def test_a_feed_of_which_nothing_can_be_read_is_a_failure_and_says_why() -> None:
    report = answer({"cs.CL": rss(DAY, "<item/>", "<item/>"), "cs.AI": rss(DAY, item("2506.00001"))}).report
    assert (report.status, report.reason) == (
        "partial",
        "cs.CL: none of 2 records is a paper or post: 2 without an arXiv id",
    )


def test_what_comes_later_completes_what_was_kept() -> None:
    first = answer({"cs.CL": rss(DAY, item("2506.00001")), "cs.AI": rss(BEFORE), "/api": api()})
    second = answer({"cs.CL": "HTTP 503", "cs.AI": rss(DAY, item("2506.00002")), "/api": api()})
    whole = joined(first, second)
    assert ids(whole) == ["2506.00002", "2506.00001"]
    assert (whole.report.status, whole.report.reason, whole.report.entries) == ("ok", None, 2)


def test_a_category_stays_missing_while_both_answers_lack_it() -> None:
    first = answer({"cs.CL": rss(DAY, item("2506.00001")), "cs.AI": rss(BEFORE), "/api": api()})
    second = answer({"cs.CL": rss(DAY, item("2506.00001")), "cs.AI": "HTTP 503"})
    whole = joined(first, second)
    assert ids(whole) == ["2506.00001"]
    assert (whole.report.status, whole.report.reason) == ("partial", "cs.AI: HTTP 503")
