"""arXiv in detail: times around the deadline, merging a day's feeds, and past days from the API."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from tests.fakes.clock import FakeClock, utc
from tests.fakes.documents import FakeDocuments
from tests.fakes.gate import FakeGate
from tests.fakes.papers import DAY
from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.sources.arxiv import PAGE_SIZE, Arxiv, ArxivFeeds, parse_api, parse_rss
from workers.sources.arxiv_calendar import EASTERN, announced_on, window

OTHER_DAY = date(2025, 6, 10)


def eastern(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN)


def source(fetcher: FakeDocuments, gate: FakeGate | None = None, api_url: str | None = "http://a/api") -> Arxiv:
    feeds = ArxivFeeds("http://a/rss", ("cs.CL", "cs.LG"), api_url)
    return Arxiv("arxiv", feeds, fetcher, gate or FakeGate(), FakeClock(utc("2025-06-10 05:00")))


def rss(day: date, *items: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0">'
        f"<channel><title>x</title><pubDate>{day:%a, %d %b %Y} 00:00:00 -0400</pubDate>{''.join(items)}</channel></rss>"
    ).encode()


def rss_item(number: str, title: str = "A Fine Title", announce_type: str = "new", more: str = "") -> str:
    return (
        f"<item><title>{escape(title)}</title><link>https://arxiv.org/abs/{number}</link>"
        f"<description>arXiv:{number}v1 Announce Type: {announce_type} \nAbstract: We do things.</description>"
        f"<guid>oai:arXiv.org:{number}v1</guid><arxiv:announce_type>{announce_type}</arxiv:announce_type>{more}</item>"
    )


def api(*entries: str, total: int | None = None) -> bytes:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        f"<opensearch:totalResults>{len(entries) if total is None else total}</opensearch:totalResults>"
        f"{''.join(entries)}</feed>"
    ).encode()


def api_entry(number: str, published: str) -> str:
    return (
        f"<entry><id>http://arxiv.org/abs/{number}v1</id><title>A Fine\n  Title</title>"
        f"<published>{published}</published></entry>"
    )


@pytest.mark.parametrize(
    ("submitted", "announced"),
    [
        ("2025-06-02T13:59:59", "2025-06-03"),  # Monday before the deadline: that evening, Tuesday's listing
        ("2025-06-02T14:00:00", "2025-06-04"),
        ("2025-06-05T13:59:59", "2025-06-06"),
        ("2025-06-05T14:00:00", "2025-06-09"),  # Thursday after the deadline: Sunday evening, Monday's listing
        ("2025-06-06T13:59:59", "2025-06-09"),
        ("2025-06-06T14:00:00", "2025-06-10"),  # Friday after the deadline: Tuesday's listing
        ("2025-06-07T03:00:00", "2025-06-10"),
        ("2025-06-08T23:59:59", "2025-06-10"),
        ("2025-06-09T13:59:59", "2025-06-10"),
        ("2025-06-09T14:00:00", "2025-06-11"),
    ],
)
def test_the_deadline_decides_the_announcement(submitted: str, announced: str) -> None:
    assert announced_on(eastern(submitted).astimezone(UTC)) == date.fromisoformat(announced)


@pytest.mark.parametrize(
    ("submitted_utc", "announced"),
    [
        ("2025-03-07T18:59:59", "2025-03-10"),  # last Friday of winter time: 14:00 is 19:00 UTC
        ("2025-03-07T19:00:00", "2025-03-11"),
        ("2025-03-09T18:30:00", "2025-03-11"),  # the Sunday when the clocks change
        ("2025-03-10T17:59:59", "2025-03-11"),  # first Monday of summer time: 14:00 is 18:00 UTC
        ("2025-03-10T18:00:00", "2025-03-12"),
        ("2025-10-31T17:59:59", "2025-11-03"),
        ("2025-10-31T18:00:00", "2025-11-04"),
        ("2025-11-03T18:59:59", "2025-11-04"),
        ("2025-11-03T19:00:00", "2025-11-05"),
    ],
)
def test_the_deadline_keeps_to_new_york_when_the_clocks_change(submitted_utc: str, announced: str) -> None:
    assert announced_on(datetime.fromisoformat(submitted_utc).replace(tzinfo=UTC)) == date.fromisoformat(announced)


def test_a_stamp_of_midnight_sharp_is_a_date_and_that_date_counts() -> None:
    midnight = datetime(2025, 6, 3, tzinfo=UTC)
    assert announced_on(midnight) == date(2025, 6, 3)
    assert announced_on(midnight + timedelta(seconds=1)) == date(2025, 6, 4)


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        ("2025-06-03", "2025-05-30T14:00:00", "2025-06-02T14:00:00"),  # Tuesday: from Friday through the weekend
        ("2025-06-04", "2025-06-02T14:00:00", "2025-06-03T14:00:00"),
        ("2025-06-06", "2025-06-04T14:00:00", "2025-06-05T14:00:00"),
        ("2025-06-09", "2025-06-05T14:00:00", "2025-06-06T14:00:00"),  # Monday: from Thursday to Friday
        ("2025-03-11", "2025-03-07T14:00:00", "2025-03-10T14:00:00"),  # one hour shorter because the clocks change
    ],
)
def test_the_window_of_a_day_runs_from_deadline_to_deadline(day: str, start: str, end: str) -> None:
    assert window(date.fromisoformat(day)) == (eastern(start), eastern(end))
    assert all(moment.tzinfo is UTC for moment in window(date.fromisoformat(day)))


def test_a_month_of_submissions_belongs_to_the_day_whose_window_holds_it() -> None:
    moment = datetime(2025, 3, 1, 0, 7, 30, tzinfo=UTC)  # not exactly midnight
    while moment < datetime(2025, 4, 1, tzinfo=UTC):
        start, end = window(announced_on(moment))
        assert start <= moment < end
        moment += timedelta(minutes=41)


def test_the_day_of_a_feed_is_the_date_in_new_york() -> None:
    late = rss(DAY).replace(b"00:00:00 -0400", b"23:30:00 -0400")
    assert parse_rss(Document(late), "arxiv").day == DAY


def test_a_feed_without_a_date_of_its_own_has_that_of_its_latest_item() -> None:
    dated = rss_item("2506.00001", more="<pubDate>Tue, 03 Jun 2025 00:00:00 -0400</pubDate>")
    body = rss(OTHER_DAY, dated.replace("03 Jun", "02 Jun"), dated)
    undated = body.replace(f"<pubDate>{OTHER_DAY:%a, %d %b %Y} 00:00:00 -0400</pubDate>".encode(), b"")
    assert len(undated) < len(body)
    assert parse_rss(Document(undated), "arxiv").day == DAY


def test_a_feed_without_any_date_is_no_answer() -> None:
    with pytest.raises(SourceError, match="the feed has no date"):
        parse_rss(Document(b'<rss version="2.0"><channel><title>x</title></channel></rss>'), "arxiv")


def test_a_feed_of_two_thousand_entries_may_be_cut_and_is_no_answer() -> None:
    items = [rss_item(f"2506.{number:05}") for number in range(2_000)]
    with pytest.raises(SourceError, match="truncated: 2,000 entries"):
        parse_rss(Document(rss(DAY, *items)), "arxiv")
    assert len(parse_rss(Document(rss(DAY, *items[1:])), "arxiv").entries) == 1_999


def test_a_full_slice_of_the_api_is_read() -> None:
    entries = [api_entry(f"2506.{number:05}", "2025-06-02T12:00:00Z") for number in range(PAGE_SIZE)]
    parsed = parse_api(Document(api(*entries, total=4_100)), "arxiv", ("cs.CL",))
    assert (parsed.total, len(parsed.announcements), parsed.dropped) == (4_100, PAGE_SIZE, 0)


def test_an_api_answer_that_floods_is_refused_unread() -> None:
    with pytest.raises(SourceError, match="truncated"):
        parse_api(Document(api(*["<entry></entry>"] * (PAGE_SIZE + 1))), "arxiv", ("cs.CL",))


def test_the_same_line_of_two_categories_counts_once() -> None:
    crossed = rss_item("2506.00001")
    fetcher = FakeDocuments({"cs.CL": rss(DAY, crossed, crossed), "cs.LG": rss(DAY, crossed, rss_item("2506.00002"))})
    collected = source(fetcher).collect(DAY)
    assert [entry.arxiv_id for entry in collected.entries] == ["2506.00001", "2506.00002"]
    assert collected.report.entries == 2


def test_a_torn_feed_fails_like_one_that_does_not_answer() -> None:
    torn = rss(DAY, rss_item("2506.00001"))[:-30]
    fetcher = FakeDocuments({"cs.CL": torn, "cs.LG": rss(DAY, rss_item("2506.00002"))})
    assert source(fetcher).collect(DAY).report.reason == "cs.CL: torn: <rss> never closes"


def test_dropped_items_of_all_categories_are_counted() -> None:
    one = rss(DAY, "<item/>", rss_item("2506.00002"))
    fetcher = FakeDocuments({"cs.CL": one, "cs.LG": one})
    assert source(fetcher).collect(DAY).report.dropped == 2


def test_a_feed_in_which_no_item_is_a_paper_fails() -> None:
    fetcher = FakeDocuments({"cs.CL": rss(DAY, "<item/>"), "cs.LG": rss(DAY, rss_item("2506.00002"))})
    report = source(fetcher).collect(DAY).report
    assert report.reason == "cs.CL: none of 1 records is a paper or post: 1 without an arXiv id"


def test_for_another_day_than_the_feeds_the_api_is_asked_by_date_of_submission() -> None:
    gate = FakeGate()
    entries = [
        api_entry("2506.00001", "2025-06-02T12:00:00Z"),
        api_entry("2506.00002", "2025-06-02T19:00:00Z"),  # after the deadline: Wednesday's listing
        api_entry("2506.00003", "2025-05-30T17:00:00Z"),  # before the window: Monday's listing
    ]
    fetcher = FakeDocuments({"cs.CL": rss(OTHER_DAY), "/api": api(*entries)})
    collected = source(fetcher, gate).collect(DAY)
    assert [url for url, _ in fetcher.asked] == ["http://a/rss/cs.CL", "http://a/api"]
    assert gate.passed == 2
    assert fetcher.asked[1][1] == {
        "search_query": "(cat:cs.CL OR cat:cs.LG) AND submittedDate:[202505301800 TO 202506032359]",
        "start": "0",
        "max_results": "2000",
        "sortBy": "submittedDate",
        "sortOrder": "descending",
    }
    assert [entry.arxiv_id for entry in collected.entries] == ["2506.00001"]
    assert (collected.report.status, collected.report.entries) == ("ok", 1)


def test_results_beyond_two_thousand_are_asked_for_slice_by_slice() -> None:
    fetcher = FakeDocuments({"cs.CL": rss(OTHER_DAY), "/api": slices(4_001)})
    collected = source(fetcher).collect(DAY)
    starts = [params["start"] for _, params in fetcher.asked if params]
    assert starts == ["0", "2000", "4000"]
    assert (collected.report.status, collected.report.entries) == ("ok", 4_001)


def slices(total: int) -> list[bytes]:
    """Returns the API's answers for `total` papers of DAY, PAGE_SIZE in each."""
    papers = [api_entry(f"2506.{number:05}", "2025-06-02T12:00:00Z") for number in range(total)]
    return [api(*papers[start : start + PAGE_SIZE], total=total) for start in range(0, max(total, 1), PAGE_SIZE)]


