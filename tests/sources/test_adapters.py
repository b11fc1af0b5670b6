"""Hugging Face, feeds and deeplearn.org: how each adapter reads valid and malformed answers."""

import json
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from tests.fakes.documents import FakeDocuments
from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.sources.deeplearn import DeepLearn, FrontPage, PaperLink, parse_front, public_link
from workers.sources.feed import Feed
from workers.sources.huggingface import HuggingFace, parse

DAY = date(2024, 10, 6)
SAMPLE = Path(str(files("bot.runtime.sample")))
FRONT = (SAMPLE / "deeplearn/index.html").read_bytes()
PAGES = {file.stem: file.read_bytes() for file in (SAMPLE / "deeplearn/arxiv").glob("*.html")}


def test_the_list_of_a_day_is_asked_for_by_its_date() -> None:
    fetcher = FakeDocuments({"daily_papers": (SAMPLE / "huggingface.json").read_bytes()})
    answer = HuggingFace("huggingface", "http://h/api/daily_papers", fetcher).collect(DAY)
    assert fetcher.asked == [("http://h/api/daily_papers", {"date": "2024-10-06", "limit": "100"})]
    assert (answer.report.status, len(answer.entries)) == ("ok", 6)
    first = answer.entries[0]
    assert first.title == "RACER: Rich Language-Guided Failure Recovery Policies for Imitation Learning"
    assert (first.url, first.upvotes, first.announce_type) == ("https://huggingface.co/papers/2409.14674", 23, None)
    assert len(first.authors) == 4


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty answer"),
        (b"<html>wait</html>", "an HTML page, not JSON"),
        (b"[{", "not JSON"),
        (b'{"error": "Invalid date"}', "answers: Invalid date"),
        (b'{"papers": []}', "not a list of papers"),
        (b"[null, 3]", "none of 2 records is a paper"),
    ],
)
def test_an_odd_answer_is_a_reason_never_a_quiet_day(body: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        parse(Document(body), "huggingface")


def test_odd_records_are_dropped_and_counted_and_odd_fields_do_without() -> None:
    rows = [
        {"paper": {"id": "2410.00001", "title": "Kept", "summary": None, "authors": None, "upvotes": "12"}},
        {"paper": {"id": "2410.00002", "title": "Kept Too", "upvotes": -5, "authors": [{"name": "Ada"}, 3]}},
        {"paper": {"id": "../etc", "title": "A Path"}},
        {"paper": {"id": "2410.00003"}},
        "text",
    ]
    parsed = parse(Document(json.dumps(rows).encode()), "huggingface")
    assert [(entry.title, entry.upvotes, entry.authors) for entry in parsed.entries] == [
        ("Kept", None, ()),
        ("Kept Too", None, ("Ada",)),
    ]
    assert parsed.dropped == 3


def test_an_empty_list_is_a_quiet_day() -> None:
    assert HuggingFace("h", "http://h/x", FakeDocuments({"x": b"[]"})).collect(DAY).report.status == "quiet"


def test_a_feed_brings_its_week_up_to_the_day() -> None:
    body = (Path(__file__).parents[1] / "feeds/atom_html.xml").read_bytes()
    lab = Feed("lab", "http://l/feed", FakeDocuments({"feed": body}))
    assert [entry.title for entry in lab.collect(date(2025, 6, 3)).entries] == ["Robots & Rain", "A Post of Our Own"]
    assert [entry.title for entry in lab.collect(date(2025, 6, 1)).entries] == ["A Post of Our Own"]
    assert lab.collect(date(2025, 6, 20)).report.status == "quiet"


def test_hot_papers_are_those_of_their_panel() -> None:
    fetcher = FakeDocuments({"http://d": FRONT} | _pages())
    answer = DeepLearn("deeplearn", "http://d", fetcher).collect(DAY)
    assert len(answer.entries) == 6
    assert not any(url.startswith("http://d/arxiv/1/") for url, _ in fetcher.asked), (
        "the other panel is no list of papers"
    )
    assert all(entry.url.startswith("https://deeplearn.org/arxiv/") and entry.abstract for entry in answer.entries)


def test_a_paper_page_without_an_abstract_is_dropped_and_counted() -> None:
    pages = _pages()
    pages[next(iter(pages))] = b"<html><body>moved</body></html>"
    answer = DeepLearn("deeplearn", "http://d", FakeDocuments({"http://d": FRONT, **pages})).collect(DAY)
    assert (answer.report.entries, answer.report.dropped) == (5, 1)


def test_a_new_layout_is_a_reason() -> None:
    with pytest.raises(SourceError, match="layout"):
        parse_front(Document(b"<html><div class='cards'></div></html>"), "http://d")
    with pytest.raises(SourceError, match="no paper page"):
        DeepLearn("deeplearn", "http://d", FakeDocuments({"http://d": FRONT})).collect(DAY)


def test_a_page_never_names_another_host_to_fetch_from() -> None:
    panel = (
        '<div class="panel"><h3 class="panel-title">Hot Papers</h3>'
        '<div class="title"><a href="http://169.254.169.254/arxiv/1/x">Inside</a></div>'
        '<div class="title"><a href="//evil.example/arxiv/2/x">Elsewhere</a></div>'
        '<div class="title"><a href="/login">Login</a></div>'
        '<div class="title"><a href="/arxiv/3/a-paper">A Paper</a></div></div>'
    )
    assert parse_front(Document(panel.encode()), "http://d") == FrontPage(
        [PaperLink("A Paper", "http://d/arxiv/3/a-paper")], 3
    )


def test_readers_are_sent_to_the_site_itself_with_a_clean_address() -> None:
    assert public_link("http://127.0.0.1:8080/arxiv/5/is-it:-a,-question?") == (
        "https://deeplearn.org/arxiv/5/is-it%3A-a%2C-question"
    )


def _pages() -> dict[str, bytes | str | list[bytes]]:
    """Returns the HTML page of each paper by its address."""
    return {link.url: PAGES[link.url.split("/")[4]] for link in parse_front(Document(FRONT), "http://d").papers}
