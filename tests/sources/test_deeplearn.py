"""deeplearn.org: its hot papers, parsed from its HTML pages."""

from importlib.resources import files
from time import process_time

import pytest

from tests.fakes.documents import FakeDocuments
from tests.fakes.papers import DAY
from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.sources.deeplearn import PAPER_LIMIT, DeepLearn, parse_front, parse_paper, public_link

SITE = "http://127.0.0.1:8000"
SAMPLE = files("bot.runtime.sample").joinpath("deeplearn")
FRONT = SAMPLE.joinpath("index.html").read_bytes()


def page(number: str) -> bytes:
    return SAMPLE.joinpath("arxiv", f"{number}.html").read_bytes()


def sample_site() -> dict[str, bytes | str | list[bytes]]:
    pages = {link.url: page(link.url.split("/")[4]) for link in parse_front(Document(FRONT), SITE).papers}
    return {SITE: FRONT, **pages}


def panel(*links: str) -> bytes:
    rows = "".join(f'<div class="title"><a href="{link}">A Fine Title</a></div>' for link in links)
    return f'<div class="panel"><h3 class="panel-title"> Hot  Papers </h3>{rows}</div>'.encode()


def test_the_front_page_names_the_hot_papers_in_its_order() -> None:
    front = parse_front(Document(FRONT), SITE)
    assert [link.title.partition(" ")[0] for link in front.papers] == [
        "Provably",
        "Second",
        "Think",
        "Cyclic",
        "A",
        "Domino:",
    ]
    assert [link.url.split("/")[4] for link in front.papers] == [
        "529317",
        "529202",
        "532279",
        "529529",
        "529609",
        "529630",
    ]
    assert front.dropped == 0


def test_what_stands_in_the_panel_of_tweets_is_no_hot_paper() -> None:
    assert b"/arxiv/1/a-sample-tweet-that-is-not-a-paper" in FRONT
    assert all("/arxiv/1/" not in link.url for link in parse_front(Document(FRONT), SITE).papers)


def test_a_page_holds_one_abstract() -> None:
    abstract = parse_paper(Document(page("529202")))
    assert abstract.startswith("We study contextual bandits")
    assert abstract.endswith("nearly exact feedback.")
    assert "Quick Read" not in abstract


def test_todays_papers_carry_the_public_link_wherever_they_were_read() -> None:
    fetcher = FakeDocuments(sample_site())
    collected = DeepLearn("deeplearn", SITE, fetcher).collect(DAY)
    assert (collected.report.status, collected.report.entries, collected.report.dropped) == ("ok", 6, 0)
    assert all(entry.url.startswith("https://deeplearn.org/arxiv/") for entry in collected.entries)
    assert all(entry.abstract and entry.arxiv_id is None for entry in collected.entries)
    assert len(fetcher.asked) == 7
    assert all(url.startswith(SITE) for url, _ in fetcher.asked)


@pytest.mark.parametrize("reply", ["HTTP 404", b"<html><body>No article</body></html>", b""])
def test_a_page_without_an_abstract_is_dropped_and_counted(reply: bytes | str) -> None:
    site = sample_site()
    site[next(address for address in site if "529529" in address)] = reply
    collected = DeepLearn("deeplearn", SITE, FakeDocuments(site)).collect(DAY)
    assert (collected.report.status, collected.report.entries, collected.report.dropped) == ("ok", 5, 1)
    assert not any("Cyclic" in entry.title for entry in collected.entries)


def test_where_no_page_can_be_read_there_is_no_answer() -> None:
    with pytest.raises(SourceError, match="no paper page could be read"):
        DeepLearn("deeplearn", SITE, FakeDocuments({SITE: FRONT})).collect(DAY)


def test_a_site_that_is_away_is_not_asked_for_every_page() -> None:
    fine = f"{SITE}/arxiv/529202/fine"
    away = [f"{SITE}/arxiv/{n}/away" for n in range(20)]
    fetcher = FakeDocuments({SITE: panel("/arxiv/529202/fine", *away), fine: page("529202"), "away": "HTTP 503"})
    report = DeepLearn("deeplearn", SITE, fetcher).collect(DAY).report
    assert (report.entries, report.dropped) == (1, 20)
    assert len(fetcher.asked) == 2 + 5