@pytest.mark.parametrize(("total", "requests"), [(0, 1), (1, 1), (2_000, 1), (2_001, 2)])
def test_no_slice_is_asked_for_in_vain(total: int, requests: int) -> None:
    fetcher = FakeDocuments({"cs.CL": rss(OTHER_DAY), "/api": slices(total)})
    source(fetcher).collect(DAY)
    assert [url for url, _ in fetcher.asked[1:]] == ["http://a/api"] * requests


def test_a_full_slice_followed_by_an_empty_one_is_cut_short() -> None:
    fetcher = FakeDocuments({"cs.CL": rss(OTHER_DAY), "/api": [slices(4_500)[0], api(total=4_500)]})
    report = source(fetcher).collect(DAY).report
    assert (report.status, report.entries) == ("failed", 0)
    assert "cut short: 2,000 of 4,500 entries" in (report.reason or "")


def test_an_api_that_promises_more_than_arxiv_gives_is_not_read_to_its_end() -> None:
    full = slices(4_500)[0].replace(b"4500", b"999999999")
    fetcher = FakeDocuments({"cs.CL": rss(OTHER_DAY), "/api": [full] * 3})
    report = source(fetcher).collect(DAY).report
    assert "promises 999,999,999 entries" in (report.reason or "")
    assert len(fetcher.asked) == 2


