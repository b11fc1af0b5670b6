"""arXiv: which announcement a submission belongs to, and how many feeds become one answer."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock, utc
from tests.fakes.documents import FakeDocuments
from tests.fakes.gate import FakeGate
from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.sources.arxiv import PAGE_SIZE, Arxiv, ArxivFeeds, parse_api
from workers.sources.arxiv_calendar import EASTERN, announced_on, window

DAY = date(2025, 6, 3)
FEEDS = Path(__file__).parents[1] / "feeds"
DAY_FEED = (FEEDS / "arxiv_day.xml").read_bytes()


def atom(*entries: str, total: int | None = None) -> bytes:
    count = len(entries) if total is None else total
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" '
        f'xmlns:arxiv="http://arxiv.org/schemas/atom"><opensearch:totalResults>{count}</opensearch:totalResults>'
        f"{''.join(entries)}</feed>"
    ).encode()


def atom_entry(number: str, published: str, updated: str = "", primary: str = "cs.CL", version: int = 1) -> str:
    return (
        f"<entry><id>http://arxiv.org/abs/{number}v{version}</id><title>Paper {number}</title>"
        f"<published>{published}</published><updated>{updated or published}</updated><summary>We present.</summary>"
        f'<arxiv:primary_category term="{primary}"/><category term="{primary}"/></entry>'
    )


def source(bodies: dict[str, bytes | str | list[bytes]], gate: FakeGate | None = None) -> tuple[Arxiv, FakeDocuments]:
    fetcher = FakeDocuments(bodies)
    feeds = ArxivFeeds("http://a/rss", ("cs.CL", "cs.CV"), "http://a/api")
    return Arxiv("arxiv", feeds, fetcher, gate or FakeGate(), FakeClock(utc("2025-06-10 05:00"))), fetcher


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        ("2025-06-02", "Thu 14", "Fri 14"),
        ("2025-06-03", "Fri 14", "Mon 14"),
        ("2025-06-04", "Mon 14", "Tue 14"),
        ("2025-06-05", "Tue 14", "Wed 14"),
        ("2025-06-06", "Wed 14", "Thu 14"),
    ],
)
def test_each_announcement_has_its_window(day: str, start: str, end: str) -> None:
    moments = window(date.fromisoformat(day))
    assert [moment.astimezone(EASTERN).strftime("%a %H") for moment in moments] == [start, end]


@pytest.mark.parametrize(
    ("submitted", "announced"),
    [
        ("2025-06-02T17:59:59", "2025-06-03"),  # Monday, one second before 14:00 in New York
        ("2025-06-02T18:00:00", "2025-06-04"),  # Monday at 14:00
        ("2025-06-06T18:00:01", "2025-06-10"),  # Friday after the deadline: Tuesday's feed
        ("2025-06-06T17:00:00", "2025-06-09"),
        ("2025-06-08T12:00:00", "2025-06-10"),
        ("2025-03-10T18:30:00", "2025-03-12"),  # daylight saving time began the day before
        ("2025-03-07T18:30:00", "2025-03-10"),
        ("2025-06-03T00:00:00", "2025-06-03"),  # a date without a time belongs to that day's feed
    ],
)
def test_a_submission_is_announced_after_its_deadline(submitted: str, announced: str) -> None:
    assert announced_on(datetime.fromisoformat(submitted).replace(tzinfo=UTC)) == date.fromisoformat(announced)


def test_every_category_is_asked_once_through_the_gate_and_equal_lines_count_once() -> None:
    gate = FakeGate()
    arxiv, fetcher = source({"cs.CL": DAY_FEED, "cs.CV": DAY_FEED}, gate)
    answer = arxiv.collect(DAY)
    assert [url for url, _ in fetcher.asked] == ["http://a/rss/cs.CL", "http://a/rss/cs.CV"]
    assert gate.passed == 2
    assert (answer.report.status, answer.report.entries) == ("ok", 3)


def test_a_category_that_fails_makes_the_source_partial_and_the_others_count() -> None:
    arxiv, _ = source({"cs.CL": DAY_FEED, "cs.CV": "HTTP 503"})
    answer = arxiv.collect(DAY)
    assert (answer.report.status, answer.report.reason) == ("partial", "cs.CV: HTTP 503")
    assert len(answer.entries) == 3


def test_no_category_at_all_is_a_failure() -> None:
    arxiv, _ = source({"cs.CL": b"", "cs.CV": (FEEDS / "torn.xml").read_bytes()})
    report = arxiv.collect(DAY).report
    assert report.status == "failed"
    assert re.match(r"cs\.CL: empty answer; cs\.CV: torn", report.reason or "")


def test_a_day_the_feed_does_not_show_is_asked_of_the_api_page_by_page() -> None:
    later = [atom_entry(f"2506.{number:05}", "2025-06-02T19:00:00Z") for number in range(1, PAGE_SIZE)]
    pages = [
        atom(atom_entry("2505.30001", "2025-05-30T19:00:00Z"), *later, total=PAGE_SIZE + 1),
        atom(atom_entry("2505.30002", "2025-06-02T10:00:00Z"), total=PAGE_SIZE + 1),
    ]
    gate = FakeGate()
    arxiv, fetcher = source({"cs.CL": DAY_FEED.replace(b"03 Jun", b"05 Jun"), "/api": list(pages)}, gate)
    answer = arxiv.collect(DAY)
    assert [entry.arxiv_id for entry in answer.entries] == ["2505.30001", "2505.30002"]
    assert gate.passed == 3
    asked = [params for url, params in fetcher.asked if url.endswith("/api")]
    assert [params["start"] for params in asked] == ["0", str(PAGE_SIZE)]
    assert asked[0]["search_query"] == "(cat:cs.CL OR cat:cs.CV) AND submittedDate:[202505301800 TO 202506032359]"


def test_the_api_tells_replacements_and_cross_lists_by_what_it_has() -> None:
    body = atom(
        atom_entry("2506.00001", "2025-06-02T10:00:00Z"),
        atom_entry("2506.00002", "2025-06-02T10:00:00Z", "2025-06-09T10:00:00Z", version=2),
        atom_entry("2405.00003", "2025-06-03T00:00:00Z", version=4),
        atom_entry("2506.00004", "2025-06-02T10:00:00Z", primary="cs.RO"),
    )
    parsed = parse_api(Document(body), "arxiv", ("cs.CL",))
    assert [found.entry.announce_type for found in parsed.announcements] == ["new", "new", "replace", "cross"]
    assert parsed.dropped == 0


def test_the_apis_error_entry_is_a_reason() -> None:
    summary = "<summary>incorrect id format</summary>"
    error = f"<entry><id>http://arxiv.org/api/errors#x</id><title>Error</title>{summary}</entry>"
    with pytest.raises(SourceError, match="arXiv answers: incorrect id format"):
        parse_api(Document(atom(error)), "arxiv", ())


@pytest.mark.shared_data
def test_every_captured_answer_is_read(shared_data: Path) -> None:
    for file in sorted((shared_data / "feeds/captured").glob("api_query_*entries*.xml")):
        parsed = parse_api(Document(file.read_bytes()), "arxiv", ("cs.LG", "cs.RO"))
        assert parsed.total >= len(parsed.announcements) > 0 == parsed.dropped, file.name