@pytest.mark.parametrize(
    "link",
    [
        "http://evil.example/arxiv/1/x",
        "//evil.example/arxiv/1/x",
        "http://127.0.0.1:8001/arxiv/1/x",
        "http://127.0.0.1:8000@evil.example/arxiv/1/x",
        "\\\\evil.example/arxiv/1/x",
        "http://169.254.169.254/arxiv/latest",
        "ftp://127.0.0.1:8000/arxiv/1/x",
        "file:///arxiv/1/x",
        "javascript:alert(1)",
        "/tweets/1",
        "/arxiv/../admin",
        "",
    ],
)
def test_links_to_other_places_are_dropped_and_never_fetched(link: str) -> None:
    fine = f"{SITE}/arxiv/529202/fine"
    fetcher = FakeDocuments({SITE: panel(link, "/arxiv/529202/fine"), fine: page("529202")})
    collected = DeepLearn("deeplearn", SITE, fetcher).collect(DAY)
    assert [url for url, _ in fetcher.asked] == [SITE, fine]
    assert (collected.report.entries, collected.report.dropped) == (1, 1)


def test_a_link_without_words_is_dropped() -> None:
    body = panel("/arxiv/1/x", "/arxiv/2/y").replace(b"A Fine Title", b" ", 1)
    front = parse_front(Document(body), SITE)
    assert (len(front.papers), front.dropped) == (1, 1)


def test_a_panel_without_a_single_paper_is_a_failure_and_no_quiet_day() -> None:
    with pytest.raises(SourceError, match="names no paper"):
        parse_front(Document(panel()), SITE)


@pytest.mark.parametrize("body", [b"", b"Rate exceeded.", b"<html><body>New design</body></html>"])
def test_a_new_layout_is_a_failure_and_no_quiet_day(body: bytes) -> None:
    with pytest.raises(SourceError, match='no "Hot Papers" panel: has its layout changed'):
        DeepLearn("deeplearn", SITE, FakeDocuments({SITE: body})).collect(DAY)


def test_the_front_page_without_that_panel_is_a_failure() -> None:
    with pytest.raises(SourceError, match="has its layout changed"):
        parse_front(Document(FRONT.replace(b"Hot Papers", b"Top Papers")), SITE)


def test_the_site_is_read_for_a_bounded_number_of_papers() -> None:
    front = parse_front(Document(panel(*(f"/arxiv/{number}/x" for number in range(PAPER_LIMIT + 5)))), SITE)
    assert [link.url.split("/")[4] for link in front.papers] == [str(number) for number in range(PAPER_LIMIT)]


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("http://127.0.0.1:8000/arxiv/1/plain", "https://deeplearn.org/arxiv/1/plain"),
        ("https://deeplearn.org/arxiv/1/think-twice:-a", "https://deeplearn.org/arxiv/1/think-twice%3A-a"),
        ("https://deeplearn.org/arxiv/1/are-we-closer?", "https://deeplearn.org/arxiv/1/are-we-closer"),
        ("https://deeplearn.org/arxiv/1/what?-a,-b", "https://deeplearn.org/arxiv/1/what%3F-a%2C-b"),
        ("https://deeplearn.org/arxiv/1/a%3A-b", "https://deeplearn.org/arxiv/1/a%3A-b"),
        ("https://deeplearn.org/arxiv/1/a b", "https://deeplearn.org/arxiv/1/a%20b"),
    ],
)
def test_the_public_link_is_one_a_chat_can_show(address: str, link: str) -> None:
    assert public_link(address) == link
    assert public_link(link) == link


def test_a_public_link_holds_nothing_that_ends_a_link_in_markup() -> None:
    assert not set("<>\"' ()[]*|") & set(public_link("http://x/arxiv/1/<b>\"' ()[]*|"))


def test_panels_inside_each_other_cost_little_time() -> None:
    page = ('<div class="panel"><b class="panel-title">' + "word " * 200) * 300
    started = process_time()
    with pytest.raises(SourceError, match='no "Hot Papers" panel'):
        parse_front(Document(page.encode()), "https://deeplearn.example")
    assert process_time() - started < 2