def test_a_first_slice_with_less_than_it_promises_is_cut_short() -> None:
    few = [api_entry(f"2506.0000{number}", "2025-06-02T12:00:00Z") for number in range(5)]
    fetcher = FakeDocuments({"cs.CL": rss(OTHER_DAY), "/api": [api(*few, total=4_500), api(total=4_500)]})
    report = source(fetcher).collect(DAY).report
    assert (report.status, report.entries) == ("failed", 0)
    assert "cut short: 5 of 4,500 entries" in (report.reason or "")


def test_papers_the_api_lacks_a_date_for_are_counted_as_dropped() -> None:
    undated = api_entry("2506.00001", "soon")
    fetcher = FakeDocuments({"cs.CL": rss(OTHER_DAY), "/api": api(undated)})
    report = source(fetcher).collect(DAY).report
    assert (report.status, report.dropped) == ("quiet", 1)


def test_the_api_brings_the_categories_whose_feed_failed_as_well() -> None:
    found = api(api_entry("2506.00001", "2025-06-02T12:00:00Z"))
    fetcher = FakeDocuments({"cs.CL": "HTTP 500", "cs.LG": rss(OTHER_DAY), "/api": found})
    assert source(fetcher).collect(DAY).report.status == "ok"


def test_a_slice_that_fails_leaves_no_half_day() -> None:
    fetcher = FakeDocuments({"cs.CL": rss(OTHER_DAY), "/api": [slices(3_000)[0], b"Rate exceeded."]})
    answer = source(fetcher).collect(DAY)
    assert (answer.report.status, answer.entries) == ("failed", ())
    assert "not a feed" in (answer.report.reason or "")
    assert [url.rsplit("/", 1)[-1] for url, _ in fetcher.asked].count("api") == 2, (
        "asked once for the day, not once a category"
    )


def test_without_an_api_another_day_cannot_be_asked_for() -> None:
    fetcher = FakeDocuments({"cs.CL": rss(OTHER_DAY), "cs.LG": rss(OTHER_DAY)})
    report = source(fetcher, api_url=None).collect(DAY).report
    assert report.status == "failed"
    assert report.reason == "cs.CL, cs.LG: the feed shows 2025-06-10 (API: no api_url is set to ask for 2025-06-03)"


@pytest.mark.shared_data
def test_every_captured_day_is_read_whole(shared_data: Path) -> None:
    files = sorted((shared_data / "feeds" / "full_days").glob("*.xml"))
    assert len(files) == 8
    for file in files:
        parsed = parse_rss(Document(file.read_bytes()), "arxiv")
        assert file.name.split("_")[1].startswith(str(parsed.day))
        assert (len(parsed.entries) > 150, parsed.dropped) == (True, 0), file.name
        assert all(entry.abstract and entry.authors and entry.categories and entry.version for entry in parsed.entries)
        assert not any(entry.abstract.startswith("arXiv:") for entry in parsed.entries)


@pytest.mark.shared_data
def test_every_captured_feed_has_the_day_of_its_name(shared_data: Path) -> None:
    files = sorted((shared_data / "feeds" / "captured").glob("rss_*.xml"))
    assert len(files) >= 6
    for file in files:
        parsed = parse_rss(Document(file.read_bytes()), "arxiv")
        assert (str(parsed.day) in file.name, parsed.dropped) == (True, 0), file.name
